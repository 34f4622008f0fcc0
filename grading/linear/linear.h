// linear.h - is this history of a key/value service linearizable? And if not,
// why?
//
// A history is what clients saw: when an operation was called, when it
// returned, with what. It is linearizable if each operation can be thought to
// happen at one moment between these two, and all together are then what one
// server with one thread would have done (Herlihy & Wing, "Linearizability: A
// Correctness Condition for Concurrent Objects", TOPLAS 1990). The property is
// local: each key is checked by itself.
//
// Three engines, all exact. Blocks: linear time whatever overlaps, if the
// values say who wrote them (after Gibbons & Korach, "Testing Shared
// Memories", 1997). Where they do not, a frontier of all that may be the case
// is carried along the events (after Lowe, "Testing for Linearizability",
// 2017); and where that grows too wide, a search in depth. What exceeds the
// limits is UNKNOWN, which is never a pass.
//
// Any thread; a history may be checked by several at once.
#ifndef GRADING_LINEAR_LINEAR_H
#define GRADING_LINEAR_LINEAR_H

#include <stdio.h>

#include "grading/linear/history.h"

enum linear_verdict {
    LINEAR_YES,
    LINEAR_NO_ORDER, // a violation
    LINEAR_UNKNOWN,  // never a pass
};

// What is wrong, by the names of the handout.
enum linear_why {
    LINEAR_FINE,
    LINEAR_FROM_NOWHERE,   // a value that nobody wrote
    LINEAR_TWICE,          // an Append is in a value twice
    LINEAR_FORK,           // two values disagree about what an Append found
    LINEAR_FROM_FUTURE,    // seen before its write began
    LINEAR_CHAIN_ORDER,    // Appends are not in the order of their times
    LINEAR_STALE,          // seen after it was overwritten
    LINEAR_LOST_UPDATE,    // two operations replaced the same value
    LINEAR_LOST_WRITE,     // what was done before is missing
    LINEAR_UNJUST_REFUSAL, // refused although the value was as it should be
    LINEAR_NO_ORDER_FITS,  // the search found none
    LINEAR_LIMIT_MS,       // unknown: these limits ended it
    LINEAR_LIMIT_MEMORY,
    LINEAR_LIMIT_CONFIGS,
    LINEAR_NOT_DISTINCT, // unknown: the engine asked for cannot tell
};

enum linear_engine {
    LINEAR_AUTO,
    LINEAR_BLOCKS,
    LINEAR_FRONTIER,
    LINEAR_DEPTH,
};

// 0 in any field: the default.
struct linear_options {
    enum linear_engine engine;
    unsigned threads;     // default: as many as pay
    uint64_t max_ms;      // default: 60,000
    uint64_t max_mem;     // bytes, of the search alone; default: 1 GiB
    uint64_t max_configs; // of a frontier; default: 100,000
};

enum {
    LINEAR_WITNESSES = 6,
};

// The operations are indices into the history: two to six that suffice to see
// what is wrong, in the order of their calls, or, after a search, the one at
// whose return nothing was possible any more. Of several keys the first, in
// the history's order, that is wrong is told.
struct linear_report {
    enum linear_verdict verdict;
    enum linear_why why;
    uint32_t key;
    size_t witnesses[LINEAR_WITNESSES];
    size_t witness_count;
    size_t keys_judged;        // with a verdict of their own
    enum linear_engine engine; // the one that decided the key
};

// Fills *r and returns its verdict. `options` may be NULL.
enum linear_verdict linear_check(const struct linear_history *h,
                                 const struct linear_options *options,
                                 struct linear_report *r);

// An order in which the operations of a linearizable key can have happened:
// their indices, owned, *count of them (those of unknown outcome that need not
// have happened are left out). It has been replayed through the
// specification. NULL: the key is not linearizable, or no engine could tell.
size_t *linear_witness(const struct linear_history *h, uint32_t key,
                       const struct linear_options *options, size_t *count);

// The history as lines of JSON: see write.c.
void linear_write(FILE *out, const struct linear_history *h);
void linear_write_op(FILE *out, const struct linear_history *h, size_t op);

#endif
