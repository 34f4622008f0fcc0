// pair.c - see pair.h.
#include "grading/linear/read/pair.h"

#include <assert.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"

enum {
    ROOM_LEAST = 64,
};

void pairing_init(struct pairing *p, struct linear_history *h)
{
    *p = (struct pairing){.h = h};
}

void pairing_release(struct pairing *p)
{
    free(p->open);
    pairing_init(p, p->h);
}

size_t pairing_open(const struct pairing *p, uint32_t client)
{
    return client < p->room ? p->open[client] : PAIR_NONE;
}

static void set_open(struct pairing *p, uint32_t client, size_t op)
{
    if (client >= p->room) {
        size_t room = p->room > 0 ? 2 * p->room : ROOM_LEAST;
        while (room <= client)
            room *= 2;
        p->open = xrealloc(p->open, room * sizeof p->open[0]);
        while (p->room < room)
            p->open[p->room++] = PAIR_NONE;
    }
    p->open[client] = op;
}

static void set_time(struct pairing *p, size_t op, int which, int64_t time)
{
    if (time < 0)
        return;
    linear_history_keep_times(p->h);
    p->h->times[op][which] = time;
}

struct linear_op *pairing_call(struct pairing *p, uint32_t client, int64_t time)
{
    assert(pairing_open(p, client) == PAIR_NONE);
    linear_history_add(p->h);
    size_t at = p->h->count - 1;
    set_open(p, client, at);
    set_time(p, at, 0, time);
    struct linear_op *op = &p->h->ops[at];
    op->call = ++p->position;
    op->client = client;
    op->outcome = LINEAR_MAYBE;
    return op;
}

struct linear_op *pairing_return(struct pairing *p, uint32_t client,
                                 enum linear_outcome outcome, int64_t time)
{
    size_t at = pairing_open(p, client);
    assert(at != PAIR_NONE);
    set_open(p, client, PAIR_NONE);
    set_time(p, at, 1, time);
    struct linear_op *op = &p->h->ops[at];
    p->position++;
    op->outcome = (uint8_t)outcome;
    if (outcome != LINEAR_MAYBE)
        op->ret = p->position;
    return op;
}
