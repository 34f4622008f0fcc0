// check.c - a history, key by key: which engine, on which thread, and what
// comes of it.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"
#include "grading/linear/big.h"
#include "grading/linear/search/search.h"

enum {
    PAYS_FROM = 100000, // operations, for a second thread
    THREADS_MAX = 64,
};

// The operations of each key, in their order.
struct keys {
    const struct linear_history *h;
    uint32_t *at;  // owned: of key k from at[begin[k]] to at[begin[k + 1]]
    size_t *begin; // owned
};

static void group(struct keys *g, const struct linear_history *h)
{
    g->h = h;
    g->begin = xcalloc(h->keys.count + 2, sizeof g->begin[0]);
    g->at = big_alloc(h->count + 1, sizeof g->at[0]);
    if (h->keys.count == 1) {
        for (size_t i = 0; i < h->count; i++)
            g->at[i] = (uint32_t)i;
        g->begin[1] = h->count;
        return;
    }
    for (size_t i = 0; i < h->count; i++)
        g->begin[h->ops[i].key + 2]++;
    for (size_t i = 2; i < h->keys.count + 2; i++)
        g->begin[i] += g->begin[i - 1];
    for (size_t i = 0; i < h->count; i++)
        g->at[g->begin[h->ops[i].key + 1]++] = (uint32_t)i;
}

static void release(struct keys *g)
{
    free(g->at);
    free(g->begin);
}

static struct key_ops ops_of(const struct keys *g, uint32_t key)
{
    return (struct key_ops){.h = g->h,
                            .mine = g->at + g->begin[key],
                            .count = g->begin[key + 1] - g->begin[key],
                            .key = key};
}

static struct linear_options with_defaults(const struct linear_options *o)
{
    struct linear_options all =
        o != NULL ? *o : (struct linear_options){.engine = LINEAR_AUTO};
    if (all.max_ms == 0)
        all.max_ms = 60000;
    if (all.max_mem == 0)
        all.max_mem = UINT64_C(1) << 30;
    if (all.max_configs == 0)
        all.max_configs = 100000;
    return all;
}

enum decision key_report(const struct key_ops *k, struct linear_report *r,
                         enum decision decision, enum linear_why why,
                         const uint32_t *ops)
{
    r->verdict = decision == DECIDED_NO ? LINEAR_NO_ORDER : LINEAR_UNKNOWN;
    r->why = why;
    r->key = k->key;
    r->witness_count = 0;
    for (; *ops != WITNESSES_END; ops++) {
        if (*ops == NOBODY)
            continue;
        size_t op = k->mine[*ops];
        size_t at = 0;
        while (at < r->witness_count && r->witnesses[at] != op)
            at++;
        if (at < r->witness_count)
            continue;
        assert(r->witness_count < LINEAR_WITNESSES);
        for (; at > 0 &&
               k->h->ops[r->witnesses[at - 1]].call > k->h->ops[op].call;
             at--)
            r->witnesses[at] = r->witnesses[at - 1];
        r->witnesses[at] = op;
        r->witness_count++;
    }
    return decision;
}

static enum decision search_key(const struct key_ops *k,
                                const struct linear_options *o,
                                struct linear_report *r)
{
    enum decision d = UNDECIDED;
    if (o->engine != LINEAR_DEPTH) {
        d = engine_frontier(k, o, r);
        r->engine = LINEAR_FRONTIER;
    }
    bool too_wide = r->why == LINEAR_LIMIT_CONFIGS;
    if (o->engine == LINEAR_DEPTH ||
        (d == UNDECIDED && too_wide && o->engine == LINEAR_AUTO)) {
        d = engine_depth(k, o, r, NULL, NULL);
        r->engine = LINEAR_DEPTH;
    }
    return d;
}

// One key: *r is all about it.
static enum linear_verdict check_key(const struct key_ops *k,
                                     const struct linear_options *o,
                                     struct linear_report *r)
{
    *r = (struct linear_report){
        .verdict = LINEAR_YES, .key = k->key, .engine = LINEAR_BLOCKS};
    enum decision d = UNDECIDED;
    if (o->engine == LINEAR_AUTO || o->engine == LINEAR_BLOCKS)
        d = engine_blocks(k, r, NULL, NULL);
    if (d == UNDECIDED && o->engine == LINEAR_BLOCKS)
        key_report(k, r, UNDECIDED, LINEAR_NOT_DISTINCT,
                   (const uint32_t[]){WITNESSES_END});
    else if (d == UNDECIDED)
        d = search_key(k, o, r);
    if (d == DECIDED_YES)
        *r = (struct linear_report){
            .verdict = LINEAR_YES, .key = k->key, .engine = r->engine};
    return r->verdict;
}

