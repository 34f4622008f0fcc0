// mover.h - the threads that bring a group from one configuration to the next.
//
// Each replica has a mover, which does nothing that its log does not know: it
// puts into the log what masters and other groups say, and the log decides what
// comes of it. So any replica may do any of it, twice or late or not at all.
//
// One thread takes configurations: it asks the masters for the next one when
// no shard is coming. Who has taken the last one asks often, the others seldom.
// A few more do errands: they fetch pieces of copies and install them, and tell
// donors to delete. A ticker looks at what there is to do. No lock is held
// while anybody is asked, and nobody waits for another group but these.
//
// Read next: shardkvd.h.
#ifndef LAB4_MOVER_H
#define LAB4_MOVER_H

#include <stddef.h>
#include <stdint.h>

struct mover;
struct node;
struct replica;

struct mover_spec {
    const char *masters; // names between commas
    size_t rank;         // of this replica in its group: 0, 1, ...
    int64_t tick_ms;
};

// Borrows the node and the replica, whose machine is a struct shards, until the
// stop. ERR_OK and *out, which needs the stop in any case; or ERR_LIMIT.
int mover_start(struct node *n, struct replica *r,
                const struct mover_spec *spec, struct mover **out);

// node_cancel and replica_stop come first. NULL is fine.
void mover_stop(struct mover *m);

#endif
