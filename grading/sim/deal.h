// deal.h - which seeds go to which tests, and the processes that run them.
#ifndef GRADING_SIM_DEAL_H
#define GRADING_SIM_DEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sum;

struct deal_test {
    const char *program;
    size_t index; // in it
    char *title;  // owned: "suite: name"
    char *marks;  // owned: that it must come to; "": none
};

struct deal {
    // As main.c says. Borrowed.
    char **programs;
    size_t program_count;
    size_t parallel;
    uint64_t first; // seed
    uint64_t seeds;
    const char *kept; // NULL: nothing is
    const char *tmp;  // a folder of ours
    bool twice;
    bool hunt;
    bool whole;
    unsigned long times;

    struct deal_test *tests; // owned
    size_t test_count;
    size_t *round; // owned: tests, in the order in which they get seeds
    size_t round_size;
};

// Asks the programs for their tests. False: there are none.
bool deal_list(struct deal *d);
void deal_release(struct deal *d);

// Runs all, and tells `sum` of each seed. False: it was interrupted.
bool deal_run(struct deal *d, struct sum *sum);

#endif
