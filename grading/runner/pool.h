// pool.h - runs jobs, some at the same time.
#ifndef GRADING_RUNNER_POOL_H
#define GRADING_RUNNER_POOL_H

#include "grading/runner/run.h"

// Call first, once: from here on Ctrl-C ends the pool, not the program.
void pool_prepare(void);

// Runs `jobs`, at most `parallel` at a time, in their order; calls done(run,
// job) for each that has ended. Returns when all have, or when run->stop is set
// and the last has, or at once if we are interrupted: then nothing runs any
// more. With run->keep, a test is judged as soon as it has reported a failure,
// and ends when somebody has looked at it (job->told).
void pool_run(struct run *run, struct job *jobs, size_t count, int parallel,
              void (*done)(struct run *run, struct job *job));

// All zero. `jobs` must get jobs_free.
struct job *jobs_new(size_t count);
void jobs_free(struct job *jobs, size_t count);

#endif
