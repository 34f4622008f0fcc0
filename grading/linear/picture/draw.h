// draw.h - static SVG: bars, edges, lanes. Shared by the files that draw.
#ifndef GRADING_LINEAR_PICTURE_DRAW_H
#define GRADING_LINEAR_PICTURE_DRAW_H

#include "grading/linear/picture/layout.h"

enum {
    DRAW_WIDTH = 960,  // of all pictures, in pixels
    DRAW_BAR = 13,     // height of a bar
    DRAW_DENSE = 8,    // the same, where many are drawn
    DRAW_LABEL = 15,   // height of a line of labels
    DRAW_LABELS = 30,  // up to so many bars get labels
    DRAW_COLUMNS = 40, // of a label, at most
    DRAW_BOXES = 320,
    DRAW_NOTES = 16, // more are only counted
};

// Taken room, so that labels can avoid each other.
struct box {
    double x;
    double y;
    double width;
    double height;
};

// What is drawn later covers what was drawn before: bands, bars, texts.
enum draw_layer {
    DRAW_UNDER,
    DRAW_BARS,
    DRAW_OVER,
    DRAW_LAYERS,
};

// One picture while it is made: in memory, as its height is known at the end.
struct drawing {
    FILE *under; // the layers
    FILE *out;
    FILE *over;
    char *texts[DRAW_LAYERS]; // what they hold when closed
    size_t sizes[DRAW_LAYERS];
    const struct linear_history *h;
    const struct linear_explanation *e; // or NULL
    struct layout layout;
    double left; // x of 0 and of 1 on the axis
    double right;
    double y;      // what lies above is drawn
    double top;    // of the axis
    double *rows;  // by row: y of its bars' upper edge
    double height; // of a bar
    bool labels;
    double *points; // of an order that fits, or NULL
    struct box boxes[DRAW_BOXES];
    size_t box_count;
    struct box notes[DRAW_NOTES]; // their lines: height is not known yet
    size_t note_count;
};

// draw_begin takes no ownership of `ops`; draw_end writes the picture to `out`
// and releases all. `about` describes it to those who do not see it.
void draw_begin(struct drawing *d, const struct linear_history *h,
                const struct linear_explanation *e, const size_t *ops,
                size_t count, bool whole, enum layout_scale scale);
void draw_end(struct drawing *d, FILE *out, const char *about);

double draw_x(const struct drawing *d, int64_t position);
double draw_end_x(const struct drawing *d, const struct layout_bar *bar);
// Marks room as taken; and how much of a box is.
void draw_take(struct drawing *d, struct box box);
double draw_taken(const struct drawing *d, struct box box);

// notes.c: what else happened: labels above the axis; when the rows are drawn,
// lines and bands through them.
void draw_notes(struct drawing *d);
void draw_note_lines(struct drawing *d);
// axis.c
void draw_axis(struct drawing *d);
// A time with its unit: "12.5 ms"; or a position, if `timed` is false.
void draw_time(FILE *out, double time, bool timed);
// bars.c: rows of clients.
void draw_rows(struct drawing *d);
// argument.c: edges between bars, and the lanes of values below.
void draw_edges(struct drawing *d);
void draw_lanes(struct drawing *d);
// strip.c: how many of the key's operations lie where; dark: `ops`.
void draw_strip(FILE *out, const struct linear_history *h, uint32_t key,
                const size_t *ops, size_t count);

#endif
