// instances.c - see instances.h.
#include "lab3-paxos/instances.h"

#include <assert.h>
#include <stdlib.h>
#include <uthash.h>

#include "common/runtime/alloc.h"
#include "lab3-paxos/paxos.h"

struct instances_entry {
    struct instance instance; // first
    UT_hash_handle hh;
};

struct instances {
    struct instances_entry *entries; // a uthash table
    int64_t lowest;                  // none is below
};

struct instances *instances_new(void)
{
    return xcalloc(1, sizeof(struct instances));
}

static void instance_free(struct instance *in)
{
    assert(in->users == 0 && !in->queued);
    acceptor_release(&in->acceptor);
    buf_release(&in->wish);
    free(in); // and the entry, which begins with it
}

void instances_free(struct instances *t)
{
    if (t == NULL)
        return;
    struct instances_entry *e;
    struct instances_entry *next;
    HASH_ITER(hh, t->entries, e, next)
    {
        HASH_DEL(t->entries, e);
        instance_free(&e->instance);
    }
    free(t);
}

static struct instances_entry *find(const struct instances *t, int64_t number)
{
    struct instances_entry *e;
    HASH_FIND(hh, t->entries, &number, sizeof number, e);
    return e;
}

struct instance *instances_find(const struct instances *t, int64_t number)
{
    struct instances_entry *e = find(t, number);
    return e == NULL ? NULL : &e->instance;
}

struct instance *instances_get(struct instances *t, int64_t number)
{
    assert(number >= t->lowest);
    struct instances_entry *e = find(t, number);
    if (e == NULL) {
        e = xcalloc(1, sizeof *e);
        e->instance.number = number;
        acceptor_init(&e->instance.acceptor);
        buf_init(&e->instance.wish, PAXOS_VALUE_MAX);
        HASH_ADD(hh, t->entries, instance.number, sizeof e->instance.number, e);
    }
    return &e->instance;
}

// --- Forgetting ------------------------------------------------------------

static void drop(struct instances *t, struct instances_entry *e,
                 void (*leave)(void *arg, struct instance *in), void *arg)
{
    HASH_DEL(t->entries, e);
    leave(arg, &e->instance);
    e->instance.forgotten = true;
    if (e->instance.users == 0)
        instance_free(&e->instance);
}

void instances_forget(struct instances *t, int64_t number,
                      void (*leave)(void *arg, struct instance *in), void *arg)
{
    assert(number >= t->lowest);
    // By number or one by one, whichever is less: a peer that goes on by a step
    // with many in memory must not look at all of them.
    if (number - t->lowest <= HASH_COUNT(t->entries)) {
        for (int64_t i = t->lowest; i < number; i++) {
            struct instances_entry *e = find(t, i);
            if (e != NULL)
                drop(t, e, leave, arg);
        }
    } else {
        struct instances_entry *e;
        struct instances_entry *next;
        HASH_ITER(hh, t->entries, e, next)
        if (e->instance.number < number)
            drop(t, e, leave, arg);
    }
    t->lowest = number;
}

void instance_hold(struct instance *in)
{
    in->users++;
}

void instance_let_go(struct instance *in)
{
    assert(in->users > 0);
    in->users--;
    if (in->users == 0 && in->forgotten)
        instance_free(in);
}

// --- Sums ------------------------------------------------------------------

size_t instances_count(const struct instances *t)
{
    return HASH_COUNT(t->entries);
}

size_t instances_bytes(const struct instances *t)
{
    size_t bytes = 0;
    for (const struct instances_entry *e = t->entries; e != NULL;
         e = e->hh.next)
        bytes += e->instance.acceptor.value.room + e->instance.wish.room;
    return bytes;
}
