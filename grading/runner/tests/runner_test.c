// runner_test.c - run-tests over test programs that misbehave.
//
// The programs are shell scripts that a test writes into its folder.
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"

enum {
    PROGRAMS_MAX = 4,
    OUTPUT_MAX = 8192,
    WAIT_MS = 20000,
};

static char *in_tmp(const char *name)
{
    return xasprintf("%s/%s", getenv("TMPDIR"), name);
}

static void write_program(const char *name, const char *body)
{
    char *path = in_tmp(name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\n%s\n", body);
    fclose(file);
    chmod(path, 0755);
    free(path);
}

// The text of a file in our folder; waits until there is a whole line.
static void read_text(const char *name, char text[OUTPUT_MAX])
{
    char *path = in_tmp(name);
    int64_t deadline_ms = clock_now_ms() + WAIT_MS;
    size_t size = 0;
    do {
        FILE *file = fopen(path, "r");
        size = file != NULL ? fread(text, 1, OUTPUT_MAX - 1, file) : 0;
        if (file != NULL)
            fclose(file);
    } while ((size == 0 || text[size - 1] != '\n') &&
             clock_now_ms() < deadline_ms);
    text[size] = '\0';
    free(path);
}

// Starts run-tests on the programs with these names and, if not NULL, one
// setting. What it prints goes to "output".
static struct process *start(const char *parallel, const char *env,
                             const char *const *names)
{
    char *own = process_own_path();
    *strstr(own, "/tests/grading-runner/") = '\0';
    char *runner = xasprintf("%s/bin/run-tests", own);
    char *output = in_tmp("output");
    const char *argv[PROGRAMS_MAX + 4] = {runner, "-j", parallel};
    char *paths[PROGRAMS_MAX] = {NULL};
    for (int i = 0; names[i] != NULL; i++)
        argv[3 + i] = paths[i] = in_tmp(names[i]);
    const char *envs[] = {"T=", "PART=", env != NULL ? env : "SEED=", NULL};
    struct process_spec spec = {.argv = argv, .env = envs, .output = output};

    struct process *p = NULL;
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_OK);
    for (int i = 0; i < PROGRAMS_MAX; i++)
        free(paths[i]);
    free(output);
    free(runner);
    free(own);
    return p;
}

// Its exit status; its output in `text`.
static int finish(struct process *p, char text[OUTPUT_MAX])
{
    struct process_end end;
    ck_assert_int_eq(process_wait(p, clock_now_ms() + WAIT_MS, &end), ERR_OK);
    process_free(p);
    read_text("output", text);
    ck_assert(end.exited);
    return end.code;
}

static int run(const char *parallel, const char *env, const char *const *names,
               char text[OUTPUT_MAX])
{
    return finish(start(parallel, env, names), text);
}

static void assert_last_line(const char *text, const char *line)
{
    size_t size = strlen(text);
    size_t want = strlen(line);
    ck_assert_msg(size >= want && strcmp(text + size - want, line) == 0,
                  "the last line is not \"%s\" in:\n%s", line, text);
}

static void assert_said(const char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "no \"%s\" in:\n%s", what, text);
}

START_TEST(counts_are_added_up)
{
    char text[OUTPUT_MAX];
    write_program("good", "echo 3 0 >$UNIT_RESULT");
    write_program("bad", "echo 4 2 >$UNIT_RESULT; exit 1");
    const char *const good[] = {"good", NULL};
    ck_assert_int_eq(run("1", NULL, good, text), 0);
    assert_last_line(text, "3 passed, 0 failed\n");

    const char *const both[] = {"good", "bad", NULL};
    ck_assert_int_eq(run("2", NULL, both, text), 1);
    assert_last_line(text, "7 passed, 2 failed\n");
}
END_TEST

START_TEST(dead_program_is_one_failure)
{
    char text[OUTPUT_MAX];
    write_program("crash", "kill -SEGV $$");
    write_program("silent", "echo 100 passed, 0 failed; exit 0");
    write_program("garbage", "echo many >$UNIT_RESULT");
    write_program("late", "echo 5 0 >$UNIT_RESULT; exit 23");
    const char *const names[] = {"crash", "silent", "garbage", "late", NULL};
    ck_assert_int_eq(run("2", NULL, names, text), 1);
    assert_said(text, "crash: it died of signal 11 (Segmentation fault)");
    assert_said(text, "silent: it ended with status 0, and reported nothing");
    assert_said(text, "garbage: it ended with status 0, and reported nothing");
    assert_said(text, "late: it ended with status 23, though no test failed");
    assert_last_line(text, "5 passed, 4 failed\n");
}
END_TEST

