// page.c - the page: what is wrong, the picture of it, and the rest folded.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture/svg.h"

enum {
    LINES_MAX = 100 * 1024, // bytes of the minimal history that are shown
};

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fdfdfb;--soft:#777;"
    "--line:#ddd;--bar:#9db4c8;--write:#c9b48a;--bad:#b3261e}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--paper:#16181b;"
    "--soft:#9a9a9a;--line:#33373c;--bar:#4d6b85;--write:#7d6a3f;"
    "--bad:#ff8a80}}"
    "body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);"
    "background:var(--paper);max-width:68rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem;line-height:1.3;font-weight:600;margin:.3rem 0 1rem}"
    ".kind{text-transform:uppercase;letter-spacing:.06em;font-size:.8rem;"
    "font-weight:700;color:var(--bad)}.good{color:inherit}"
    ".meta,figcaption,summary{color:var(--soft);font-size:.9rem}"
    "code,pre,td{font-family:ui-monospace,monospace;font-size:.85rem}"
    "h1{overflow-wrap:anywhere}"
    "pre{overflow:auto;border:1px solid var(--line);padding:.6rem}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.15rem .8rem;"
    "border-bottom:1px solid var(--line);text-align:left;overflow-wrap:"
    "anywhere}details{margin:1.2rem 0}figure{margin:1rem 0}"
    "svg{width:100%;height:auto;overflow:visible}"
    "svg text{font:11px ui-monospace,monospace;fill:var(--ink);paint-order:"
    "stroke;stroke:var(--paper);stroke-width:3}"
    "svg .c{font:600 13px system-ui,sans-serif}.n{font-weight:700}"
    ".row{stroke:var(--line)}.op rect{fill:var(--bar);stroke:var(--soft)}"
    ".op.w rect{fill:var(--write)}.op.arg rect{stroke:var(--ink);"
    "stroke-width:2}.torn{fill:none;stroke:var(--ink)}.q{font-weight:700}"
    ".op circle{fill:var(--ink)}svg .o{font-size:10px}"
    ".edge path{fill:none;stroke:var(--bad);stroke-width:1.6}"
    ".edge.value path{stroke-dasharray:4 3}#tip path{fill:var(--bad);"
    "stroke:none}.edge text{fill:var(--bad);text-anchor:middle}"
    ".lane line{stroke:var(--soft);stroke-width:3;stroke-dasharray:2 4}"
    ".lane.solid line{stroke-dasharray:none;stroke-width:8}"
    ".lane.bad line{stroke:var(--bad)}.lane.bad text{font-weight:700}"
    ".note line{stroke:var(--soft);stroke-dasharray:1 3}"
    ".note text{fill:var(--soft)}.density rect{fill:var(--bar)}"
    ".density .window{fill:none;stroke:var(--bad);stroke-width:2}"
    "@media print{body{margin:0;max-width:none}details{display:none}}";

static void print_head(FILE *out, const char *title)
{
    fprintf(out, "<!DOCTYPE html>\n<html lang='en'><head><meta "
                 "charset='utf-8'/><meta name='viewport' "
                 "content='width=device-width,initial-scale=1'/><title>");
    html_chars(out, title);
    fprintf(out, "</title><style>%s</style></head><body>\n", style);
}

static void print_op(FILE *out, const struct linear_history *h, size_t i,
                     size_t number)
{
    const struct linear_op *op = &h->ops[i];
    char *text = NULL;
    size_t size = 0;
    FILE *words = open_memstream(&text, &size);
    linear_print_op(words, h, op);
    fclose(words);
    fprintf(out, "<tr><td>%zu</td><td>", number);
    html_text(out, h->clients.at[op->client]);
    fprintf(out, "</td><td>%" PRId64 "</td><td>", op->call);
    if (op->ret == LINEAR_PENDING)
        fprintf(out, "?");
    else
        fprintf(out, "%" PRId64, op->ret);
    fprintf(out, "</td><td>");
    html_chars(out, text);
    fprintf(out, "</td></tr>\n");
    free(text);
}

static void print_argument(FILE *out, const struct linear_history *h,
                           const struct linear_explanation *e)
{
    fprintf(out, "<table><tr><th></th><th>client</th><th>call</th>"
                 "<th>return</th><th>operation</th></tr>\n");
    for (size_t i = 0; i < e->op_count; i++)
        print_op(out, h, e->ops[i], i + 1);
    fprintf(out, "</table>\n<ol>\n");
    for (size_t i = 0; i < e->edge_count; i++)
        fprintf(out, "<li>%zu %s %zu</li>\n", e->edges[i].from + 1,
                e->edges[i].reason, e->edges[i].to + 1);
    fprintf(out, "</ol>\n<p>");
    html_chars(out, "It is certain from position ");
    fprintf(out, "%" PRId64 " on.", e->certain);
    if (e->allowed_count > 0 || e->allowed_absent) {
        fprintf(out, " What the last of them saw could have been: ");
        const char *before = "";
        if (e->allowed_absent) {
            fprintf(out, "nothing");
            before = ", ";
        }
        for (size_t i = 0; i < e->allowed_count; i++) {
            size_t size = e->allowed[i].size;
            size_t skip = size > LABEL_MAX ? size - LABEL_MAX : 0;
            fprintf(out, "%s<code>%s", before, skip > 0 ? "..." : "");
            html_text(out, slice_of(e->allowed[i].data + skip, size - skip));
            fprintf(out, "</code>");
            before = ", ";
        }
        fprintf(out, ".");
    }
    fprintf(out, "</p>\n");
}

