// words.h - texts from outside, made fit to be shown: of bounded length, and
// without anything that a page or a terminal trips over.
#ifndef GRADING_LINEAR_PICTURE_WORDS_H
#define GRADING_LINEAR_PICTURE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "grading/linear/explain.h"

// Each returns an owned string of at most `columns` columns (at least 8): what
// is too long loses its middle, as ends matter most. Bytes that are no text,
// and characters that turn the direction of a line, become \xNN; with `ascii`,
// all that is not ASCII does.
char *words_fit(struct slice text, size_t columns, bool ascii);
char *words_op(const struct linear_history *h, const struct linear_op *op,
               size_t columns, bool ascii);
char *words_value(struct slice value, bool absent, size_t columns, bool ascii);

// The columns that such a string takes.
size_t words_columns(const char *text);

// Writes such a string as text of XML. And both in one.
void words_xml(FILE *out, const char *text);
void words_put(FILE *out, struct slice text, size_t columns);

// Writes a text of ASCII in lines of at most `width` columns, broken between
// words; all but the first begin with 3 spaces.
void words_wrap(FILE *out, const char *text, size_t width);

#endif
