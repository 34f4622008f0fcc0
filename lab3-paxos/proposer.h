// proposer.h - the core of a proposer: one peer's attempts at one instance.
//
// An attempt is a round with a ballot of its own: "Paxos Made Simple", section
// 2.2, phases 1a and 2a. It asks all peers, itself included, and counts votes:
//
//     PREPARES --a majority promises--> ACCEPTS --a majority accepts--> DECIDED
//         '------ no majority can come any more ------'--> FAILED
//
//  P1  A ballot is above all that this peer has heard of, and is used in one
//      round only.
//  P2  The value that is to be accepted is that of the highest ballot which
//      the promises tell of; the proposer's own only if they tell of none
//      (the paper's P2c). It is fixed when the majority is there.
//  P3  A vote counts in its own round and phase, and once for each peer.
//  P4  Decided is what a majority of all peers has accepted in one round, or
//      what a peer says is decided.
//
// No thread, no clock, no message: the shell (paxos_round.c) asks.
//
// Read next: progress.h.
#ifndef LAB3_PROPOSER_H
#define LAB3_PROPOSER_H

#include <stdint.h>

#include "common/runtime/buf.h"
#include "lab3-paxos/acceptor.h"

enum proposer_state {
    PROPOSER_PREPARES,
    PROPOSER_ACCEPTS,
    PROPOSER_DECIDED,   // for proposer_value
    PROPOSER_FORGOTTEN, // nobody needs it any more
    PROPOSER_FAILED,    // try again, later
};

struct proposer {
    unsigned peers;
    struct slice wish; // its own value, borrowed
    uint64_t seen;     // the highest ballot that it has heard of

    // Of this round.
    enum proposer_state state;
    uint64_t ballot;
    uint32_t yes, no;    // a bit for each peer that has voted in this phase
    uint64_t adopted_of; // the ballot that `adopted` was accepted with, if any
    struct buf adopted;  // the value of another that it must propose, or has
                         // been told of
    bool is_told;        // DECIDED: by a peer that had known it
};

// For `peers` peers. `seen`: the highest ballot that its peer has heard of.
void proposer_init(struct proposer *p, unsigned peers, struct slice wish,
                   uint64_t seen);
void proposer_release(struct proposer *p);

// Begins a round, in PREPARES, with the ballot of peer `me`.
void proposer_begin(struct proposer *p, unsigned me);

// The vote of `peer` on what was asked in this state. Returns the state that it
// leads to: the next phase begins as soon as there is a majority, and the votes
// for the one before that are still to come must not be handed in any more.
enum proposer_state proposer_hear(struct proposer *p, unsigned peer,
                                  const struct vote *vote);

// ACCEPTS: what is to be accepted; DECIDED: what is. Borrowed until the next
// round.
struct slice proposer_value(const struct proposer *p);

#endif
