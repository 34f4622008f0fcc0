// sum.h - what all tests of a run say together, for those who write a lab.
#ifndef GRADING_RUNNER_SUM_H
#define GRADING_RUNNER_SUM_H

#include <stdio.h>

#include "grading/runner/run.h"

// For each part of which something is not implemented, the functions, and how
// many of its tests came to each first. Then, for each part that has points,
// how many the tests that have passed are worth, of those that have run.
// Nothing if there is nothing to do, and there are no points.
void sum_print(FILE *out, const struct run *run);

#endif
