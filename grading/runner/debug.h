// debug.h - make gdb and make trace: one test, in the foreground.
#ifndef GRADING_RUNNER_DEBUG_H
#define GRADING_RUNNER_DEBUG_H

#include "grading/runner/run.h"

// Becomes the program of the one test that T picks (run->tests are those it
// leaves), with `node` under gdb; "": becomes gdb on the program itself.
// Removes run->tmp. Returns only if there is no such one: the exit status, 2.
int debug_gdb(struct run *run, const char *node);

// Becomes `trace` on what was kept of the latest failed test with T in its
// name. Returns only if there is none: the exit status, 2.
int debug_trace(const char *trace);

#endif
