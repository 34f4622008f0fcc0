// text.c - the argument as text for a terminal: see picture.h.
//
// The columns are ranks: each event has one, and the space between two is as
// wide as the labels of the bars need. Labels that do not fit into their bar
// stand below it.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture.h"
#include "grading/linear/picture/layout.h"
#include "grading/linear/picture/words.h"

enum {
    WIDTH_LEAST = 40,
    WIDTH_DEFAULT = 80,
    WIDTH_MOST = 400,
    CLIENT_MOST = 12, // columns of a client's name
    LABEL_MOST = 48,
    LABEL_LEAST = 12,
    GAP = 3, // between two events, at least
};

struct canvas {
    FILE *out;
    const struct linear_history *h;
    struct layout layout;
    size_t width;
    size_t left;     // where the axis begins
    size_t *columns; // of the events
    size_t end;      // where what is open ends
    char **labels;   // of the bars
    bool named;      // operations look alike without their clients
};

// --- Columns ---------------------------------------------------------------

static size_t event_of(const struct layout *l, int64_t position)
{
    for (size_t i = 0; i < l->event_count; i++)
        if (l->events[i].at == position)
            return i;
    return l->event_count; // the end of what is open
}

// The column at which each event lies if each label of at most `most` columns
// fits into its bar. False: that is too wide.
static bool place(struct canvas *c, size_t most)
{
    const struct layout *l = &c->layout;
    size_t at = c->left;
    for (size_t k = 0; k <= l->event_count; k++) {
        if (k > 0)
            at += GAP;
        for (size_t i = 0; i < l->bar_count; i++) {
            size_t size = strlen(c->labels[i]);
            size_t room = (size < most ? size : most) + 6;
            size_t begin = event_of(l, l->bars[i].call);
            if (event_of(l, l->bars[i].ret) == k &&
                c->columns[begin] + room > at + 1)
                at = c->columns[begin] + room - 1;
        }
        c->columns[k] = at;
    }
    c->end = c->columns[l->event_count];
    return c->end < c->width;
}

static void place_evenly(struct canvas *c)
{
    size_t n = c->layout.event_count;
    for (size_t k = 0; k <= n; k++)
        c->columns[k] = c->left + k * (c->width - 1 - c->left) / n;
    c->end = c->columns[n];
}

static size_t column_at(const struct canvas *c, int64_t position)
{
    return c->columns[event_of(&c->layout, position)];
}

// --- Lines -----------------------------------------------------------------

static void put(char *line, size_t at, const char *text)
{
    memcpy(line + at, text, strlen(text));
}

static void print_line(FILE *out, char *line)
{
    size_t size = strlen(line);
    while (size > 0 && line[size - 1] == ' ')
        line[--size] = '\0';
    fprintf(out, "%s\n", line);
}

static void clear(const struct canvas *c, char *line)
{
    memset(line, ' ', c->width);
    line[c->width] = '\0';
}

static bool is_free(const char *line, size_t at, size_t size)
{
    if (at > 0 && line[at - 1] != ' ')
        return false;
    for (size_t i = 0; i <= size && line[at + i] != '\0'; i++)
        if (line[at + i] != ' ')
            return false;
    return true;
}

// Draws the bar; true if its label is in it.
static bool draw_bar(const struct canvas *c, char *line, size_t i)
{
    const struct layout_bar *bar = &c->layout.bars[i];
    size_t begin = column_at(c, bar->call);
    bool open = bar->ret == INT64_MAX;
    size_t end = open ? c->end : column_at(c, bar->ret);
    const char *label = c->labels[i];
    bool inside = begin + strlen(label) + 5 <= end;
    size_t from = begin + (inside ? strlen(label) + 4 : 2);
    if (open) // a whole number of " -" and then " ?"
        end -= (end - from) % 2;
    if (open)
        for (size_t at = from; at < end; at += 2)
            line[at] = '-';
    else
        memset(line + begin, '-', end - begin);
    line[begin] = '|';
    line[end] = open ? '?' : '|';
    if (inside) {
        put(line, begin + 1, "--");
        put(line, begin + 3, label);
    }
    return inside;
}

// The labels that are not in their bars: below, each as near as there is room.
static void print_labels(const struct canvas *c, bool *waits)
{
    char line[WIDTH_MOST + 1];
    bool any = true;
    while (any) {
        any = false;
        clear(c, line);
        for (size_t i = 0; i < c->layout.bar_count; i++) {
            if (!waits[i])
                continue;
            size_t size = strlen(c->labels[i]);
            size_t at = column_at(c, c->layout.bars[i].call);
            if (at + size > c->width)
                at = c->width - size;
            if (!is_free(line, at, size))
                continue;
            put(line, at, c->labels[i]);
            waits[i] = false;
            any = true;
        }
        if (any)
            print_line(c->out, line);
    }
}

static void print_row(const struct canvas *c, size_t row)
{
    const struct layout *l = &c->layout;
    char line[WIDTH_MOST + 1];
    bool waits[LINEAR_WITNESSES] = {false};
    clear(c, line);
    if (l->rows[row].first) {
        struct slice name = c->h->clients.at[l->rows[row].client];
        char *client = words_fit(name, CLIENT_MOST, true);
        put(line, 0, client);
        free(client);
    }
    for (size_t i = 0; i < l->bar_count; i++)
        if (l->bars[i].row == row)
            waits[i] = !draw_bar(c, line, i);
    print_line(c->out, line);
    print_labels(c, waits);
}

// --- Values ----------------------------------------------------------------

