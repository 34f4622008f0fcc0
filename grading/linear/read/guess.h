// guess.h - which format is it?
#ifndef GRADING_LINEAR_READ_GUESS_H
#define GRADING_LINEAR_READ_GUESS_H

#include "grading/linear/read.h"

// By the first line or element; LINEAR_ANY: none. No bytes are LINEAR_LINES.
enum linear_format guess_format(struct slice bytes);

#endif
