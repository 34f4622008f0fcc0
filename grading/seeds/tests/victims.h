// victims.h - small systems with something wrong, to be run under seeds.
#ifndef GRADING_SEEDS_TESTS_VICTIMS_H
#define GRADING_SEEDS_TESTS_VICTIMS_H

#include "common/check/graded.h"

enum victim {
    RIGHT,       // two threads count under a lock
    RACE,        // the same, and each reads and writes under a lock of its own
    UNSTEADY,    // how long it sleeps depends on the time on the wall
    MOODY,       // the same, and then fails
    CIRCLE,      // two locks, taken in opposite order
    LOST_WAKEUP, // a condition is signalled before anybody waits for it
    CALLS,       // holds a lock that the handler of its own call needs
    SPINS,       // a node never calls the runtime
    CRASHES,     // a node gets a signal
    LUCKY,       // reaches its mark under one seed in three
    UNLUCKY,     // never reaches it
    STUCK,       // is stuck, lawfully, under one seed in two
    POLLS,       // waits for a time by asking for it, again and again
    DURABLE,     // kills nodes that put values on their disk, and looks at it
    OUTPUTS,     // the same with nodes that commit outputs
    FORGETFUL,   // kills many nodes that had much memory
    VICTIMS,
};

extern const struct graded_test victims[VICTIMS];

// Of the nodes that they start.
int node_main(int argc, char **argv);

#endif
