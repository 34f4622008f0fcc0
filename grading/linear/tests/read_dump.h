// read_dump.h - for the tests of the readers: a history as text.
#ifndef GRADING_LINEAR_TESTS_READ_DUMP_H
#define GRADING_LINEAR_TESTS_READ_DUMP_H

#include "grading/linear/read.h"

// Owned. An operation a line; ' stands for ", and there is no line end behind
// the last:
//
//     c1 put k 'a' [1,4] ok
//     c2 get k [2,3] ok saw 'a' ver 7
//     c2 cas k 'a'->'b' [5,-] maybe
//     note 3 n1: killed
//
// "init 'x'" is first, if keys begin with a value.
char *read_dump(const struct linear_history *h);

// Reads `text` into *h, after its init. NULL, or what is wrong, owned.
char *read_text(const char *text, struct linear_reading how,
                struct linear_history *h);

#endif
