// layout.c - see layout.h.
#include "grading/linear/picture/layout.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

static int64_t end_of(const struct linear_op *op)
{
    return op->outcome == LINEAR_MAYBE || op->ret == LINEAR_PENDING ? INT64_MAX
                                                                    : op->ret;
}

// --- Bars and rows ---------------------------------------------------------

static int by_call(const void *a, const void *b)
{
    const struct layout_bar *x = a;
    const struct layout_bar *y = b;
    if (x->call != y->call)
        return x->call < y->call ? -1 : 1;
    return (x->op > y->op) - (x->op < y->op);
}

static void add_bars(struct layout *l, const size_t *ops, size_t count,
                     const struct linear_explanation *e)
{
    l->bars = xcalloc(count + 1, sizeof l->bars[0]);
    l->bar_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct linear_op *op = &l->h->ops[ops[i]];
        l->bars[i] = (struct layout_bar){
            .op = ops[i], .call = op->call, .ret = end_of(op)};
        for (size_t k = 0; e != NULL && k < e->op_count; k++)
            if (e->ops[k] == ops[i])
                l->bars[i].letter = (char)('A' + k);
    }
    qsort(l->bars, count, sizeof l->bars[0], by_call);
}

// c2 before c10: the shorter name first.
static bool stands_above(const struct linear_history *h, uint32_t a, uint32_t b)
{
    struct slice x = h->clients.at[a];
    struct slice y = h->clients.at[b];
    if (x.size != y.size)
        return x.size < y.size;
    return slice_compare(x, y) < 0;
}

// A row of the client that is free at `call`, or a new one.
static size_t row_for(struct layout *l, uint32_t client, int64_t call)
{
    size_t at = 0;
    while (at < l->row_count && l->rows[at].client != client &&
           stands_above(l->h, l->rows[at].client, client))
        at++;
    bool first = true;
    while (at < l->row_count && l->rows[at].client == client) {
        if (l->rows[at].end <= call)
            return at;
        first = false;
        at++;
    }
    memmove(&l->rows[at + 1], &l->rows[at],
            (l->row_count - at) * sizeof l->rows[0]);
    l->rows[at] = (struct layout_row){client, first, 0};
    l->row_count++;
    for (size_t i = 0; i < l->bar_count; i++)
        if (l->bars[i].row != SIZE_MAX && l->bars[i].row >= at)
            l->bars[i].row++;
    return at;
}

static void add_rows(struct layout *l)
{
    l->rows = xcalloc(l->bar_count + 1, sizeof l->rows[0]);
    for (size_t i = 0; i < l->bar_count; i++)
        l->bars[i].row = SIZE_MAX;
    for (size_t i = 0; i < l->bar_count; i++) {
        struct layout_bar *bar = &l->bars[i];
        size_t row = row_for(l, l->h->ops[bar->op].client, bar->call);
        bar->row = row;
        l->rows[row].end = bar->ret;
    }
}

// --- The axis --------------------------------------------------------------

double layout_time(const struct linear_history *h, int64_t position)
{
    if (h->times == NULL)
        return (double)position;
    int64_t below = INT64_MIN;
    int64_t above = INT64_MAX;
    double earlier = 0;
    double later = 0;
    for (size_t i = 0; i < h->count; i++) {
        for (int side = 0; side < 2; side++) {
            int64_t at = side == 0 ? h->ops[i].call : end_of(&h->ops[i]);
            if (at == INT64_MAX || h->times[i][side] == LINEAR_PENDING)
                continue;
            if (at <= position && at >= below) {
                below = at;
                earlier = (double)h->times[i][side];
            }
            if (at >= position && at < above) {
                above = at;
                later = (double)h->times[i][side];
            }
        }
    }
    if (below == INT64_MIN)
        return later;
    if (above == INT64_MAX || above == below)
        return earlier;
    return earlier + (later - earlier) * (double)(position - below) /
                         (double)(above - below);
}

static void add_event(struct layout *l, int64_t at, double when)
{
    l->events[l->event_count++] = (struct layout_event){at, when};
}