// --- Threads ---------------------------------------------------------------

// Keys are taken in their order. Once one is wrong no later one is begun, and
// all before it have been: so whoever works on them, the first is told.
struct crew {
    const struct keys *keys;
    const struct linear_options *options;
    struct linear_report *reports; // one a key
    uint32_t next;                 // atomic
    uint32_t end;                  // atomic: no key from here on is begun
};

static void work(void *arg)
{
    struct crew *c = arg;
    for (;;) {
        uint32_t key = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED);
        if (key >= __atomic_load_n(&c->end, __ATOMIC_RELAXED))
            return;
        struct key_ops k = ops_of(c->keys, key);
        if (check_key(&k, c->options, &c->reports[key]) != LINEAR_NO_ORDER)
            continue;
        uint32_t end = __atomic_load_n(&c->end, __ATOMIC_RELAXED);
        while (key < end &&
               !__atomic_compare_exchange_n(&c->end, &end, key, false,
                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            continue;
    }
}

static unsigned threads_that_pay(const struct linear_history *h,
                                 const struct linear_options *o)
{
    unsigned n = o->threads;
    if (n == 0)
        n = h->count < PAYS_FROM ? 1 : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    if (n > h->keys.count)
        n = (unsigned)h->keys.count;
    return n > THREADS_MAX ? THREADS_MAX : n > 0 ? n : 1;
}

static void work_together(struct crew *c, unsigned threads)
{
    struct thread *others[THREADS_MAX];
    unsigned started = 0;
    while (started + 1 < threads &&
           thread_start("linear", work, c, &others[started]) == ERR_OK)
        started++;
    work(c);
    for (unsigned i = 0; i < started; i++)
        thread_join(others[i]);
}

// Of the first key that is wrong; or else, of the first that is unknown.
static struct linear_report sum_up(const struct linear_report *reports,
                                   size_t count, uint32_t end)
{
    struct linear_report sum = {.verdict = LINEAR_YES};
    size_t judged = 0;
    for (size_t i = 0; i < count && i <= end; i++) {
        judged += reports[i].verdict != LINEAR_UNKNOWN;
        bool worse =
            reports[i].verdict == LINEAR_NO_ORDER ||
            (reports[i].verdict == LINEAR_UNKNOWN && sum.verdict == LINEAR_YES);
        if (worse && sum.verdict != LINEAR_NO_ORDER)
            sum = reports[i];
        if (sum.verdict == LINEAR_YES)
            sum.engine =
                reports[i].engine > sum.engine ? reports[i].engine : sum.engine;
    }
    sum.keys_judged = judged;
    return sum;
}

enum linear_verdict linear_check(const struct linear_history *h,
                                 const struct linear_options *options,
                                 struct linear_report *r)
{
    struct linear_options o = with_defaults(options);
    struct keys keys;
    group(&keys, h);
    struct crew c = {.keys = &keys,
                     .options = &o,
                     .reports = xcalloc(h->keys.count + 1, sizeof *r),
                     .end = (uint32_t)h->keys.count};
    work_together(&c, threads_that_pay(h, &o));
    *r = sum_up(c.reports, h->keys.count, c.end);
    free(c.reports);
    release(&keys);
    return r->verdict;
}

size_t *linear_witness(const struct linear_history *h, uint32_t key,
                       const struct linear_options *options, size_t *count)
{
    struct linear_options o = with_defaults(options);
    struct keys keys;
    group(&keys, h);
    struct key_ops k = ops_of(&keys, key);
    struct linear_report r = {.verdict = LINEAR_YES};
    uint32_t *order = NULL;
    enum decision d = UNDECIDED;
    if (o.engine == LINEAR_AUTO || o.engine == LINEAR_BLOCKS)
        d = engine_blocks(&k, &r, &order, count);
    if (d == UNDECIDED && o.engine != LINEAR_BLOCKS)
        d = engine_depth(&k, &o, &r, &order, count);
    size_t *out = NULL;
    if (d == DECIDED_YES) {
        assert(replay(&k, order, *count));
        out = xcalloc(*count + 1, sizeof out[0]);
        for (size_t i = 0; i < *count; i++)
            out[i] = k.mine[order[i]];
    }
    free(order);
    release(&keys);
    return out;
}
