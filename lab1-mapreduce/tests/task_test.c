// Map and reduce tasks, done in this process, against the sequential oracle.
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/shell.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"
#include "common/runtime/thread.h"
#include "lab1-mapreduce/apps.h"
#include "lab1-mapreduce/input.h"
#include "lab1-mapreduce/sequential.h"
#include "lab1-mapreduce/split.h"
#include "lab1-mapreduce/task.h"
#include "lab1-mapreduce/tests/files.h"

enum {
    FILES_MAX = 8,
};

static const char *const files[FILES_MAX] = {"f0", "f1", "f2", "f3",
                                             "f4", "f5", "f6", "f7"};

// A job that is done task by task. Its output goes to "out", the oracle's to
// "oracle", and map outputs to "tmp".
struct small_job {
    const struct mr_app *app;
    const char *arg;
    uint32_t reduces;
    size_t file_count;
    struct split split;
    size_t map_bytes;
    atomic_bool unwanted;
};

static void job_begin(struct small_job *j, size_t file_count, uint64_t split)
{
    uint64_t sizes[FILES_MAX];
    size_t wrong = 0;
    for (size_t i = 0; i < file_count; i++)
        ck_assert_int_eq(input_size(files[i], &sizes[i]), ERR_OK);
    ck_assert_int_eq(split_files(files, sizes, file_count, split,
                                 input_line_end, &j->split, &wrong),
                     ERR_OK);
    j->file_count = file_count;
    if (j->map_bytes == 0)
        j->map_bytes = TASK_MAP_BYTES;
    ck_assert_int_eq(mkdir("out", 0777), 0);
    ck_assert_int_eq(mkdir("tmp", 0777), 0);
}

static struct attempt attempt_at(struct small_job *j, uint32_t task,
                                 const char *label)
{
    return (struct attempt){
        .app = j->app,
        .arg = j->arg,
        .maps = (uint32_t)j->split.count,
        .reduces = j->reduces,
        .folder = ".",
        .out = "out",
        .temporary = "tmp",
        .task = task,
        .label = label,
        .unwanted = &j->unwanted,
        .map_bytes = j->map_bytes,
    };
}

static char *map(struct small_job *j, uint32_t task, const char *label)
{
    struct attempt a = attempt_at(j, task, label);
    return task_map(&a, &j->split.tasks[task]);
}

static char *reduce(struct small_job *j, uint32_t task, const char *label)
{
    struct attempt a = attempt_at(j, task, label);
    return task_reduce(&a);
}

static void expect_fine(char *why)
{
    ck_assert_msg(why == NULL, "%s", why);
}

static void expect_failure(char *why, const char *words)
{
    ck_assert_msg(why != NULL, "no failure, where one was due: %s", words);
    ck_assert_msg(strstr(why, words) != NULL, "%s", why);
    free(why);
}

static void do_all(struct small_job *j)
{
    for (uint32_t i = 0; i < j->split.count; i++)
        expect_fine(map(j, i, "1"));
    ck_assert_uint_eq(count_names("tmp"), j->split.count);
    for (uint32_t i = 0; i < j->reduces; i++)
        expect_fine(reduce(j, i, "1"));
}

// Compares "out" with what the oracle says and ends the job.
static void expect_oracle(struct small_job *j)
{
    expect_fine(sequential_run(j->app, j->arg, files, j->file_count, j->reduces,
                               "oracle"));
    expect_same_output("out", "oracle");
    split_release(&j->split);
}

START_TEST(all_apps_equal_the_oracle)
{
    shell_folder();
    write_words("f0", random_seed(), 2000);
    write_text("f1", "");
    write_words("f2", random_seed(), 300);
    write_text("f3", "the last line has no newline, the Lord");
    struct small_job j = {.reduces = 3};
    const struct mr_app *const apps[] = {&app_wc, &app_index, &app_grep};
    for (size_t i = 0; i < 3; i++) {
        j.app = apps[i];
        j.arg = i == 2 ? "Lord.*unto" : NULL;
        job_begin(&j, 4, 5000);
        ck_assert_uint_gt(j.split.count, 4);
        do_all(&j);
        expect_oracle(&j);
        ck_assert_int_eq(system("rm -rf out tmp oracle"), 0);
    }
}
END_TEST

