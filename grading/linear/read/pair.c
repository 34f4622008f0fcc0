// pair.c - calls and returns, brought together by who called.
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/read/reader.h"

static uint32_t *open_of(struct reader *r, uint32_t client)
{
    if (client >= r->open_room) {
        size_t room = 2 * (size_t)client + 16;
        r->open = xrealloc(r->open, room * sizeof r->open[0]);
        for (size_t i = r->open_room; i < room; i++)
            r->open[i] = NOT_OPEN;
        r->open_room = room;
    }
    return &r->open[client];
}

struct linear_op *pair_call(struct reader *r, struct slice client)
{
    uint32_t number = texts_add(&r->h->clients, client, NULL);
    uint32_t *open = open_of(r, number);
    if (*open != NOT_OPEN) {
        reader_fail(r, "client %.*s calls, and has an operation open",
                    (int)client.size, (const char *)client.data);
        return NULL;
    }
    *open = (uint32_t)r->h->count;
    struct linear_op *op = linear_history_add(r->h);
    op->client = number;
    op->call = ++r->position;
    return op;
}

struct linear_op *pair_open(struct reader *r, struct slice client)
{
    uint32_t number = texts_find(&r->h->clients, client);
    if (number == TEXTS_NONE || *open_of(r, number) == NOT_OPEN)
        return NULL;
    return &r->h->ops[r->open[number]];
}

struct linear_op *pair_return(struct reader *r, struct slice client)
{
    struct linear_op *op = pair_open(r, client);
    if (op == NULL) {
        reader_fail(r, "client %.*s returns, and has not called",
                    (int)client.size, (const char *)client.data);
        return NULL;
    }
    r->open[op->client] = NOT_OPEN;
    op->ret = ++r->position;
    return op;
}

void pair_time(struct reader *r, const struct linear_op *op, int64_t time,
               bool is_return)
{
    size_t index = (size_t)(op - r->h->ops);
    linear_history_keep_times(r->h);
    r->h->times[index][is_return] = time;
}

void pair_end(struct reader *r)
{
    for (size_t i = 0; i < r->open_room; i++)
        if (r->open[i] != NOT_OPEN)
            r->h->ops[r->open[i]].outcome = LINEAR_MAYBE;
}
