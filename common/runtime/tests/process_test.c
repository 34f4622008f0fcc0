// process_test.c - children: how they are waited for, stopped and ended.
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "common/runtime/tests/child.h"
#include "common/runtime/tests/shell.h"
#include "common/runtime/thread.h"

START_TEST(an_end_is_an_exit_code_or_a_signal)
{
    struct process_end end = end_of(shell("exit 7"));
    ck_assert(end.exited);
    ck_assert_int_eq(end.code, 7);
    end = end_of(shell("kill -TERM $$"));
    ck_assert(!end.exited);
    ck_assert_int_eq(end.signal, SIGTERM);
}
END_TEST

START_TEST(an_end_is_told_as_often_as_asked)
{
    struct process *p = shell("exit 7");
    struct process_end end = {0};
    ck_assert_int_eq(process_wait(p, CLOCK_NEVER, NULL), ERR_OK);
    ck_assert_int_eq(process_wait(p, 0, &end), ERR_OK);
    ck_assert_int_eq(end.code, 7);
    process_kill(p); // harmless: nobody has its number any more, or a stranger
    process_stop(p);
    process_continue(p);
    ck_assert_int_eq(process_wait(p, soon(), &end), ERR_OK);
    ck_assert(end.exited);
    process_free(p);
}
END_TEST

START_TEST(a_child_that_is_asked_may_end_in_order)
{
    struct process *p = shell("trap 'exit 9' TERM; echo on; "
                              "while :; do sleep 0.01; done");
    wait_for_line("on");
    process_terminate(p);
    struct process_end end = end_of(p);
    ck_assert(end.exited);
    ck_assert_int_eq(end.code, 9);
}
END_TEST

START_TEST(a_wait_ends_at_its_deadline)
{
    struct process *p = shell("echo on; exec sleep 1000");
    ck_assert_int_eq(process_wait(p, 0, NULL), ERR_TIMEOUT);
    ck_assert_int_eq(process_wait(p, INT64_MIN, NULL), ERR_TIMEOUT);
    int64_t deadline_ms = clock_now_ms() + 30;
    ck_assert_int_eq(process_wait(p, deadline_ms, NULL), ERR_TIMEOUT);
    ck_assert_int_ge(clock_now_ms(), deadline_ms);

    process_kill(p);
    struct process_end end = end_of(p);
    ck_assert(!end.exited);
    ck_assert_int_eq(end.signal, SIGKILL);
}
END_TEST

static void wait_without_pidfd(const void *arg)
{
    (void)arg;
    child_refuse_call(SYS_pidfd_open, ENOSYS);
    struct process *p = shell("exec sleep 1000");
    ck_assert_int_eq(process_wait(p, clock_now_ms() + 30, NULL), ERR_TIMEOUT);
    process_kill(p);
    ck_assert_int_eq(end_of(p).signal, SIGKILL);
    ck_assert_int_eq(end_of(shell("exit 7")).code, 7);
}

START_TEST(a_wait_works_without_pidfd_too)
{
    struct child_end end = child_run(wait_without_pidfd, NULL);
    ck_assert_int_eq(end.status, 0);
}
END_TEST

static void note(int signal)
{
    (void)signal;
}

START_TEST(a_wait_survives_signals)
{
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = note}, NULL);
    struct process *p = shell("kill -ALRM $PPID; sleep 0.02; exit 7");
    ck_assert_int_eq(end_of(p).code, 7);
}
END_TEST

static void kill_it(void *arg)
{
    process_kill(arg);
}

START_TEST(one_thread_may_kill_what_another_waits_for)
{
    struct process *p = shell("exec sleep 1000");
    struct thread *t = NULL;
    ck_assert_int_eq(thread_start("killer", kill_it, p, &t), ERR_OK);
    struct process_end end = {0};
    ck_assert_int_eq(process_wait(p, soon(), &end), ERR_OK);
    ck_assert_int_eq(end.signal, SIGKILL);
    thread_join(t);
    process_free(p);
}
END_TEST

START_TEST(ends_are_told_even_if_we_inherited_ignored_sigchld)
{
    signal(SIGCHLD, SIG_IGN); // the system would drop the exit code
    ck_assert_int_eq(end_of(shell("exit 7")).code, 7);

    struct sigaction drop = {.sa_handler = note, .sa_flags = SA_NOCLDWAIT};
    sigaction(SIGCHLD, &drop, NULL);
    ck_assert_int_eq(end_of(shell("exit 8")).code, 8);
    sigaction(SIGCHLD, NULL, &drop);
    ck_assert_ptr_eq(drop.sa_handler, note); // a handler stays
}
END_TEST

