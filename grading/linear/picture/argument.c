// argument.c - edges between bars, and below them the lanes of values: see
// draw.h.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture/draw.h"
#include "grading/linear/picture/words.h"

enum {
    TRIES = 7, // places along an edge where its reason may stand
    SIDES = 4, // and where, seen from there
    STEPS = 20,
    VALUE_COLUMNS = 60,
};

// --- Edges -----------------------------------------------------------------

// A curve of degree 3.
struct curve {
    double x[4];
    double y[4];
};

static const struct layout_bar *bar_of(const struct drawing *d, size_t i)
{
    for (size_t k = 0; k < d->layout.bar_count; k++)
        if (d->layout.bars[k].op == d->e->ops[i])
            return &d->layout.bars[k];
    return NULL;
}

// Between bars that overlap in time: down, or up, where both are.
static struct curve upright(double x, double y, double end_y, double height)
{
    bool down = end_y > y;
    double from = down ? y + height : y;
    double to = down ? end_y - 1 : end_y + height + 1;
    return (struct curve){
        {x, x, x, x}, {from, from + (to - from) / 3, to - (to - from) / 3, to}};
}

// The same, if the first began well before: out of it in front of the other,
// and to the begin of that.
static struct curve around(const struct drawing *d, const struct layout_bar *a,
                           const struct layout_bar *b)
{
    double end_x = draw_x(d, b->call);
    double x = draw_x(d, a->call) + 6;
    if (x < end_x - 26)
        x = end_x - 26;
    double y = d->rows[a->row] + (b->row > a->row ? d->height : 0);
    double end_y = d->rows[b->row] + d->height / 2;
    return (struct curve){{x, x, x, end_x - 1},
                          {y, y + (end_y - y) * 0.6, end_y, end_y}};
}

// From the end of one bar to the begin of the other; in one row, below it.
static struct curve route(const struct drawing *d, const struct layout_bar *a,
                          const struct layout_bar *b, double shift)
{
    double begin_x = draw_end_x(d, a);
    double end_x = draw_x(d, b->call);
    double y = d->rows[a->row];
    double end_y = d->rows[b->row];
    double half = d->height / 2;
    if (a->row == b->row) {
        double low = y + d->height;
        double deep = low + 22;
        return (struct curve){{begin_x - 2, begin_x + 4, end_x - 4, end_x + 2},
                              {low, deep, deep, low + 1}};
    }
    if (begin_x > end_x && draw_end_x(d, b) > draw_x(d, a->call)) {
        if (draw_x(d, a->call) + 14 < end_x)
            return around(d, a, b);
        double right = draw_end_x(d, b) < begin_x ? draw_end_x(d, b) : begin_x;
        double left = end_x > draw_x(d, a->call) ? end_x : draw_x(d, a->call);
        double x = right - 8 > left + 2 ? right - 8 : (left + right) / 2;
        return upright(x, y, end_y, d->height);
    }
    if (begin_x > end_x) { // against time
        begin_x = draw_x(d, a->call);
        end_x = draw_end_x(d, b);
    }
    double reach = (end_x - begin_x) * 0.45;
    if (reach >= 0 && reach < 24)
        reach = 24;
    if (reach < 0 && reach > -24)
        reach = -24;
    return (struct curve){{begin_x, begin_x + reach, end_x - reach, end_x - 1},
                          {y + half + shift, y + half + shift,
                           end_y + half + shift, end_y + half + shift}};
}

static double on_curve(const double p[4], double t)
{
    double u = 1 - t;
    return u * u * u * p[0] + 3 * u * u * t * p[1] + 3 * u * t * t * p[2] +
           t * t * t * p[3];
}

// Where a reason of that width disturbs least.
static struct box find_room(const struct drawing *d, const struct curve *c,
                            double width)
{
    static const double places[TRIES] = {.5, .42, .58, .33, .67, .25, .75};
    struct box best = {0};
    double least = 1e9;
    for (int i = 0; i < TRIES; i++) {
        double x = on_curve(c->x, places[i]);
        double y = on_curve(c->y, places[i]);
        const struct box at[SIDES] = {{x + 7, y - 8, width, 16},
                                      {x - width - 7, y - 8, width, 16},
                                      {x - width / 2, y + 4, width, 16},
                                      {x - width / 2, y - 20, width, 16}};
        for (int k = 0; k < SIDES; k++) {
            double cost = draw_taken(d, at[k]) + 6 * i + 2 * k;
            if (at[k].x < d->left || at[k].x + width > DRAW_WIDTH)
                cost += 1e6;
            if (cost < least) {
                least = cost;
                best = at[k];
            }
        }
    }
    return best;
}

static void draw_reason(struct drawing *d, size_t i, const struct curve *c)
{
    struct slice reason = slice_text(d->e->edges[i].reason);
    double width = 20 + 6.6 * (double)reason.size;
    struct box box = find_room(d, c, width);
    draw_take(d, box);
    double y = box.y + 8;
    fprintf(d->over,
            "<circle class=\"number\" cx=\"%.1f\" cy=\"%.1f\" r=\"7.5\"/>"
            "<text class=\"digit\" x=\"%.1f\" y=\"%.1f\">%zu</text>"
            "<text class=\"reason halo\" x=\"%.1f\" y=\"%.1f\">",
            box.x + 8, y, box.x + 8, y + 4, i + 1, box.x + 19, y + 4);
    words_put(d->over, reason, DRAW_COLUMNS);
    fprintf(d->over, "</text>\n");
}

