// trial.c - the test's process, and what its parent may believe of it.
//
// A page of shared memory is all that the two have in common besides Check's
// own pipe. The child's number stands in it, so that a process which the test
// forked, and which runs on into Check's code, cannot finish in its place.
#include "common/check/trial.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/check/orphans.h"
#include "common/check/setting.h"
#include "common/runtime/alloc.h"
#include "common/runtime/self.h"
#include "common/runtime/unsolved.h"

enum {
    UNSOLVED_MAX = 256, // bytes of what is not implemented
    NAMES_MAX = 512,    // bytes of the processes that were left
};

static const double LATER_S = 0.5; // than Check should have ended it

struct page {
    pid_t parent;
    pid_t child;    // the test's process
    pid_t finished; // the same, once the body has come to its end
    double limit_s;
    bool late;                   // it has ended itself
    char unsolved[UNSOLVED_MAX]; // "": nothing
};

// Check's functions take no argument. One test runs at a time.
static struct page *page;
static const struct graded_test *current;

void trial_unsolved(const char *what)
{
    if (page != NULL)
        snprintf(page->unsolved, sizeof page->unsolved, "%s", what);
}

// --- in the test's process ---

static void note_nothing(int number)
{
    (void)number;
}

// gdb gets Ctrl-C; Check would end our whole group, its own included. A handler
// does not go by exec, where "ignored" would stay.
static void leave_interrupts_to_gdb(void)
{
    signal(SIGINT, note_nothing);
}

static void note_unsolved(void *arg, const char *what)
{
    (void)arg;
    trial_unsolved(what);
}

static void end_late(int number)
{
    (void)number;
    page->late = true;
    if (getpgrp() == getpid())
        killpg(0, SIGKILL);
    kill(getpid(), SIGKILL);
}

// Check kills the group of a test that is late. If the test's process has not
// yet made that group - on a busy machine, with a short limit - nobody is
// killed, and Check waits for ever. So a test ends itself a little later.
static void end_myself_in(double seconds)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGRTMAX - 1};
    struct itimerspec when = {
        .it_value.tv_sec = (time_t)seconds,
        .it_value.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    signal(SIGRTMAX - 1, end_late);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &when, NULL);
}

static void enter_test(void)
{
    self_get()->on_unsolved = note_unsolved;
    if (setting("UNIT_GDB") != NULL)
        leave_interrupts_to_gdb();
    page->child = getpid();
    if (page->child != page->parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != page->parent) // it died before we could ask
            raise(SIGKILL);
        end_myself_in(page->limit_s + LATER_S);
    }
    // Check's descriptor for results is not for programs that a test starts.
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

static void leave_test(void)
{
    if (getpid() == page->child)
        page->finished = page->child;
}

START_TEST(run_current)
{
    current->run(current->arg);
}
END_TEST

// --- in its parent ---

static SRunner *new_runner(const struct graded_test *test,
                           const struct trial_options *o)
{
    Suite *suite = suite_create(o->suite);
    TCase *tcase = tcase_create(test->name);
    tcase_set_timeout(tcase, o->limit_s);
    tcase_add_checked_fixture(tcase, enter_test, leave_test);
    tcase_add_test(tcase, test->test != NULL ? test->test : run_current);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, o->fork ? CK_FORK : CK_NOFORK);
    return runner;
}

static void failed(struct trial *t, enum verdict verdict, char *message)
{
    t->verdict = verdict;
    t->message = message;
}

static void judge_failure(struct trial *t, TestResult *result, double limit_s)
{
    const char *message = tr_msg(result);
    int status = 0;
    if (page->late || strcmp(message, "Test timeout expired") == 0)
        failed(t, VERDICT_TIMEOUT,
               xasprintf("not done after %g s, its limit", limit_s));
    else if (sscanf(message, "Early exit with return value %d", &status) == 1 &&
             status == UNSOLVED_STATUS)
        failed(t, VERDICT_UNSOLVED,
               xstrdup("not implemented: the test has printed what"));
    else
        failed(t, VERDICT_FAIL, xstrdup(message));

    // Until a test's first assertion Check knows where the test begins: with
    // us, if we call it.
    if (tr_lfile(result) == NULL || strcmp(tr_lfile(result), __FILE__) == 0)
        return;
    // Nor is line 0 a place: what fails there says in words where.
    if (tr_lno(result) == 0)
        return;
    t->where = xasprintf("%s:%d", tr_lfile(result), tr_lno(result));
    t->behind = tr_rtype(result) == CK_ERROR;
}

static void judge(struct trial *t, SRunner *runner, double limit_s)
{
    TestResult **results = srunner_results(runner);
    if (page->unsolved[0] != '\0') {
        failed(t, VERDICT_UNSOLVED,
               xasprintf("not implemented: %s", page->unsolved));
        t->to_do = xstrdup(page->unsolved);
        t->to_do[strcspn(t->to_do, "\n")] = '\0';
    } else if (srunner_ntests_run(runner) != 1)
        failed(t, VERDICT_ERROR, xstrdup("Check has not run it"));
    else if (srunner_ntests_failed(runner) != 0)
        judge_failure(t, results[0], limit_s);
    else if (page->finished == 0 || page->finished != page->child)
        failed(t, VERDICT_FAIL,
               xstrdup("the test ended early: something called exit(0)"));
    free(results);
}

static void end_processes(struct trial *t, int grace_ms)
{
    char names[NAMES_MAX];
    size_t n = orphans_end(NULL, 0, grace_ms, names, sizeof names);
    if (n > 0 && t->verdict == VERDICT_PASS)
        failed(t, VERDICT_FAIL,
               xasprintf("it left %zu process%s running: %s", n,
                         n > 1 ? "es" : "", names));
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void trial_run(const struct graded_test *test, const struct trial_options *o,
               struct trial *t)
{
    assert((test->test == NULL) != (test->run == NULL));

    *t = (struct trial){.verdict = VERDICT_PASS};
    struct page *outer_page = page; // a test may run tests
    const struct graded_test *outer = current;
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(page != MAP_FAILED);
    page->parent = getpid();
    page->limit_s = o->limit_s;
    current = test;

    SRunner *runner = new_runner(test, o);
    double start_s = now_s();
    srunner_run_all(runner, CK_SILENT);
    t->seconds = now_s() - start_s;
    judge(t, runner, o->limit_s);
    if (t->verdict == VERDICT_PASS || !o->keep)
        end_processes(t, o->grace_ms);

    srunner_free(runner);
    munmap(page, sizeof *page);
    page = outer_page;
    current = outer;
}

void trial_release(struct trial *t)
{
    free(t->message);
    free(t->where);
    free(t->to_do);
}
