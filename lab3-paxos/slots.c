// slots.c - see slots.h.
#include "lab3-paxos/slots.h"

#include <assert.h>
#include <stdlib.h>

#include "common/runtime/err.h"
#include "lab3-paxos/entry.pb-c.h"

enum {
    // A batch, and what stands around its operations; or one that is large.
    ENTRY_MAX = RSM_OPERATION_MAX + (1 << 20),
};

void slots_init(struct slots *s, const struct rsm_app *app, void *machine,
                uint64_t mark)
{
    *s = (struct slots){.app = app, .machine = machine, .mark = mark};
    batch_queue_init(&s->queue);
    buf_init(&s->proposal, ENTRY_MAX);
}

void slots_release(struct slots *s)
{
    assert(slots_count(s) == 0);
    buf_release(&s->proposal);
}

size_t slots_count(const struct slots *s)
{
    return s->queue.count + batch_waiting(&s->batch);
}

void slots_add(struct slots *s, struct slots_waiting *w)
{
    w->member.bytes = w->operation.size;
    batch_add(&s->queue, &w->member);
}

void slots_leave(struct slots *s, struct slots_waiting *w)
{
    if (w->member.fate == BATCH_QUEUED)
        batch_remove(&s->queue, &w->member);
    else if (w->member.fate == BATCH_TAKEN)
        batch_leave(&s->batch, &w->member);
}

// --- Proposing -------------------------------------------------------------

// SOLUTION BEGIN 3b
static void pack_entry(struct slots *s)
{
    Rsm__Entry entry = RSM__ENTRY__INIT;
    ProtobufCBinaryData operations[BATCH_OPS];
    const struct batch *b = &s->batch;
    for (size_t i = 0; i < b->count; i++) {
        struct slice op = ((struct slots_waiting *)b->members[i])->operation;
        operations[i].data = (uint8_t *)op.data;
        operations[i].len = op.size;
    }
    entry.replica = s->mark;
    entry.number = s->number;
    entry.batch = operations;
    entry.n_batch = b->count;
    buf_clear(&s->proposal);
    size_t size = rsm__entry__get_packed_size(&entry);
    unsigned char *to = buf_reserve(&s->proposal, size);
    assert(to != NULL); // operations have their limit
    s->proposal.size = rsm__entry__pack(&entry, to);
}
// SOLUTION END

struct slice slots_proposal(struct slots *s)
{
    // SOLUTION BEGIN 3b; stub: not_implemented("3b slots_proposal");
    struct batch *b = &s->batch;
    if (batch_waiting(b) == 0) {
        b->count = 0;
        batch_take(&s->queue, b);
        s->number++; // M4: no two entries have the same mark
        pack_entry(s);
    }
    return buf_slice(&s->proposal);
    // SOLUTION END
}

// --- Applying --------------------------------------------------------------

// SOLUTION BEGIN 3b
// Runs an operation, for `w` if that is not NULL.
static void apply(struct slots *s, ProtobufCBinaryData operation,
                  struct slots_waiting *w)
{
    struct slice op = slice_of(operation.data, operation.len);
    bool answered = s->app->apply(s->machine, op, w != NULL ? w->reply : NULL);
    if (w != NULL)
        w->late = !answered;
    s->done.applied++;
}

static void apply_entry(struct slots *s, const Rsm__Entry *entry)
{
    struct batch *b = &s->batch;
    bool ours = entry->replica == s->mark && entry->number == s->number &&
                entry->n_batch == b->count; // M4
    for (size_t i = 0; i < entry->n_batch; i++)
        apply(s, entry->batch[i],
              ours ? (struct slots_waiting *)b->members[i] : NULL);
    if (ours)
        batch_seal(b, BATCH_DONE);
    s->done.ours += entry->replica == s->mark;
    s->done.holes += entry->n_batch == 0;
}
// SOLUTION END

void slots_decided(struct slots *s, struct slice entry)
{
    // SOLUTION BEGIN 3b; stub: not_implemented("3b slots_decided");
    Rsm__Entry *e = rsm__entry__unpack(NULL, entry.size, entry.data);
    if (e != NULL) {
        apply_entry(s, e);
        rsm__entry__free_unpacked(e, NULL);
    }
    s->next++;
    // SOLUTION END
}
