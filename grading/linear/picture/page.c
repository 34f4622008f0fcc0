// page.c - the page around the pictures: see picture.h.
//
// Well-formed as XML, too. Whatever comes from a history is cut to a bounded
// length and escaped by words.c, which bounds the page.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture.h"
#include "grading/linear/picture/draw.h"
#include "grading/linear/picture/page.h"
#include "grading/linear/picture/words.h"

enum {
    AROUND = 200, // operations drawn at most
    SENTENCE_COLUMNS = 600,
    TITLE_COLUMNS = 120,
    KEY_COLUMNS = 60,
    SQUEEZED = 14, // pixels: if events are nearer, ranks are shown at once
};

static void put_head(FILE *out, const char *title)
{
    fprintf(out,
            "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" "
            "lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
            "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
            "<title>");
    words_put(out, slice_text(title), TITLE_COLUMNS);
    fprintf(out, "</title>\n<style>%s</style></head>\n<body>\n", page_style);
    fputs(page_shapes, out);
}

static void put_count(FILE *out, size_t n)
{
    if (n >= 1000) {
        put_count(out, n / 1000);
        fprintf(out, ",%03zu", n % 1000);
    } else {
        fprintf(out, "%zu", n);
    }
}

// --- Pictures --------------------------------------------------------------

static void put_argument(FILE *out, const struct linear_history *h,
                         const struct linear_explanation *e,
                         enum layout_scale scale)
{
    struct drawing d;
    draw_begin(&d, h, e, e->ops, e->op_count, true, scale);
    draw_notes(&d);
    draw_axis(&d);
    draw_rows(&d);
    draw_note_lines(&d);
    draw_edges(&d);
    draw_lanes(&d);
    draw_end(&d, out, "The argument: operations by client and time");
}

static void put_bars(FILE *out, const struct linear_history *h,
                     const struct linear_explanation *e, const size_t *ops,
                     size_t count, enum layout_scale scale)
{
    struct drawing d;
    draw_begin(&d, h, e, ops, count, false, scale);
    draw_notes(&d);
    draw_axis(&d);
    draw_rows(&d);
    draw_note_lines(&d);
    draw_end(&d, out, "Operations by client and time");
}

static void put_order(FILE *out, const struct linear_history *h,
                      const size_t *ops, size_t count, const size_t *order,
                      size_t order_count, enum layout_scale scale)
{
    struct drawing d;
    draw_begin(&d, h, NULL, ops, count, false, scale);
    d.points = xcalloc(count + 1, sizeof d.points[0]);
    double *points = d.points;
    layout_order(&d.layout, order, order_count, points);
    draw_notes(&d);
    draw_axis(&d);
    draw_rows(&d);
    draw_note_lines(&d);
    draw_end(&d, out, "Operations by client and time, each with its moment");
    free(points);
}

// How near two events come, in pixels, if drawn true to scale.
static double nearest(const struct linear_history *h, const size_t *ops,
                      size_t count)
{
    struct layout l;
    layout_init(&l, h, ops, count, NULL, false, LAYOUT_TIME);
    double least = layout_least(&l) * DRAW_WIDTH;
    layout_release(&l);
    return least;
}

static void begin_ranks(FILE *out, bool open)
{
    fprintf(out,
            "<details%s><summary>The same by the order of events, evenly "
            "spaced</summary>\n",
            open ? " open=\"open\"" : "");
}

// --- A violation -----------------------------------------------------------

static void put_edges(FILE *out, const struct linear_history *h,
                      const struct linear_explanation *e)
{
    fprintf(out, "<ol class=\"edges\">\n");
    for (size_t i = 0; i < e->edge_count; i++) {
        const struct linear_edge *edge = &e->edges[i];
        fprintf(out, "<li>");
        page_op(out, h, e->ops[edge->from], (char)('A' + edge->from));
        fprintf(out, " <i>%s</i> ", edge->reason);
        page_op(out, h, e->ops[edge->to], (char)('A' + edge->to));
        if (strcmp(edge->reason, "returned before") == 0)
            fprintf(out, " <i>was called</i>");
        fprintf(out, "</li>\n");
    }
    fprintf(out, "</ol>\n");
}