// The state of a process as the system says: R, S, T (stopped), Z (dead, not
// yet waited for); 0 if there is none of that number.
static char state_of(int64_t id)
{
    char path[64];
    char line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)id);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    const char *got = fgets(line, sizeof line, file);
    fclose(file);
    return got == NULL ? 0 : strrchr(line, ')')[2];
}

// Waits until the process is in one of these states, which must be soon.
static void wait_for_state(int64_t id, char one, char other)
{
    int64_t deadline_ms = soon();
    char state = state_of(id);
    while (state != one && state != other) {
        ck_assert_msg(clock_now_ms() < deadline_ms, "%d is %c", (int)id, state);
        clock_sleep_ms(1);
        state = state_of(id);
    }
}

START_TEST(a_stopped_process_stands_until_it_is_continued)
{
    struct process *p = shell("echo on; while :; do :; done");
    wait_for_line("on");
    for (int i = 0; i < 10; i++) { // a process stops so fast, once is no test
        process_stop(p);
        ck_assert_int_eq(state_of(process_id(p)), 'T');
        process_stop(p);
        ck_assert_int_eq(state_of(process_id(p)), 'T');
        ck_assert_int_eq(process_wait(p, 0, NULL), ERR_TIMEOUT);
        process_continue(p);
        ck_assert_int_ne(state_of(process_id(p)), 'T');
    }

    process_stop(p);
    process_kill(p); // also ends what stands
    ck_assert_int_eq(end_of(p).signal, SIGKILL);
}
END_TEST

START_TEST(stopping_a_process_that_ends_is_fine)
{
    for (int i = 0; i < 20; i++) {
        struct process *p = shell("exit 0");
        process_stop(p);
        process_continue(p);
        ck_assert(end_of(p).exited);
    }
    struct process *p = shell("exit 7");
    siginfo_t info;
    waitid(P_PID, (id_t)process_id(p), &info, WEXITED | WNOWAIT);
    process_stop(p);
    ck_assert_int_eq(end_of(p).code, 7);
}
END_TEST

START_TEST(kill_and_stop_reach_the_whole_group)
{
    struct process *p = shell("sleep 1000 & echo id $!; echo on; wait");
    wait_for_line("on");
    int grandchild = number_after("id ");
    process_stop(p);
    wait_for_state(grandchild, 'T', 'T');
    process_kill(p);
    wait_for_state(grandchild, 'Z', 0);
    process_free(p);
}
END_TEST

// What the child of the next test runs: see main().
static int leave_the_group(void)
{
    if (setpgid(0, getpgid(getppid())) != 0)
        return 1;
    puts("on");
    fflush(stdout);
    for (;;)
        pause();
}

START_TEST(a_child_that_leaves_its_group_is_reached_as_well)
{
    char *path = process_own_path();
    const char *const argv[] = {path, "leave", NULL};
    struct process *p =
        spawn((struct process_spec){.argv = argv, .output = in_folder("out")});
    free(path);
    wait_for_line("on");
    process_stop(p);
    ck_assert_int_eq(state_of(process_id(p)), 'T');
    process_free(p);
}
END_TEST

START_TEST(what_is_left_of_a_group_dies_with_its_leader)
{
    struct process *p = shell("sleep 1000 & echo id $!; exit 7");
    ck_assert_int_eq(process_wait(p, soon(), NULL), ERR_OK);
    wait_for_state(number_after("id "), 'Z', 0);
    process_free(p);
}
END_TEST

START_TEST(free_kills_what_still_runs)
{
    struct process *p = shell("exec sleep 1000");
    int64_t id = process_id(p);
    process_free(p);
    ck_assert_int_eq(state_of(id), 0); // and it has been waited for
    process_free(NULL);
}
END_TEST

static void spawn_and_die(const void *arg)
{
    const char *const argv[] = {"/bin/sh", "-c",
                                "echo id $$; echo on; exec sleep 1000", NULL};
    struct process *p = spawn((struct process_spec){
        .argv = argv, .output = in_folder("out"), .survives = arg != NULL});
    wait_for_line("on");
    process_die();
    process_free(p); // not reached: that is the point
}