START_TEST(missing_program_is_one_failure)
{
    char text[OUTPUT_MAX];
    const char *const names[] = {"nowhere", NULL};
    ck_assert_int_eq(run("1", NULL, names, text), 1);
    assert_said(text, "nowhere: it cannot be started");
    assert_last_line(text, "0 passed, 1 failed\n");
}
END_TEST

START_TEST(no_test_is_a_failure)
{
    char text[OUTPUT_MAX];
    write_program("empty", "echo 0 0 >$UNIT_RESULT");
    const char *const names[] = {"empty", NULL};
    ck_assert_int_eq(run("1", NULL, names, text), 1);
    assert_said(text, "empty: it has executed no test");
}
END_TEST

START_TEST(filter_without_match_is_a_failure)
{
    char text[OUTPUT_MAX];
    write_program("empty", "echo 0 0 >$UNIT_RESULT");
    const char *const names[] = {"empty", NULL};
    ck_assert_int_eq(run("1", "T=moon", names, text), 1);
    assert_said(text, "No test was executed");
    assert_said(text, "T='moon'");
    assert_last_line(text, "0 passed, 0 failed\n");
}
END_TEST

START_TEST(no_program_is_a_failure)
{
    char text[OUTPUT_MAX];
    const char *const names[] = {NULL};
    ck_assert_int_eq(run("1", NULL, names, text), 1);
    assert_last_line(text, "0 passed, 0 failed\n");
}
END_TEST

// The first program ends last, and each waits in the middle of its lines for
// the other's: they do run side by side.
START_TEST(outputs_are_not_mixed)
{
    char text[OUTPUT_MAX];
    write_program("one", "echo a; echo >$TMPDIR/one\n"
                         "until [ -e $TMPDIR/two ]; do :; done\n"
                         "echo b; echo 1 0 >$UNIT_RESULT");
    write_program("two", "echo c\n"
                         "until [ -e $TMPDIR/one ]; do :; done\n"
                         "echo >$TMPDIR/two\n"
                         "echo d; echo 1 0 >$UNIT_RESULT");
    const char *const names[] = {"one", "two", NULL};
    ck_assert_int_eq(run("2", NULL, names, text), 0);
    assert_last_line(text, "a\nb\nc\nd\n2 passed, 0 failed\n");
}
END_TEST

static bool is_gone(pid_t pid)
{
    int64_t deadline_ms = clock_now_ms() + WAIT_MS;
    while (kill(pid, 0) == 0 && clock_now_ms() < deadline_ms)
        clock_sleep_ms(5);
    return kill(pid, 0) != 0;
}

START_TEST(interrupt_leaves_nothing)
{
    char text[OUTPUT_MAX];
    write_program("stubborn",
                  "trap '' INT TERM HUP\n"
                  "setsid sh -c 'echo $$ $TMPDIR >\"$0\"; sleep 1000' \\\n"
                  "    \"$(dirname \"$0\")/child\" &\n"
                  "wait");
    const char *const names[] = {"stubborn", NULL};
    struct process *p = start("1", NULL, names);
    read_text("child", text);
    int child = 0;
    char folder[256];
    ck_assert_int_eq(sscanf(text, "%d %255s", &child, folder), 2);
    ck_assert_int_eq(access(folder, F_OK), 0);

    kill((pid_t)process_id(p), SIGINT);
    ck_assert_int_eq(finish(p, text), 128 + SIGINT);
    ck_assert(is_gone(child));
    ck_assert_int_ne(access(folder, F_OK), 0);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runner", "what the programs report is added up", counts_are_added_up,
         30},
        {"runner", "a program that dies or is silent is one failure, named",
         dead_program_is_one_failure, 30},
        {"runner", "a program that is missing is one failure",
         missing_program_is_one_failure, 30},
        {"runner", "a program without a test is a failure",
         no_test_is_a_failure, 30},
        {"runner", "a filter that matches nothing fails and is named",
         filter_without_match_is_a_failure, 30},
        {"runner", "no program at all is a failure", no_program_is_a_failure,
         30},
        {"runner", "programs run side by side, their outputs are not mixed",
         outputs_are_not_mixed, 30},
        {"runner", "Ctrl-C leaves neither process nor file",
         interrupt_leaves_nothing, 30},
    };
    return unit_main(argc, argv, "test runner", tests,
                     sizeof tests / sizeof tests[0]);
}
