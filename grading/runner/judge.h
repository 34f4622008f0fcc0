// judge.h - what a job's end means.
//
// A verdict comes from the file that the job has written, and from the way it
// ended; never from what it printed.
#ifndef GRADING_RUNNER_JUDGE_H
#define GRADING_RUNNER_JUDGE_H

#include <stdbool.h>

#include "grading/runner/run.h"

// A program has listed its tests: they are added to run->tests. Or it has run
// as a whole: counted and shown. Or neither: that is a failure.
void judge_listing(struct run *run, struct job *job);

// A test has run once: noted, its row written; counted and shown if that was
// its last repetition.
void judge_test(struct run *run, struct job *job);

// Has it reported a failure already?
bool judge_sees_failure(const struct job *job);

#endif
