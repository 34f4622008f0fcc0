// order.c - from blocks that do not conflict to an order of the operations.
//
// A solid block takes its place from its earliest return on; another one goes
// where its latest call is, or behind the solid block around that. Then come
// those that were refused without a word (they only say what the value was
// not), each at the first place that it may have.
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/key.h"

// --- Blocks ----------------------------------------------------------------

struct place {
    int64_t at;
    bool solid; // behind others at the same point
    uint32_t block;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->solid != y->solid)
        return x->solid ? 1 : -1;
    return x->block < y->block ? -1 : x->block > y->block;
}

// The end of the last solid block that begins before `call`; -1: none does.
static int64_t end_before(const struct blocks *b, int64_t call)
{
    uint32_t low = 0;
    uint32_t high = b->solid_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (b->at[b->solid[middle]].first_ret < call)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? b->at[b->solid[low - 1]].last_call : -1;
}

static struct place *place_blocks(const struct blocks *b)
{
    struct place *places = xcalloc(b->count + 1, sizeof places[0]);
    for (uint32_t i = 0; i < b->count; i++) {
        const struct block *block = &b->at[i];
        bool solid = block->first_ret < block->last_call;
        int64_t at = solid ? block->first_ret : block->last_call;
        int64_t end = solid ? -1 : end_before(b, at);
        places[i] = (struct place){end > at ? end : at, solid, i};
    }
    qsort(places, b->count, sizeof places[0], compare_places);
    return places;
}

static int compare_calls(const void *a, const void *b, void *ops)
{
    const struct key_ops *k = ops;
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    int64_t call_x = key_op(k, x)->call;
    int64_t call_y = key_op(k, y)->call;
    return call_x != call_y ? (call_x < call_y ? -1 : 1) : x < y ? -1 : x > y;
}

static size_t lay_out(struct values *v, const struct blocks *b, uint32_t *out)
{
    struct place *places = place_blocks(b);
    size_t n = 0;
    for (uint32_t i = 0; i < b->count; i++)
        for (uint32_t c = b->at[places[i].block].head; c != NOBODY;
             c = v->clusters[c].after) {
            if (v->clusters[c].writer != NOBODY)
                out[n++] = v->clusters[c].writer;
            uint32_t first = b->begin[c];
            uint32_t readers = b->begin[c + 1] - first;
            for (uint32_t r = 0; r < readers; r++)
                out[n + r] = b->reader[first + r];
            qsort_r(out + n, readers, sizeof out[0], compare_calls, &v->ops);
            n += readers;
        }
    free(places);
    return n;
}

// --- Those that were refused -----------------------------------------------

// The cluster whose value it did not find; NOBODY: there never was that value.
static uint32_t unwanted(const struct values *v, const struct linear_op *op)
{
    uint32_t c;
    if (op->kind == LINEAR_VPUT)
        c = op->wanted >= 0 && (uint32_t)op->wanted < v->cluster_count
                ? (uint32_t)op->wanted
                : NOBODY;
    else if (op->expects_absent)
        c = v->ops.h->begins_absent ? INITIAL : NOBODY;
    else
        c = values_find(v, op->expected);
    return c != NOBODY && v->clusters[c].marked ? c : NOBODY;
}

// Was the value there from before its call until after its return?
static bool is_unjust(const struct values *v, const struct blocks *b,
                      uint32_t c, const struct linear_op *op, uint32_t *first,
                      uint32_t *last)
{
    uint32_t writer = v->clusters[c].writer;
    int64_t first_ret = writer == NOBODY ? -1 : INT64_MAX;
    int64_t last_call = -1;
    *first = *last = NOBODY;
    for (uint32_t i = b->begin[c]; i <= b->begin[c + 1]; i++) {
        uint32_t at = i < b->begin[c + 1] ? b->reader[i] : writer;
        if (at == NOBODY)
            continue;
        const struct linear_op *other = key_op(&v->ops, at);
        if (key_ret(other) < first_ret) {
            first_ret = key_ret(other);
            *first = at;
        }
        if (other->call > last_call) {
            last_call = other->call;
            *last = at;
        }
    }
    return first_ret < op->call && key_ret(op) < last_call;
}

struct moment {
    int64_t at;
    uint32_t position; // in the order: of this and all before, or behind, it
};