static void print_minimal(FILE *out, const struct linear_explanation *e)
{
    char *text = NULL;
    size_t size = 0;
    FILE *lines = open_memstream(&text, &size);
    linear_write(lines, &e->minimal);
    fclose(lines);
    fprintf(out,
            "<details><summary>The least that is still wrong: %zu operations, "
            "for linear check</summary><pre>",
            e->minimal.count);
    html_text(out, slice_of(text, size < LINES_MAX ? size : LINES_MAX));
    fprintf(out, "%s</pre></details>\n",
            size < LINES_MAX ? "" : "\n(cut off here)");
    free(text);
}

static void number_bars(struct view *v, const struct linear_explanation *e)
{
    for (size_t i = 0; i < v->count; i++)
        for (size_t j = 0; e != NULL && j < e->op_count; j++)
            if (v->bars[i].op == e->ops[j])
                v->bars[i].number = (int)j + 1;
}

static void draw(FILE *out, const struct linear_history *h, const size_t *ops,
                 size_t count, const struct linear_explanation *e,
                 bool numbered, bool by_rank)
{
    struct view v;
    view_init(&v, h, ops, count, by_rank, SVG_WIDTH - SVG_NAMES, 6.7);
    if (numbered)
        number_bars(&v, e);
    svg_view(out, &v, e);
    view_release(&v);
}

// The argument, or after a search the minimal history: by time and by rank.
static void draw_argument(FILE *out, const struct linear_history *h,
                          const struct linear_explanation *e)
{
    bool searched = e->report.why == LINEAR_NO_ORDER_FITS;
    size_t count;
    size_t *all = view_choose(&e->minimal, 0, INT64_MAX, &count);
    const struct linear_history *from = searched ? &e->minimal : h;
    const size_t *ops = searched ? all : e->ops;
    count = searched ? count : e->op_count;
    fprintf(out, "<figure>\n");
    draw(out, from, ops, count, e, !searched, false);
    fprintf(out, "<figcaption>Bars: from call to return; those that write are "
                 "darker, unknown outcomes end with a question mark. Values: "
                 "solid, it was the value all that time; dotted, at some "
                 "moment of it.</figcaption></figure>\n<details><summary>The "
                 "same, events evenly spaced</summary>\n");
    draw(out, from, ops, count, e, !searched, true);
    fprintf(out, "</details>\n");
    free(all);
}

// The key's operations around a position, with the points of an order.
static void draw_key(FILE *out, const struct linear_history *h, uint32_t key,
                     int64_t around, const struct linear_explanation *e)
{
    size_t count;
    size_t *ops = view_choose(h, key, around, &count);
    struct view v;
    view_init(&v, h, ops, count, true, SVG_WIDTH - SVG_NAMES, 6.7);
    number_bars(&v, e);
    size_t order_count = 0;
    size_t *order =
        e == NULL ? linear_witness(h, key, NULL, &order_count) : NULL;
    int64_t moment = 0;
    for (size_t i = 0; order != NULL && i < order_count; i++) {
        const struct linear_op *op = &h->ops[order[i]];
        moment = op->call > moment ? op->call : moment;
        for (size_t j = 0; j < v.count; j++)
            if (v.bars[j].op == order[i]) {
                v.bars[j].point = view_column(&v, moment) + 2;
                v.bars[j].order = (int)i + 1;
            }
    }
    free(order);
    svg_view(out, &v, NULL);
    fprintf(out, "<p class='meta'>The whole time line of the key, and what of "
                 "it is drawn:</p>\n");
    svg_density(out, h, key, &v);
    view_release(&v);
    free(ops);
}

static void print_good(FILE *out, const struct linear_history *h, uint32_t key)
{
    fprintf(out,
            "<p class='kind good'>linearizable</p><h1>There is an order "
            "in which all is as it was seen</h1>\n<p class='meta'>%zu "
            "operations, %zu keys. Of one key: a dot is the moment at "
            "which an operation can have happened, the number its place "
            "in the order.</p>\n",
            h->count, h->keys.count);
    if (h->count > 0)
        draw_key(out, h, key, 0, NULL);
}

static void print_bad(FILE *out, const struct linear_history *h,
                      const struct linear_explanation *e)
{
    fprintf(out, "<p class='kind'>");
    html_chars(out, e->kind);
    fprintf(out, "</p><h1>");
    html_chars(out, e->sentence);
    fprintf(out, "</h1>\n<p class='meta'>key ");
    struct slice key = h->keys.at[e->report.key];
    html_text(out, slice_of(key.data, key.size < 200 ? key.size : 200));
    fprintf(out, "; %zu operations on %zu keys</p>\n", h->count, h->keys.count);
    if (e->report.verdict != LINEAR_NO_ORDER)
        return;
    draw_argument(out, h, e);
    print_argument(out, h, e);
    print_minimal(out, e);
    fprintf(out, "<details><summary>What else happened to the key around "
                 "it</summary>\n");
    draw_key(out, h, e->report.key, e->certain, e);
    fprintf(out, "</details>\n");
}

void linear_picture_html(FILE *out, const char *title,
                         const struct linear_history *h,
                         const struct linear_explanation *e, uint32_t key)
{
    print_head(out, title);
    if (e == NULL)
        print_good(out, h, key);
    else
        print_bad(out, h, e);
    fprintf(out, "</body></html>\n");
}
