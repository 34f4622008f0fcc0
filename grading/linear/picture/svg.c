// svg.c - see svg.h.
#include "grading/linear/picture/svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

enum {
    LINE = 40,  // height of a line of a row
    BAR = 14,   // of a bar
    TOP = 30,   // for notes
    LANE = 22,  // height of a value's lane
    BINS = 200, // of the density
    STRIP = 40, // its height
    NOTES_MAX = 40,
};

// --- Text ------------------------------------------------------------------

// The size of the UTF-8 character at `at`; 0: it is none, or may not stand in
// a page.
static size_t utf8_size(const unsigned char *at, size_t left)
{
    unsigned char c = at[0];
    size_t size = c < 0x80   ? 1
                  : c < 0xc2 ? 0
                  : c < 0xe0 ? 2
                  : c < 0xf0 ? 3
                  : c < 0xf5 ? 4
                             : 0;
    if (size == 0 || size > left || c < 0x20 || c == 0x7f)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool control = size == 2 && c == 0xc2 && at[1] < 0xa0;
    bool direction = size == 3 && c == 0xe2 &&
                     ((at[1] == 0x80 && at[2] >= 0x8b && at[2] <= 0xae) ||
                      (at[1] == 0x81 && at[2] >= 0xa0));
    bool odd = (size == 3 && c == 0xed && at[1] >= 0xa0) ||
               (size == 3 && c == 0xe0 && at[1] < 0xa0) ||
               (size == 3 && c == 0xef && at[1] == 0xbf && at[2] >= 0xbe) ||
               (size == 4 && c == 0xf0 && at[1] < 0x90) ||
               (size == 4 && c == 0xf4 && at[1] > 0x8f);
    return control || direction || odd ? 0 : size;
}

void html_text(FILE *out, struct slice text)
{
    for (size_t i = 0; i < text.size;) {
        size_t size = utf8_size(text.data + i, text.size - i);
        unsigned char c = text.data[i];
        if (size == 0)
            fprintf(out, "\\x%02x", c);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else if (c == '\'')
            fputs("&#39;", out);
        else
            fwrite(text.data + i, 1, size, out);
        i += size > 0 ? size : 1;
    }
}

void html_chars(FILE *out, const char *text)
{
    html_text(out, slice_text(text));
}

// --- Where things are ------------------------------------------------------

static double row_top(const struct view *v, uint32_t row)
{
    double y = TOP;
    for (uint32_t i = 0; i < row; i++)
        y += 8 + LINE * (double)v->lines[i];
    return y;
}

static double bar_y(const struct view *v, const struct bar *bar)
{
    return row_top(v, bar->row) + LINE * (double)bar->line + 20;
}

static double x_of(double column)
{
    return SVG_NAMES + column;
}

// --- Bars ------------------------------------------------------------------

static void draw_title(FILE *out, const struct view *v, const struct bar *bar)
{
    const struct linear_op *op = &v->h->ops[bar->op];
    fprintf(out, "<title>");
    html_text(out, v->h->clients.at[op->client]);
    fprintf(out, ": ");
    html_chars(out, bar->label);
    fprintf(out, "; called at %" PRId64, op->call);
    if (op->ret == LINEAR_PENDING)
        fprintf(out, ", has not returned");
    else
        fprintf(out, ", returned at %" PRId64, op->ret);
    if (v->h->times != NULL && v->h->times[bar->op][1] >= 0)
        fprintf(out, ", %.3f ms",
                (double)(v->h->times[bar->op][1] - v->h->times[bar->op][0]) /
                    1e6);
    fprintf(out, "</title>");
}

// An open end: a torn edge and a question mark.
static void draw_open_end(FILE *out, double x, double y)
{
    fprintf(out,
            "<path class='torn' d='M%.1f %.1f l4 3.5 l-4 3.5 l4 3.5 l-4 3.5'/>"
            "<text class='q' x='%.1f' y='%.1f'>?</text>",
            x, y, x + 7, y + 12);
}

