// Mutexes and conditions.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/mutex.h"
#include "common/runtime/sim/places.h"
#include "common/runtime/sim/sim.h"
#include "common/runtime/sim/waits.h"

struct mutex_impl {
    struct thread *owner; // NULL: free
    const void *place;    // where it was locked last
};

struct cond_impl {
    int waiting;
};

static const char a_mutex[] = "a mutex";
static const char a_condition[] = "a condition";

// Its channel is the mutex.
static size_t explain_mutex(const struct thread *t, struct wait_cause *out,
                            size_t max)
{
    (void)max;
    const struct mutex_impl *m = t->channel;
    char *place;
    places_find(&m->place, 1, &place);
    out[0].thread = m->owner;
    snprintf(out[0].words, sizeof out[0].words, "locked at %s by", place);
    free(place);
    return m->owner != NULL ? 1 : 0;
}

static size_t explain_condition(const struct thread *t, struct wait_cause *out,
                                size_t max)
{
    (void)max;
    out[0].thread = NULL;
    snprintf(out[0].words, sizeof out[0].words,
             t->deadline.place != 0 ? "or for its deadline"
                                    : "that somebody must signal; no deadline");
    return 1;
}

static _Noreturn void fail(const struct mutex_impl *m, const char *mistake,
                           const void *where)
{
    sim_print_place(mistake, sim_thread(), where);
    if (m->owner == NULL)
        dprintf(2, "mutex not locked by anybody\n");
    else
        sim_print_place("mutex locked", m->owner, m->place);
    abort();
}

static void need(const struct mutex_impl *m, const char *mistake,
                 const void *where)
{
    assert(m != NULL); // else it is not initialized, or released already
    if (m->owner != sim_thread())
        fail(m, mistake, where);
}

void mutex_init(struct mutex *m)
{
    m->impl = xcalloc(1, sizeof *m->impl);
    sim_explain(a_mutex, explain_mutex);
}

void mutex_release(struct mutex *m)
{
    if (m->impl->owner != NULL)
        fail(m->impl, "mutex released while it is locked",
             __builtin_return_address(0));
    free(m->impl);
    m->impl = NULL;
}

static void lock(struct mutex_impl *m, const void *where)
{
    while (m->owner != NULL)
        sim_wait(m, CLOCK_NEVER, a_mutex, where);
    m->owner = sim_thread();
    m->place = where;
}

static void unlock(struct mutex_impl *m)
{
    m->owner = NULL;
    sim_wake_one(m);
}

void mutex_lock(struct mutex *m)
{
    const void *where = __builtin_return_address(0);
    assert(m->impl != NULL);
    if (m->impl->owner == sim_thread())
        fail(m->impl, "mutex locked a second time", where);
    sim_yield(CALL_LOCK, where);
    lock(m->impl, where);
}

void mutex_unlock(struct mutex *m)
{
    const void *where = __builtin_return_address(0);
    need(m->impl, "mutex unlocked but not held", where);
    unlock(m->impl);
    sim_yield(CALL_UNLOCK, where);
}

void mutex_assert_held(const struct mutex *m)
{
    need(m->impl, "mutex needed but not held", __builtin_return_address(0));
}

void cond_init(struct cond *c)
{
    c->impl = xcalloc(1, sizeof *c->impl);
    sim_explain(a_condition, explain_condition);
}

void cond_release(struct cond *c)
{
    assert(c->impl->waiting == 0);
    free(c->impl);
    c->impl = NULL;
}

bool cond_wait(struct cond *c, struct mutex *m, int64_t deadline_ms)
{
    const void *where = __builtin_return_address(0);
    need(m->impl, "mutex needed but not held", where);
    unlock(m->impl);
    c->impl->waiting++;
    bool woken = sim_wait(c->impl, sim_ns(deadline_ms), a_condition, where);
    c->impl->waiting--;
    lock(m->impl, where);
    return woken;
}

void cond_signal(struct cond *c)
{
    sim_wake_one(c->impl);
    sim_yield(CALL_SIGNAL, __builtin_return_address(0));
}

void cond_broadcast(struct cond *c)
{
    sim_wake_all(c->impl);
    sim_yield(CALL_SIGNAL, __builtin_return_address(0));
}