static int by_position(const void *a, const void *b)
{
    const struct layout_event *x = a;
    const struct layout_event *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

// One event a position; their times do not go backwards.
static void make_distinct(struct layout *l)
{
    qsort(l->events, l->event_count, sizeof l->events[0], by_position);
    size_t kept = 0;
    for (size_t i = 0; i < l->event_count; i++) {
        if (kept > 0 && l->events[kept - 1].at == l->events[i].at)
            continue;
        l->events[kept] = l->events[i];
        if (kept > 0 && l->events[kept].when < l->events[kept - 1].when)
            l->events[kept].when = l->events[kept - 1].when;
        kept++;
    }
    l->event_count = kept;
}

static void add_events(struct layout *l, const struct linear_explanation *e)
{
    size_t lanes = e != NULL ? e->lane_count : 0;
    l->events = xcalloc(2 * l->bar_count + 2 * lanes + 1, sizeof l->events[0]);
    for (size_t i = 0; i < l->bar_count; i++) {
        const struct layout_bar *bar = &l->bars[i];
        const int64_t *times = l->timed ? l->h->times[bar->op] : NULL;
        add_event(l, bar->call,
                  times != NULL ? (double)times[0] : (double)bar->call);
        if (bar->ret != INT64_MAX)
            add_event(l, bar->ret,
                      times == NULL                ? (double)bar->ret
                      : times[1] == LINEAR_PENDING ? (double)times[0]
                                                   : (double)times[1]);
    }
    for (size_t i = 0; i < lanes; i++) {
        int64_t ends[2] = {e->lanes[i].begin, e->lanes[i].end};
        for (int k = 0; k < 2; k++)
            if (ends[k] >= 0 && ends[k] < INT64_MAX)
                add_event(l, ends[k], layout_time(l->h, ends[k]));
    }
    make_distinct(l);
}

// `when` becomes a place from 0 to 1.
static void scale_events(struct layout *l)
{
    if (l->event_count == 0)
        return;
    for (size_t i = 0; l->scale == LAYOUT_RANK && i < l->event_count; i++)
        l->events[i].when = (double)i;
    l->origin = l->events[0].when;
    l->span = l->events[l->event_count - 1].when - l->origin;
    if (l->span <= 0)
        l->span = 1;
    for (size_t i = 0; i < l->event_count; i++)
        l->events[i].when = (l->events[i].when - l->origin) / l->span;
}

void layout_init(struct layout *l, const struct linear_history *h,
                 const size_t *ops, size_t count,
                 const struct linear_explanation *e, bool with_lanes,
                 enum layout_scale scale)
{
    *l = (struct layout){.h = h, .scale = scale};
    l->timed = scale == LAYOUT_TIME && h->times != NULL;
    add_bars(l, ops, count, e);
    add_rows(l);
    add_events(l, with_lanes ? e : NULL);
    scale_events(l);
}

void layout_release(struct layout *l)
{
    free(l->bars);
    free(l->rows);
    free(l->events);
    *l = (struct layout){0};
}

// How many events lie at or before the position.
static size_t events_until(const struct layout *l, int64_t position)
{
    size_t low = 0;
    size_t high = l->event_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (l->events[middle].at <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double layout_at(const struct layout *l, int64_t position)
{
    size_t n = events_until(l, position);
    if (n == 0)
        return 0;
    if (n == l->event_count)
        return position == l->events[n - 1].at ? l->events[n - 1].when : 1;
    const struct layout_event *a = &l->events[n - 1];
    const struct layout_event *b = &l->events[n];
    return a->when + (b->when - a->when) * (double)(position - a->at) /
                         (double)(b->at - a->at);
}

double layout_least(const struct layout *l)
{
    double least = 1;
    for (size_t i = 1; i < l->event_count; i++) {
        double gap = l->events[i].when - l->events[i - 1].when;
        if (gap < least)
            least = gap;
    }
    return least;
}

int64_t layout_first(const struct layout *l)
{
    return l->event_count > 0 ? l->events[0].at : 0;
}

int64_t layout_last(const struct layout *l)
{
    return l->event_count > 0 ? l->events[l->event_count - 1].at : 0;
}
