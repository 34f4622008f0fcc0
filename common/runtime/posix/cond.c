// cond.c - a pthread condition on the monotonic clock.
//
// Waiting lets go of the mutex, so the notes in it must go and come as well.
#include "common/runtime/cond.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/mutex.h"
#include "common/runtime/posix/mutex_private.h"

struct cond_impl {
    pthread_cond_t cond;
};

void cond_init(struct cond *c)
{
    c->impl = xcalloc(1, sizeof *c->impl);

    // The wall clock, the default, jumps when somebody sets it.
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&c->impl->cond, &monotonic);
    assert(failed == 0);
    pthread_condattr_destroy(&monotonic);
}

void cond_release(struct cond *c)
{
    assert(c->impl != NULL); // else it is not initialized, or released already
    int failed = pthread_cond_destroy(&c->impl->cond);
    assert(failed == 0);
    free(c->impl);
    c->impl = NULL;
}

static int wait_until(pthread_cond_t *cond, pthread_mutex_t *lock,
                      int64_t deadline_ms)
{
    if (deadline_ms == CLOCK_NEVER)
        return pthread_cond_wait(cond, lock);
    if (deadline_ms < 0) // before the clock began: no time the system takes
        deadline_ms = 0;
    struct timespec deadline = {
        .tv_sec = deadline_ms / 1000,
        .tv_nsec = deadline_ms % 1000 * 1000000,
    };
    return pthread_cond_timedwait(cond, lock, &deadline);
}

bool cond_wait(struct cond *c, struct mutex *m, int64_t deadline_ms)
{
    assert(c->impl != NULL);
    assert(m->impl != NULL);
    const void *place = __builtin_return_address(0);
    mutex_impl_need(m->impl, place);

    mutex_impl_let_go(m->impl);
    int result = wait_until(&c->impl->cond, &m->impl->lock, deadline_ms);
    mutex_impl_taken(m->impl, place);

    assert(result == 0 || result == ETIMEDOUT);
    return result == 0;
}

void cond_signal(struct cond *c)
{
    assert(c->impl != NULL);
    pthread_cond_signal(&c->impl->cond);
}

void cond_broadcast(struct cond *c)
{
    assert(c->impl != NULL);
    pthread_cond_broadcast(&c->impl->cond);
}
