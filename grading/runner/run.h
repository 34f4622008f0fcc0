// run.h - one call of run-tests: programs, their tests, and the jobs that are
// done for them. All is in one thread.
//
// A job is one process: a program that lists its tests, or one test, once. A
// program that does not know how to list (UNIT_LIST) runs all it has instead,
// and counts as a whole.
//
// Read next: main.c, pool.c, judge.c, show.c.
#ifndef GRADING_RUNNER_RUN_H
#define GRADING_RUNNER_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/check/listing.h"
#include "common/check/scratch.h"
#include "common/runtime/process.h"

enum {
    UNDER_MAX = 16, // words of the command that programs run under
};

struct test {
    struct listing about; // owned
    const char *program;
    int ended; // repetitions
    int failed;
    int64_t took_ms; // of all its repetitions
    char *output;    // owned; of the first that failed, else of the last
    char *complaint; // owned; of run-tests about that one; NULL: none
    char *to_do;     // owned; what is not implemented; NULL: nothing
    char *more;      // owned; lines about others that failed; NULL: none
};

struct job {
    const char *program;
    struct test *test; // NULL: it lists, or runs as a whole
    int repetition;    // from 1
    uint64_t seed;
    char *output; // owned paths: what it prints to,
    char *result; // what it reports to,
    char *list;   // and its list, if it lists
    struct process *process;
    int64_t start_ms;
    int64_t took_ms;
    bool running;
    bool told;              // KEEP=1: it has reported, and still runs
    int start_err;          // ERR_OK: it was started
    struct process_end end; // valid once it has run
};

struct run {
    int parallel;
    const char *under[UNDER_MAX]; // valgrind and its options
    size_t under_count;
    const char *const *programs;
    size_t program_count;
    uint64_t seed;
    double time_scale;     // what the jobs get, machine factor included
    double machine_factor; // its part of it
    bool keep;             // KEEP=1: stop at the first failure
    FILE *rows;            // NULL: nobody wants them

    struct scratch tmp;
    struct test **tests; // owned
    size_t test_count;
    size_t tests_ended;
    size_t jobs_made; // their files are numbered
    int passed;       // tests
    int failed;
    bool stop; // start no more
};

#endif
