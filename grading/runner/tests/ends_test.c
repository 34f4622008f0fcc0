// ends_test.c - what is left when tests end: nothing, or what is asked for.
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/orphans.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "grading/runner/tests/call.h"

static const char *const no_words[] = {NULL};

// --- ends ---

// Who ran in the test "a node": unit program, test, node; and its folder.
struct chain {
    int pids[3];
    char folder[256]; // that of run-tests
};

static struct process *start_chain(struct chain *c)
{
    orphans_adopt(); // what dies is ours to reap, and so is seen to be gone
    const char *const env[] = {"PART=chain", NULL};
    struct process *p = start_victims("nodes", no_words, env);
    char text[OUTPUT_MAX];
    await_text("chain", ".\n", text);
    ck_assert_int_eq(sscanf(text, "%d %d %d %255s", &c->pids[0], &c->pids[1],
                            &c->pids[2], c->folder),
                     4);
    *strrchr(c->folder, '/') = '\0';
    ck_assert_int_eq(access(c->folder, F_OK), 0);
    return p;
}

static void assert_chain_gone(const struct chain *c)
{
    for (int i = 0; i < 3; i++)
        ck_assert_msg(is_gone(c->pids[i], 1000), "process %d of 3 lives", i);
}

START_TEST(interrupt_ends_all)
{
    struct chain c;
    char text[OUTPUT_MAX];
    struct process *p = start_chain(&c);
    kill((pid_t)process_id(p), SIGINT);
    assert_chain_gone(&c);
    ck_assert_int_eq(finish_runner(p, text), 128 + SIGINT);
    ck_assert_int_ne(access(c.folder, F_OK), 0);
}
END_TEST

START_TEST(kill_ends_all)
{
    struct chain c;
    char text[OUTPUT_MAX];
    struct process *p = start_chain(&c);
    kill((pid_t)process_id(p), SIGKILL);
    assert_chain_gone(&c);
    process_free(p);

    // Its folder is left: the next call sweeps it away.
    const char *const env[] = {"T=scale", NULL};
    ck_assert_int_eq(run_victims("nodes", no_words, env, text), 0);
    ck_assert_int_ne(access(c.folder, F_OK), 0);
}
END_TEST

// --- looking at a failure ---

struct kept {
    int pid;
    char folder[256];
};

static struct process *start_kept(struct kept *k)
{
    orphans_adopt();
    const char *const words[] = {"-j", "2", NULL};
    const char *const env[] = {"PART=kept", "KEEP=1", NULL};
    struct process *p = start_victims("nodes", words, env);
    char text[OUTPUT_MAX];
    await_text("output", "Ctrl-C ends them", text);
    assert_said(text, " FAILED ");
    assert_said(text, "    look at it\n");
    assert_not_said(text, "it passes"); // the first failure is the last test
    await_text("kept", ".\n", text);
    ck_assert_int_eq(sscanf(text, "%d %255[^.]", &k->pid, k->folder), 2);
    return p;
}

START_TEST(kept_cluster_stands_until_interrupt)
{
    char text[OUTPUT_MAX];
    struct kept k;
    struct process *p = start_kept(&k);
    await_text("output", "Ctrl-C ends them", text);
    char *gdb = xasprintf("gdb -p %d\n", k.pid);
    assert_said(text, gdb);
    assert_said(text, k.folder);
    ck_assert_int_eq(kill(k.pid, 0), 0);
    ck_assert_int_eq(access(k.folder, F_OK), 0);

    kill((pid_t)process_id(p), SIGINT);
    ck_assert(is_gone(k.pid, 1000));
    ck_assert_int_eq(finish_runner(p, text), 1);
    assert_last_line(text, "\n0 passed, 1 failed\n");
    ck_assert_int_ne(access(k.folder, F_OK), 0);
    free(gdb);
}
END_TEST

START_TEST(keeping_stops_at_a_failure)
{
    char text[OUTPUT_MAX];
    const char *const env[] = {"KEEP=1", NULL};
    ck_assert_int_eq(run_victims("dying", no_words, env, text), 1);
    assert_last_line(text, "\n0 passed, 1 failed\n"); // not the second
}
END_TEST

START_TEST(kept_cluster_goes_with_a_killed_runner)
{
    struct kept k;
    struct process *p = start_kept(&k);
    kill((pid_t)process_id(p), SIGKILL);
    ck_assert(is_gone(k.pid, 1000));
    process_free(p);
}
END_TEST

