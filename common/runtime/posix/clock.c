// clock.c - CLOCK_MONOTONIC: it does not jump when somebody sets the time.
#include "common/runtime/clock.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <time.h>

int64_t clock_now_ms(void)
{
    return clock_now_ns() / 1000000;
}

int64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Until a point, not for a span: so interruptions make it no longer.
static void sleep_until(struct timespec deadline)
{
    int failed = EINTR;
    while (failed == EINTR)
        failed =
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
    assert(failed == 0);
}

void clock_sleep_ms(int64_t timeout_ms)
{
    if (timeout_ms <= 0) {
        sched_yield();
        return;
    }
    // In nanoseconds, and added in two parts: a sleep of 1 ms is not 0.1 ms
    // because the next millisecond is near, nor does CLOCK_NEVER overflow.
    int64_t now_ns = clock_now_ns();
    int64_t rest_ns = now_ns % 1000000000 + timeout_ms % 1000 * 1000000;
    sleep_until((struct timespec){
        .tv_sec =
            now_ns / 1000000000 + timeout_ms / 1000 + rest_ns / 1000000000,
        .tv_nsec = rest_ns % 1000000000,
    });
}

void clock_sleep_until_ms(int64_t deadline_ms)
{
    if (deadline_ms < 0) // before the clock began: no time the system takes
        deadline_ms = 0;
    sleep_until((struct timespec){
        .tv_sec = deadline_ms / 1000,
        .tv_nsec = deadline_ms % 1000 * 1000000,
    });
}
