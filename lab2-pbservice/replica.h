// replica.h - the core of a server: what it is in a view, and what follows.
//
// No thread, no clock, no message; the data is not here, only what the server
// may do with it. The shell (server.c) calls it with its lock held.
//
// One server orders the operations, the primary; it hands them to the backup
// in numbered batches, one after the other, and answers its clients only when
// the backup has consented: Gets as well, for only the backup can know that
// there is a newer primary (Alsberg & Day, "A Principle for Resilient Sharing
// of Distributed Resources", 1976, for the scheme; Bressoud & Schneider, 1995,
// and Scales et al., "The Design of a Practical System for Fault-Tolerant
// Virtual Machines", 2010, section 2, for the output rule).
//
//     IDLE ------> BACKUP_EMPTY --transfer--> BACKUP ------> PRIMARY
//                                                            ^     |
//                         PRIMARY_SYNCING --its backup has --'     |
//                                ^          the data               |
//                                '---------- a new backup ---------'
//
// In each new view every server finds its state anew (replica_take_up):
//
//  R1  Primary of view n+1 is only who had the data in view n, as its primary
//      or backup; in view 1 whoever is named, before it is acknowledged. Others
//      that are named primary are unfit: they do nothing, for good.
//  R2  A new backup has nothing, whatever it had before, until it has been
//      given all: what it missed it cannot know.
//  R3  A primary acknowledges a view when its backup has the data, and serves
//      when it has learned that the view is acknowledged.
//  R4  Who takes part in a forward or transfer is in the same view, and the
//      sender is its primary. A backup that has gone on refuses.
//  R5  A batch counts once: the backup takes number applied + 1, has the ones
//      below, and refuses the ones above.
//
// Read next: batch.h in common/kv/, then server.c.
#ifndef LAB2_REPLICA_H
#define LAB2_REPLICA_H

#include "lab2-pbservice/view.h"

enum replica_state {
    IDLE,            // has no place, or is unfit
    BACKUP_EMPTY,    // waits for the data
    BACKUP,          // has it
    PRIMARY_SYNCING, // gives it to a new backup; nobody is served
    PRIMARY,
};

const char *replica_state_text(enum replica_state state); // "backup, empty"

struct replica {
    struct who me;
    enum replica_state state;
    struct view view;  // that it has taken up
    uint64_t ping;     // the number that it pings with
    bool acknowledged; // it knows that its view is
    bool superseded;   // it knows that there is a newer view
    bool alone;        // its backup cannot be given the data: too much
    uint64_t applied;  // batches, of which the data consists
};

// Just started: it knows nothing.
void replica_init(struct replica *r, const char *me);

// The view service has said that this is the view, and whether it has been
// acknowledged. True: it has changed something.
bool replica_take_up(struct replica *r, const struct view *view,
                     bool acknowledged);

// May it answer clients, with its backup's consent? Whose that is; nobody's if
// it may without.
bool replica_serves(const struct replica *r);
struct who replica_consent(const struct replica *r);

// Its backup has the data of this view now; or cannot have it (alone); or has
// been tried for so long that the view service should be free to replace it
// (given_up), and is tried on.
void replica_synced(struct replica *r, uint64_t view);
void replica_alone(struct replica *r, uint64_t view);
void replica_given_up(struct replica *r, uint64_t view);

// What to do with a forward or a transfer.
enum replica_verdict {
    REPLICA_TAKE,  // do it
    REPLICA_HAVE,  // it has been done: consent
    REPLICA_WAIT,  // not now: the view is newer than ours, or the data missing
    REPLICA_STALE, // never: there is a newer view
};
enum replica_verdict replica_forward(const struct replica *r, uint64_t view,
                                     const char *sender, uint64_t number);
enum replica_verdict replica_transfer(const struct replica *r, uint64_t view,
                                      const char *sender);

// The data has been taken, `applied` batches of it.
void replica_filled(struct replica *r, uint64_t applied);

// Its backup says that there is a newer view: it serves nobody until it has
// heard of it. (It may be primary there, too.)
void replica_superseded(struct replica *r, uint64_t view);

#endif
