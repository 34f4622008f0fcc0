// sync_test.c - threads, locks and conditions.
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/tests/child.h"
#include "common/runtime/thread.h"

// What threads of a test share.
struct shared {
    struct mutex lock;
    struct cond changed;
    int count;
    int waiting;
    bool open;
};

static struct shared shared;

static void shared_init(void)
{
    shared = (struct shared){0};
    mutex_init(&shared.lock);
    cond_init(&shared.changed);
}

static void shared_release(void)
{
    cond_release(&shared.changed);
    mutex_release(&shared.lock);
}

static struct thread *start(const char *name, void (*fn)(void *arg), void *arg)
{
    struct thread *t = NULL;
    if (thread_start(name, fn, arg, &t) != ERR_OK)
        _exit(98);
    return t;
}

// --- threads ---

static void note_name(void *arg)
{
    prctl(PR_GET_NAME, arg);
}

START_TEST(a_joined_thread_has_run_under_its_name)
{
    char name[16] = "";
    thread_join(start("acceptor", note_name, name));
    ck_assert_str_eq(name, "acceptor");

    thread_join(start("a-very-long-thread-name", note_name, name));
    ck_assert_str_eq(name, "a-very-long-thr");
    thread_join(NULL);
}
END_TEST

static void start_beyond_the_limit(const void *arg)
{
    (void)arg;
    child_become_nobody(); // no limit holds for root
    setrlimit(RLIMIT_NPROC, &(struct rlimit){0});
    struct thread *t = NULL;
    _exit(thread_start("t", note_name, NULL, &t) == ERR_LIMIT ? 0 : 1);
}

START_TEST(a_thread_beyond_the_limit_is_an_error)
{
    struct child_end end = child_run(start_beyond_the_limit, NULL);
    ck_assert_int_eq(end.status, 0);
}
END_TEST

// --- mutex ---

enum {
    THREADS = 4,
    ROUNDS = 10000,
};

static void count_up(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        mutex_lock(&shared.lock);
        mutex_assert_held(&shared.lock);
        shared.count++;
        mutex_unlock(&shared.lock);
    }
}

START_TEST(one_thread_at_a_time_holds_a_mutex)
{
    struct thread *threads[THREADS];
    shared_init();
    for (int i = 0; i < THREADS; i++)
        threads[i] = start("counter", count_up, NULL);
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    ck_assert_int_eq(shared.count, THREADS * ROUNDS);
    shared_release();
}
END_TEST

// Mistakes, made by a thread called "culprit". shared.lock is held by a thread
// called "holder", or by nobody.

static void lock_twice(void *arg)
{
    (void)arg;
    mutex_lock(&shared.lock);
    mutex_lock(&shared.lock);
}

static void unlock(void *arg)
{
    (void)arg;
    mutex_unlock(&shared.lock);
}

static void need(void *arg)
{
    (void)arg;
    mutex_assert_held(&shared.lock);
}

static void wait_without_it(void *arg)
{
    (void)arg;
    cond_wait(&shared.changed, &shared.lock, CLOCK_NEVER);
}

static void release(void *arg)
{
    (void)arg;
    mutex_release(&shared.lock);
}

static void use_released(void *arg)
{
    (void)arg;
    mutex_release(&shared.lock);
    mutex_lock(&shared.lock);
}

struct mistake {
    void (*make)(void *arg);
    bool held;          // by the holder, meanwhile
    const char *said;   // on stderr
    const char *holder; // likewise
};

static const struct mistake mistakes[] = {
    {lock_twice, false, "locked a second time", "by thread culprit"},
    {unlock, false, "unlocked but not held", "not locked by anybody"},
    {unlock, true, "unlocked but not held", "by thread holder"},
    {need, false, "needed but not held", "not locked by anybody"},
    {need, true, "needed but not held", "by thread holder"},
    {wait_without_it, false, "needed but not held", "not locked by anybody"},
    {release, true, "released while it is locked", "by thread holder"},
    {use_released, false, "impl != NULL", ""},
};

static void hold(void *arg)
{
    const struct mistake *mistake = arg;
    if (mistake->held)
        mutex_lock(&shared.lock);
    thread_join(start("culprit", mistake->make, NULL));
}

static void make_mistake(const void *arg)
{
    struct mistake mistake = *(const struct mistake *)arg;
    shared_init();
    thread_join(start("holder", hold, &mistake));
}

START_TEST(a_mistake_with_a_mutex_ends_the_program)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct child_end end = child_run(make_mistake, &mistakes[i]);
        ck_assert_msg(WIFSIGNALED(end.status), "mistake %zu passes", i);
        ck_assert_int_eq(WTERMSIG(end.status), SIGABRT);
        ck_assert_msg(strstr(end.text, mistakes[i].said) != NULL &&
                          strstr(end.text, mistakes[i].holder) != NULL,
                      "mistake %zu: %s", i, end.text);
    }
}
END_TEST

