// view.c - see view.h.
#include "grading/linear/picture/view.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

static int compare_positions(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int compare_bars(const void *a, const void *b, void *history)
{
    const struct linear_history *h = history;
    int64_t x = h->ops[((const struct bar *)a)->op].call;
    int64_t y = h->ops[((const struct bar *)b)->op].call;
    return x < y ? -1 : x > y;
}

static void set_label(struct bar *bar, const struct linear_history *h)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    linear_print_op(out, h, &h->ops[bar->op]);
    fclose(out);
    snprintf(bar->label, sizeof bar->label, "%s", text);
    free(text);
}

static void collect_marks(struct view *v)
{
    v->marks = xcalloc(2 * v->count + 1, sizeof v->marks[0]);
    for (size_t i = 0; i < v->count; i++) {
        const struct linear_op *op = &v->h->ops[v->bars[i].op];
        v->marks[v->mark_count++] = op->call;
        if (op->ret != LINEAR_PENDING)
            v->marks[v->mark_count++] = op->ret;
    }
    qsort(v->marks, v->mark_count, sizeof v->marks[0], compare_positions);
    size_t n = 0;
    for (size_t i = 0; i < v->mark_count; i++)
        if (n == 0 || v->marks[n - 1] != v->marks[i])
            v->marks[n++] = v->marks[i];
    v->mark_count = n;
    v->first = n > 0 ? v->marks[0] : 0;
    v->last = n > 0 ? v->marks[n - 1] : 1;
}

double view_column(const struct view *v, int64_t position)
{
    if (position <= v->first || v->last == v->first)
        return 0;
    // The last tenth is for what has not returned.
    double inside = v->width * 0.92;
    if (position >= v->last)
        return inside;
    if (!v->by_rank)
        return inside * (double)(position - v->first) /
               (double)(v->last - v->first);
    size_t rank = 0;
    while (v->marks[rank + 1] <= position)
        rank++;
    double part = (double)(position - v->marks[rank]) /
                  (double)(v->marks[rank + 1] - v->marks[rank]);
    return inside * ((double)rank + part) / (double)(v->mark_count - 1);
}

static void place_bar(struct view *v, struct bar *bar)
{
    const struct linear_op *op = &v->h->ops[bar->op];
    bar->is_open = op->outcome == LINEAR_MAYBE || op->ret == LINEAR_PENDING;
    bar->begin = view_column(v, op->call);
    bar->end = bar->is_open ? v->width : view_column(v, op->ret);
    bar->point = -1;
    uint32_t row = 0;
    while (row < v->row_count && v->clients[row] != op->client)
        row++;
    if (row == v->row_count)
        v->clients[v->row_count++] = op->client;
    bar->row = row;
}

// Where the label ends, if it begins where the bar does.
static double label_end(const struct view *v, const struct bar *bar)
{
    double end = bar->begin + ((double)strlen(bar->label) + 2) * v->per_char;
    return end > bar->end ? end : bar->end;
}

// Bars of a client whose labels would overlap stand below each other.
static void place_lines(struct view *v)
{
    v->lines = xcalloc(v->count + 1, sizeof v->lines[0]);
    for (size_t i = 0; i < v->count; i++) {
        struct bar *bar = &v->bars[i];
        bool again = true;
        while (again) {
            again = false;
            for (size_t j = 0; j < i && !again; j++) {
                const struct bar *other = &v->bars[j];
                again = other->row == bar->row && other->line == bar->line &&
                        bar->begin < label_end(v, other);
            }
            bar->line += again;
        }
        if (bar->line + 1 > v->lines[bar->row])
            v->lines[bar->row] = bar->line + 1;
    }
}

void view_init(struct view *v, const struct linear_history *h,
               const size_t *ops, size_t count, bool by_rank, double width,
               double per_char)
{
    *v = (struct view){.h = h,
                       .by_rank = by_rank,
                       .width = width,
                       .per_char = per_char,
                       .count = count};
    v->bars = xcalloc(count + 1, sizeof v->bars[0]);
    v->clients = xcalloc(count + 1, sizeof v->clients[0]);
    for (size_t i = 0; i < count; i++)
        v->bars[i].op = ops[i];
    qsort_r(v->bars, count, sizeof v->bars[0], compare_bars, (void *)h);
    collect_marks(v);
    for (size_t i = 0; i < count; i++) {
        place_bar(v, &v->bars[i]);
        set_label(&v->bars[i], h);
    }
    place_lines(v);
}

void view_release(struct view *v)
{
    free(v->bars);
    free(v->clients);
    free(v->lines);
    free(v->marks);
}

size_t *view_choose(const struct linear_history *h, uint32_t key,
                    int64_t around, size_t *count)
{
    size_t *chosen = xcalloc(DRAWN_MAX + 1, sizeof chosen[0]);
    size_t before = 0;
    *count = 0;
    for (size_t i = 0; i < h->count; i++)
        before += h->ops[i].key == key && h->ops[i].call <= around;
    size_t skip = before > DRAWN_MAX * 3 / 4 ? before - DRAWN_MAX * 3 / 4 : 0;
    for (size_t i = 0; i < h->count && *count < DRAWN_MAX; i++) {
        if (h->ops[i].key != key)
            continue;
        if (skip > 0)
            skip--;
        else
            chosen[(*count)++] = i;
    }
    return chosen;
}
