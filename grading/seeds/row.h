// row.h - how a seed ended: one line between a test program and sim.
//
// Fields between tabs: seed, verdict ("pass", ..., "different": the same seed
// twice was not the same run), seconds, calls, messages, virtual ms, hash,
// stuck (0 or 1), how often it ran again and how often that was the same run,
// counts of each kind of event, marks between semicolons,
// folder of what is kept, message. Line breaks of the message are '\v'.
#ifndef GRADING_SEEDS_ROW_H
#define GRADING_SEEDS_ROW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/runtime/sim/plan.h"

struct sim_record;

struct seeds_row {
    uint64_t seed;
    const char *verdict; // borrowed, or into `text`
    double seconds;
    uint64_t calls;
    uint64_t messages;
    int64_t virtual_ms;
    uint64_t hash;
    bool stuck;
    unsigned replays; // of a failure
    unsigned same;    // of these
    unsigned counts[PLAN_KINDS];
    char marks[4096]; // ";lose-reply Replica.Forward;deed kill;"
    char folder[512];
    char message[2048];
    char text[32];
};

// Counts and marks: those that the test has set, and one for each fault.
void seeds_row_count(struct seeds_row *row, const struct sim_record *r);

void seeds_row_write(FILE *out, const struct seeds_row *row);
// False at the end, or if the line is no row.
bool seeds_row_read(FILE *in, struct seeds_row *row);

#endif
