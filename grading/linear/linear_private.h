// linear_private.h - one key's operations on their way to a verdict.
//
// A *cluster* is a write and the reads of what it left. An Append found what
// another write had left, and nothing can have come between: so clusters are
// in chains, from a Put, or from the key's absence, on. A chain is a *block*:
// it happens in one piece.
#ifndef GRADING_LINEAR_PRIVATE_H
#define GRADING_LINEAR_PRIVATE_H

#include "grading/linear/linear.h"

enum {
    NOBODY = -1, // no cluster
    ABSENT = 0,  // the cluster before all others: there is no such key
};

struct cluster {
    int64_t writer; // an operation's index; NOBODY: of ABSENT
    bool marked;    // somebody has seen it, or knows that it happened
    bool linked;    // its `before` is known
    int before;     // the cluster that it must follow; NOBODY: any
    int after;      // the one that must follow it; NOBODY: none so far
};

struct token {
    struct slice text;
    int cluster; // of its writer
};

struct key_check {
    const struct linear_op *ops;
    const size_t *mine; // the operations on this key
    size_t count;

    struct cluster *clusters; // owned; 0 is ABSENT, then one a write
    int cluster_count;
    struct token *tokens; // owned; sorted
    size_t token_count;
    int *seen; // owned; for each of `mine`: what a Get saw; NOBODY: no Get

    struct linear_report *report;
};

// values.c: finds out who saw what. False: the report is made.
bool values_read(struct key_check *k);

// blocks.c: can the blocks be put in order? False: the report is made.
bool blocks_check(struct key_check *k);

// report.c. Always false. `ops`: indices into the history, -1 for none, at most
// LINEAR_WITNESSES, and WITNESSES_END.
enum {
    WITNESSES_END = -2,
};
bool report_wrong(struct key_check *k, enum linear_why why, const int64_t *ops);
#define REPORT(k, why, ...)                                                    \
    report_wrong(k, why, (const int64_t[]){__VA_ARGS__, WITNESSES_END})

#endif
