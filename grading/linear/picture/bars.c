// bars.c - rows of clients and their operations: see draw.h.
//
// Writers are filled, readers hollow, what certainly did not happen is a line;
// a torn end says that nobody knows the outcome.
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture/draw.h"
#include "grading/linear/picture/words.h"

enum {
    LINES = 5, // of labels above a row
    STUB = 14, // of what is open, where many bars are drawn; then a line
    TITLE_COLUMNS = 240,
    CLIENT_COLUMNS = 16,
};

// --- What is said of an operation ------------------------------------------

static void print_span(FILE *out, const struct drawing *d,
                       const struct layout_bar *bar)
{
    bool open = bar->ret == INT64_MAX;
    fprintf(out, "positions %lld to ", (long long)bar->call);
    if (open)
        fprintf(out, "?: its outcome is not known");
    else
        fprintf(out, "%lld", (long long)bar->ret);
    if (d->h->times == NULL || open || d->h->times[bar->op][1] < 0)
        return;
    const int64_t *times = d->h->times[bar->op];
    fprintf(out, ", took ");
    draw_time(out, (double)times[1] - (double)times[0], true);
}

static void print_title(const struct drawing *d, const struct layout_bar *bar)
{
    const struct linear_op *op = &d->h->ops[bar->op];
    fprintf(d->out, "<title>");
    if (bar->letter != 0)
        fprintf(d->out, "%c: ", bar->letter);
    if (bar->order != 0)
        fprintf(d->out, "%zu: ", bar->order);
    words_put(d->out, d->h->clients.at[op->client], CLIENT_COLUMNS);
    char *text = words_op(d->h, op, TITLE_COLUMNS, false);
    fprintf(d->out, " ");
    words_xml(d->out, text);
    free(text);
    fprintf(d->out, "</title><desc>");
    print_span(d->out, d, bar);
    fprintf(d->out, "%s%s</desc>",
            op->outcome == LINEAR_FAILED ? "; it did not happen" : "",
            bar->letter != 0 ? "; part of the argument" : "");
}

// --- Bars ------------------------------------------------------------------

// The rest of the outline of what is open, from its upper left corner at `x`.
static void draw_torn(const struct drawing *d, double end, double x)
{
    fprintf(d->out, "H%.1f", end);
    for (int i = 0; i < 4; i++)
        fprintf(d->out, "l%.1f %.2f", i % 2 == 0 ? -4.0 : 4.0, d->height / 4);
    fprintf(d->out, "H%.1fz\"/>", x);
}

static void draw_shape(const struct drawing *d, const struct layout_bar *bar,
                       double y)
{
    const struct linear_op *op = &d->h->ops[bar->op];
    double x = draw_x(d, bar->call);
    double end = draw_end_x(d, bar);
    const char *class = op->outcome == LINEAR_FAILED ? "never"
                        : linear_op_writes(op)       ? "write"
                                                     : "read";
    const char *weight = bar->letter != 0 || d->points != NULL ? "main" : "";
    fprintf(d->out, "<path class=\"%s %s\" d=\"M%.1f %.1f", class, weight, x,
            y);
    if (bar->ret != INT64_MAX) {
        fprintf(d->out, "H%.1fv%.0fH%.1fz\"/>", end, d->height, x);
        return;
    }
    draw_torn(d, d->labels || end < x + STUB ? end : x + STUB, x);
    if (!d->labels && end >= x + STUB)
        fprintf(d->out, "<path class=\"open\" d=\"M%.1f %.1fH%.1f\"/>",
                x + STUB, y + d->height / 2, end);
    fprintf(d->out, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">?</text>",
            end + 4, y + d->height - (d->labels ? 2 : -1));
}

static void draw_point(struct drawing *d, size_t i, double y)
{
    double x = d->left + (d->right - d->left) * d->points[i];
    double middle = y + d->height / 2;
    fprintf(d->out,
            "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" "
            "r=\"%.1f\"/>",
            x, middle, d->height / 2.6);
    char number[24];
    int size = snprintf(number, sizeof number, "%zu", d->layout.bars[i].order);
    struct box box = {x - 3.2 * size, y + d->height + 1, 6.4 * size, 10};
    if (draw_taken(d, box) > 0)
        return;
    draw_take(d, box);
    fprintf(d->out, "<text class=\"mark\" x=\"%.1f\" y=\"%.1f\">%s</text>", x,
            y + d->height + 10, number);
}

// --- Labels ----------------------------------------------------------------

struct label {
    char *text;
    double x;
    double width;
    size_t line; // 0: next to the row
};

