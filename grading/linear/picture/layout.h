// layout.h - which operations are drawn, in which rows, and where on the axis.
#ifndef GRADING_LINEAR_PICTURE_LAYOUT_H
#define GRADING_LINEAR_PICTURE_LAYOUT_H

#include "grading/linear/explain.h"

enum layout_scale {
    LAYOUT_TIME, // true to scale; in positions, if the history has no times
    LAYOUT_RANK, // the order of the events, evenly spaced
};

// A bar is one operation.
struct layout_bar {
    size_t op; // index into the history
    int64_t call;
    int64_t ret; // INT64_MAX: open to the right
    size_t row;
    char letter;  // of the argument's operations: 'A', 'B', ...; else 0
    size_t order; // in the order that fits: 1, 2, ...; 0: none
};

// A client has as many rows, one below the other, as it has operations open at
// once: one, unless it went on after an outcome that it never learned.
struct layout_row {
    uint32_t client;
    bool first;  // of its client
    int64_t end; // of the last bar in it
};

// A position that is drawn, and where: 0 left, 1 right, when scaled.
struct layout_event {
    int64_t at;
    double when;
};

struct layout {
    const struct linear_history *h; // borrowed
    enum layout_scale scale;
    bool timed;              // `origin` and `span` are nanoseconds
    struct layout_bar *bars; // by call
    size_t bar_count;
    struct layout_row *rows; // by the names of the clients
    size_t row_count;
    struct layout_event *events; // by position, each once
    size_t event_count;
    double origin; // the time, position or rank at 0; and what lies between
    double span;   // that and 1
};

// Draws `ops`, indices into the history; letters for those in `e`, if it is
// not NULL. The ends of its lanes become events if `with_lanes`.
void layout_init(struct layout *l, const struct linear_history *h,
                 const size_t *ops, size_t count,
                 const struct linear_explanation *e, bool with_lanes,
                 enum layout_scale scale);
void layout_release(struct layout *l);

// Where a position lies, from 0 to 1: between events, and beyond them 0 or 1.
double layout_at(const struct layout *l, int64_t position);
// The least distance of two events that follow each other.
double layout_least(const struct layout *l);
// The events' first and last position.
int64_t layout_first(const struct layout *l);
int64_t layout_last(const struct layout *l);

// Numbers the bars by `order`, indices into the history, and sets points[i]
// for bar i, from 0 to 1: a moment within the bar, in that order.
void layout_order(struct layout *l, const size_t *order, size_t count,
                  double *points);

// At most `most` operations of the key, by call: the nearest to the argument,
// or, if `e` is NULL, the first. Owned; *count of them. *all: of the key.
size_t *layout_near(const struct linear_history *h,
                    const struct linear_explanation *e, uint32_t key,
                    size_t most, size_t *count, size_t *all);

// The time of a position, by the operations around it (or the position itself
// if there are no times).
double layout_time(const struct linear_history *h, int64_t position);

#endif
