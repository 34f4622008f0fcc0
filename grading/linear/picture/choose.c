// choose.c - which operations are drawn, and where the points of an order lie:
// see layout.h.
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture/layout.h"

// --- The points of an order ------------------------------------------------

// One pass from left to right: each happens as soon as it can, that is after
// its call and not before the one in front of it. Those between the same two
// events, which are all open there, share the space between these.
void layout_order(struct layout *l, const size_t *order, size_t count,
                  double *points)
{
    size_t *bar_of = xcalloc(l->h->count + 1, sizeof bar_of[0]);
    for (size_t i = 0; i < l->bar_count; i++)
        bar_of[l->bars[i].op] = i + 1;
    size_t *chosen = xcalloc(l->bar_count + 1, sizeof chosen[0]);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (bar_of[order[i]] != 0) {
            chosen[n] = bar_of[order[i]] - 1;
            l->bars[chosen[n]].order = i + 1;
            n++;
        }
    int64_t now = 0;
    for (size_t i = 0; i < n;) {
        if (l->bars[chosen[i]].call > now)
            now = l->bars[chosen[i]].call;
        size_t end = i + 1;
        while (end < n && l->bars[chosen[end]].call <= now)
            end++;
        double left = layout_at(l, now);
        double right = 1;
        for (size_t k = 0; k < l->event_count && right == 1; k++)
            if (l->events[k].at > now)
                right = l->events[k].when;
        for (size_t k = i; k < end; k++)
            points[chosen[k]] = left + (right - left) * (double)(k - i + 1) /
                                           (double)(end - i + 1);
        i = end;
    }
    free(chosen);
    free(bar_of);
}

// --- The nearest -----------------------------------------------------------

struct near {
    int64_t distance;
    size_t op;
};

static int by_distance(const void *a, const void *b)
{
    const struct near *x = a;
    const struct near *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->op > y->op) - (x->op < y->op);
}

static int by_index(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static int64_t apart(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

// How far an operation is from the nearest event of the argument.
static int64_t distance_of(const struct linear_history *h, size_t op,
                           const struct linear_explanation *e)
{
    int64_t least = INT64_MAX;
    const struct linear_op *mine = &h->ops[op];
    if (e == NULL || e->op_count == 0)
        return mine->call;
    for (size_t i = 0; i < e->op_count; i++) {
        if (e->ops[i] == op)
            return -1;
        const struct linear_op *its = &h->ops[e->ops[i]];
        int64_t from_call = apart(mine->call, its->call);
        int64_t from_ret =
            its->ret >= 0 ? apart(mine->call, its->ret) : from_call;
        int64_t distance = from_call < from_ret ? from_call : from_ret;
        if (distance < least)
            least = distance;
    }
    return least;
}

size_t *layout_near(const struct linear_history *h,
                    const struct linear_explanation *e, uint32_t key,
                    size_t most, size_t *count, size_t *all)
{
    struct near *found = xmalloc((h->count + 1) * sizeof found[0]);
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++)
        if (h->ops[i].key == key)
            found[n++] = (struct near){distance_of(h, i, e), i};
    qsort(found, n, sizeof found[0], by_distance);
    *all = n;
    *count = n < most ? n : most;
    size_t *ops = xmalloc((*count + 1) * sizeof ops[0]);
    for (size_t i = 0; i < *count; i++)
        ops[i] = found[i].op;
    free(found);
    qsort(ops, *count, sizeof ops[0], by_index);
    return ops;
}
