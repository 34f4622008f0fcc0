// trace.h - a run in simulation as a text that can be run again.
//
//     suite: lab2 random sim
//     test: anything happens
//     program: build/debug/tests/lab2-pbservice/random_cluster_test-sim
//     seed: 4711
//     failed: what clients saw is not linearizable
//     run: 1874 calls, 5b0c...
//     events:
//     deed nemesis #2  -- at 31.200 ms: kill s1
//     lose-reply s1>s2:Replica.Forward #3  -- at 40.100 ms
//
// Lines that begin with # are for people. The events' names say what they are
// about, and survive small changes of the code under test: one that does not
// occur any more is left out, and named.
#ifndef GRADING_SEEDS_TRACE_H
#define GRADING_SEEDS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/runtime/sim/plan.h"

struct run_trace {
    char suite[128];
    char test[256];
    char program[256];
    uint64_t seed;
    char failed[128]; // its class
    uint64_t calls;
    uint64_t hash;
    struct plan_event *events; // owned
    size_t count;
};

void run_trace_write(FILE *out, const struct run_trace *t);
// False: it is none; `t` must be released whatever it returns.
bool run_trace_read(FILE *in, struct run_trace *t);
void run_trace_release(struct run_trace *t);

#endif
