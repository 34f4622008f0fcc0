// oracle.h - small histories of one key, judged by trying all orders; and
// made up. Written apart from the engines: nothing is shared but the records.
#ifndef GRADING_LINEAR_TESTS_ORACLE_H
#define GRADING_LINEAR_TESTS_ORACLE_H

#include "common/runtime/random.h"
#include "grading/linear/linear.h"

enum {
    SMALL_MAX = 10, // operations
};

// Is there an order? Tries all, with those of unknown outcome or without.
bool oracle(const struct linear_history *h);

enum {
    WITH_APPEND = 1,
    WITH_CAS = 2,
    WITH_VERSIONS = 4, // then without the others
    WITH_REFUSALS = 8, // that do not say what they found
    WITH_REPEATS = 16, // of values
    WITH_INIT = 32,    // a value at the beginning
    WITH_BLIND = 64,   // Appends that do not say what they found
};

// A history of `count` operations on one key, of some clients, that is
// linearizable by construction: each operation happens at a moment in its
// interval. Texts are constants.
void draw_good(struct random *r, unsigned with, size_t count,
               unsigned unknown_percent, struct linear_history *h);
// Changes one thing that somebody saw, or one time: it may be linearizable
// still.
void draw_change(struct random *r, unsigned with, struct linear_history *h);

void print_small(const struct linear_history *h);

#endif
