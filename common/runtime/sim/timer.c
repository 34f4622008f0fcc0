#include "common/runtime/sim/timer.h"

#include <stdbool.h>
#include <stddef.h>

#include "common/runtime/alloc.h"
#include "common/runtime/sim/heap.h"

// Places are counted from 1: the parent of i is i / 2.
static struct sim_timer **heap; // owned
static uint32_t count;
static uint32_t room;
static uint64_t orders;

static bool is_before(const struct sim_timer *a, const struct sim_timer *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order);
}

static void put(struct sim_timer *t, uint32_t place)
{
    heap[place] = t;
    t->place = place;
}

static void rise(struct sim_timer *t, uint32_t place)
{
    while (place > 1 && is_before(t, heap[place / 2])) {
        put(heap[place / 2], place);
        place /= 2;
    }
    put(t, place);
}

static void sink(struct sim_timer *t, uint32_t place)
{
    for (uint32_t child; (child = 2 * place) <= count; place = child) {
        if (child < count && is_before(heap[child + 1], heap[child]))
            child++;
        if (!is_before(heap[child], t))
            break;
        put(heap[child], place);
    }
    put(t, place);
}

void sim_timer_set(struct sim_timer *t, int64_t at_ns, void (*fire)(void *arg),
                   void *arg)
{
    sim_timer_cancel(t);
    *t = (struct sim_timer){
        .at_ns = at_ns, .order = orders++, .fire = fire, .arg = arg};
    if (count + 1 >= room) {
        int before = sim_heap_use(HEAP_TEST);
        room = room == 0 ? 64 : 2 * room;
        heap = xrealloc(heap, room * sizeof heap[0]);
        sim_heap_use(before);
    }
    rise(t, ++count);
}

void sim_timer_cancel(struct sim_timer *t)
{
    uint32_t place = t->place;
    if (place == 0)
        return;
    t->place = 0;
    struct sim_timer *last = heap[count--];
    if (last == t)
        return;
    rise(last, place);
    sink(last, last->place);
}

int64_t sim_timers_next_ns(void)
{
    return count == 0 ? INT64_MAX : heap[1]->at_ns;
}

struct sim_timer *sim_timers_take(int64_t now_ns)
{
    if (count == 0 || heap[1]->at_ns > now_ns)
        return NULL;
    struct sim_timer *first = heap[1];
    sim_timer_cancel(first);
    return first;
}
