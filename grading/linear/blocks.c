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
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/big.h"
#include "grading/linear/key.h"

static void collect_readers(const struct values *v, struct blocks *b)
{
    size_t clusters = v->cluster_count;
    b->begin = xcalloc(clusters + 2, sizeof b->begin[0]);
    b->reader = big_alloc(v->ops.count + 1, sizeof b->reader[0]);
    for (size_t i = 0; i < v->ops.count; i++)
        if (v->seen[i] != NOBODY)
            b->begin[v->seen[i] + 2]++;
    for (size_t i = 2; i < clusters + 2; i++)
        b->begin[i] += b->begin[i - 1];
    for (uint32_t i = 0; i < v->ops.count; i++)
        if (v->seen[i] != NOBODY)
            b->reader[b->begin[v->seen[i] + 1]++] = i;
}

// --- Inside a block --------------------------------------------------------

// The way along a chain: what has the latest call among those that must be
// over when the next one happens.
struct way {
    int64_t latest_call;
    uint32_t latest; // NOBODY: nothing
};

static void note(const struct values *v, struct way *w, struct block *b,
                 uint32_t i)
{
    int64_t call = v->call[i];
    if (call > w->latest_call || w->latest == NOBODY) {
        w->latest_call = call;
        w->latest = i;
    }
    if (v->ret[i] < b->first_ret) {
        b->first_ret = v->ret[i];
        b->returned = i;
    }
    if (call > b->last_call || b->called == NOBODY) {
        b->last_call = call;
        b->called = i;
    }
}

static bool is_too_early(const struct values *v, const struct way *w,
                         uint32_t i)
{
    return w->latest != NOBODY && v->ret[i] < w->latest_call;
}

// `early` had returned before what comes before it in the chain, `latest`, was
// called. Who only reads is to blame: it saw too much, or too little.
static enum linear_why why_early(const struct values *v, uint32_t early,
                                 uint32_t latest)
{
    if (v->seen[latest] != NOBODY)
        return LINEAR_STALE;
    return v->seen[early] != NOBODY ? LINEAR_FROM_FUTURE : LINEAR_CHAIN_ORDER;
}

static enum decision walk_cluster(struct values *v, const struct blocks *b,
                                  uint32_t c, struct block *block,
                                  struct way *w)
{
    uint32_t writer = v->clusters[c].writer;
    if (writer != NOBODY) {
        if (is_too_early(v, w, writer))
            return REPORT(v, why_early(v, writer, w->latest), writer,
                          w->latest);
        note(v, w, block, writer);
    }
    struct way after = *w;
    for (uint32_t i = b->begin[c]; i < b->begin[c + 1]; i++) {
        uint32_t reader = b->reader[i];
        if (is_too_early(v, w, reader))
            return REPORT(v, why_early(v, reader, w->latest), reader, w->latest,
                          writer);
        note(v, &after, block, reader);
    }
    *w = after;
    return DECIDED_YES;
}

// One chain, from its head on: is it in order?
static enum decision walk(struct values *v, struct blocks *b, uint32_t head,
                          uint32_t *walked)
{
    struct block *block = &b->at[b->count++];
    *block = (struct block){.first_ret = head == INITIAL ? -1 : INT64_MAX,
                            .last_call = -1,
                            .returned = NOBODY,
                            .called = NOBODY,
                            .head = head};
    struct way way = {-1, NOBODY};
    for (uint32_t c = head; c != NOBODY; c = v->clusters[c].after) {
        enum decision d = walk_cluster(v, b, c, block, &way);
        if (d != DECIDED_YES)
            return d;
        ++*walked;
    }
    return DECIDED_YES;
}

// Chains that bite their own tail: the clusters of CAS in a circle.
static enum decision report_circle(struct values *v, const struct blocks *b)
{
    bool *walked = xcalloc(v->cluster_count, sizeof walked[0]);
    for (uint32_t i = 0; i < b->count; i++)
        for (uint32_t c = b->at[i].head; c != NOBODY; c = v->clusters[c].after)
            walked[c] = true;
    uint32_t c = 0;
    while (walked[c] || !v->clusters[c].marked)
        c++;
    free(walked);
    return REPORT(v, LINEAR_CHAIN_ORDER, v->clusters[c].writer,
                  v->clusters[v->clusters[c].before].writer);
}

static enum decision walk_all(struct values *v, struct blocks *b)
{
    uint32_t marked = 0;
    uint32_t walked = 0;
    for (uint32_t c = 0; c < v->cluster_count; c++) {
        marked += v->clusters[c].marked;
        if (!v->clusters[c].marked || v->clusters[c].before != NOBODY)
            continue;
        enum decision d = walk(v, b, c, &walked);
        if (d != DECIDED_YES)
            return d;
    }
    return walked < marked ? report_circle(v, b) : DECIDED_YES;
}

