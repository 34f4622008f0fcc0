// batch.h - an outfile that is written in large steps, whatever it is given.
//
// See common/runtime/outfile.h, which this wraps: each append there is a place
// where a test can make the process die, and costs accordingly.
#ifndef LAB1_BATCH_H
#define LAB1_BATCH_H

#include "common/runtime/buf.h"

struct batch;

// As outfile_begin.
int batch_begin(const char *draft, const char *path, struct batch **out);

// An error is kept and told by the commit at the latest, so that callers need
// not look each time.
void batch_append(struct batch *b, struct slice bytes);
int batch_error(const struct batch *b); // ERR_OK, or the first error so far

// As outfile_commit; frees `b`.
int batch_commit(struct batch *b);
void batch_abandon(struct batch *b); // NULL is fine

#endif
