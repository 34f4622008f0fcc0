// minimal.c - the text below the pictures: see page.h.
#include <stdlib.h>
#include <string.h>

#include "grading/linear/picture/draw.h"
#include "grading/linear/picture/page.h"
#include "grading/linear/picture/words.h"

enum {
    CLIENT_COLUMNS = 24,
    OP_COLUMNS = 120,
    VALUE_COLUMNS = 100,
    ROWS = 60,               // of the table
    ALLOWED = 12,            // values that are listed
    JSON_LINE = 16 * 1024,   // bytes; what is longer is left out
    JSON_BYTES = 100 * 1024, // of all lines
};

void page_op(FILE *out, const struct linear_history *h, size_t op, char letter)
{
    const struct linear_op *o = &h->ops[op];
    char *text = words_op(h, o, OP_COLUMNS, false);
    if (letter != 0)
        fprintf(out, "<b>%c</b> ", letter);
    words_put(out, h->clients.at[o->client], CLIENT_COLUMNS);
    fprintf(out, ": <code>");
    words_xml(out, text);
    fprintf(out, "</code>");
    free(text);
}

// --- What would have been right --------------------------------------------

static void put_values(FILE *out, const struct linear_explanation *e)
{
    size_t shown = e->allowed_count < ALLOWED ? e->allowed_count : ALLOWED;
    for (size_t i = 0; i < shown; i++) {
        char *value = words_value(e->allowed[i], false, VALUE_COLUMNS, false);
        fprintf(out, "%s<code>", i > 0 ? " or " : "");
        words_xml(out, value);
        fprintf(out, "</code>");
        free(value);
    }
    if (shown < e->allowed_count)
        fprintf(out, " or one of %zu more", e->allowed_count - shown);
    if (e->allowed_absent)
        fprintf(out, "%sno value", shown > 0 ? " or " : "");
}

void page_allowed(FILE *out, const struct linear_history *h,
                  const struct linear_explanation *e)
{
    if (e->allowed_count > 0 || e->allowed_absent) {
        char letter = 0;
        for (size_t i = 0; i < e->op_count; i++)
            if (e->ops[i] == e->allowed_op)
                letter = (char)('A' + i);
        fprintf(out, "<p>Allowed instead, for ");
        page_op(out, h, e->allowed_op, letter);
        fprintf(out, ": ");
        put_values(out, e);
        fprintf(out, ".</p>\n");
    }
    fprintf(out, "<p>Certain from position %lld on.</p>\n",
            (long long)e->certain);
}

// --- The minimal history ---------------------------------------------------

// The letter of an operation of the minimal history in the argument, or 0.
static char letter_of(const struct linear_history *h,
                      const struct linear_explanation *e,
                      const struct linear_op *op)
{
    struct slice client = e->minimal.clients.at[op->client];
    for (size_t i = 0; i < e->op_count; i++) {
        const struct linear_op *other = &h->ops[e->ops[i]];
        if (other->call == op->call &&
            slice_equal(client, h->clients.at[other->client]))
            return (char)('A' + i);
    }
    return 0;
}

static const char *outcome_of(const struct linear_op *op)
{
    static const char *const names[] = {"ok", "refused", "not known",
                                        "did not happen"};
    return op->outcome < sizeof names / sizeof names[0] ? names[op->outcome]
                                                        : "";
}

static void put_row(FILE *out, const struct linear_history *h,
                    const struct linear_explanation *e, size_t i)
{
    const struct linear_history *m = &e->minimal;
    const struct linear_op *op = &m->ops[i];
    char letter = letter_of(h, e, op);
    bool open = op->outcome == LINEAR_MAYBE || op->ret == LINEAR_PENDING;
    char *text = words_op(m, op, OP_COLUMNS, false);
    fprintf(out, "<tr><td><b>%.1s</b></td><td>", letter != 0 ? &letter : "");
    words_put(out, m->clients.at[op->client], CLIENT_COLUMNS);
    fprintf(out, "</td><td><code>");
    words_xml(out, text);
    fprintf(out, "</code></td><td class=\"n\">%lld</td><td class=\"n\">",
            (long long)op->call);
    free(text);
    if (open)
        fprintf(out, "?");
    else
        fprintf(out, "%lld", (long long)op->ret);
    fprintf(out, "</td><td class=\"n\">");
    if (m->times != NULL && !open && m->times[i][1] >= 0)
        draw_time(out, (double)m->times[i][1] - (double)m->times[i][0], true);
    fprintf(out, "</td><td>%s</td></tr>\n", outcome_of(op));
}

static void put_table(FILE *out, const struct linear_history *h,
                      const struct linear_explanation *e)
{
    fprintf(out, "<table><tr><th></th><th>client</th><th>operation</th>"
                 "<th class=\"n\">called</th><th class=\"n\">returned</th>"
                 "<th class=\"n\">took</th><th>outcome</th></tr>\n");
    for (size_t i = 0; i < e->minimal.count && i < ROWS; i++)
        put_row(out, h, e, i);
    fprintf(out, "</table>\n");
    if (e->minimal.count > ROWS)
        fprintf(out, "<p class=\"dim\">And %zu more.</p>\n",
                e->minimal.count - ROWS);
}

// Whole lines only, so that they can be read again.
static void put_lines(FILE *out, const char *text)
{
    size_t used = 0;
    size_t left_out = 0;
    fprintf(out, "<pre>");
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        if (size > JSON_LINE || used + size > JSON_BYTES) {
            left_out++;
        } else {
            used += size;
            words_put(out, slice_of(text, size), SIZE_MAX);
            fputc('\n', out);
        }
        text += size + (text[size] == '\n');
    }
    fprintf(out, "</pre>\n");
    if (left_out > 0)
        fprintf(out,
                "<p class=\"dim\">%zu lines are too long to be shown "
                "here.</p>\n",
                left_out);
}

void page_minimal(FILE *out, const struct linear_history *h,
                  const struct linear_explanation *e)
{
    if (e->minimal.count == 0)
        return;
    fprintf(out, "<h2>The smallest history that is wrong</h2>\n<p "
                 "class=\"dim\">Without any one of these operations it would "
                 "be linearizable.</p>\n");
    put_table(out, h, e);
    char *text;
    size_t size;
    FILE *lines = open_memstream(&text, &size);
    linear_write(lines, &e->minimal);
    fclose(lines);
    fprintf(out, "<p class=\"dim\">The same for the checker to read:</p>\n");
    put_lines(out, text);
    free(text);
}
