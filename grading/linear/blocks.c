// blocks.c - can the blocks be put in an order?
//
// A block A must come before a block B if some operation of A returned before
// some operation of B was called: if A's earliest return is below B's latest
// call. If two blocks must each come before the other there is no order; if
// no two do there is one: take from a circle of "must come before" the block
// X with the earliest return, P that must come before it, and Q that must come
// before P. X returned no later than Q, so X must come before P, too.
//
// A block is *solid* from its earliest return to its latest call, if the one
// is below the other: then it must be in effect all that time. Two blocks
// conflict if both are solid and overlap, or if one is solid around the other,
// which is not.
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/linear_private.h"

struct block {
    int64_t first_ret; // INT64_MAX: none has returned
    int64_t last_call;
    int64_t returned; // the operations that these are of; -1: none
    int64_t called;
    int64_t writer; // of the first cluster that has one
};

// The readers of each cluster, one after the other.
struct readers {
    size_t *begin; // readers of cluster i: at[begin[i]] to at[begin[i + 1]]
    int64_t *at;
};

static int64_t ret_of(const struct linear_op *op)
{
    return op->ret == LINEAR_PENDING || !op->known ? INT64_MAX : op->ret;
}

static void collect_readers(const struct key_check *k, struct readers *r)
{
    size_t clusters = (size_t)k->cluster_count;
    r->begin = xcalloc(clusters + 2, sizeof r->begin[0]);
    r->at = xcalloc(k->count + 1, sizeof r->at[0]);
    for (size_t i = 0; i < k->count; i++)
        if (k->seen[i] != NOBODY)
            r->begin[k->seen[i] + 2]++;
    for (size_t i = 2; i < clusters + 2; i++)
        r->begin[i] += r->begin[i - 1];
    for (size_t i = 0; i < k->count; i++)
        if (k->seen[i] != NOBODY)
            r->at[r->begin[k->seen[i] + 1]++] = (int64_t)k->mine[i];
}

static void add_to_block(const struct key_check *k, struct block *b,
                         int64_t index)
{
    const struct linear_op *op = &k->ops[index];
    if (ret_of(op) < b->first_ret) {
        b->first_ret = ret_of(op);
        b->returned = index;
    }
    if (op->call > b->last_call) {
        b->last_call = op->call;
        b->called = index;
    }
}

// One chain, from its head on: is it in order? `latest` is the operation with
// the latest call among those that must be over when the next one happens.
static bool walk(struct key_check *k, const struct readers *r, int head,
                 struct block *b)
{
    int64_t latest = -1;
    int64_t latest_call = 0;
    *b = (struct block){
        .first_ret = INT64_MAX, .returned = -1, .called = -1, .writer = -1};
    if (head == ABSENT)
        b->first_ret = 0; // before all others
    for (int c = head; c != NOBODY; c = k->clusters[c].after) {
        int64_t writer = k->clusters[c].writer;
        if (writer >= 0) {
            if (b->writer < 0)
                b->writer = writer;
            if (ret_of(&k->ops[writer]) < latest_call)
                return REPORT(k, LINEAR_CHAIN_ORDER, writer, latest);
            if (k->ops[writer].call > latest_call) {
                latest_call = k->ops[writer].call;
                latest = writer;
            }
            add_to_block(k, b, writer);
        }
        int64_t after = latest;
        int64_t after_call = latest_call;
        for (size_t i = r->begin[c]; i < r->begin[c + 1]; i++) {
            const struct linear_op *reader = &k->ops[r->at[i]];
            if (ret_of(reader) < latest_call)
                return REPORT(k,
                              latest == writer ? LINEAR_FROM_FUTURE
                                               : LINEAR_CHAIN_ORDER,
                              r->at[i], latest, writer);
            if (reader->call > after_call) {
                after_call = reader->call;
                after = r->at[i];
            }
            add_to_block(k, b, r->at[i]);
        }
        latest = after;
        latest_call = after_call;
    }
    return true;
}

static bool is_solid(const struct block *b)
{
    return b->first_ret < b->last_call;
}

// The solid ones first, each kind by its earliest return.
static int compare_blocks(const void *a, const void *b)
{
    const struct block *x = a;
    const struct block *y = b;
    if (is_solid(x) != is_solid(y))
        return is_solid(x) ? -1 : 1;
    return x->first_ret < y->first_ret ? -1 : x->first_ret > y->first_ret;
}

static bool conflict(struct key_check *k, const struct block *a,
                     const struct block *b)
{
    return REPORT(k, LINEAR_STALE, a->writer, a->returned, a->called, b->writer,
                  b->returned, b->called);
}

// The solid one of `solid`, which are sorted and do not overlap, that could be
// around `b`: the last that begins before b's latest call. NULL: none does.
static const struct block *around(const struct block *solid, size_t count,
                                  const struct block *b)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) { // the first that begins there or later
        size_t middle = low + (high - low) / 2;
        if (solid[middle].first_ret < b->last_call)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &solid[low - 1] : NULL;
}

// `blocks`: first the solid ones, sorted by their earliest return.
static bool check_order(struct key_check *k, const struct block *blocks,
                        size_t solid, size_t count)
{
    for (size_t i = 1; i < solid; i++)
        if (blocks[i].first_ret < blocks[i - 1].last_call)
            return conflict(k, &blocks[i - 1], &blocks[i]);
    for (size_t i = solid; i < count; i++) {
        const struct block *a = around(blocks, solid, &blocks[i]);
        if (a != NULL && blocks[i].first_ret < a->last_call)
            return conflict(k, a, &blocks[i]);
    }
    return true;
}

bool blocks_check(struct key_check *k)
{
    struct readers readers;
    collect_readers(k, &readers);
    struct block *blocks = xcalloc((size_t)k->cluster_count, sizeof blocks[0]);
    size_t count = 0;
    bool ok = true;
    for (int c = 0; c < k->cluster_count && ok; c++)
        if (k->clusters[c].marked && k->clusters[c].before == NOBODY)
            ok = walk(k, &readers, c, &blocks[count++]);
    if (ok) {
        qsort(blocks, count, sizeof blocks[0], compare_blocks);
        size_t solid = 0;
        while (solid < count && is_solid(&blocks[solid]))
            solid++;
        ok = check_order(k, blocks, solid, count);
    }
    free(blocks);
    free(readers.begin);
    free(readers.at);
    return ok;
}
