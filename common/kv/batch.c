#include "common/kv/batch.h"

#include <assert.h>

void batch_queue_init(struct batch_queue *q)
{
    *q = (struct batch_queue){.limit = BATCH_OPS};
}

void batch_add(struct batch_queue *q, struct batch_member *m)
{
    m->fate = BATCH_QUEUED;
    m->next = NULL;
    if (q->first == NULL)
        q->first = m;
    else
        q->last->next = m;
    q->last = m;
    q->count++;
}

void batch_remove(struct batch_queue *q, struct batch_member *m)
{
    assert(m->fate == BATCH_QUEUED);
    struct batch_member *before = NULL;
    struct batch_member *at = q->first;
    while (at != m) { // ends: it is in the queue
        before = at;
        at = at->next;
    }
    if (before == NULL)
        q->first = m->next;
    else
        before->next = m->next;
    if (q->last == m)
        q->last = before;
    q->count--;
}

void batch_take(struct batch_queue *q, struct batch *b)
{
    assert(b->count == 0);
    size_t bytes = 0;
    while (q->first != NULL && b->count < q->limit &&
           (b->count == 0 || bytes + q->first->bytes <= BATCH_BYTES)) {
        struct batch_member *m = q->first;
        batch_remove(q, m);
        bytes += m->bytes;
        m->fate = BATCH_TAKEN;
        b->members[b->count++] = m;
    }
}

void batch_leave(struct batch *b, const struct batch_member *m)
{
    assert(m->fate == BATCH_TAKEN);
    size_t i = 0;
    while (b->members[i] != m) // ends: it is in the batch
        i++;
    b->members[i] = NULL;
}

size_t batch_waiting(const struct batch *b)
{
    size_t count = 0;
    for (size_t i = 0; i < b->count; i++)
        count += b->members[i] != NULL;
    return count;
}

void batch_seal(struct batch *b, enum batch_fate fate)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->members[i] != NULL)
            b->members[i]->fate = fate;
    b->count = 0;
}

void batch_drop_queued(struct batch_queue *q)
{
    while (q->first != NULL) {
        struct batch_member *m = q->first;
        batch_remove(q, m);
        m->fate = BATCH_DROPPED;
    }
}
