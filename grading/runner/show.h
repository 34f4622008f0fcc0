// show.h - what people see of it.
//
// A line for each test, in the order in which they end; below that of a failed
// one, what its program printed. On a terminal a last line says what runs.
#ifndef GRADING_RUNNER_SHOW_H
#define GRADING_RUNNER_SHOW_H

#include "grading/runner/run.h"

void show_scale(const struct run *run); // nothing if time runs as usual

void show_test(const struct run *run, struct test *test);

// A program that ran as a whole, or did not do what it should (`complaint`).
void show_program(const struct job *job, const char *complaint);

// The line at the bottom: `started` of the jobs, tests, have begun. Only on a
// terminal.
void show_status(const struct run *run, const struct job *jobs, size_t started);
void show_no_status(void);

// What is to do, the points, and the last line, "N passed, N failed".
void show_sum(const struct run *run);

#endif