START_TEST(full_memory_makes_runs)
{
    shell_folder();
    for (size_t i = 0; i < 2; i++)
        write_words(files[i], random_seed(), 3000);
    struct small_job j = {.reduces = 4, .map_bytes = 300 * 1024};
    const struct mr_app *const apps[] = {&app_grep, &app_index};
    for (size_t i = 0; i < 2; i++) {
        j.app = apps[i];
        j.arg = i == 0 ? "" : NULL;
        job_begin(&j, 2, 1 << 20);
        do_all(&j);
        expect_oracle(&j);
        ck_assert_int_eq(system("rm -rf out tmp oracle"), 0);
    }
}
END_TEST

START_TEST(more_reducers_than_keys)
{
    shell_folder();
    write_text("f0", "one two\none\n");
    struct small_job j = {.app = &app_wc, .reduces = 50};
    job_begin(&j, 1, 1 << 20);
    do_all(&j);
    ck_assert_uint_eq(count_names("out"), 50);
    expect_oracle(&j);
}
END_TEST

START_TEST(no_input_gives_empty_parts)
{
    shell_folder();
    write_text("f0", "");
    struct small_job j = {.app = &app_wc, .reduces = 2};
    job_begin(&j, 1, 1 << 20);
    ck_assert_uint_eq(j.split.count, 0);
    do_all(&j);
    expect_oracle(&j);
}
END_TEST

START_TEST(same_file_twice_counts_twice)
{
    shell_folder();
    write_text("f0", "one\n");
    ck_assert_int_eq(link("f0", "f1"), 0);
    struct small_job j = {.app = &app_wc, .reduces = 1};
    job_begin(&j, 2, 1 << 20);
    do_all(&j);
    char *text = shell_read("out/part-00000", NULL);
    ck_assert_str_eq(text, "one\t2\n");
    free(text);
    expect_oracle(&j);
}
END_TEST

// --- Attempts --------------------------------------------------------------

START_TEST(second_attempt_changes_nothing)
{
    shell_folder();
    write_words("f0", random_seed(), 500);
    struct small_job j = {.app = &app_wc, .reduces = 2};
    job_begin(&j, 1, 1 << 20);
    expect_fine(map(&j, 0, "1"));
    expect_fine(map(&j, 0, "2"));
    ck_assert_uint_eq(count_names("tmp"), 1);
    for (uint32_t i = 0; i < 2; i++) {
        expect_fine(reduce(&j, i, "1"));
        expect_fine(reduce(&j, i, "2"));
    }
    ck_assert_uint_eq(count_names("tmp"), 1);
    expect_oracle(&j);
}
END_TEST

struct racer {
    struct small_job *job;
    const char *label;
    char *why;
};

static void race(void *arg)
{
    struct racer *r = arg;
    r->why = map(r->job, 0, r->label);
    if (r->why == NULL)
        r->why = reduce(r->job, 0, r->label);
}

START_TEST(attempts_at_the_same_time_do_no_harm)
{
    shell_folder();
    write_words("f0", random_seed(), 3000);
    struct small_job j = {.app = &app_wc, .reduces = 1};
    job_begin(&j, 1, 1 << 20);
    struct racer racers[3] = {
        {&j, "1", NULL}, {&j, "2", NULL}, {&j, "3", NULL}};
    struct thread *threads[3];
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(thread_start("racer", race, &racers[i], &threads[i]),
                         ERR_OK);
    for (size_t i = 0; i < 3; i++) {
        thread_join(threads[i]);
        expect_fine(racers[i].why);
    }
    ck_assert_uint_eq(count_names("tmp"), 1);
    expect_oracle(&j);
}
END_TEST

START_TEST(unwanted_attempt_leaves_nothing)
{
    shell_folder();
    write_words("f0", random_seed(), 500);
    struct small_job j = {.app = &app_wc, .reduces = 1};
    job_begin(&j, 1, 1 << 20);
    atomic_store(&j.unwanted, true);
    expect_fine(map(&j, 0, "1"));
    ck_assert_uint_eq(count_names("tmp"), 0);
    atomic_store(&j.unwanted, false);
    expect_fine(map(&j, 0, "2"));
    atomic_store(&j.unwanted, true);
    expect_fine(reduce(&j, 0, "1"));
    ck_assert_uint_eq(count_names("tmp"), 1);
    ck_assert_uint_eq(count_names("out"), 0);
    split_release(&j.split);
}
END_TEST