static struct label make_label(const struct drawing *d,
                               const struct layout_bar *bar, double ends[LINES])
{
    struct label label;
    const struct linear_op *op = &d->h->ops[bar->op];
    label.text = words_op(d->h, op, DRAW_COLUMNS, false);
    label.width =
        7.1 * (double)(words_columns(label.text) + (bar->letter != 0 ? 2 : 0));
    label.x = draw_x(d, bar->call);
    if (label.x + label.width > DRAW_WIDTH)
        label.x = DRAW_WIDTH - label.width;
    label.line = 0;
    while (label.line + 1 < LINES && ends[label.line] > label.x)
        label.line++;
    ends[label.line] = label.x + label.width + 10;
    return label;
}

static void draw_label(struct drawing *d, const struct layout_bar *bar,
                       const struct label *label, double y)
{
    double base = y - 5 - DRAW_LABEL * (double)label->line;
    if (label->line > 0)
        fprintf(d->over, "<path class=\"leader\" d=\"M%.1f %.1fV%.1f\"/>",
                draw_x(d, bar->call) + 0.5, base + 2, y);
    fprintf(d->over, "<text class=\"label halo\" x=\"%.1f\" y=\"%.1f\">",
            label->x, base);
    if (bar->letter != 0)
        fprintf(d->over, "<tspan class=\"letter\">%c</tspan> ", bar->letter);
    words_xml(d->over, label->text);
    fprintf(d->over, "</text>");
    draw_take(d, (struct box){label->x, base - 11, label->width, 14});
}

// Letters alone, where many bars are drawn.
static void draw_letter(const struct drawing *d, const struct layout_bar *bar,
                        double y)
{
    if (bar->letter != 0)
        fprintf(d->over,
                "<text class=\"letter halo\" x=\"%.1f\" y=\"%.1f\">%c</text>",
                draw_x(d, bar->call), y - 2, bar->letter);
}

// --- Rows ------------------------------------------------------------------

static void draw_client(const struct drawing *d, size_t row)
{
    const struct layout_row *r = &d->layout.rows[row];
    double y = d->rows[row];
    fprintf(d->under, "<path class=\"row\" d=\"M%.1f %.1fH%d\"/>", d->left - 6,
            y + d->height / 2, DRAW_WIDTH);
    if (!r->first)
        return;
    fprintf(d->out, "<text class=\"client\" x=\"0\" y=\"%.1f\">",
            y + d->height / 2 + 4);
    words_put(d->out, d->h->clients.at[r->client], CLIENT_COLUMNS);
    fprintf(d->out, "</text>\n");
}

static void draw_row(struct drawing *d, size_t row)
{
    struct layout *l = &d->layout;
    struct label *labels = xcalloc(l->bar_count + 1, sizeof labels[0]);
    double ends[LINES] = {0};
    size_t lines = 0;
    bool letters = false;
    for (size_t i = 0; i < l->bar_count; i++) {
        if (l->bars[i].row != row)
            continue;
        letters = letters || l->bars[i].letter != 0;
        if (!d->labels)
            continue;
        labels[i] = make_label(d, &l->bars[i], ends);
        if (labels[i].line + 1 > lines)
            lines = labels[i].line + 1;
    }
    d->y += d->labels ? DRAW_LABEL * (double)lines + 6 : letters ? 15 : 5;
    double y = d->rows[row] = d->y;
    draw_client(d, row);
    for (size_t i = 0; i < l->bar_count; i++) {
        const struct layout_bar *bar = &l->bars[i];
        if (bar->row != row)
            continue;
        fprintf(d->out, "<g class=\"op\">");
        print_title(d, bar);
        draw_shape(d, bar, y);
        if (d->labels)
            draw_label(d, bar, &labels[i], y);
        else
            draw_letter(d, bar, y);
        fprintf(d->out, "</g>\n");
        free(labels[i].text);
        if (d->labels)
            draw_take(d, (struct box){draw_x(d, bar->call), y,
                                      draw_end_x(d, bar) - draw_x(d, bar->call),
                                      d->height});
    }
    for (size_t i = 0; d->points != NULL && i < l->bar_count; i++)
        if (l->bars[i].row == row && l->bars[i].order != 0)
            draw_point(d, i, y);
    free(labels);
    d->y += d->height + (d->e != NULL && d->labels ? 24 : 4) +
            (d->points != NULL ? 9 : 0);
}

void draw_rows(struct drawing *d)
{
    for (size_t row = 0; row < d->layout.row_count; row++)
        draw_row(d, row);
}
