// unit_test.c - the test main, run on tests that misbehave.
//
// Each test here runs unit_main() once more in a process of its own, over the
// victims below, and looks at what it says.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/graded.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/self.h"
#include "common/runtime/unsolved.h"

enum {
    OUTPUT_MAX = 16384,
    HOLLOW = 14, // large files that are empty inside
};

START_TEST(passes)
{
    ck_assert_int_eq(1, 1);
}
END_TEST

START_TEST(fails)
{
    ck_assert_msg(0, "two are not %d", 3);
}
END_TEST

START_TEST(crashes)
{
    raise(SIGUSR2); // no sanitizer has a word in it
}
END_TEST

START_TEST(hangs)
{
    for (;;)
        pause();
}
END_TEST

// As in a group that Check believes to be there and is not.
START_TEST(hangs_elsewhere)
{
    setpgid(0, getpgid(getppid()));
    for (;;)
        pause();
}
END_TEST

START_TEST(leaves_a_process)
{
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    if (fork() == 0) {
        setsid(); // out of reach for Check, which kills by group
        close(ready[0]);
        close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    char byte;
    ck_assert_int_eq(read(ready[0], &byte, 1), 0);
    close(ready[0]);
}
END_TEST

START_TEST(prints_its_seed)
{
    printf("seed is %s\n", getenv("LAB_SEED"));
    fflush(stdout);
}
END_TEST

START_TEST(leaves_files)
{
    char path[256];
    snprintf(path, sizeof path, "%s/file", getenv("TMPDIR"));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_msg(0, "left %s.", path);
}
END_TEST

START_TEST(exits)
{
    exit(0);
}
END_TEST

START_TEST(exits_below)
{
    // The child comes to the end of the body, the test does not.
    pid_t pid = fork();
    if (pid != 0) {
        waitpid(pid, NULL, 0);
        exit(0);
    }
}
END_TEST

START_TEST(is_not_written)
{
    not_implemented("II job_request");
}
END_TEST

START_TEST(has_a_node_that_is_not_written)
{
    unit_unsolved("3a acceptor_prepare"); // as a harness says it
    ck_assert_int_eq(1, 1);
}
END_TEST

START_TEST(knows_no_harness)
{
    self_get()->on_unsolved = NULL; // as a node of this process would
    not_implemented("II split");
}
END_TEST

static void is_seven(void *arg)
{
    int *number = arg;
    ck_assert_int_eq(*number, 7);
}

static char *in_tmp(const char *name)
{
    return xasprintf("%s/%s", getenv("TMPDIR"), name);
}

static void put_file(const char *name, const char *text)
{
    char *path = in_tmp(name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static void put_folder(const char *name)
{
    char *path = in_tmp(name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    free(path);
}

// What a cluster leaves: logs, counters, a socket.
static void leaves_a_cluster(void *arg)
{
    (void)arg;
    put_folder("log");
    put_file("log/harness", "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\n"
                            "line 7\nline 8\nline 9\nline 10\nline 11\n"
                            "line 12\nline 13\nline 14\n");
    put_file("log/n1", "I am n1\n");
    put_folder("cnt");
    put_file("cnt/n1", "ring");
    char name[32];
    for (int i = 0; i < HOLLOW; i++) { // more than may be, if they were full
        snprintf(name, sizeof name, "hollow%d", i);
        put_file(name, "all but this is a hole");
        char *hollow = in_tmp(name);
        ck_assert_int_eq(truncate(hollow, 6 << 20), 0);
        free(hollow);
    }
    put_file("large", "");
    char *path = in_tmp("large");
    ck_assert_int_eq(truncate(path, 65 << 20), 0);
    free(path);
    path = in_tmp("fifo");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    free(path);
    path = in_tmp("link");
    ck_assert_int_eq(symlink("log", path), 0);
    free(path);
    ck_assert_msg(0, "the cluster is not as it should be: n1 has answered to a "
                     "client though it was cut off from the others");
}

// What it prints says which descriptors reach a program that a test starts.
static void shows_its_descriptors(void *arg)
{
    (void)arg;
    ck_assert_int_eq(system("ls /proc/self/fd | tr '\\n' ' '"), 0);
}

static void fails_and_leaves(void *arg)
{
    (void)arg;
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        for (;;)
            pause();
    }
    printf("left %d.", pid);
    fflush(stdout);
    ck_assert_int_eq(pid, 0);
    kill(pid, SIGKILL); // never comes so far
}

struct outcome {
    int status;              // as waitpid() says
    char output[OUTPUT_MAX]; // what it printed
    char result[64];         // the first line of UNIT_RESULT
    char rows[OUTPUT_MAX];   // the lines below it
};

static void read_file(const char *path, char *text, size_t room)
{
    text[0] = '\0';
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    text[fread(text, 1, room - 1, file)] = '\0';
    fclose(file);
}

static void quiet_environment(void)
{
    static const char *const names[] = {
        "T",         "PART",     "SEED",         "CK_FORK",
        "UNIT_KEEP", "UNIT_GDB", "UNIT_COMMAND", "LAB_TIME_SCALE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

static int run_victims(int argc, char **argv)
{
    const struct unit_test victims[] = {
        {"good", "one is one", passes, 0},
        {"bad", "three is two", fails, 0},
        {"bad", "it's safe to go on", crashes, 0},
        {"bad limit", "this ends", hangs, 0.05},
        {"group", "this ends outside of its group", hangs_elsewhere, 0.05},
        {"bad left", "nobody stays", leaves_a_process, 0},
        {"seed", "the seed is known", prints_its_seed, 0},
        {"files", "there is a folder", leaves_files, 0},
    };
    return unit_main(argc, argv, "victims", victims, 8);
}

static int run_graded_victims(int argc, char **argv)
{
    int seven = 7;
    int eight = 8;
    const struct graded_test victims[] = {
        {.part = "I",
         .name = "cluster",
         .claim = "No replica that is cut off from all others answers to a "
                  "client.",
         .section = "3.2",
         .evidence = GRADED_PROCESS,
         .points = 3,
         .run = leaves_a_cluster},
        {.part = "fd", .name = "descriptors", .run = shows_its_descriptors},
        {.part = "left", .name = "assertion", .run = fails_and_leaves},
        {.part = "I", .name = "passes", .test = passes},
        {.part = "I", .name = "seven", .run = is_seven, .arg = &seven},
        {.part = "I", .name = "eight", .run = is_seven, .arg = &eight},
        {.part = "II", .name = "exits", .test = exits},
        {.part = "II", .name = "below", .test = exits_below},
        {.part = "III", .name = "not written", .test = is_not_written},
        {.part = "V", .name = "untold", .test = knows_no_harness},
        {.part = "IV",
         .name = "nor this",
         .test = has_a_node_that_is_not_written},
    };
    return graded_main(argc, argv, "graded", victims,
                       sizeof victims / sizeof victims[0]);
}

// Runs a main of victims with NAME=VALUE in the environment (both may be NULL).
static struct outcome run_main(int (*victims_main)(int argc, char **argv),
                               const char *name, const char *value)
{
    static struct outcome o;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        quiet_environment();
        if (name != NULL)
            setenv(name, value, 1);
        char *argv[] = {(char[]){"victims"}, NULL};
        char output[256];
        char result[256];
        snprintf(output, sizeof output, "%s/output", getenv("TMPDIR"));
        snprintf(result, sizeof result, "%s/result", getenv("TMPDIR"));
        setenv("UNIT_RESULT", result, 1);
        if (freopen(output, "w", stdout) == NULL)
            _exit(99);
        _exit(victims_main(1, argv));
    }
    ck_assert_int_eq(waitpid(pid, &o.status, 0), pid);

    char path[256];
    snprintf(path, sizeof path, "%s/output", getenv("TMPDIR"));
    read_file(path, o.output, sizeof o.output);
    snprintf(path, sizeof path, "%s/result", getenv("TMPDIR"));
    read_file(path, o.rows, sizeof o.rows);
    size_t first = strcspn(o.rows, "\n") + 1;
    snprintf(o.result, sizeof o.result, "%.*s", (int)first, o.rows);
    memmove(o.rows, o.rows + first, strlen(o.rows + first) + 1);
    return o;
}

static struct outcome run(const char *name, const char *value)
{
    return run_main(run_victims, name, value);
}

static void assert_said(const struct outcome *o, const char *text)
{
    ck_assert_msg(strstr(o->output, text) != NULL, "no \"%s\" in:\n%s", text,
                  o->output);
}

START_TEST(all_victims_are_counted)
{
    struct outcome o = run(NULL, NULL);
    ck_assert_str_eq(o.result, "2 6\n");
    ck_assert_int_eq(WEXITSTATUS(o.status), 1);
}
END_TEST

START_TEST(failure_says_where_and_how_to_repeat)
{
    struct outcome o = run("T", "three is two");
    ck_assert_str_eq(o.result, "0 1\n");
    assert_said(&o, "bad      three is two ....");
    assert_said(&o, "FAILED");
    assert_said(&o, "unit_test.c:");
    assert_said(&o, "two are not 3");
    assert_said(&o, "again      make test T='three is two' SEED=");
    assert_said(&o, "in gdb     make gdb T='three is two' SEED=");
}
END_TEST

START_TEST(command_survives_the_shell)
{
    struct outcome o = run("T", "safe");
    assert_said(&o, "T='it'\\''s safe to go on'");
    assert_said(&o, "User defined signal 2");
}
END_TEST

START_TEST(hanging_test_ends_at_its_limit)
{
    struct outcome o = run("PART", "bad limit");
    ck_assert_str_eq(o.result, "0 1\n");
    assert_said(&o, "not done after");
}
END_TEST

START_TEST(hanging_test_ends_though_check_kills_nobody)
{
    struct outcome o = run("PART", "group");
    ck_assert_str_eq(o.result, "0 1\n");
    assert_said(&o, "not done after");
}
END_TEST

START_TEST(left_process_fails_the_test)
{
    struct outcome o = run("T", "nobody stays");
    ck_assert_str_eq(o.result, "0 1\n");
    assert_said(&o, "it left 1 process running: ");
}
END_TEST

START_TEST(part_picks_whole_words)
{
    ck_assert_str_eq(run("PART", "bad").result, "0 4\n");
    ck_assert_str_eq(run("PART", "ba").result, "0 0\n");
    ck_assert_str_eq(run("PART", "good").result, "1 0\n");
}
END_TEST

START_TEST(suite_name_picks_too)
{
    ck_assert_str_eq(run("T", "victims: one").result, "1 0\n");
    ck_assert_str_eq(run("T", "nothing of this kind").result, "0 0\n");
}
END_TEST

START_TEST(seed_reaches_the_test)
{
    struct outcome o = run("SEED", "4711");
    assert_said(&o, "seed is 4711\n");
}
END_TEST

START_TEST(files_of_failed_tests_go)
{
    struct outcome o = run("PART", "files");
    char *path = strstr(o.output, "left /");
    ck_assert_ptr_nonnull(path);
    path += strlen("left ");
    *strchr(path, '.') = '\0';
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(graded_tests_of_both_kinds_run)
{
    ck_assert_str_eq(run_main(run_graded_victims, "T", "passes").result,
                     "1 0\n");
    ck_assert_str_eq(run_main(run_graded_victims, "T", "seven").result,
                     "1 0\n");
    struct outcome o = run_main(run_graded_victims, "T", "eight");
    ck_assert_str_eq(o.result, "0 1\n");
    assert_said(&o, "unit_test.c:");
    assert_said(&o, "*number == 8");
}
END_TEST

START_TEST(exit_is_no_pass)
{
    struct outcome o = run_main(run_graded_victims, "T", "exits");
    ck_assert_str_eq(o.result, "0 1\n");
    assert_said(&o, "the test ended early: something called exit(0)");
    o = run_main(run_graded_victims, "T", "below");
    ck_assert_str_eq(o.result, "0 1\n");
}
END_TEST

START_TEST(what_is_not_written_is_named)
{
    struct outcome o = run_main(run_graded_victims, "PART", "III");
    ck_assert_str_eq(o.result, "0 1 II job_request\n");
    assert_said(&o, "    not implemented: II job_request\n");
    o = run_main(run_graded_victims, "PART", "IV");
    ck_assert_str_eq(o.result, "0 1 3a acceptor_prepare\n");
    assert_said(&o, "    not implemented: 3a acceptor_prepare\n");
    o = run_main(run_graded_victims, "PART", "V");
    ck_assert_ptr_nonnull(strstr(o.rows, "\"verdict\": \"unsolved\""));
}
END_TEST

static struct outcome run_cluster(void)
{
    char *kept = in_tmp("failed");
    setenv("UNIT_FAILED", kept, 1);
    free(kept);
    return run_main(run_graded_victims, "T", "cluster");
}

START_TEST(block_tells_the_story)
{
    struct outcome o = run_cluster();
    ck_assert_str_eq(o.result, "0 1\n");
    assert_said(&o,
                "    the cluster is not as it should be: n1 has answered to "
                "a client though it\n    was cut off from the others\n"
                "    at common/check/tests/unit_test.c:");
    assert_said(&o, "    must hold  No replica that is cut off from all others "
                    "answers to a client.\n               (handout section "
                    "3.2)\n");
    assert_said(&o, "    story      line 3\n               line 4\n");
    assert_said(&o, "line 14\n\n");
    assert_said(&o, "failed/graded/cluster/log/\n               harness n1\n");
    assert_said(&o, "    trace      make trace T='cluster'\n");
    assert_said(&o, " NODE=n1\n");
}
END_TEST

START_TEST(files_of_a_failure_are_kept)
{
    static const char *const kept[] = {"log/harness", "cnt/n1", "failure"};
    static const char *const left_out[] = {"large", "fifo", "link"};
    put_folder("failed");
    put_folder("failed/graded");
    put_folder("failed/graded/cluster");
    put_file("failed/graded/cluster/of-the-last-failure", "");
    run_cluster();
    char text[256];
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s/failed/graded/cluster/%s",
                 getenv("TMPDIR"), kept[i]);
        ck_assert_msg(access(text, F_OK) == 0, "%s is not kept", text);
        snprintf(text, sizeof text, "%s/failed/graded/cluster/%s",
                 getenv("TMPDIR"), left_out[i]);
        ck_assert_msg(access(text, F_OK) != 0, "%s is kept", text);
    }
    char *path = in_tmp("failed/graded/cluster/of-the-last-failure");
    ck_assert_int_ne(access(path, F_OK), 0);
    free(path);
    for (int i = 0; i < HOLLOW; i++) {
        snprintf(text, sizeof text, "failed/graded/cluster/hollow%d", i);
        path = in_tmp(text);
        struct stat s;
        ck_assert_int_eq(stat(path, &s), 0);
        ck_assert_int_eq(s.st_size, 6 << 20);
        read_file(path, text, 23);
        ck_assert_str_eq(text, "all but this is a hole");
        free(path);
    }
    path = in_tmp("failed/graded/cluster/failure");
    read_file(path, text, sizeof text);
    ck_assert_int_eq(strncmp(text, "graded: cluster\n", 16), 0);
    free(path);
}
END_TEST

START_TEST(rows_say_how_it_went)
{
    struct outcome o = run_cluster();
    static const char *const fields[] = {
        "{\"suite\": \"graded\", \"program\": \"victims\"",
        "\"part\": \"I\", \"name\": \"cluster\"",
        "\"section\": \"3.2\"",
        "\"evidence\": \"process\", \"points\": 3, \"hidden\": false",
        "\"verdict\": \"fail\"",
        "\"message\": \"the cluster is not",
        "\"where\": \"common/check/tests/unit_test.c:",
        "failed/graded/cluster\"}\n"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        ck_assert_msg(strstr(o.rows, fields[i]) != NULL, "no %s in\n%s",
                      fields[i], o.rows);
    o = run_main(run_graded_victims, "T", "passes");
    ck_assert_ptr_nonnull(strstr(o.rows, "\"verdict\": \"pass\""));
    o = run_main(run_graded_victims, "PART", "III");
    ck_assert_ptr_nonnull(strstr(o.rows, "\"verdict\": \"unsolved\""));
    o = run("PART", "bad limit");
    ck_assert_ptr_nonnull(strstr(o.rows, "\"verdict\": \"timeout\""));
}
END_TEST

START_TEST(checks_own_settings_pick_nothing)
{
    static const char *const names[] = {"CK_RUN_SUITE", "CK_RUN_CASE",
                                        "CK_INCLUDE_TAGS"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_str_eq(run(names[i], "misspelt").result, "2 6\n");
}
END_TEST

START_TEST(descriptors_stay_in_the_test)
{
    struct outcome o = run_main(run_graded_victims, "PART", "fd");
    assert_said(&o, "0 1 2 3 fd"); // 3 is what ls itself reads
}
END_TEST

START_TEST(assertion_leaves_nothing_running)
{
    struct outcome o = run_main(run_graded_victims, "PART", "left");
    ck_assert_str_eq(o.result, "0 1\n");
    int pid = 0;
    ck_assert_int_eq(
        sscanf(o.output + strcspn(o.output, "\n") + 1, "left %d.", &pid), 1);
    ck_assert_int_gt(pid, 0);
    ck_assert_int_ne(kill(pid, 0), 0);
}
END_TEST

START_TEST(senseless_settings_are_refused)
{
    ck_assert_int_eq(WEXITSTATUS(run("SEED", "seven").status), 2);
    ck_assert_int_eq(WEXITSTATUS(run("LAB_TIME_SCALE", "-1").status), 2);
    ck_assert_int_eq(WEXITSTATUS(run("UNIT_RUN", "8").status), 2);
    ck_assert_int_eq(WEXITSTATUS(run("UNIT_RUN", "1x").status), 2);
    ck_assert_int_eq(WEXITSTATUS(run("UNIT_RUN", "0").status), 0);
}
END_TEST

START_TEST(ignored_sigchld_is_no_obstacle)
{
    signal(SIGCHLD, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        const struct unit_test victims[] = {{"good", "is", passes, 0}};
        char *argv[] = {(char[]){"victims"}, NULL};
        quiet_environment();
        _exit(freopen("/dev/null", "w", stdout) == NULL
                  ? 99
                  : unit_main(1, argv, "victims", victims, 1));
    }
    signal(SIGCHLD, SIG_DFL);
    int status = -1;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"check", "every victim is counted", all_victims_are_counted, 0},
        {"check", "a failure says where, and how to repeat it",
         failure_says_where_and_how_to_repeat, 0},
        {"check", "a crash is named, its command survives the shell",
         command_survives_the_shell, 0},
        {"check", "a test that hangs ends at its limit",
         hanging_test_ends_at_its_limit, 0},
        {"check", "a test ends though Check finds nobody to kill",
         hanging_test_ends_though_check_kills_nobody, 0},
        {"check", "a process left behind is named, and fails the test",
         left_process_fails_the_test, 0},
        {"check", "PART picks by whole words", part_picks_whole_words, 0},
        {"check", "T picks by suite and name", suite_name_picks_too, 0},
        {"check", "SEED reaches the test", seed_reaches_the_test, 0},
        {"check", "files of a failed test are removed",
         files_of_failed_tests_go, 0},
        {"check", "graded tests run, of Check and with an argument",
         graded_tests_of_both_kinds_run, 0},
        {"check", "a test that calls exit(0) has not passed", exit_is_no_pass,
         0},
        {"check", "what is not yet written is named",
         what_is_not_written_is_named, 0},
        {"check", "a failure tells its story", block_tells_the_story, 0},
        {"check", "the files of a failure are kept",
         files_of_a_failure_are_kept, 0},
        {"check", "a row says how a test went", rows_say_how_it_went, 0},
        {"check", "settings of Check do not pick tests",
         checks_own_settings_pick_nothing, 0},
        {"check", "a program started by a test gets no descriptor",
         descriptors_stay_in_the_test, 0},
        {"check", "a failed assertion leaves nothing running",
         assertion_leaves_nothing_running, 0},
        {"check", "settings that make no sense are refused",
         senseless_settings_are_refused, 0},
        {"check", "an ignored SIGCHLD does not hang it",
         ignored_sigchld_is_no_obstacle, 0},
    };
    return unit_main(argc, argv, "test main", tests,
                     sizeof tests / sizeof tests[0]);
}
