// lab2.h - what the tests of lab 2's clusters share: who may fail how.
#ifndef LAB2_TESTS_LAB2_H
#define LAB2_TESTS_LAB2_H

#include "grading/cluster.h"

enum {
    SOON = 400, // ticks: for what must happen in the end
};

extern const struct cluster_lab lab2;

// "viewd", at the node "views".
static inline void start_views(struct cluster *c)
{
    cluster_start(c, "views", "viewd --tick %d", (int)cluster_tick_ms());
}

#endif
