// svg.h - a view as SVG; private to the pictures.
#ifndef GRADING_LINEAR_PICTURE_SVG_H
#define GRADING_LINEAR_PICTURE_SVG_H

#include "grading/linear/picture/view.h"

enum {
    SVG_WIDTH = 1000,
    SVG_NAMES = 90, // of it, for the clients' names
};

// Text as HTML has it; bytes that are no UTF-8 as \xNN.
void html_text(FILE *out, struct slice text);
void html_chars(FILE *out, const char *text);

// The view, with lanes and edges if `e` is not NULL.
void svg_view(FILE *out, const struct view *v,
              const struct linear_explanation *e);
// Where the operations of the key lie in time, and which of it is in view.
void svg_density(FILE *out, const struct linear_history *h, uint32_t key,
                 const struct view *v);

#endif
