// lab4.h - what the tests of lab 4's clusters share: who may fail how.
#ifndef LAB4_TESTS_LAB4_H
#define LAB4_TESTS_LAB4_H

#include "grading/cluster.h"

enum {
    SOON = 400, // ticks: for what must happen in the end
};

extern const struct cluster_lab lab4;

#endif
