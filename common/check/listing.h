// listing.h - the list of its tests that a program writes for run-tests.
//
// One line for each test that T and PART leave, its fields between tabs.
#ifndef COMMON_CHECK_LISTING_H
#define COMMON_CHECK_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/check/graded.h"

struct listing {
    size_t index;    // what UNIT_RUN takes
    bool alone;      // nothing else may run beside it
    int repetitions; // at least 1
    int points;
    char *suite; // these are owned
    char *part;
    char *name;
    char *about; // the first half of its row (row.h)
};

void listing_write(FILE *out, size_t index, const char *suite,
                   const char *program, const struct graded_test *test);

// Reads the next line. False at the end, or if the line makes no sense, which
// feof(in) tells apart. *l must get listing_release if it is true.
bool listing_read(FILE *in, struct listing *l);
void listing_release(struct listing *l);

#endif