// --- Between blocks --------------------------------------------------------

static bool is_solid(const struct block *b)
{
    return b->first_ret < b->last_call;
}

// Sorts `solid` by the earliest return, eleven bits at a time.
static void sort_solid(struct blocks *b)
{
    enum { BITS = 11, SIZE = 1 << BITS };
    bool sorted = true;
    uint64_t highest = 0;
    for (uint32_t i = 0; i < b->solid_count; i++) {
        int64_t now = b->at[b->solid[i]].first_ret;
        sorted = sorted && (i == 0 || b->at[b->solid[i - 1]].first_ret <= now);
        if ((uint64_t)(now + 1) > highest)
            highest = (uint64_t)(now + 1);
    }
    uint32_t *to = sorted ? NULL : xmalloc(b->solid_count * sizeof to[0]);
    for (unsigned shift = 0; !sorted && shift < 64 && highest >> shift != 0;
         shift += BITS) {
        uint32_t begin[SIZE + 1] = {0};
        for (uint32_t i = 0; i < b->solid_count; i++) {
            uint64_t at = (uint64_t)(b->at[b->solid[i]].first_ret + 1);
            begin[(at >> shift) % SIZE + 1]++;
        }
        for (unsigned i = 1; i <= SIZE; i++)
            begin[i] += begin[i - 1];
        for (uint32_t i = 0; i < b->solid_count; i++) {
            uint64_t at = (uint64_t)(b->at[b->solid[i]].first_ret + 1);
            to[begin[(at >> shift) % SIZE]++] = b->solid[i];
        }
        uint32_t *from = b->solid;
        b->solid = to;
        to = from;
    }
    free(to);
}

// Block x was still, or again, seen after y was; and y after x. The two who
// make y come after x first.
static enum decision conflict(struct values *v, const struct block *x,
                              const struct block *y)
{
    uint32_t wx = v->clusters[x->head].writer;
    uint32_t wy = v->clusters[y->head].writer;
    // What nobody has read, and is missing.
    bool lost = (y->returned == wy && y->called == wy) ||
                (x->returned == wx && x->called == wx);
    return REPORT(v, lost ? LINEAR_LOST_WRITE : LINEAR_STALE, wx, x->returned,
                  x->called, wy, y->returned, y->called);
}

// How many of the solid ones begin before `call`. `hint`: near there.
static uint32_t begun(const struct blocks *b, int64_t call, uint32_t hint)
{
    uint32_t low = 0;
    uint32_t high = b->solid_count;
    for (uint32_t step = 1; low < high; step *= 2) { // from the hint, faster
        bool before = hint < high && b->at[b->solid[hint]].first_ret < call;
        if (before) {
            low = hint + 1;
            if (step >= high - low)
                break;
            hint = low + step;
        } else {
            high = hint < high ? hint : high;
            if (step >= high - low)
                break;
            hint = high - step;
        }
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->at[b->solid[middle]].first_ret < call)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum decision check_order(struct values *v, const struct blocks *b)
{
    for (uint32_t i = 1; i < b->solid_count; i++) {
        const struct block *x = &b->at[b->solid[i - 1]];
        const struct block *y = &b->at[b->solid[i]];
        if (y->first_ret < x->last_call)
            return conflict(v, x, y);
    }
    uint32_t hint = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        if (is_solid(&b->at[i]))
            continue;
        hint = begun(b, b->at[i].last_call, hint);
        const struct block *x = hint > 0 ? &b->at[b->solid[hint - 1]] : NULL;
        if (x != NULL && b->at[i].first_ret < x->last_call)
            return conflict(v, x, &b->at[i]);
    }
    return DECIDED_YES;
}

enum decision blocks_check(struct values *v, struct blocks *b)
{
    *b = (struct blocks){0};
    collect_readers(v, b);
    b->at = big_alloc(v->cluster_count, sizeof b->at[0]);
    enum decision d = walk_all(v, b);
    if (d != DECIDED_YES)
        return d;
    b->solid = xmalloc((b->count + 1) * sizeof b->solid[0]);
    for (uint32_t i = 0; i < b->count; i++)
        if (is_solid(&b->at[i]))
            b->solid[b->solid_count++] = i;
    sort_solid(b);
    return check_order(v, b);
}

void blocks_release(struct blocks *b)
{
    free(b->at);
    free(b->solid);
    free(b->begin);
    free(b->reader);
}