// A job's folder goes when it ends; an attempt that wakes up later may not
// bring it back, nor write to the folder of the next job.
START_TEST(attempt_after_the_job_fails)
{
    shell_folder();
    write_words("f0", random_seed(), 500);
    struct small_job j = {.app = &app_wc, .reduces = 1};
    job_begin(&j, 1, 1 << 20);
    expect_fine(map(&j, 0, "1"));
    ck_assert_int_eq(system("rm -rf tmp"), 0);
    expect_failure(map(&j, 0, "2"), "cannot write tmp/map-00000");
    expect_failure(reduce(&j, 0, "2"), "cannot read map output tmp/map-00000");
    ck_assert(!is_there("tmp"));
    ck_assert_uint_eq(count_names("out"), 0);
    split_release(&j.split);
}
END_TEST

// --- Failures --------------------------------------------------------------

START_TEST(failures_name_the_file)
{
    shell_folder();
    write_text("f0", "one\ntwo\n");
    struct small_job j = {.app = &app_wc, .reduces = 1};
    job_begin(&j, 1, 1 << 20);
    ck_assert_int_eq(truncate("f0", 3), 0);
    expect_failure(map(&j, 0, "1"), "input file f0 has changed");
    ck_assert_int_eq(unlink("f0"), 0);
    expect_failure(map(&j, 0, "2"), "cannot read input file f0: ");
    ck_assert_uint_eq(count_names("tmp"), 0);

    write_text("f0", "one\ntwo\n");
    expect_fine(map(&j, 0, "3"));
    write_text("tmp/map-00000", "something else, long enough");
    expect_failure(reduce(&j, 0, "1"),
                   "cannot read map output tmp/map-00000: damaged");
    ck_assert_uint_eq(count_names("out"), 0);
    split_release(&j.split);
}
END_TEST

static void reduce_to_other(struct slice key, struct values *values,
                            struct emitter *out)
{
    mr_emit(out, slice_text("other"), slice_text("1"));
}

START_TEST(reduce_for_another_key_fails)
{
    shell_folder();
    struct mr_app wrong = app_wc;
    wrong.reduce = reduce_to_other;
    write_text("f0", "one\n");
    struct small_job j = {.app = &wrong, .reduces = 1};
    job_begin(&j, 1, 1 << 20);
    expect_fine(map(&j, 0, "1"));
    expect_failure(reduce(&j, 0, "1"), "reduce emitted a pair for another key");
    ck_assert_uint_eq(count_names("out"), 0);
    ck_assert_uint_eq(count_names("tmp"), 1);
    split_release(&j.split);
}
END_TEST

START_TEST(oracle_leaves_nothing_when_it_fails)
{
    shell_folder();
    write_text("f0", "one\n");
    const char *const missing[] = {"f0", "f1"};
    expect_failure(sequential_run(&app_wc, NULL, missing, 2, 2, "oracle"),
                   "cannot read f1");
    ck_assert(!is_there("oracle"));
    ck_assert_int_eq(mkdir("oracle", 0777), 0);
    write_text("oracle/mine", "");
    expect_failure(sequential_run(&app_wc, NULL, missing, 1, 2, "oracle"),
                   "output folder oracle is not empty");
    ck_assert_uint_eq(count_names("oracle"), 1);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"I", "each application's output equals the oracle's",
         all_apps_equal_the_oracle, 0},
        {"I", "a map task whose memory is full writes runs and merges them",
         full_memory_makes_runs, 0},
        {"I", "more reducers than keys give empty parts",
         more_reducers_than_keys, 0},
        {"I", "no input gives empty parts", no_input_gives_empty_parts, 0},
        {"I", "the same file twice counts twice", same_file_twice_counts_twice,
         0},
        {"III", "a second attempt changes nothing",
         second_attempt_changes_nothing, 0},
        {"III", "attempts at the same time do no harm",
         attempts_at_the_same_time_do_no_harm, 0},
        {"III", "an unwanted attempt leaves nothing",
         unwanted_attempt_leaves_nothing, 0},
        {"III", "an attempt that wakes up after its job spoils nothing",
         attempt_after_the_job_fails, 0},
        {"II", "failures name the file", failures_name_the_file, 0},
        {"II", "a reduce for another key fails its task",
         reduce_for_another_key_fails, 0},
        {"I", "the oracle leaves nothing when it fails",
         oracle_leaves_nothing_when_it_fails, 0},
    };
    return unit_main(argc, argv, "lab1 tasks", tests,
                     sizeof tests / sizeof tests[0]);
}
