// sum.h - what the seeds came to: progress, failures, marks, the last lines.
#ifndef GRADING_SIM_SUM_H
#define GRADING_SIM_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/runtime/sim/plan.h"
#include "grading/sim/deal.h"

struct seeds_row;

enum {
    // A test must have reached its marks, and stuck lawfully in few of its
    // seeds, once it has had so many.
    SUM_SEEDS_MIN = 30,
    SUM_STUCK_PERCENT = 10,
};

struct sum_test {
    uint64_t seeds;
    uint64_t failed;
    uint64_t stuck;
    char *marks;       // owned: all that its seeds have reached
    const char *needs; // those that it must reach
};

struct sum {
    const struct deal *deal;
    struct sum_test *tests; // one for each of the deal's
    uint64_t seeds;
    uint64_t failed;
    uint64_t first_failed; // its number; UINT64_MAX: none has
    size_t first_test;     // whose it is
    char *first_folder;    // owned
    char *first_message;
    uint64_t replays; // of failures
    uint64_t same;    // of these
    uint64_t calls;
    uint64_t messages;
    int64_t virtual_ms;
    uint64_t counts[PLAN_KINDS];
    int64_t begun_ms;
    bool shows; // progress, on a terminal
};

void sum_init(struct sum *s, const struct deal *d);
void sum_release(struct sum *s);

// A seed, by its number from 0; one that nothing was heard of.
void sum_add(struct sum *s, size_t test, uint64_t number,
             const struct seeds_row *row);
void sum_add_lost(struct sum *s, size_t test, uint64_t number);

void sum_show(const struct sum *s); // progress
// The first failure, run once more, and kept this time.
void sum_show_first(struct sum *s, const struct seeds_row *row);

// The summary. Returns the exit status.
int sum_print(struct sum *s);
void sum_append(const struct sum *s, const char *path);

#endif
