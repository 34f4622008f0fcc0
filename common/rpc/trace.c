#include "common/rpc/trace.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"

struct slot {
    _Atomic uint64_t turn; // index + 1 once the slot is whole, 0 while written
    struct trace_event event;
};

struct trace_ring {
    _Atomic uint64_t next;
    struct slot slots[TRACE_SLOTS];
};

struct trace {
    struct trace_ring *ring;
    int self;
    size_t places;
    // A spin lock, in our own memory: who dies with it takes it along. It
    // guards the order of events and the clock, for some 100 ns at a time, and
    // must be no scheduling point in a simulation.
    atomic_flag lock;
    uint32_t clock[FAULT_NODES_MAX];
};

size_t trace_ring_size(void)
{
    return sizeof(struct trace_ring);
}

struct trace *trace_new(struct trace_ring *ring, int nodes, int self)
{
    assert(nodes <= FAULT_NODES_MAX && self < nodes);
    struct trace *t = xcalloc(1, sizeof *t);
    t->ring = ring;
    t->self = self;
    t->places = (size_t)nodes;
    atomic_flag_clear(&t->lock);
    // A slot that was half written when the node died leaves its predecessor.
    struct trace_event *last = xmalloc(sizeof *last);
    uint64_t next = trace_ring_next(ring);
    for (uint64_t i = next; i > 0 && next - i < TRACE_SLOTS; i--) {
        if (trace_ring_get(ring, i - 1, last) != ERR_OK)
            continue;
        memcpy(t->clock, last->clock, last->places * sizeof *t->clock);
        break;
    }
    free(last);
    return t;
}

void trace_free(struct trace *t)
{
    free(t);
}

static void lock(struct trace *t)
{
    while (atomic_flag_test_and_set_explicit(&t->lock, memory_order_acquire))
        thread_yield(); // ends: the holder only copies
}

static void unlock(struct trace *t)
{
    atomic_flag_clear_explicit(&t->lock, memory_order_release);
}

// This node's clock one event on, with all that `heard` knew.
static void advance(struct trace *t, const uint32_t *heard, size_t heard_count)
{
    for (size_t i = 0; i < heard_count && i < t->places; i++)
        if (heard[i] > t->clock[i] && (int)i != t->self)
            t->clock[i] = heard[i];
    if (t->self >= 0)
        t->clock[t->self]++;
}

static void fill(const struct trace *t, struct trace_event *e,
                 const struct trace_head *head, struct slice body)
{
    e->head = *head;
    e->head.length = (uint32_t)body.size;
    e->kept = body.size < TRACE_BYTES ? (uint32_t)body.size : TRACE_BYTES;
    e->places = (uint32_t)t->places;
    e->time_ns = clock_now_ns();
    memcpy(e->clock, t->clock, t->places * sizeof *t->clock);
    if (e->kept > 0)
        memcpy(e->bytes, body.data, e->kept);
}

size_t trace_note(struct trace *t, const struct trace_head *head,
                  struct slice body, const uint32_t *heard, size_t heard_count,
                  uint32_t *after)
{
    if (t == NULL)
        return 0;
    lock(t);
    uint64_t index = atomic_load(&t->ring->next);
    struct slot *slot = &t->ring->slots[index % TRACE_SLOTS];
    atomic_store_explicit(&slot->turn, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); // before what is written below
    atomic_store(&t->ring->next, index + 1);
    advance(t, heard, heard_count);
    slot->event.index = index;
    fill(t, &slot->event, head, body);
    atomic_store_explicit(&slot->turn, index + 1, memory_order_release);
    if (after != NULL)
        memcpy(after, t->clock, t->places * sizeof *after);
    unlock(t);
    return t->places;
}

uint64_t trace_ring_next(const struct trace_ring *ring)
{
    return atomic_load(&ring->next);
}

int trace_ring_get(const struct trace_ring *ring, uint64_t index,
                   struct trace_event *out)
{
    const struct slot *slot = &ring->slots[index % TRACE_SLOTS];
    if (atomic_load_explicit(&slot->turn, memory_order_acquire) != index + 1)
        return ERR_NOT_FOUND;
    memcpy(out, &slot->event, sizeof *out);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&slot->turn, memory_order_relaxed) != index + 1)
        return ERR_NOT_FOUND; // overwritten meanwhile
    if (out->places > FAULT_NODES_MAX || out->kept > TRACE_BYTES)
        return ERR_NOT_FOUND;
    return ERR_OK;
}
