// task.h - does one map or reduce task: the work of a worker.
//
// Tasks share nothing but files. A map task reads its pieces of the input and
// leaves one file with all partitions; a reduce task reads its partition of
// all those files and leaves one part of the output. Each file appears whole
// and once, at its commit (outfile.h), however many attempts are made, at the
// same time even, and wherever they are killed.
#ifndef LAB1_TASK_H
#define LAB1_TASK_H

#include <stdatomic.h>
#include <stdint.h>

#include "lab1-mapreduce/mr.h"
#include "lab1-mapreduce/split.h"

// A process that does tasks stays below 256 MB with these.
enum {
    TASK_MAP_BYTES = 64 << 20,   // pairs in memory; more are written out
    TASK_MERGE_BYTES = 32 << 20, // buffers to read map outputs
};

// One attempt at a task. All is borrowed for the call.
struct attempt {
    const struct mr_app *app;
    const char *arg; // NULL if there was none
    uint32_t maps;
    uint32_t reduces;
    const char *folder; // what names of input files are relative to
    const char *out;    // see output.h
    const char *temporary;
    uint32_t task;               // 0 to maps-1 or reduces-1
    const char *label;           // no other attempt has it
    const atomic_bool *unwanted; // set when the result is no longer needed:
                                 // the attempt then ends soon
    size_t map_bytes;            // TASK_MAP_BYTES, or less in tests
};

// NULL: this or another attempt has committed the task's file, or it became
// unwanted. Else why it failed (owned), and nothing is left of the attempt.
char *task_map(const struct attempt *a, const struct map_task *input);
char *task_reduce(const struct attempt *a);

#endif
