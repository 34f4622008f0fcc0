// strip.c - the whole time of a key, and how many operations lie where: see
// draw.h.
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture/draw.h"

enum {
    BINS = 240,
    HEIGHT = 46,
};

struct strip {
    double first;
    double last;
    size_t all[BINS];
    size_t drawn[BINS];
    size_t most;
};

static double when(const struct linear_history *h, size_t i)
{
    return h->times != NULL ? (double)h->times[i][0] : (double)h->ops[i].call;
}

static size_t bin_of(const struct strip *s, double at)
{
    if (s->last <= s->first)
        return 0;
    double place = (at - s->first) / (s->last - s->first) * BINS;
    return place >= BINS ? BINS - 1 : place < 0 ? 0 : (size_t)place;
}

static void count_all(struct strip *s, const struct linear_history *h,
                      uint32_t key, const size_t *ops, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < h->count; i++) {
        if (h->ops[i].key != key)
            continue;
        double at = when(h, i);
        s->first = !any || at < s->first ? at : s->first;
        s->last = !any || at > s->last ? at : s->last;
        any = true;
    }
    for (size_t i = 0; i < h->count; i++)
        if (h->ops[i].key == key)
            s->all[bin_of(s, when(h, i))]++;
    for (size_t i = 0; i < count; i++)
        s->drawn[bin_of(s, when(h, ops[i]))]++;
    for (size_t i = 0; i < BINS; i++)
        if (s->all[i] > s->most)
            s->most = s->all[i];
}

static void draw_bin(FILE *out, const struct strip *s, size_t i)
{
    double width = (double)DRAW_WIDTH / BINS;
    double scale = (double)HEIGHT / (double)(s->most > 0 ? s->most : 1);
    double all = (double)s->all[i] * scale;
    double drawn = (double)s->drawn[i] * scale;
    if (s->all[i] > 0)
        fprintf(out, "<path class=\"all\" d=\"M%.1f %dV%.1f\"/>",
                width * ((double)i + .5), HEIGHT, HEIGHT - (all < 1 ? 1 : all));
    if (s->drawn[i] > 0)
        fprintf(out,
                "<path class=\"drawn\" d=\"M%.1f %dV%.1f\"/>"
                "<path class=\"axis\" d=\"M%.1f %dv5\"/>",
                width * ((double)i + .5), HEIGHT,
                HEIGHT - (drawn < 1.5 ? 1.5 : drawn), width * ((double)i + .5),
                HEIGHT + 2);
}

void draw_strip(FILE *out, const struct linear_history *h, uint32_t key,
                const size_t *ops, size_t count)
{
    struct strip *s = xcalloc(1, sizeof *s);
    count_all(s, h, key, ops, count);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
            "class=\"strip\" viewBox=\"0 0 %d %d\"><title>How many operations "
            "of the key are called when</title>\n",
            DRAW_WIDTH, HEIGHT + 24);
    for (size_t i = 0; i < BINS; i++)
        draw_bin(out, s, i);
    fprintf(out,
            "\n<path class=\"axis\" d=\"M0 %dH%d\"/><text class=\"dim\" "
            "x=\"0\" y=\"%d\">",
            HEIGHT, DRAW_WIDTH, HEIGHT + 19);
    if (h->times != NULL)
        fprintf(out, "begin");
    else
        fprintf(out, "position %.0f", s->first);
    fprintf(out, "</text><text class=\"dim end\" x=\"%d\" y=\"%d\">",
            DRAW_WIDTH, HEIGHT + 19);
    if (h->times != NULL)
        draw_time(out, s->last - s->first, true);
    else
        fprintf(out, "%.0f", s->last);
    fprintf(out, "</text></svg>\n");
    free(s);
}
