// sentence.h - what is wrong, in one sentence; private.
#ifndef GRADING_LINEAR_EXPLAIN_SENTENCE_H
#define GRADING_LINEAR_EXPLAIN_SENTENCE_H

#include "grading/linear/explain/private.h"

const char *kind_of_violation(enum linear_why why); // "stale read"
char *sentence_about(const struct linear_history *h,
                     const struct linear_report *r); // owned

#endif