static int compare_moments(const void *a, const void *b)
{
    const struct moment *x = a;
    const struct moment *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

// How many are below `at`.
static size_t below(const struct moment *moments, size_t count, int64_t at)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (moments[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Where those that were refused may stand: position p is before order[p].
struct gaps {
    struct moment *rets;  // positions behind these and all before: the highest
    struct moment *calls; // positions before these and all behind: the lowest
    size_t count;
    uint32_t *begin; // by cluster: its value is there from this position
    uint32_t *end;   // to this one; begin > end: never
};

static void find_gaps(const struct values *v, const uint32_t *order,
                      size_t count, struct gaps *g)
{
    g->count = count;
    g->rets = xcalloc(count + 1, sizeof g->rets[0]);
    g->calls = xcalloc(count + 1, sizeof g->calls[0]);
    for (size_t i = 0; i < count; i++) {
        const struct linear_op *op = key_op(&v->ops, order[i]);
        g->rets[i] = (struct moment){key_ret(op), (uint32_t)i + 1};
        g->calls[i] = (struct moment){op->call, (uint32_t)i};
    }
    qsort(g->rets, count, sizeof g->rets[0], compare_moments);
    qsort(g->calls, count, sizeof g->calls[0], compare_moments);
    for (size_t i = 1; i < count; i++)
        if (g->rets[i].position < g->rets[i - 1].position)
            g->rets[i].position = g->rets[i - 1].position;
    for (size_t i = count; i > 1; i--)
        if (g->calls[i - 2].position > g->calls[i - 1].position)
            g->calls[i - 2].position = g->calls[i - 1].position;

    uint32_t *cluster = xmalloc((v->ops.count + 1) * sizeof cluster[0]);
    g->begin = xcalloc(v->cluster_count + 1, sizeof g->begin[0]);
    g->end = xcalloc(v->cluster_count + 1, sizeof g->end[0]);
    for (uint32_t c = 0; c < v->cluster_count; c++) {
        g->begin[c] = 1;
        if (v->clusters[c].writer != NOBODY)
            cluster[v->clusters[c].writer] = c;
    }
    uint32_t now = INITIAL;
    g->begin[INITIAL] = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!linear_op_writes(key_op(&v->ops, order[i])))
            continue;
        g->end[now] = i;
        now = cluster[order[i]];
        g->begin[now] = i + 1;
    }
    g->end[now] = (uint32_t)count;
    free(cluster);
}

static int compare_rets(const void *a, const void *b, void *ops)
{
    const struct key_ops *k = ops;
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    int64_t ret_x = key_ret(key_op(k, x));
    int64_t ret_y = key_ret(key_op(k, y));
    return ret_x != ret_y ? (ret_x < ret_y ? -1 : 1) : x < y ? -1 : x > y;
}

// The first position that it may have, or UINT32_MAX. `placed`: those before,
// by their return.
static uint32_t find_gap(const struct gaps *g, const struct linear_op *op,
                         uint32_t not, const struct moment *placed,
                         size_t placed_count)
{
    size_t before = below(g->rets, g->count, op->call);
    uint32_t low = before > 0 ? g->rets[before - 1].position : 0;
    before = below(placed, placed_count, op->call);
    if (before > 0 && placed[before - 1].position > low)
        low = placed[before - 1].position;
    size_t behind = key_ret(op) == INT64_MAX
                        ? g->count
                        : below(g->calls, g->count, key_ret(op) + 1);
    uint32_t high =
        behind < g->count ? g->calls[behind].position : (uint32_t)g->count;
    if (not != NOBODY && low >= g->begin[not ] && low <= g->end[not ])
        low = g->end[not ] + 1;
    return low <= high ? low : UINT32_MAX;
}

// Puts them into the order. `at[i]`: the position of refused[i].
static void merge(struct values *v, const uint32_t *at, uint32_t *order,
                  size_t *count)
{
    uint32_t *merged = xmalloc((v->ops.count + 1) * sizeof merged[0]);
    size_t n = 0;
    size_t *begin = xcalloc(*count + 2, sizeof begin[0]);
    for (size_t i = 0; i < v->refused_count; i++)
        begin[at[i] + 1]++;
    for (size_t i = 1; i < *count + 2; i++)
        begin[i] += begin[i - 1];
    uint32_t *sorted = xcalloc(v->refused_count + 1, sizeof sorted[0]);
    size_t *next = xmemdup(begin, (*count + 2) * sizeof begin[0]);
    for (size_t i = 0; i < v->refused_count; i++)
        sorted[next[at[i]]++] = v->refused[i];
    for (size_t i = 0; i <= *count; i++) {
        for (size_t r = begin[i]; r < begin[i + 1]; r++)
            merged[n++] = sorted[r];
        if (i < *count)
            merged[n++] = order[i];
    }
    for (size_t i = 0; i < n; i++)
        order[i] = merged[i];
    *count = n;
    free(merged);
    free(begin);
    free(sorted);
    free(next);
}

static enum decision insert_refused(struct values *v, const struct blocks *b,
                                    uint32_t *order, size_t *count)
{
    struct gaps g;
    find_gaps(v, order, *count, &g);
    qsort_r(v->refused, v->refused_count, sizeof v->refused[0], compare_rets,
            &v->ops);
    struct moment *placed = xcalloc(v->refused_count + 1, sizeof placed[0]);
    uint32_t *at = xcalloc(v->refused_count + 1, sizeof at[0]);
    enum decision d = DECIDED_YES;
    for (size_t i = 0; i < v->refused_count && d != DECIDED_NO; i++) {
        const struct linear_op *op = key_op(&v->ops, v->refused[i]);
        uint32_t not = unwanted(v, op);
        uint32_t first;
        uint32_t last;
        if (not != NOBODY && is_unjust(v, b, not, op, &first, &last)) {
            d = REPORT(v, LINEAR_UNJUST_REFUSAL, v->refused[i], first, last,
                       v->clusters[not ].writer);
            break;
        }
        at[i] = d == DECIDED_YES ? find_gap(&g, op, not, placed, i) : 0;
        if (at[i] == UINT32_MAX)
            d = UNDECIDED; // another order might do
        placed[i] = (struct moment){key_ret(op), at[i]};
        if (i > 0 && placed[i - 1].position > placed[i].position)
            placed[i].position = placed[i - 1].position;
    }
    if (d == DECIDED_YES)
        merge(v, at, order, count);
    free(placed);
    free(at);
    free(g.rets);
    free(g.calls);
    free(g.begin);
    free(g.end);
    return d;
}

enum decision order_find(struct values *v, const struct blocks *b,
                         uint32_t **out, size_t *count)
{
    *out = xmalloc((v->ops.count + 1) * sizeof **out);
    *count = lay_out(v, b, *out);
    return v->refused_count == 0 ? DECIDED_YES
                                 : insert_refused(v, b, *out, count);
}
