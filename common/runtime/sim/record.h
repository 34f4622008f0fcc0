// record.h - what is known of a run when it has ended, however it has.
//
// It is filled while the run goes on. Who judges runs gives memory that they
// share with the process which runs.
#ifndef COMMON_RUNTIME_SIM_RECORD_H
#define COMMON_RUNTIME_SIM_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "common/runtime/sim/plan.h"

enum {
    RECORD_EVENTS_MAX = 1 << 17, // those beyond are not kept
    RECORD_MARKS_MAX = 64,
    RECORD_MARK_BYTES = 64,
    RECORD_STUCK_BYTES = 160,
    SIM_START_NS = 1000000000, // when virtual time begins
};

struct sim_record {
    uint64_t calls; // of the runtime
    uint64_t hash;  // of these, when and by whom, and of what messages said:
                    // two runs that have the same were the same
    uint64_t messages;
    int64_t now_ns;
    size_t event_count; // of the plan
    size_t mark_count;
    char marks[RECORD_MARKS_MAX][RECORD_MARK_BYTES];
    char stuck[RECORD_STUCK_BYTES]; // why it lawfully stands still; "": it
                                    // does not
    struct plan_event events[RECORD_EVENTS_MAX];
};

// Memory for one that has yet to run, shared with processes that are forked.
struct sim_record *sim_record_new(void);
void sim_record_free(struct sim_record *r); // NULL is fine
void sim_record_clear(struct sim_record *r);

// From now on this one is filled; before it is one that nobody sees.
void sim_record_use(struct sim_record *r);
struct sim_record *sim_record(void);

#endif
