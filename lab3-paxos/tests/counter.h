// counter.h - a machine that counts operations, for tests of the rsm.
//
// Its digest tells in which order they came: machines that are alike have run
// the same operations in the same order.
#ifndef LAB3_TESTS_COUNTER_H
#define LAB3_TESTS_COUNTER_H

#include <stdint.h>

#include "lab3-paxos/rsm.h"

struct counter {
    uint64_t count;
    uint64_t digest;
    unsigned answers; // that somebody waited for here
};

// An operation is any bytes; its reply is the number of those before it, 8
// bytes as in memory. "late" counts, and is not to be answered.
extern const struct rsm_app counter_app;

// What a reply says.
uint64_t counter_number(const struct buf *reply);

#endif