static void draw_bar(FILE *out, const struct view *v, const struct bar *bar)
{
    double y = bar_y(v, bar);
    double end = bar->is_open ? v->width * 0.96 : bar->end;
    double width = end - bar->begin < 3 ? 3 : end - bar->begin;
    const struct linear_op *op = &v->h->ops[bar->op];
    fprintf(out, "<g class='op%s%s'>", bar->number > 0 ? " arg" : "",
            linear_op_writes(op) ? " w" : "");
    draw_title(out, v, bar);
    fprintf(out, "<rect x='%.1f' y='%.1f' width='%.1f' height='%d' rx='2'/>",
            x_of(bar->begin), y, width, BAR);
    if (bar->is_open)
        draw_open_end(out, x_of(bar->begin) + width, y);
    double label = (double)strlen(bar->label) * v->per_char;
    double x = x_of(bar->begin);
    if (x + label > SVG_WIDTH)
        x = SVG_WIDTH - label > SVG_NAMES ? SVG_WIDTH - label : SVG_NAMES;
    fprintf(out, "<text x='%.1f' y='%.1f'>", x, y - 4);
    if (bar->number > 0)
        fprintf(out, "<tspan class='n'>%d </tspan>", bar->number);
    html_chars(out, bar->label);
    fprintf(out, "</text>");
    if (bar->point >= 0)
        fprintf(out,
                "<circle cx='%.1f' cy='%.1f' r='4'/><text class='o' x='%.1f' "
                "y='%.1f'>%d</text>",
                x_of(bar->point), y + BAR / 2.0, x_of(bar->point) + 5,
                y + BAR - 2.0, bar->order);
    fprintf(out, "</g>\n");
}

static void draw_rows(FILE *out, const struct view *v)
{
    for (uint32_t row = 0; row < v->row_count; row++) {
        double y = row_top(v, row);
        fprintf(out,
                "<line class='row' x1='0' x2='%d' y1='%.1f' y2='%.1f'/>"
                "<text class='c' x='0' y='%.1f'>",
                SVG_WIDTH, y, y, y + 31);
        struct slice name = v->h->clients.at[v->clients[row]];
        html_text(out, slice_of(name.data, name.size < 12 ? name.size : 12));
        fprintf(out, "</text>\n");
    }
}

static void draw_notes(FILE *out, const struct view *v, double height)
{
    size_t drawn = 0;
    for (size_t i = 0; i < v->h->note_count && drawn < NOTES_MAX; i++) {
        const struct linear_note *n = &v->h->notes[i];
        if (n->at < v->first || n->at > v->last)
            continue;
        double x = x_of(view_column(v, n->at));
        fprintf(out,
                "<g class='note'><line x1='%.1f' x2='%.1f' y1='14' "
                "y2='%.1f'/><text x='%.1f' y='%d'>",
                x, x, height, x + 3, drawn % 2 == 0 ? 12 : 24);
        html_text(out, n->who);
        fputc(' ', out);
        html_text(out, n->text);
        fprintf(out, "</text></g>\n");
        drawn++;
    }
}

// --- The argument ----------------------------------------------------------

static const struct bar *bar_numbered(const struct view *v, size_t number)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->bars[i].number == (int)number)
            return &v->bars[i];
    return NULL;
}

static void draw_edges(FILE *out, const struct view *v,
                       const struct linear_explanation *e)
{
    for (size_t i = 0; i < e->edge_count; i++) {
        const struct bar *a = bar_numbered(v, e->edges[i].from + 1);
        const struct bar *b = bar_numbered(v, e->edges[i].to + 1);
        if (a == NULL || b == NULL)
            continue;
        bool time = strncmp(e->edges[i].reason, "returned", 8) == 0;
        double x1 = x_of(time ? a->end : (a->begin + a->end) / 2);
        double x2 = x_of(time ? b->begin : (b->begin + b->end) / 2);
        double y1 = bar_y(v, a) + BAR / 2.0;
        double y2 = bar_y(v, b) + BAR / 2.0;
        double bend = y1 < y2 ? -18 : 18;
        fprintf(out,
                "<g class='edge%s'><title>%zu %s %zu</title><path "
                "marker-end='url(#tip)' d='M%.1f %.1f C%.1f %.1f %.1f %.1f "
                "%.1f %.1f'/><text x='%.1f' y='%.1f'>%s</text></g>\n",
                time ? "" : " value", e->edges[i].from + 1, e->edges[i].reason,
                e->edges[i].to + 1, x1, y1, x1 + 25, y1 - bend, x2 - 25,
                y2 + bend, x2, y2, (x1 + x2) / 2,
                (y1 + y2) / 2 + (y1 == y2 ? 14 : 4), time ? "before" : "seen");
    }
}

