// progress.h - the core of forgetting: how far each peer is, as one peer knows.
//
// Each message carries what its sender knows, of all peers: so what one has
// said reaches everybody, even those that it never talks to.
//
//  F1  What is known of a peer only rises, whatever order messages come in.
//  F2  Of itself a peer knows best: others tell it nothing new.
//  F3  A peer of which nothing is known needs everything.
//  F4  What is below the lowest of all is forgotten, and nothing else is.
//
// Read next: instances.h.
#ifndef LAB3_PROGRESS_H
#define LAB3_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab3-paxos/paxos.h"

struct progress {
    size_t count;
    size_t me;
    uint64_t below[PAXOS_PEERS_MAX]; // the first instance that a peer needs
};

void progress_init(struct progress *p, size_t count, size_t me);

// Its own peer needs nothing up to `instance` any more. True: Min has risen.
bool progress_done(struct progress *p, int64_t instance);

// Another knows this; if it is not of as many peers, it is ignored. True: Min
// has risen.
bool progress_merge(struct progress *p, const uint64_t *below, size_t count);

// Min: the first instance that somebody may need.
int64_t progress_min(const struct progress *p);

#endif
