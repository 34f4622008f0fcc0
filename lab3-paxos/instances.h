// instances.h - the instances that a peer has in memory, by their numbers.
//
// Given code. All is guarded by the owner's lock.
#ifndef LAB3_INSTANCES_H
#define LAB3_INSTANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"
#include "lab3-paxos/acceptor.h"

struct instance {
    int64_t number;
    struct acceptor acceptor; // and learner: what every peer has

    // The proposer's. Rounds of one instance come one after the other.
    uint64_t seen;     // the highest ballot that was heard of
    bool driven;       // a thread is in a round
    int64_t due_ms;    // no round begins before
    unsigned failures; // rounds that came to nothing
    bool started;      // by paxos_start: the workers are to go on
    struct buf wish;   // for that value
    bool to_announce;  // the workers are to tell the others what was decided

    // The table's.
    bool forgotten; // it is in no table: freed when nobody uses it
    unsigned users;
    struct instance *prev, *next; // in the queue of the workers
    bool queued;
};

struct instances;

struct instances *instances_new(void);
void instances_free(struct instances *t); // nobody uses any

// NULL: there is none. instances_get makes it, knowing nothing.
struct instance *instances_find(const struct instances *t, int64_t number);
struct instance *instances_get(struct instances *t, int64_t number);

// Removes all below `number`, which does not fall from one call to the next.
// Each is handed to `leave` first.
void instances_forget(struct instances *t, int64_t number,
                      void (*leave)(void *arg, struct instance *in), void *arg);

// It stays in memory, though it be forgotten, until as many have let go.
void instance_hold(struct instance *in);
void instance_let_go(struct instance *in);

size_t instances_count(const struct instances *t);
// Bytes of all values in memory. Looks at each.
size_t instances_bytes(const struct instances *t);

#endif