static double draw_lanes(FILE *out, const struct view *v,
                         const struct linear_explanation *e, double y)
{
    fprintf(out,
            "<line class='row' x1='0' x2='%d' y1='%.1f' y2='%.1f'/>"
            "<text class='c' x='0' y='%.1f'>values</text>\n",
            SVG_WIDTH, y, y, y + 17);
    for (size_t i = 0; i < e->lane_count && i < DRAWN_MAX; i++, y += LANE) {
        const struct linear_lane *lane = &e->lanes[i];
        double x1 = x_of(view_column(v, lane->begin));
        double x2 = x_of(view_column(v, lane->end));
        x2 = x2 < x1 + 3 ? x1 + 3 : x2;
        fprintf(out,
                "<g class='lane%s%s'><title>%s from %" PRId64 " to %" PRId64
                "</title><line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>"
                "<text x='%.1f' y='%.1f'>",
                lane->solid ? " solid" : "", lane->conflict ? " bad" : "",
                lane->solid ? "the value all the time"
                            : "the value at some moment",
                lane->begin, lane->end, x1, x2, y + 12, y + 12, x2 + 6, y + 16);
        char *text = NULL;
        size_t size = 0;
        FILE *label = open_memstream(&text, &size);
        if (lane->absent)
            fprintf(label, "nothing");
        else
            linear_print_value(label, lane->value);
        fclose(label);
        html_chars(out, text);
        free(text);
        fprintf(out, "%s</text></g>\n",
                lane->conflict ? " \xe2\x80\x94 cannot be" : "");
    }
    return y;
}

void svg_view(FILE *out, const struct view *v,
              const struct linear_explanation *e)
{
    double bottom = row_top(v, v->row_count);
    size_t lanes = e == NULL                   ? 0
                   : e->lane_count < DRAWN_MAX ? e->lane_count
                                               : DRAWN_MAX;
    double height = bottom + LANE * (double)lanes + 20;
    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %.0f' "
            "role='img'><defs><marker id='tip' viewBox='0 0 8 8' refX='7' "
            "refY='4' markerWidth='7' markerHeight='7' orient='auto'><path "
            "d='M0 0 L8 4 L0 8 z'/></marker></defs>\n",
            SVG_WIDTH, height);
    draw_rows(out, v);
    draw_notes(out, v, bottom);
    if (e != NULL)
        draw_edges(out, v, e);
    for (size_t i = 0; i < v->count; i++)
        draw_bar(out, v, &v->bars[i]);
    if (e != NULL)
        draw_lanes(out, v, e, bottom + 6);
    fprintf(out, "</svg>\n");
}

void svg_density(FILE *out, const struct linear_history *h, uint32_t key,
                 const struct view *v)
{
    size_t bins[BINS] = {0};
    int64_t last = 1;
    size_t most = 1;
    for (size_t i = 0; i < h->count; i++)
        if (h->ops[i].key == key && h->ops[i].call > last)
            last = h->ops[i].call;
    for (size_t i = 0; i < h->count; i++) {
        if (h->ops[i].key != key)
            continue;
        size_t bin =
            (size_t)((double)h->ops[i].call / (double)last * (BINS - 1));
        most = ++bins[bin] > most ? bins[bin] : most;
    }
    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' "
            "role='img' class='density'><title>how many operations were "
            "called when</title>",
            SVG_WIDTH, STRIP + 4);
    double step = (double)SVG_WIDTH / BINS;
    for (size_t i = 0; i < BINS; i++) {
        double height = STRIP * (double)bins[i] / (double)most;
        if (bins[i] > 0)
            fprintf(out, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f'/>",
                    step * (double)i, STRIP - height, step - 1, height);
    }
    double begin = SVG_WIDTH * (double)v->first / (double)last;
    double end = SVG_WIDTH * (double)v->last / (double)last;
    fprintf(out,
            "<rect class='window' x='%.1f' y='1' width='%.1f' height='%d'/>"
            "</svg>\n",
            begin, end - begin < 4 ? 4 : end - begin, STRIP);
}