START_TEST(the_message_names_the_line_where_the_mutex_was_locked)
{
    struct child_end end = child_run(make_mistake, &mistakes[0]);
    const char *command = strrchr(end.text, '(');
    ck_assert_ptr_nonnull(command);
    char run[512];
    snprintf(run, sizeof run, "%.*s -f", (int)strcspn(command + 1, ")"),
             command + 1);

    char answer[512] = "";
    FILE *program = popen(run, "re");
    ck_assert_ptr_nonnull(program);
    ck_assert_uint_gt(fread(answer, 1, sizeof answer - 1, program), 0);
    ck_assert_int_eq(pclose(program), 0);
    ck_assert_msg(strstr(answer, "lock_twice") != NULL, "%s: %s", run, answer);
}
END_TEST

// --- condition ---

static void open_the_gate(void *arg)
{
    (void)arg;
    mutex_lock(&shared.lock);
    shared.open = true;
    cond_signal(&shared.changed);
    mutex_unlock(&shared.lock);
}

START_TEST(a_waiter_learns_what_another_thread_did)
{
    shared_init();
    mutex_lock(&shared.lock); // so the gate opens when we wait, not before
    struct thread *t = start("opener", open_the_gate, NULL);
    while (!shared.open)
        ck_assert(cond_wait(&shared.changed, &shared.lock, CLOCK_NEVER));
    mutex_assert_held(&shared.lock);
    mutex_unlock(&shared.lock);
    thread_join(t);
    shared_release();
}
END_TEST

// shared.count waiters have passed the gate; each tells when it does.
static void pass_the_gate(void *arg)
{
    (void)arg;
    mutex_lock(&shared.lock);
    shared.waiting++;
    cond_broadcast(&shared.changed);
    while (!shared.open)
        cond_wait(&shared.changed, &shared.lock, CLOCK_NEVER);
    shared.count++;
    mutex_unlock(&shared.lock);
}

START_TEST(a_broadcast_wakes_all)
{
    struct thread *threads[THREADS];
    shared_init();
    for (int i = 0; i < THREADS; i++)
        threads[i] = start("waiter", pass_the_gate, NULL);

    mutex_lock(&shared.lock);
    while (shared.waiting < THREADS)
        cond_wait(&shared.changed, &shared.lock, CLOCK_NEVER);
    ck_assert_int_eq(shared.count, 0);
    shared.open = true;
    cond_broadcast(&shared.changed);
    mutex_unlock(&shared.lock);

    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    ck_assert_int_eq(shared.count, THREADS);
    shared_release();
}
END_TEST

START_TEST(a_wait_ends_at_its_deadline_and_not_before)
{
    shared_init();
    mutex_lock(&shared.lock);
    int64_t deadline_ms = clock_now_ms() + 30;
    while (cond_wait(&shared.changed, &shared.lock, deadline_ms))
        continue; // a wait may end for no reason
    ck_assert_int_ge(clock_now_ms(), deadline_ms);
    mutex_assert_held(&shared.lock);
    mutex_unlock(&shared.lock);
    shared_release();
}
END_TEST

START_TEST(a_deadline_in_the_past_is_no_wait)
{
    const int64_t past_ms[] = {clock_now_ms(), 0, -1, INT64_MIN};
    shared_init();
    mutex_lock(&shared.lock);
    for (size_t i = 0; i < sizeof past_ms / sizeof past_ms[0]; i++)
        ck_assert(!cond_wait(&shared.changed, &shared.lock, past_ms[i]));
    mutex_unlock(&shared.lock);
    shared_release();
}
END_TEST

START_TEST(a_far_deadline_is_a_wait)
{
    shared_init();
    mutex_lock(&shared.lock);
    struct thread *t = start("opener", open_the_gate, NULL);
    while (!shared.open)
        ck_assert(cond_wait(&shared.changed, &shared.lock, CLOCK_NEVER - 1));
    mutex_unlock(&shared.lock);
    thread_join(t);
    shared_release();
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "a joined thread has run under its name",
         a_joined_thread_has_run_under_its_name, 0},
        {"runtime", "a thread beyond the system's limit is an error",
         a_thread_beyond_the_limit_is_an_error, 0},
        {"runtime", "one thread at a time holds a mutex",
         one_thread_at_a_time_holds_a_mutex, 0},
        {"runtime", "a mistake with a mutex ends the program",
         a_mistake_with_a_mutex_ends_the_program, 0},
        {"runtime", "its message leads to the line that locked the mutex",
         the_message_names_the_line_where_the_mutex_was_locked, 0},
        {"runtime", "a waiter learns what another thread did",
         a_waiter_learns_what_another_thread_did, 0},
        {"runtime", "a broadcast wakes all", a_broadcast_wakes_all, 0},
        {"runtime", "a wait ends at its deadline and not before",
         a_wait_ends_at_its_deadline_and_not_before, 0},
        {"runtime", "a deadline in the past is no wait",
         a_deadline_in_the_past_is_no_wait, 0},
        {"runtime", "a deadline in the far future is a wait",
         a_far_deadline_is_a_wait, 0},
    };
    return unit_main(argc, argv, "threads and locks", tests,
                     sizeof tests / sizeof tests[0]);
}