START_TEST(gdb_takes_exactly_one_test)
{
    char text[OUTPUT_MAX];
    const char *const words[] = {"--gdb", "n2", NULL};
    const char *const one[] = {"T=gdb here", NULL};
    ck_assert_int_eq(run_victims("nodes", words, one, text), 0);
    assert_said(text, "with n2 under gdb");
    assert_said(text, "survived: n2 no 1000\n"); // it sent itself a SIGINT
    assert_last_line(text, "\n1 passed, 0 failed\n");

    const char *const several[] = {"PART=kept", NULL};
    ck_assert_int_eq(run_victims("nodes", words, several, text), 2);
    assert_said(text, "One test is needed, and T='' picks 2:\n");
    assert_said(text, "    nodes: a node is kept (");
    const char *const none[] = {"T=moon", NULL};
    ck_assert_int_eq(run_victims("nodes", words, none, text), 2);
    assert_said(text, "T='moon' picks 0");
}
END_TEST

// "a node" is in the name of another test as well.
START_TEST(gdb_takes_a_whole_name)
{
    char text[OUTPUT_MAX];
    write_program("gdb", "echo \"[$*]\" $UNIT_GDB $CK_FORK $UNIT_RUN");
    char *path = xasprintf("PATH=%s:%s", getenv("TMPDIR"), getenv("PATH"));
    const char *const words[] = {"--gdb", "", NULL};
    const char *const env[] = {"T=a node", path, NULL};
    ck_assert_int_eq(run_victims("nodes", words, env, text), 0);
    assert_said(text, "[--args ");
    assert_said(text, "ends_test] no 0\n");
    free(path);
}
END_TEST

START_TEST(trace_finds_the_last_failure)
{
    char text[OUTPUT_MAX];
    char *kept = in_tmp("failed");
    char *failed = xasprintf("UNIT_FAILED=%s", kept);
    const char *const words[] = {"--trace", "/bin/echo", NULL};
    const char *const none[] = {failed, "T=fails", NULL};
    ck_assert_int_eq(finish_runner(start_runner(words, none), text), 2);
    assert_said(text, "Nothing is kept");

    const char *const all[] = {failed, NULL};
    ck_assert_int_eq(run_victims("plain", no_words, all, text), 1);
    ck_assert_int_eq(finish_runner(start_runner(words, none), text), 0);
    char *folder = xasprintf("%s/plain/it-fails\n", kept);
    ck_assert_str_eq(text, folder);

    const char *const later[] = {failed, "T=plain: ", NULL};
    ck_assert_int_eq(finish_runner(start_runner(words, later), text), 0);
    assert_said(text, "not-written\n");
    run_victims("plain", no_words, none, text); // "it fails", once more
    ck_assert_int_eq(finish_runner(start_runner(words, later), text), 0);
    assert_said(text, "it-fails\n");

    const char *const other[] = {failed, "T=moon", NULL};
    ck_assert_int_eq(finish_runner(start_runner(words, other), text), 2);
    assert_said(text, "    plain: it fails\n");
    assert_said(text, "    plain: not written\n");
    free(folder);
    free(failed);
    free(kept);
}
END_TEST

int main(int argc, char **argv)
{
    int status = 0;
    if (victims_main(argc, argv, &status))
        return status;
    const struct unit_test tests[] = {
        {"runner", "Ctrl-C ends all processes of a test", interrupt_ends_all,
         0},
        {"runner", "a kill of the runner ends all processes of a test",
         kill_ends_all, 0},
        {"runner", "KEEP=1 keeps the processes of a failure until Ctrl-C",
         kept_cluster_stands_until_interrupt, 0},
        {"runner", "KEEP=1 stops at the first failure",
         keeping_stops_at_a_failure, 0},
        {"runner", "what KEEP=1 keeps goes with a killed runner",
         kept_cluster_goes_with_a_killed_runner, 0},
        {"runner", "--gdb runs one test in the foreground",
         gdb_takes_exactly_one_test, 0},
        {"runner", "--gdb without a node is gdb on the test itself",
         gdb_takes_a_whole_name, 0},
        {"runner", "--trace finds the last failure",
         trace_finds_the_last_failure, 0},
    };
    return unit_main(argc, argv, "test ends", tests,
                     sizeof tests / sizeof tests[0]);
}
