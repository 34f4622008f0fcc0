// notes.c - what else happened, as lines through the rows: see draw.h.
//
// A note whose text begins with "start" is a band: it lasts until the next
// note of the same author. All else is a moment.
#include <stdlib.h>
#include <string.h>

#include "grading/linear/picture/draw.h"
#include "grading/linear/picture/words.h"

enum {
    LINES = 5,    // of labels
    AHEAD = 1000, // notes among which the end of a band is looked for
    AUTHOR_COLUMNS = 12,
    TEXT_COLUMNS = 44,
};

static double x_of(const struct drawing *d, int64_t at)
{
    if (at == INT64_MAX)
        return d->right + 14;
    if (!d->layout.timed)
        return draw_x(d, at);
    double place = (layout_time(d->h, at) - d->layout.origin) / d->layout.span;
    place = place < 0 ? 0 : place > 1 ? 1 : place;
    return d->left + (d->right - d->left) * place;
}

static int64_t end_of(const struct linear_history *h, size_t i)
{
    struct slice text = h->notes[i].text;
    if (text.size < 5 || memcmp(text.data, "start", 5) != 0)
        return h->notes[i].at;
    size_t k = i + 1;
    for (; k < h->note_count && k < i + AHEAD; k++)
        if (slice_equal(h->notes[k].who, h->notes[i].who))
            return h->notes[k].at;
    return k < h->note_count ? h->notes[i].at : INT64_MAX;
}

static void draw_label(struct drawing *d, const struct linear_note *note,
                       double x, double ends[LINES])
{
    char *who = words_fit(note->who, AUTHOR_COLUMNS, false);
    char *text = words_fit(note->text, TEXT_COLUMNS, false);
    double width = 7 * (double)(words_columns(who) + words_columns(text) + 2);
    double at = x + width > DRAW_WIDTH ? DRAW_WIDTH - width : x;
    size_t line = 0;
    while (line < LINES && ends[line] > at)
        line++;
    if (line < LINES) {
        fprintf(d->out, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">", at,
                d->y + 11 + DRAW_LABEL * (double)line);
        words_xml(d->out, who);
        fputs(*who != '\0' ? ": " : "", d->out);
        words_xml(d->out, text);
        fputs("</text>\n", d->out);
        ends[line] = at + width + 8;
        d->notes[d->note_count].y = d->y + DRAW_LABEL * (double)(line + 1);
    }
    free(who);
    free(text);
}

void draw_notes(struct drawing *d)
{
    double ends[LINES] = {0};
    size_t left_out = 0;
    for (size_t i = 0; i < d->h->note_count; i++) {
        const struct linear_note *note = &d->h->notes[i];
        if (note->at > layout_last(&d->layout))
            continue;
        bool early = note->at < layout_first(&d->layout);
        bool full = d->note_count == DRAW_NOTES;
        if (full && !early)
            left_out++;
        if (full)
            continue;
        int64_t until = end_of(d->h, i);
        if (until < layout_first(&d->layout))
            continue;
        double x = x_of(d, note->at);
        double end = until == note->at ? x : x_of(d, until);
        d->notes[d->note_count] = (struct box){x, d->y, end - x, 0};
        draw_label(d, note, x, ends);
        d->note_count++;
    }
    for (size_t i = 0; i < LINES; i++)
        d->y += ends[i] > 0 ? DRAW_LABEL : 0;
    if (left_out > 0) {
        d->y += DRAW_LABEL;
        fprintf(d->out,
                "<text class=\"dim\" x=\"%.1f\" y=\"%.1f\">and %zu more notes"
                "</text>\n",
                d->left, d->y - 3, left_out);
    }
    d->y += d->note_count > 0 ? 8 : 0;
}

void draw_note_lines(struct drawing *d)
{
    for (size_t i = 0; i < d->note_count; i++) {
        const struct box *n = &d->notes[i];
        if (n->width > 1)
            fprintf(d->under,
                    "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" "
                    "width=\"%.1f\" height=\"%.1f\"/>\n",
                    n->x, n->y, n->width, d->y - n->y);
        fprintf(d->under, "<path class=\"fault\" d=\"M%.1f %.1fV%.1f\"/>\n",
                n->x, n->y, d->y);
    }
}
