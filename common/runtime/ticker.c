// ticker.c - one thread that waits, ticks, and waits again.
//
// It waits on a condition and not in a sleep, so that ticker_stop() need not
// wait for the end of an interval.
#include "common/runtime/ticker.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/thread.h"

struct ticker {
    // Constant from ticker_start() on: read without the lock.
    int64_t interval_ms;
    void (*tick)(void *arg);
    void *arg;
    struct thread *thread;

    struct mutex lock;
    // `lock` guards the rest. It is not held while tick() runs.
    struct cond stopped; // `stopping` has become true
    bool stopping;
};

// The first point of the grid (due_ms, due_ms + interval_ms, ...) after
// now_ms: ticks keep their beat however long one of them took.
static int64_t next_due_ms(int64_t due_ms, int64_t interval_ms, int64_t now_ms)
{
    int64_t missed = now_ms < due_ms ? 0 : (now_ms - due_ms) / interval_ms + 1;
    int64_t next_ms;
    if (__builtin_mul_overflow(missed, interval_ms, &next_ms) ||
        __builtin_add_overflow(due_ms, next_ms, &next_ms))
        return CLOCK_NEVER;
    return next_ms;
}

static void run(void *arg)
{
    struct ticker *t = arg;
    int64_t start_ms = clock_now_ms();
    int64_t due_ms = next_due_ms(start_ms, t->interval_ms, start_ms);

    mutex_lock(&t->lock);
    while (!t->stopping) { // ends: ticker_stop()
        bool early = cond_wait(&t->stopped, &t->lock, due_ms);
        if (early || t->stopping)
            continue;
        mutex_unlock(&t->lock);
        t->tick(t->arg);
        due_ms = next_due_ms(due_ms, t->interval_ms, clock_now_ms());
        mutex_lock(&t->lock);
    }
    mutex_unlock(&t->lock);
}

static void ticker_free(struct ticker *t)
{
    cond_release(&t->stopped);
    mutex_release(&t->lock);
    free(t);
}

int ticker_start(const char *name, int64_t interval_ms, void (*tick)(void *arg),
                 void *arg, struct ticker **out)
{
    assert(interval_ms >= 1);

    struct ticker *t = xcalloc(1, sizeof *t);
    t->interval_ms = interval_ms;
    t->tick = tick;
    t->arg = arg;
    mutex_init(&t->lock);
    cond_init(&t->stopped);

    int err = thread_start(name, run, t, &t->thread);
    if (err != ERR_OK) {
        ticker_free(t);
        return err;
    }
    *out = t;
    return ERR_OK;
}

void ticker_stop(struct ticker *t)
{
    if (t == NULL)
        return;

    mutex_lock(&t->lock);
    t->stopping = true;
    cond_signal(&t->stopped);
    mutex_unlock(&t->lock);

    thread_join(t->thread);
    ticker_free(t);
}
