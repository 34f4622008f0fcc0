// runner_test.c - run-tests over test programs that misbehave.
//
// The programs are shell scripts that a test writes into its folder.
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "grading/runner/tests/call.h"

enum {
    PROGRAMS_MAX = 4,
};

static struct process *start(const char *parallel, const char *env,
                             const char *const *names)
{
    char *paths[PROGRAMS_MAX] = {NULL};
    const char *words[PROGRAMS_MAX + 3] = {"-j", parallel};
    for (int i = 0; names[i] != NULL; i++)
        words[2 + i] = paths[i] = in_tmp(names[i]);
    const char *envs[] = {env, NULL};
    struct process *p = start_runner(words, envs);
    for (int i = 0; i < PROGRAMS_MAX; i++)
        free(paths[i]);
    return p;
}

static int run(const char *parallel, const char *env, const char *const *names,
               char text[OUTPUT_MAX])
{
    return finish_runner(start(parallel, env, names), text);
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

// Each waits in the middle of its lines for the other's: they do run side by
// side.
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
    assert_said(text, "a\nb\n");
    assert_said(text, "c\nd\n");
    assert_last_line(text, "\n2 passed, 0 failed\n");
}
END_TEST

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
    await_text("child", "\n", text);
    int child = 0;
    char folder[256];
    ck_assert_int_eq(sscanf(text, "%d %255s", &child, folder), 2);
    ck_assert_int_eq(access(folder, F_OK), 0);

    kill((pid_t)process_id(p), SIGINT);
    ck_assert_int_eq(finish_runner(p, text), 128 + SIGINT);
    ck_assert(is_gone(child, WAIT_MS));
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
