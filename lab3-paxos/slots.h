// slots.h - the core of a replica: operations into slots, slots into the
// machine. rsm.h has the rules.
//
// No thread, no clock, no Paxos: the shell (rsm.c) calls it with its lock held,
// has decided what slots_proposal says for slot `next`, and hands over what
// came out of that, slot by slot, with slots_decided.
//
// Read next: rsm.c.
#ifndef LAB3_SLOTS_H
#define LAB3_SLOTS_H

#include "common/kv/batch.h"
#include "common/runtime/buf.h"
#include "lab3-paxos/rsm.h"

// An operation that waits here; on the stack of who waits.
struct slots_waiting {
    struct batch_member member; // first; its fate: DONE once it was applied
    struct slice operation;
    struct buf *reply; // that the machine appends to
    bool late;         // DONE, and not to be answered
};

struct slots {
    const struct rsm_app *app;
    void *machine;
    uint64_t mark; // of this replica; no other has it

    int64_t next;             // M1: slots below have been applied
    struct batch_queue queue; // operations that are in no entry yet
    struct batch batch;       // those in the entry that is proposed
    uint64_t number;          // of that entry
    struct buf proposal;      // that entry, packed
    struct rsm_status done;   // what has been counted
};

void slots_init(struct slots *s, const struct rsm_app *app, void *machine,
                uint64_t mark);
void slots_release(struct slots *s); // nobody waits

// An operation comes; or goes, because its time is over: then it may run still,
// if it is in the entry.
void slots_add(struct slots *s, struct slots_waiting *w);
void slots_leave(struct slots *s, struct slots_waiting *w);

// What to propose for slot `next`: as before, as long as somebody waits for
// that; else what waits in the queue, or an entry without operations. Borrowed
// until the next call.
struct slice slots_proposal(struct slots *s);

// Slot `next` holds this entry: applies it. Bytes that are no entry are a hole,
// on every replica alike.
void slots_decided(struct slots *s, struct slice entry);

size_t slots_count(const struct slots *s); // operations, in both

#endif
