// pair.h - calls and their returns, one event after another: which operation
// is whose, and at which position. Positions are 1, 2, 3, ...
#ifndef GRADING_LINEAR_READ_PAIR_H
#define GRADING_LINEAR_READ_PAIR_H

#include "grading/linear/history.h"

#define PAIR_NONE SIZE_MAX // no operation

struct pairing {
    struct linear_history *h;
    size_t *open; // by client: its operation, or PAIR_NONE
    size_t room;
    int64_t position; // of the last event
};

void pairing_init(struct pairing *p, struct linear_history *h);
void pairing_release(struct pairing *p);

// The operation that the client has open.
size_t pairing_open(const struct pairing *p, uint32_t client);
// Adds one for a client that has none open; MAYBE until it returns. `time` is
// kept if it is 0 or more; so below.
struct linear_op *pairing_call(struct pairing *p, uint32_t client,
                               int64_t time);
// It returns, with this outcome.
struct linear_op *pairing_return(struct pairing *p, uint32_t client,
                                 enum linear_outcome outcome, int64_t time);

#endif