// Reasons keep off all curves.
static void take_curve(struct drawing *d, const struct curve *c)
{
    for (int i = 1; i < STEPS; i++) {
        double t = (double)i / STEPS;
        draw_take(d, (struct box){on_curve(c->x, t) - 3, on_curve(c->y, t) - 3,
                                  6, 6});
    }
}

// The curves first, so that no line crosses a reason.
void draw_edges(struct drawing *d)
{
    struct curve *curves = xcalloc(d->e->edge_count + 1, sizeof curves[0]);
    for (size_t i = 0; i < d->e->edge_count; i++) {
        const struct linear_edge *edge = &d->e->edges[i];
        const struct layout_bar *a = bar_of(d, edge->from);
        const struct layout_bar *b = bar_of(d, edge->to);
        bool by_time = strstr(edge->reason, "returned") != NULL;
        curves[i] = route(d, a, b, by_time ? 0 : 3);
        const double *x = curves[i].x;
        const double *y = curves[i].y;
        fprintf(d->out,
                "<path class=\"%s\" marker-end=\"url(#arrow)\" "
                "d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\"/>\n",
                by_time ? "edge" : "edge value", x[0], y[0], x[1], y[1], x[2],
                y[2], x[3], y[3]);
    }
    for (size_t i = 0; i < d->e->edge_count; i++)
        take_curve(d, &curves[i]);
    for (size_t i = 0; i < d->e->edge_count; i++)
        draw_reason(d, i, &curves[i]);
    free(curves);
}

// --- Lanes -----------------------------------------------------------------

struct extent {
    double begin;
    double end;
};

static struct extent extent_of(const struct drawing *d,
                               const struct linear_lane *lane)
{
    struct extent x = {draw_x(d, lane->begin), draw_x(d, lane->end)};
    if (lane->begin < layout_first(&d->layout))
        x.begin = d->left;
    if (lane->end > layout_last(&d->layout))
        x.end = d->right + 12;
    if (x.end < x.begin + 4)
        x.end = x.begin + 4;
    return x;
}

static void draw_lane(struct drawing *d, const struct linear_lane *lane)
{
    struct extent x = extent_of(d, lane);
    char *value = words_value(lane->value, lane->absent, VALUE_COLUMNS, false);
    const char *meaning = lane->solid ? "must be the value all this time"
                                      : "must be the value at some moment here";
    double width =
        7.1 * (double)words_columns(value) + 6.6 * (double)strlen(meaning) + 12;
    double at = x.begin + width > DRAW_WIDTH ? DRAW_WIDTH - width : x.begin;
    d->y += DRAW_LABEL + 8;
    fprintf(d->over, "<text class=\"label halo\" x=\"%.1f\" y=\"%.1f\">", at,
            d->y - 5);
    words_xml(d->over, value);
    fprintf(d->over, " <tspan class=\"reason\" dx=\"4\">%s</tspan></text>\n",
            meaning);
    free(value);
    if (lane->solid)
        fprintf(d->out,
                "<rect class=\"solid\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                "height=\"6\"/>\n",
                x.begin, d->y, x.end - x.begin);
    else
        fprintf(d->out,
                "<path class=\"dots\" d=\"M%.1f %.1fH%.1f\"/>"
                "<path class=\"edge\" d=\"M%.1f %.1fv6M%.1f %.1fv6\"/>\n",
                x.begin, d->y + 3, x.end, x.begin, d->y, x.end, d->y);
    d->y += 6;
}

// Where two lanes cannot both be right, hatched from one to the other.
static void draw_conflict(struct drawing *d, const struct linear_lane *a,
                          const struct linear_lane *b, double top)
{
    struct extent x = extent_of(d, a);
    struct extent y = extent_of(d, b);
    double begin = x.begin > y.begin ? x.begin : y.begin;
    double end = x.end < y.end ? x.end : y.end;
    const char *text = a->solid && b->solid
                           ? "both would have to be the value here"
                           : "no moment is left for it here";
    double width = 7 * (double)strlen(text);
    double at = begin + width > DRAW_WIDTH ? DRAW_WIDTH - width : begin;
    if (end < begin)
        return;
    fprintf(d->out,
            "<rect class=\"conflict\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
            "height=\"%.1f\"/>\n",
            begin, top, end - begin, d->y - top + 5);
    fprintf(d->over,
            "<text class=\"clash halo\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", at,
            d->y + 19, text);
    d->y += 22;
}

void draw_lanes(struct drawing *d)
{
    const struct linear_explanation *e = d->e;
    if (e->lane_count == 0)
        return;
    d->y += 10;
    fprintf(d->out,
            "<path class=\"row\" d=\"M0 %.1fH%d\"/><text class=\"dim\" "
            "x=\"0\" y=\"%.1f\">values</text>\n",
            d->y, DRAW_WIDTH, d->y + 18);
    const struct linear_lane *other = NULL;
    double top = 0;
    for (size_t i = 0; i < e->lane_count; i++) {
        const struct linear_lane *lane = &e->lanes[i];
        draw_lane(d, lane);
        if (lane->conflict && other != NULL)
            draw_conflict(d, other, lane, top);
        if (lane->conflict) {
            other = lane;
            top = d->y - 6;
        }
    }
}
