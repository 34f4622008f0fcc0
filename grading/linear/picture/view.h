// view.h - what is drawn, and where; private to the pictures.
#ifndef GRADING_LINEAR_PICTURE_VIEW_H
#define GRADING_LINEAR_PICTURE_VIEW_H

#include "grading/linear/picture.h"

enum {
    DRAWN_MAX = 200, // operations
    LABEL_MAX = 96,  // bytes
};

// An operation in the picture. Positions are columns, from 0 to view.width.
struct bar {
    size_t op; // index into the history
    double begin;
    double end;    // of one that has not returned: the right edge
    bool is_open;  // its outcome is unknown
    uint32_t row;  // of its client, from 0
    uint32_t line; // of its row: labels do not overlap
    int number;    // in the argument, from 1; 0: not in it
    double point;  // where it took effect; < 0: not known
    int order;     // the how manieth, from 1
    char label[LABEL_MAX];
};

struct view {
    const struct linear_history *h;
    bool by_rank; // or by time
    double width;
    double per_char;  // of a label
    struct bar *bars; // owned; by call
    size_t count;
    uint32_t *clients; // of the rows; owned
    uint32_t *lines;   // of the rows: how many; owned
    uint32_t row_count;
    int64_t first; // what is seen of the history, in positions
    int64_t last;
    int64_t *marks; // all positions in it, sorted; owned
    size_t mark_count;
};

// Lays out the operations. Borrows the history.
void view_init(struct view *v, const struct linear_history *h,
               const size_t *ops, size_t count, bool by_rank, double width,
               double per_char);
void view_release(struct view *v);
// The column of a position; those outside are at the edges.
double view_column(const struct view *v, int64_t position);

// The operations of a key that are nearest to `around`; at most DRAWN_MAX, by
// call. Owned.
size_t *view_choose(const struct linear_history *h, uint32_t key,
                    int64_t around, size_t *count);

#endif
