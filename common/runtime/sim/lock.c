// Mutexes and conditions.
#include <assert.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/mutex.h"
#include "common/runtime/sim/sim.h"

struct mutex_impl {
    struct thread *owner; // NULL: free
    const void *place;    // where it was locked last
};

struct cond_impl {
    int waiting;
};

static _Noreturn void fail(const struct mutex *m, const char *mistake,
                           const void *where)
{
    sim_print_place("mutex needed", where);
    if (m->impl->owner != NULL)
        sim_print_place("mutex locked", m->impl->place);
    sim_fail("%s, by node %d (%s), thread %s", mistake,
             sim_thread()->node->number, sim_thread()->node->self.name,
             sim_thread()->name);
}

void mutex_init(struct mutex *m)
{
    m->impl = xcalloc(1, sizeof *m->impl);
}

void mutex_release(struct mutex *m)
{
    if (m->impl->owner != NULL)
        fail(m, "a held mutex is released", __builtin_return_address(0));
    free(m->impl);
    m->impl = NULL;
}

static void lock(struct mutex *m, const void *where)
{
    while (m->impl->owner != NULL)
        sim_wait(m->impl, CLOCK_NEVER, "a mutex", where);
    m->impl->owner = sim_thread();
    m->impl->place = where;
}

static void unlock(struct mutex *m, const void *where)
{
    if (m->impl->owner != sim_thread())
        fail(m, "another's mutex is unlocked", where);
    m->impl->owner = NULL;
    sim_wake_one(m->impl);
}

void mutex_lock(struct mutex *m)
{
    if (m->impl->owner == sim_thread())
        fail(m, "a mutex is locked twice", __builtin_return_address(0));
    sim_yield();
    lock(m, __builtin_return_address(0));
}

void mutex_unlock(struct mutex *m)
{
    unlock(m, __builtin_return_address(0));
    sim_yield();
}

void mutex_assert_held(const struct mutex *m)
{
    if (m->impl->owner != sim_thread())
        fail(m, "a mutex should be held", __builtin_return_address(0));
}

void cond_init(struct cond *c)
{
    c->impl = xcalloc(1, sizeof *c->impl);
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
    unlock(m, where);
    c->impl->waiting++;
    bool woken = sim_wait(c->impl, sim_ns(deadline_ms), "a condition", where);
    c->impl->waiting--;
    lock(m, where);
    return woken;
}

void cond_signal(struct cond *c)
{
    sim_wake_one(c->impl);
    sim_yield();
}

void cond_broadcast(struct cond *c)
{
    sim_wake_all(c->impl);
    sim_yield();
}