START_TEST(a_child_dies_with_its_parent)
{
    struct child_end end = child_run(spawn_and_die, NULL);
    ck_assert(WIFSIGNALED(end.status));
    ck_assert_int_eq(WTERMSIG(end.status), SIGKILL);
    wait_for_state(number_after("id "), 'Z', 0);
}
END_TEST

START_TEST(a_child_that_survives_does_not)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1); // it becomes ours
    child_run(spawn_and_die, "survives");
    pid_t orphan = number_after("id ");
    ck_assert_int_eq(waitpid(orphan, NULL, WNOHANG), 0);
    kill(orphan, SIGKILL);
    ck_assert_int_eq(waitpid(orphan, NULL, 0), orphan);
}
END_TEST

// The shell itself, so that its memory counts.
START_TEST(memory_is_what_a_process_has_for_itself)
{
    const int64_t mib = 1 << 20;
    struct process *p = shell("v=$(head -c 1000000 /dev/zero | tr '\\0' x); "
                              "v=$v$v$v$v$v$v$v$v; echo on; sleep 1000");
    wait_for_line("on");
    int64_t bytes = process_memory(p);
    ck_assert_int_ge(bytes, 8 * mib - 500000);
    ck_assert_int_le(bytes, 64 * mib);
    process_kill(p);
    process_wait(p, CLOCK_NEVER, NULL);
    ck_assert_int_eq(process_memory(p), -1);
    process_free(p);
}
END_TEST

START_TEST(our_own_path_can_be_spawned)
{
    char *path = process_own_path();
    ck_assert_int_eq(path[0], '/');
    ck_assert_int_eq(access(path, X_OK), 0);
    ck_assert_ptr_nonnull(strstr(path, "process"));
    free(path);
}
END_TEST

START_TEST(interrupts_are_noted)
{
    ck_assert_int_eq(process_interrupted(), 0);
    raise(SIGTERM);
    ck_assert_int_eq(process_interrupted(), SIGTERM);
    raise(SIGINT);
    ck_assert_int_eq(process_interrupted(), SIGINT);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "leave") == 0)
        return leave_the_group();

    const struct unit_test tests[] = {
        {"runtime", "an end is an exit code or a signal",
         an_end_is_an_exit_code_or_a_signal, 0},
        {"runtime", "an end is told as often as asked",
         an_end_is_told_as_often_as_asked, 0},
        {"runtime", "a child that is asked may end in order",
         a_child_that_is_asked_may_end_in_order, 0},
        {"runtime", "memory is what a process has for itself",
         memory_is_what_a_process_has_for_itself, 0},
        {"runtime", "a wait for a process ends at its deadline",
         a_wait_ends_at_its_deadline, 0},
        {"runtime", "a wait works on a system without pidfd_open",
         a_wait_works_without_pidfd_too, 0},
        {"runtime", "a wait for a process survives signals",
         a_wait_survives_signals, 0},
        {"runtime", "one thread may kill what another waits for",
         one_thread_may_kill_what_another_waits_for, 0},
        {"runtime", "ends are told even if SIGCHLD was ignored",
         ends_are_told_even_if_we_inherited_ignored_sigchld, 0},
        {"runtime", "a stopped process stands until it is continued",
         a_stopped_process_stands_until_it_is_continued, 0},
        {"runtime", "stopping a process that ends is fine",
         stopping_a_process_that_ends_is_fine, 0},
        {"runtime", "kill and stop reach the whole group",
         kill_and_stop_reach_the_whole_group, 0},
        {"runtime", "a child that leaves its group is reached as well",
         a_child_that_leaves_its_group_is_reached_as_well, 0},
        {"runtime", "what is left of a group dies with its leader",
         what_is_left_of_a_group_dies_with_its_leader, 0},
        {"runtime", "free kills what still runs", free_kills_what_still_runs,
         0},
        {"runtime", "a child dies with its parent",
         a_child_dies_with_its_parent, 0},
        {"runtime", "but not one that is to survive it",
         a_child_that_survives_does_not, 0},
        {"runtime", "a program knows its own path", our_own_path_can_be_spawned,
         0},
        {"runtime", "interrupts are noted, not obeyed", interrupts_are_noted,
         0},
    };
    return unit_main(argc, argv, "processes", tests,
                     sizeof tests / sizeof tests[0]);
}
