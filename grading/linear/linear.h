// linear.h - is this history of a key/value service linearizable?
//
// A history is what clients saw: when an operation was called, when it
// returned, with what. It is linearizable if each operation can be thought to
// happen at one moment between these two, and all together are then what one
// server with one thread would have done (Herlihy & Wing, "Linearizability: A
// Correctness Condition for Concurrent Objects", TOPLAS 1990). The property is
// local: each key is checked by itself.
//
// The check is exact and takes time n log n, whatever overlaps, if the values
// that are written to a key are distinct, not empty, and none is the beginning
// of another: "c1.17;", say. (After Gibbons & Korach, "Testing Shared
// Memories", 1997, on registers whose values are distinct; here with Appends
// and with operations of which nobody knows whether they happened.) Otherwise
// it says that it does not know.
#ifndef GRADING_LINEAR_LINEAR_H
#define GRADING_LINEAR_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/runtime/buf.h"

enum linear_kind {
    LINEAR_GET,
    LINEAR_PUT,
    LINEAR_APPEND, // returns what it found
};

enum {
    LINEAR_PENDING = -1, // `ret` of an operation that has not returned
};

struct linear_op {
    const char *client; // for people
    enum linear_kind kind;
    struct slice key;
    struct slice argument; // of Put and Append

    // Positions on one counter, from 1 on, taken before the call was sent and
    // after the answer came. One operation precedes another if its ret is below
    // the other's call.
    int64_t call;
    int64_t ret; // or LINEAR_PENDING

    // Is its outcome known? If not it may have happened at any moment after
    // `call`, or not at all. Then what it saw: was there a value, and which?
    bool known;
    bool found;
    struct slice result;
};

enum linear_verdict {
    LINEAR_YES,
    LINEAR_NO,
    LINEAR_UNKNOWN, // never a pass
};

enum linear_why {
    LINEAR_FINE,
    LINEAR_FROM_NOWHERE, // a value that nobody wrote
    LINEAR_FORK,         // two values disagree about what an Append found
    LINEAR_FROM_FUTURE,  // read before the write began
    LINEAR_CHAIN_ORDER,  // Appends are not in the order of their times
    LINEAR_LOST_UPDATE,  // two Appends found the same
    LINEAR_STALE,        // read, or missing, after it was overwritten
    LINEAR_NOT_DISTINCT, // unknown: the values do not say who wrote them
};

enum {
    LINEAR_WITNESSES = 6,
};

// What to say of a history. The operations are indices into it; two to six,
// that suffice to see what is wrong.
struct linear_report {
    enum linear_verdict verdict;
    enum linear_why why;
    size_t witnesses[LINEAR_WITNESSES];
    size_t witness_count;
    struct slice key;
    char *text; // owned; a sentence and the witnesses, for people; NULL: fine
};

// Borrows the operations. Fills *r, which must get linear_report_release, and
// returns r->verdict. Of several keys the first one that is wrong is told.
enum linear_verdict linear_check(const struct linear_op *ops, size_t count,
                                 struct linear_report *r);
void linear_report_release(struct linear_report *r);

// The history as lines of JSON: see write.c.
void linear_write(FILE *out, const struct linear_op *ops, size_t count);

#endif
