// moments.h - a history as events in the order of their positions.
#ifndef GRADING_LINEAR_READ_MOMENTS_H
#define GRADING_LINEAR_READ_MOMENTS_H

#include "grading/linear/history.h"

enum moment_type { // in this order at one position
    MOMENT_CALL,
    MOMENT_RETURN,
    MOMENT_NOTE,
};

struct moment {
    int64_t at;
    enum moment_type type;
    size_t index; // of the operation, or note
};

// Owned; *count of them. Those that are MAYBE do not return.
struct moment *moments_of(const struct linear_history *h, size_t *count);

// The process of each operation, owned: its client's number if that has
// nothing open; else one of its own, above.
uint64_t *moments_processes(const struct linear_history *h,
                            const struct moment *moments, size_t count);

// An operation that has not returned, for formats that tell it so.
bool moments_is_open(const struct linear_op *op);

#endif
