// batch.h - operations that wait at a replica share its agreements.
//
// What one agreement costs - a message to a backup, a slot in a log - is the
// same for one operation as for many. So operations queue, the first that
// waits takes as many as fit, and brings them through together (group commit:
// DeWitt et al., "Implementation Techniques for Main Memory Database Systems",
// 1984, section 5.2). While it does, the next ones queue.
//
// An operation is whatever begins with a struct batch_member; it lives on the
// stack of the handler that waits for it. All is guarded by the owner's lock.
// Whether a member may leave a batch, its owner knows: who takes a batch may
// have copied what its operations say, or not.
#ifndef COMMON_KV_BATCH_H
#define COMMON_KV_BATCH_H

#include <stddef.h>

enum {
    BATCH_OPS = 64,
    BATCH_BYTES = 4 << 20, // but one operation at least
};

enum batch_fate {
    BATCH_QUEUED,  // may be removed
    BATCH_TAKEN,   // in a batch: whoever took it is at it
    BATCH_DONE,    // it has been applied
    BATCH_DROPPED, // it has not, here
};

struct batch_member {
    size_t bytes; // that it adds to a batch
    enum batch_fate fate;
    struct batch_member *next;
};

struct batch_queue {
    struct batch_member *first;
    struct batch_member *last;
    size_t count;
    size_t limit; // of members of a batch: BATCH_OPS, unless set to fewer
};

struct batch {
    struct batch_member *members[BATCH_OPS]; // NULL: it has left
    size_t count;
};

void batch_queue_init(struct batch_queue *q);

// At the end; m->bytes is set. The member is borrowed until its fate is sealed
// or it is removed, which it must be QUEUED for.
void batch_add(struct batch_queue *q, struct batch_member *m);
void batch_remove(struct batch_queue *q, struct batch_member *m);

// Moves what fits from the front of the queue into an empty batch.
void batch_take(struct batch_queue *q, struct batch *b);

// A member that is TAKEN waits no longer; the others keep their places. How
// many are left?
void batch_leave(struct batch *b, const struct batch_member *m);
size_t batch_waiting(const struct batch *b);

// Seals the fate of all members of a batch, and empties it; of all in a queue.
void batch_seal(struct batch *b, enum batch_fate fate);
void batch_drop_queued(struct batch_queue *q);

#endif