static void put_violation(FILE *out, const struct linear_history *h,
                          const struct linear_explanation *e)
{
    put_argument(out, h, e, LAYOUT_TIME);
    fprintf(out,
            "<p class=\"dim\">Filled: writes. Hollow: reads. A torn end, "
            "?: the outcome is not known.%s</p>\n",
            h->times != NULL ? " Time is true to scale." : "");
    put_edges(out, h, e);
    page_allowed(out, h, e);
    begin_ranks(out, nearest(h, e->ops, e->op_count) < SQUEEZED);
    put_argument(out, h, e, LAYOUT_RANK);
    fprintf(out, "</details>\n");
    page_minimal(out, h, e);
}

static void put_around(FILE *out, const struct linear_history *h,
                       const struct linear_explanation *e, uint32_t key)
{
    size_t count;
    size_t all;
    size_t *ops = layout_near(h, e, key, AROUND, &count, &all);
    fprintf(out, "<details><summary>What happened around it: ");
    put_count(out, count);
    fprintf(out, " of the key's ");
    put_count(out, all);
    fprintf(out, " operations</summary>\n");
    put_bars(out, h, e, ops, count, LAYOUT_TIME);
    if (count < all) {
        fprintf(out, "<p class=\"dim\">The whole history of the key; dark: "
                     "what is drawn above.</p>\n");
        draw_strip(out, h, key, ops, count);
    }
    fprintf(out, "</details>\n");
    free(ops);
}

// --- A history that is fine ------------------------------------------------

static void put_fine(FILE *out, const struct linear_history *h, uint32_t key)
{
    size_t count;
    size_t all;
    size_t order_count = 0;
    size_t *ops = layout_near(h, NULL, key, AROUND, &count, &all);
    size_t *order = linear_witness(h, key, NULL, &order_count);
    if (order == NULL)
        fprintf(out, "<p>No order is known.</p>\n");
    put_order(out, h, ops, count, order, order_count, LAYOUT_TIME);
    fprintf(out, "<p class=\"dim\">Each dot is the moment at which its "
                 "operation can have happened; numbers are their order. "
                 "Filled: writes. Hollow: reads. A torn end, ?: the outcome is "
                 "not known.</p>\n");
    if (count < all) {
        fprintf(out, "<p class=\"dim\">The first ");
        put_count(out, count);
        fprintf(out, " of ");
        put_count(out, all);
        fprintf(out, " operations; dark, in the whole history of the key:</p>"
                     "\n");
        draw_strip(out, h, key, ops, count);
    }
    begin_ranks(out, false);
    put_order(out, h, ops, count, order, order_count, LAYOUT_RANK);
    fprintf(out, "</details>\n");
    free(order);
    free(ops);
}

// --- All -------------------------------------------------------------------

static void put_sentence(FILE *out, const char *title,
                         const struct linear_history *h,
                         const struct linear_explanation *e, uint32_t key)
{
    fprintf(out, "<p class=\"dim\">");
    words_put(out, slice_text(title), TITLE_COLUMNS);
    fprintf(out, "</p>\n<h1>");
    if (e != NULL && e->sentence != NULL)
        words_put(out, slice_text(e->sentence), SENTENCE_COLUMNS);
    else
        fprintf(out, "Linearizable: there is an order that fits.");
    fprintf(out, "</h1>\n<p class=\"kind\">");
    if (e != NULL && e->kind != NULL)
        fprintf(out, "<b>%s</b>, ", e->kind);
    if (key < h->keys.count) {
        fprintf(out, "key <code>");
        words_put(out, h->keys.at[key], KEY_COLUMNS);
        fprintf(out, "</code>");
    }
    fprintf(out, "</p>\n");
}

void linear_picture_html(FILE *out, const char *title,
                         const struct linear_history *h,
                         const struct linear_explanation *e, uint32_t key)
{
    if (e != NULL)
        key = e->report.key;
    put_head(out, title);
    put_sentence(out, title, h, e, key);
    if (e == NULL)
        put_fine(out, h, key);
    else if (e->report.verdict == LINEAR_UNKNOWN)
        fprintf(out, "<p>Unknown is not a pass: the check did not come to an "
                     "end.</p>\n");
    else if (e->op_count > 0)
        put_violation(out, h, e);
    if (e != NULL)
        put_around(out, h, e->report.verdict == LINEAR_UNKNOWN ? NULL : e, key);
    fprintf(out, "</body></html>\n");
}
