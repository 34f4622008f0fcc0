// axis.c - the axis of time: see draw.h.
#include <math.h>

#include "grading/linear/picture/draw.h"

enum {
    MARKS = 6, // on the axis, about
};

void draw_time(FILE *out, double time, bool timed)
{
    double size = fabs(time);
    if (!timed)
        fprintf(out, "%.0f", time);
    else if (size == 0)
        fprintf(out, "0");
    else if (size < 1e3)
        fprintf(out, "%.4g ns", time);
    else if (size < 1e6)
        fprintf(out, "%.4g µs", time / 1e3);
    else if (size < 1e9)
        fprintf(out, "%.4g ms", time / 1e6);
    else
        fprintf(out, "%.5g s", time / 1e9);
}

// 1, 2 or 5 times a power of ten.
static double round_step(double least)
{
    double step = pow(10, floor(log10(least)));
    if (step < least)
        step *= 2;
    if (step < least)
        step *= 2.5;
    if (step < least)
        step *= 2;
    return step;
}

static void draw_mark(const struct drawing *d, double x, double y)
{
    fprintf(d->out, "<path class=\"axis\" d=\"M%.1f %.1fv5\"/>", x, y);
}

// By rank, each event has a mark and its position, if there is room.
static void draw_ranks(const struct drawing *d)
{
    double last = -100;
    for (size_t i = 0; i < d->layout.event_count; i++) {
        double x = draw_x(d, d->layout.events[i].at);
        draw_mark(d, x, d->y);
        if (x < last + 44)
            continue;
        last = x;
        fprintf(d->out,
                "<text class=\"mark\" x=\"%.1f\" y=\"%.1f\">%lld</text>", x,
                d->y - 4, (long long)d->layout.events[i].at);
    }
}

static void draw_marks(const struct drawing *d)
{
    const struct layout *l = &d->layout;
    double step = round_step(l->span / MARKS);
    if (!l->timed && step < 1)
        step = 1;
    double first = l->timed ? 0 : ceil(l->origin / step) * step - l->origin;
    for (double at = first; at <= l->span * 1.0001; at += step) {
        double x = d->left + (d->right - d->left) * at / l->span;
        draw_mark(d, x, d->y);
        fprintf(d->out, "<text class=\"mark\" x=\"%.1f\" y=\"%.1f\">", x,
                d->y - 4);
        draw_time(d->out, l->timed ? at : l->origin + at, l->timed);
        fprintf(d->out, "</text>");
    }
}

void draw_axis(struct drawing *d)
{
    d->y += 14;
    d->top = d->y;
    if (d->layout.scale == LAYOUT_RANK)
        draw_ranks(d);
    else
        draw_marks(d);
    fprintf(d->out,
            "<text class=\"dim\" x=\"0\" y=\"%.1f\">%s</text>"
            "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n",
            d->y - 4,
            d->layout.scale == LAYOUT_RANK ? "event"
            : d->layout.timed              ? "time"
                                           : "position",
            d->left, d->y, d->right);
    d->y += 10;
}
