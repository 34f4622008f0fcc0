// time_test.c - the clock, and what ticks by it.
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "common/check/unit.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/thread.h"
#include "common/runtime/ticker.h"

START_TEST(the_clock_never_goes_back)
{
    int64_t last_ns = clock_now_ns();
    for (int i = 0; i < 10000; i++) {
        int64_t now_ns = clock_now_ns();
        if (now_ns < last_ns)
            ck_abort_msg("%d", i);
        last_ns = now_ns;
    }
    int64_t before_ms = clock_now_ms();
    int64_t between_ms = clock_now_ns() / 1000000; // one clock, two units
    ck_assert_int_le(before_ms, between_ms);
    ck_assert_int_le(between_ms, clock_now_ms());
}
END_TEST

static void ignore(int signal)
{
    (void)signal;
}

START_TEST(a_sleep_is_not_shortened_by_signals)
{
    // A handler without SA_RESTART, called each millisecond.
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = ignore}, NULL);
    struct itimerval each_ms = {.it_interval.tv_usec = 1000,
                                .it_value.tv_usec = 1000};
    setitimer(ITIMER_REAL, &each_ms, NULL);

    int64_t start_ns = clock_now_ns();
    clock_sleep_ms(30);
    ck_assert_int_ge(clock_now_ns() - start_ns, 30 * 1000000);

    int64_t deadline_ms = clock_now_ms() + 30;
    clock_sleep_until_ms(deadline_ms);
    ck_assert_int_ge(clock_now_ms(), deadline_ms);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
}
END_TEST

START_TEST(a_sleep_into_the_past_returns)
{
    clock_sleep_ms(0);
    clock_sleep_ms(-1);
    clock_sleep_ms(INT64_MIN);
    clock_sleep_until_ms(clock_now_ms());
    clock_sleep_until_ms(INT64_MIN);
    thread_yield();
}
END_TEST

enum {
    INTERVAL_MS = 20,
    TICKS = 5,
};

// When ticks began; the first one may be slow.
struct beats {
    struct mutex lock;
    struct cond more;
    int count;
    int64_t first_takes_ms;
    int64_t first_ended_ms;
    int64_t began_ms[TICKS];
};

static void beat(void *arg)
{
    struct beats *b = arg;
    int64_t now_ms = clock_now_ms();
    mutex_lock(&b->lock);
    bool slow = b->count == 0 && b->first_takes_ms > 0;
    if (b->count < TICKS)
        b->began_ms[b->count] = now_ms;
    b->count++;
    cond_signal(&b->more);
    mutex_unlock(&b->lock);

    if (slow) {
        clock_sleep_ms(b->first_takes_ms);
        b->first_ended_ms = clock_now_ms(); // read after ticker_stop()
    }
}

// Returns when the ticker has been started.
static int64_t collect_beats(struct beats *b)
{
    mutex_init(&b->lock);
    cond_init(&b->more);
    int64_t start_ms = clock_now_ms();
    struct ticker *t = NULL;
    ck_assert_int_eq(ticker_start("beat", INTERVAL_MS, beat, b, &t), ERR_OK);
    mutex_lock(&b->lock);
    while (b->count < TICKS)
        cond_wait(&b->more, &b->lock, CLOCK_NEVER);
    mutex_unlock(&b->lock);
    ticker_stop(t);
    cond_release(&b->more);
    mutex_release(&b->lock);
    return start_ms;
}

START_TEST(ticks_come_one_interval_apart)
{
    struct beats b = {0};
    int64_t start_ms = collect_beats(&b);
    // Not before their time. How much later the machine's load decides.
    for (int i = 0; i < TICKS; i++)
        ck_assert_int_ge(b.began_ms[i], start_ms + (i + 1) * INTERVAL_MS);
}
END_TEST

START_TEST(late_ticks_are_skipped)
{
    struct beats b = {.first_takes_ms = 4 * INTERVAL_MS};
    (void)collect_beats(&b);
    // Made up, they would all come at once when the slow one ends.
    for (int i = 1; i < TICKS; i++)
        ck_assert_int_ge(b.began_ms[i],
                         b.first_ended_ms + (i - 1) * INTERVAL_MS);
}
END_TEST

// A tick that takes longer than the interval.
struct slow {
    struct mutex lock;
    struct cond begun;
    int begins;
    int ends;
};

static void take_a_while(void *arg)
{
    struct slow *s = arg;
    mutex_lock(&s->lock);
    s->begins++;
    cond_signal(&s->begun);
    mutex_unlock(&s->lock);
    clock_sleep_ms(INTERVAL_MS);
    mutex_lock(&s->lock);
    s->ends++;
    mutex_unlock(&s->lock);
}

START_TEST(no_tick_runs_after_stop)
{
    struct slow s = {0};
    mutex_init(&s.lock);
    cond_init(&s.begun);
    struct ticker *t = NULL;
    ck_assert_int_eq(ticker_start("slow", 1, take_a_while, &s, &t), ERR_OK);
    mutex_lock(&s.lock);
    while (s.begins == 0)
        cond_wait(&s.begun, &s.lock, CLOCK_NEVER);
    mutex_unlock(&s.lock);

    ticker_stop(t); // in the midst of a tick
    ck_assert_int_eq(s.ends, s.begins);
    cond_release(&s.begun); // a tick that ran now would use what is gone
    mutex_release(&s.lock);
    ticker_stop(NULL);
}
END_TEST

static void count_tick(void *arg)
{
    ++*(int *)arg; // read after ticker_stop()
}

START_TEST(a_ticker_stops_at_once_however_long_its_interval)
{
    const int64_t intervals_ms[] = {3600 * 1000, CLOCK_NEVER};
    for (int i = 0; i < 2; i++) {
        int count = 0;
        struct ticker *t = NULL;
        ck_assert_int_eq(
            ticker_start("rare", intervals_ms[i], count_tick, &count, &t),
            ERR_OK);
        struct beats b = {0};
        (void)collect_beats(&b); // time enough for a tick that comes too early
        ticker_stop(t);
        ck_assert_int_eq(count, 0);
    }
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "the clock never goes back", the_clock_never_goes_back, 0},
        {"runtime", "a sleep is not shortened by signals",
         a_sleep_is_not_shortened_by_signals, 0},
        {"runtime", "a sleep into the past returns",
         a_sleep_into_the_past_returns, 0},
        {"runtime", "ticks come one interval apart",
         ticks_come_one_interval_apart, 0},
        {"runtime", "late ticks are skipped, not made up",
         late_ticks_are_skipped, 0},
        {"runtime", "no tick runs after ticker_stop", no_tick_runs_after_stop,
         0},
        {"runtime", "a ticker stops at once, however long its interval",
         a_ticker_stops_at_once_however_long_its_interval, 0},
    };
    return unit_main(argc, argv, "time", tests, sizeof tests / sizeof tests[0]);
}
