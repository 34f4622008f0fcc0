// picture.h - a history as a picture: clients as rows, time from left to
// right, values below.
#ifndef GRADING_LINEAR_PICTURE_H
#define GRADING_LINEAR_PICTURE_H

#include "grading/linear/explain.h"

// One HTML file, complete in itself, readable without script, at most 1 MB:
// the sentence, the argument drawn with its edges, the values' lanes, the
// minimal history, and up to 200 operations around it. `e` NULL: a history
// that is linearizable; then key `key` is drawn, with an order that fits.
void linear_picture_html(FILE *out, const char *title,
                         const struct linear_history *h,
                         const struct linear_explanation *e, uint32_t key);

// The argument as text, at most `width` columns wide (at least 40; 0: 80):
//
//     c1  |--Put 'a;'--|
//     c2                    |--Get = 'a;'--|
void linear_picture_text(FILE *out, const struct linear_history *h,
                         const struct linear_explanation *e, unsigned width);

#endif
