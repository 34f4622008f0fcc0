// Mutexes and conditions.
#include <assert.h>
#include <stdio.h>
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
        sim_wait(m, CLOCK_NEVER, "a mutex", where);
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
    sim_yield();
    lock(m->impl, where);
}

void mutex_unlock(struct mutex *m)
{
    need(m->impl, "mutex unlocked but not held", __builtin_return_address(0));
    unlock(m->impl);
    sim_yield();
}

void mutex_assert_held(const struct mutex *m)
{
    need(m->impl, "mutex needed but not held", __builtin_return_address(0));
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
    need(m->impl, "mutex needed but not held", where);
    unlock(m->impl);
    c->impl->waiting++;
    bool woken = sim_wait(c->impl, sim_ns(deadline_ms), "a condition", where);
    c->impl->waiting--;
    lock(m->impl, where);
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
