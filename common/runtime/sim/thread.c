// Threads, sleep and the clock.
#include "common/runtime/thread.h"

#include <stdlib.h>

#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/sim/sim.h"

int thread_start(const char *name, void (*fn)(void *arg), void *arg,
                 struct thread **out)
{
    struct thread *t = sim_thread_new(sim_thread()->node, name, fn, arg);
    if (t == NULL)
        return ERR_LIMIT;
    *out = t;
    sim_yield(CALL_THREAD, __builtin_return_address(0));
    return ERR_OK;
}

void thread_join(struct thread *t)
{
    if (t == NULL)
        return;
    while (t->state != THREAD_DONE)
        sim_wait(t, CLOCK_NEVER, "the end of a thread",
                 __builtin_return_address(0));
    sim_thread_free(t);
}

void thread_yield(void)
{
    sim_pass(__builtin_return_address(0));
}

int64_t clock_now_ns(void)
{
    return sim_now_ns();
}

int64_t clock_now_ms(void)
{
    return sim_now_ns() / 1000000;
}

void clock_sleep_ms(int64_t timeout_ms)
{
    if (timeout_ms <= 0)
        sim_pass(__builtin_return_address(0));
    else
        sim_wait(NULL, sim_after_ns(timeout_ms), "time",
                 __builtin_return_address(0));
}

void clock_sleep_until_ms(int64_t deadline_ms)
{
    sim_wait(NULL, sim_ns(deadline_ms), "time", __builtin_return_address(0));
}
