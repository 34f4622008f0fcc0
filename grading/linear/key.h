// key.h - one key's operations on their way to a verdict; private.
//
// A *cluster* is a write and the reads of what it left. Where an operation
// found what another had left, and replaced it (an Append, a CAS, a VPut that
// went well), nothing can have come between: so clusters are in chains. A
// chain is a *block*: it happens in one piece.
//
// Operations are named by their place in `mine` throughout.
#ifndef GRADING_LINEAR_KEY_H
#define GRADING_LINEAR_KEY_H

#include "grading/linear/linear.h"
#include "grading/linear/tokens.h"

enum {
    NOBODY = UINT32_MAX, // no operation, no cluster
    INITIAL = 0,         // the cluster of what was there at the beginning
};

struct cluster {
    uint32_t writer; // NOBODY: of INITIAL
    uint32_t before; // the cluster that it must follow; NOBODY: any
    uint32_t after;  // the one that must follow it; NOBODY: none so far
    uint32_t root;   // the one whose text its value begins with
    size_t end;      // the value's size
    bool marked;     // it was seen, or is known to have happened
    bool linked;     // `before` is known
    bool replaces;   // its writer said what it found
};

// A chain's value as far as it was seen.
struct longest {
    struct slice value;
    uint32_t tip; // the cluster at its end
};

struct key_ops {
    const struct linear_history *h;
    const uint32_t *mine; // indices into h->ops, in their order
    size_t count;
    uint32_t key;
};

static inline const struct linear_op *key_op(const struct key_ops *k,
                                             uint32_t i)
{
    return &k->h->ops[k->mine[i]];
}

// When it has certainly happened; INT64_MAX: never.
static inline int64_t key_ret(const struct linear_op *op)
{
    return op->ret == LINEAR_PENDING || op->outcome == LINEAR_MAYBE ? INT64_MAX
                                                                    : op->ret;
}

enum decision {
    DECIDED_YES,
    DECIDED_NO, // the report says why
    UNDECIDED,  // this engine cannot tell
};

// What kinds of operations there are.
struct traits {
    size_t writes;
    size_t refused;
    size_t unknown_cas;
    bool chained;       // there are Appends
    bool has_versions;  // something speaks of versions
    bool only_versions; // and each write does
};

// What the values of a key say.
struct values {
    struct key_ops ops;
    struct linear_report *report;

    // All operations' times, side by side; owned.
    int64_t *call;
    int64_t *ret; // key_ret
    struct traits traits;

    struct tokens tokens; // a token's number is its cluster
    int terminator;       // the byte that ends each token; -1: none does
    uint32_t *sorted;     // then: tokens in order; owned
    bool chained;         // traits.chained
    bool repeated;        // a token was written twice: there are more clusters

    struct cluster *clusters; // owned
    uint32_t cluster_count;
    struct longest *longest; // by root; owned; if chained
    uint32_t last_root;      // of the value that was read last
    uint32_t *seen;          // by operation: whose value it read; owned
    uint32_t *refused;       // operations that did not find a value; owned
    size_t refused_count;
    uint32_t *unlinked; // marked clusters of CAS of unknown outcome; owned
    size_t unlinked_count;
};

struct block {
    int64_t first_ret; // INT64_MAX: none has returned
    int64_t last_call;
    uint32_t returned; // the operations that these are of; NOBODY: none
    uint32_t called;
    uint32_t head; // its first cluster
};

// The blocks of a key, and who reads what.
struct blocks {
    struct block *at; // owned; by head
    uint32_t count;
    uint32_t *solid; // owned: those that are solid, by first_ret
    uint32_t solid_count;
    uint32_t *begin;  // owned: readers of cluster c: from readers[begin[c]]
    uint32_t *reader; // owned                        to readers[begin[c + 1]]
};

// values.c: finds out who saw what. DECIDED_YES: go on with the blocks.
// values_init in front of it, which adds a cluster for each write;
// values_release in any case.
void values_init(struct values *v, const struct key_ops *k,
                 struct linear_report *r);
enum decision values_read(struct values *v);
void values_release(struct values *v);
// The cluster that has this value; NOBODY: there is none.
uint32_t values_find(const struct values *v, struct slice value);

// versions.c: likewise, for a key with versions: the chain of its versions.
enum decision versions_read(struct values *v);

// blocks.c: can the blocks be put in order? blocks_release in any case.
enum decision blocks_check(struct values *v, struct blocks *b);
void blocks_release(struct blocks *b);

// order.c: an order of the operations in which all is as it was seen, of a key
// whose blocks can be put in one. UNDECIDED: not for those that were refused.
enum decision order_find(struct values *v, const struct blocks *b,
                         uint32_t **out, size_t *count);

// The engines. A witness, if wanted, is owned: places in `mine`.
enum decision engine_blocks(const struct key_ops *k, struct linear_report *r,
                            uint32_t **witness, size_t *witness_count);

// replay.c: do the operations, in this order, do what they say, and is the
// order of their times kept? Of those that must have happened, all.
bool replay(const struct key_ops *k, const uint32_t *order, size_t count);

// Always `decision`. `ops`: at most LINEAR_WITNESSES, NOBODY for none, and
// then WITNESSES_END.
enum {
    WITNESSES_END = UINT32_MAX - 1,
};
enum decision key_report(const struct key_ops *k, struct linear_report *r,
                         enum decision decision, enum linear_why why,
                         const uint32_t *ops);
#define REPORT(v, why, ...)                                                    \
    key_report(&(v)->ops, (v)->report, DECIDED_NO, why,                        \
               (const uint32_t[]){__VA_ARGS__, WITNESSES_END})

#endif
