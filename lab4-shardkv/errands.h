// errands.h - the core of the mover: which of its tasks a replica does now.
//
// Each task (shards.h) is the same at all replicas of a group, and one that
// does it is enough: two are harmless, and a waste.
//
//  E1  Who took the last configuration is acting: it does its tasks at once.
//      The others let a donor's tasks be, as long as one of them goes on; when
//      none has for TURN ticks, and their number in the group times as many,
//      they do them. For what waits behind another task is not abandoned.
//  E2  Who finds that another does one lets all of this donor's be.
//  E3  The donor's first is asked first, as by clients: so one server leads
//      for all. What a server does not do the next one is asked; and when
//      all have been asked, all after a pause, twice as long as the last one.
//  E4  At a donor one task is done at a time, what comes before what goes, and
//      by the number of the shard: so one arrives before the next one begins,
//      and a donor that does not answer holds up no other.
//
// No thread, clock or message. One thread at a time: its owner locks.
//
// Read next: mover.h.
#ifndef LAB4_ERRANDS_H
#define LAB4_ERRANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab4-shardkv/shards.h"

enum {
    ERRANDS_TURN_TICKS = 6,
    ERRANDS_FETCH_PAUSE_TICKS = 8, // the longest pauses: somebody waits for a
    ERRANDS_DEBT_PAUSE_TICKS = 64, // shard, and nobody for this
};

struct errand {
    struct shards_task task; // its donor is owned
    size_t server;           // that is asked: of the donor's
    unsigned failures;       // since it went on
    int64_t due_ms;
    bool under_way;
    bool went_on; // when it was last under way
    bool listed;  // by the last look
    struct errand *next;
};

struct errands {
    int64_t tick_ms;
    size_t rank; // of this replica in its group
    bool acting;
    struct errand *all;
};

void errands_init(struct errands *e, size_t rank, int64_t tick_ms);
void errands_release(struct errands *e); // none is under way

// What is to be done now, all of it: between a begin and an end, each task is
// listed. What is not listed any more has been done, and is forgotten.
void errands_begin(struct errands *e);
void errands_list(struct errands *e, const struct shards_task *task,
                  int64_t now_ms);
void errands_end(struct errands *e, int64_t now_ms);

// One that is due, and is under way from now on; NULL: none is.
struct errand *errands_take(struct errands *e, int64_t now_ms);

// It is under way no more. `went_on`: it has been done, by this replica or by
// another one before; `items` have come by this one's doing. A look follows.
void errands_return(struct errands *e, struct errand *errand, bool went_on,
                    size_t items, int64_t now_ms);

#endif
