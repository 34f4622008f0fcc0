// lab3.h - what the tests of lab 3's clusters share: who may fail how.
#ifndef LAB3_TESTS_LAB3_H
#define LAB3_TESTS_LAB3_H

#include "grading/cluster.h"

enum {
    SOON = 400, // ticks: for what must happen in the end
};

extern const struct cluster_lab lab3;

#endif
