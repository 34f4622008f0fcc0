// bench.h - measuring in pairs: subject and baseline by turns, medians.
//
// A machine's speed drifts, so a figure alone says little: each round runs
// subject, baseline, baseline, subject, and the ratio is taken in the round.
#ifndef GRADING_BENCH_BENCH_H
#define GRADING_BENCH_BENCH_H

#include <stdbool.h>

enum bench_mode {
    BENCH_SAME,  // all on CPU 0: what it costs
    BENCH_CROSS, // callers on CPU 0, servers on CPU 1: how long it takes
    BENCH_FREE,  // not pinned: measures the scheduler too; no goals but below
};

// The mode that argv[1] names ("same", "cross", "free"); else ends with 2.
enum bench_mode bench_mode_of(int argc, char **argv);
const char *bench_mode_text(enum bench_mode mode);

// Pins this process, and what it starts from now on.
void bench_pin_caller(enum bench_mode mode);
void bench_pin_server(enum bench_mode mode);

struct bench {
    const char *name;
    const char *unit;
    // Each runs once and returns its figure in `unit`.
    double (*subject)(void *arg);
    double (*baseline)(void *arg);
    void *arg;
    double goal;   // of the ratio subject / baseline; 0: none
    bool at_least; // else at most
};

// Runs it for 9 rounds after one that is not counted, and writes one line to
// the file that BENCH_OUT names (else stdout).
void bench_run(const struct bench *b, enum bench_mode mode);

// The same in BENCH_FREE, and the goal counts: what it measures waits for time
// to pass, and not for a CPU.
void bench_run_waiting(const struct bench *b);

#endif
