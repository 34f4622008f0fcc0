// page.h - the parts of the page that are text.
#ifndef GRADING_LINEAR_PICTURE_PAGE_H
#define GRADING_LINEAR_PICTURE_PAGE_H

#include "grading/linear/explain.h"

extern const char page_style[];
extern const char page_shapes[]; // that the pictures share

// "B c1: Put 'a;'", with the letter in bold; 0: without.
void page_op(FILE *out, const struct linear_history *h, size_t op, char letter);
// What would have been right, and from when on the case was clear.
void page_allowed(FILE *out, const struct linear_history *h,
                  const struct linear_explanation *e);
// The minimal history, as a table and as lines of JSON.
void page_minimal(FILE *out, const struct linear_history *h,
                  const struct linear_explanation *e);

#endif
