// sequential.h - MapReduce without any of the difficulties: the oracle.
//
// One loop in one process, all pairs in memory, no combiner. What a job
// writes must be the same, byte for byte.
#ifndef LAB1_SEQUENTIAL_H
#define LAB1_SEQUENTIAL_H

#include <stddef.h>
#include <stdint.h>

#include "lab1-mapreduce/mr.h"

// Writes OUT/part-00000 ... for the files, which are read in this order. NULL,
// or why not (owned), and then OUT is left as it was.
char *sequential_run(const struct mr_app *app, const char *arg,
                     const char *const *files, size_t count, uint32_t reduces,
                     const char *out);

#endif