static size_t lane_column(const struct canvas *c, int64_t position)
{
    const struct layout *l = &c->layout;
    if (position < layout_first(l))
        return c->left;
    return position > layout_last(l) ? c->end : column_at(c, position);
}

// A text beside a bar from `begin` to `end`; false if there is no room.
static bool put_beside(const struct canvas *c, char *line, size_t begin,
                       size_t end, const char *text)
{
    size_t size = strlen(text);
    if (end + 2 + size <= c->width)
        put(line, end + 2, text);
    else if (begin >= size + 1)
        put(line, begin - size - 1, text);
    else
        return false;
    return true;
}

static void print_beside(const struct canvas *c, size_t begin, size_t end,
                         char mark, const char *text)
{
    char line[WIDTH_MOST + 1];
    clear(c, line);
    memset(line + begin, mark, end - begin + 1);
    bool fits = put_beside(c, line, begin, end, text);
    print_line(c->out, line);
    if (fits)
        return;
    clear(c, line);
    size_t size = strlen(text);
    put(line, begin + size > c->width ? c->width - size : begin, text);
    print_line(c->out, line);
}

static void print_conflict(const struct canvas *c, const struct linear_lane *a,
                           const struct linear_lane *b)
{
    int64_t begin = a->begin > b->begin ? a->begin : b->begin;
    int64_t end = a->end < b->end ? a->end : b->end;
    if (begin > end)
        return;
    print_beside(c, lane_column(c, begin), lane_column(c, end), '^',
                 a->solid && b->solid ? "both at once" : "no moment is left");
}

static void print_lanes(const struct canvas *c,
                        const struct linear_explanation *e)
{
    if (e->lane_count == 0)
        return;
    const struct linear_lane *conflict = NULL;
    fprintf(c->out, "\nvalues: = throughout, . some moment\n");
    for (size_t i = 0; i < e->lane_count; i++) {
        const struct linear_lane *lane = &e->lanes[i];
        char *value =
            words_value(lane->value, lane->absent, c->width / 2, true);
        print_beside(c, lane_column(c, lane->begin), lane_column(c, lane->end),
                     lane->solid ? '=' : '.', value);
        free(value);
        if (lane->conflict && conflict != NULL)
            print_conflict(c, conflict, lane);
        if (lane->conflict)
            conflict = lane;
    }
}

// --- Edges -----------------------------------------------------------------

static void print_name(FILE *out, const struct canvas *c, size_t op)
{
    char *text = words_op(c->h, &c->h->ops[op], LABEL_MOST, true);
    if (c->named) {
        char *client = words_fit(c->h->clients.at[c->h->ops[op].client],
                                 CLIENT_MOST, true);
        fprintf(out, "%s: ", client);
        free(client);
    }
    fputs(text, out);
    free(text);
}

static void print_edges(const struct canvas *c,
                        const struct linear_explanation *e)
{
    if (e->edge_count > 0)
        fprintf(c->out, "\n");
    for (size_t i = 0; i < e->edge_count; i++) {
        const struct linear_edge *edge = &e->edges[i];
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        fprintf(out, "%zu. ", i + 1);
        print_name(out, c, e->ops[edge->from]);
        fprintf(out, " %s ", edge->reason);
        print_name(out, c, e->ops[edge->to]);
        if (strcmp(edge->reason, "returned before") == 0)
            fprintf(out, " was called");
        fclose(out);
        words_wrap(c->out, text, c->width);
        free(text);
    }
}

// --- All -------------------------------------------------------------------

static void make_labels(struct canvas *c, size_t most)
{
    const struct layout *l = &c->layout;
    for (size_t i = 0; i < l->bar_count; i++) {
        free(c->labels[i]);
        c->labels[i] = words_op(c->h, &c->h->ops[l->bars[i].op], most, true);
    }
    for (size_t i = 0; i < l->bar_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(c->labels[i], c->labels[k]) == 0)
                c->named = true;
}

static void set_columns(struct canvas *c)
{
    const struct layout *l = &c->layout;
    for (size_t i = 0; i < l->row_count; i++) {
        char *name =
            words_fit(c->h->clients.at[l->rows[i].client], CLIENT_MOST, true);
        if (strlen(name) + 2 > c->left)
            c->left = strlen(name) + 2;
        free(name);
    }
    size_t room = c->width - c->left;
    make_labels(c, room < LABEL_MOST ? room : LABEL_MOST);
    bool placed = false;
    for (size_t most = LABEL_MOST; !placed && most >= LABEL_LEAST; most -= 4)
        placed = place(c, most);
    if (!placed)
        place_evenly(c);
}

void linear_picture_text(FILE *out, const struct linear_history *h,
                         const struct linear_explanation *e, unsigned width)
{
    if (e == NULL || e->op_count == 0)
        return;
    struct canvas c = {.out = out, .h = h};
    c.width = width == 0            ? WIDTH_DEFAULT
              : width < WIDTH_LEAST ? WIDTH_LEAST
              : width > WIDTH_MOST  ? WIDTH_MOST
                                    : width;
    layout_init(&c.layout, h, e->ops, e->op_count, e, true, LAYOUT_RANK);
    c.columns = xcalloc(c.layout.event_count + 1, sizeof c.columns[0]);
    c.labels = xcalloc(c.layout.bar_count + 1, sizeof c.labels[0]);
    set_columns(&c);
    for (size_t i = 0; i < c.layout.row_count; i++)
        print_row(&c, i);
    print_lanes(&c, e);
    print_edges(&c, e);
    for (size_t i = 0; i < c.layout.bar_count; i++)
        free(c.labels[i]);
    free(c.labels);
    free(c.columns);
    layout_release(&c.layout);
}
