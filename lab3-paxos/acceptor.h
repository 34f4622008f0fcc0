// acceptor.h - the core of an acceptor and learner: one peer, one instance.
//
// It votes on what proposers ask: "Paxos Made Simple", section 2.2, phases 1b
// and 2b. It begins knowing nothing, and keeps:
//
//  A1  `promised` only rises. Nothing below it is promised or accepted.
//  A2  `accepted` <= `promised`: who accepts has promised as much.
//  A3  `value` is what was accepted last, and so with the highest ballot of
//      all that it has accepted; there is none while `accepted` is BALLOT_NONE.
//  A4  Once `decided`, `value` is the decided one, and nothing changes it.
//
// No thread, no clock, no message; the shell calls it with its lock held.
//
// Read next: proposer.h.
#ifndef LAB3_ACCEPTOR_H
#define LAB3_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/runtime/buf.h"

// What becomes of a request, as its proposer sees it.
enum vote_kind {
    VOTE_YES,       // promised; accepted
    VOTE_NO,        // a higher ballot stands against it
    VOTE_DECIDED,   // there is nothing left to vote on
    VOTE_FORGOTTEN, // nor to know: all are done with the instance
    VOTE_SILENT,    // no answer; it may have been done or not
};

struct vote {
    enum vote_kind kind;
    uint64_t ballot;    // YES to a prepare: of what was accepted, BALLOT_NONE
                        // if nothing was; NO: the one that stands against it
    struct slice value; // YES to a prepare: that, if any; DECIDED: the value.
                        // Borrowed until the acceptor changes.
};

struct acceptor {
    uint64_t promised;
    uint64_t accepted;
    struct buf value;
    bool decided;
};

void acceptor_init(struct acceptor *a);
void acceptor_release(struct acceptor *a);

// Phase 1b: promises to do nothing for ballots below this one any more, and
// tells what it has accepted; or NO, if as much has been promised to another.
struct vote acceptor_prepare(struct acceptor *a, uint64_t ballot);

// Phase 2b: accepts (copies the value), unless it has promised more. It need
// not have promised this ballot before.
struct vote acceptor_accept(struct acceptor *a, uint64_t ballot,
                            struct slice value);

// Learns that a majority has accepted `value` (copied). False: it has learned
// another value before, and stays with that; then somebody broke a rule.
bool acceptor_decide(struct acceptor *a, struct slice value);

#endif
