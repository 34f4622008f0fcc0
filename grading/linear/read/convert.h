// convert.h - histories in the formats of others.
#ifndef GRADING_LINEAR_READ_CONVERT_H
#define GRADING_LINEAR_READ_CONVERT_H

#include <stdio.h>

#include "grading/linear/read.h"

// Writes *h to `out`. NULL, or why the format cannot say it: owned; what has
// been written is then of no use.
//
// What is weaker in the format is written so: a get that says nothing has not
// returned; an append does not tell what it found, nor a refused cas what it
// saw; in EDN and elle it did not happen. Porcupine's logs leave out what
// failed; versions, and notes that a format cannot have, are left out, too. In
// EDN and elle keys are independent unless the only key is ""; what keys begin
// with is for the reader to say. A process has a client's number; what a
// client calls while a call is open, or after one of unknown outcome, is by a
// process of its own.
char *linear_convert(FILE *out, const struct linear_history *h,
                     enum linear_format to);

// Of how many operations the format does not say what may decide the verdict:
// what was found, or that it was refused; or, in Porcupine's logs, whether a
// value was empty or missing.
size_t linear_convert_loses(const struct linear_history *h,
                            enum linear_format to);

#endif
