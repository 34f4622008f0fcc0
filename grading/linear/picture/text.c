// text.c - the argument as lines of text.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture/view.h"

enum {
    WIDTH = 80,
    WIDTH_MIN = 40,
    NAME_MAX_SHOWN = 8,
};

// Text at a column of a line; what is there already is kept.
static void put(char *line, size_t width, size_t column, const char *text)
{
    for (size_t i = 0; text[i] != '\0' && column + i < width; i++)
        if (line[column + i] == ' ')
            line[column + i] = text[i];
}

static void print_line(FILE *out, const char *name, char *line, size_t width)
{
    size_t size = width;
    while (size > 0 && line[size - 1] == ' ')
        size--;
    if (size == 0)
        fprintf(out, "%s\n", name);
    else
        fprintf(out, "%-*s  %.*s\n", NAME_MAX_SHOWN, name, (int)size, line);
    memset(line, ' ', width);
}

static void put_bar(char *line, size_t width, const struct bar *bar)
{
    size_t begin = (size_t)bar->begin;
    size_t end = (size_t)bar->end;
    end = end < begin + 2 ? begin + 2 : end;
    end = end < width ? end : width - 1;
    for (size_t i = begin; i <= end && i < width; i++)
        line[i] = bar->is_open && i > end - 4 ? '.' : '-';
    line[begin] = '|';
    line[end] = bar->is_open ? '?' : '|';
}

static void print_row(FILE *out, const struct view *v, uint32_t row, char *line)
{
    struct slice client = v->h->clients.at[v->clients[row]];
    char name[NAME_MAX_SHOWN + 1];
    snprintf(name, sizeof name, "%.*s", (int)client.size,
             (const char *)client.data);
    size_t width = (size_t)v->width;
    for (uint32_t i = 0; i < v->lines[row]; i++) {
        for (size_t j = 0; j < v->count; j++) {
            const struct bar *bar = &v->bars[j];
            if (bar->row != row || bar->line != i)
                continue;
            size_t size = strlen(bar->label);
            size_t at = (size_t)bar->begin;
            at = at + size > width && width > size ? width - size : at;
            put(line, width, size > width ? 0 : at, bar->label);
        }
        print_line(out, i == 0 ? name : "", line, width);
        for (size_t j = 0; j < v->count; j++)
            if (v->bars[j].row == row && v->bars[j].line == i)
                put_bar(line, width, &v->bars[j]);
        print_line(out, "", line, width);
    }
}

static void print_lane(FILE *out, const struct view *v,
                       const struct linear_lane *lane, char *line)
{
    size_t width = (size_t)v->width;
    size_t begin = (size_t)view_column(v, lane->begin);
    size_t end = (size_t)view_column(v, lane->end);
    for (size_t i = begin; i <= end && i < width; i++)
        line[i] = lane->solid ? '=' : '.';
    char *text = NULL;
    size_t size = 0;
    FILE *label = open_memstream(&text, &size);
    if (lane->absent)
        fprintf(label, " nothing");
    else {
        fputc(' ', label);
        linear_print_value(label, lane->value);
    }
    fprintf(label, "%s", lane->conflict ? " !" : "");
    fclose(label);
    if (end + 1 + size <= width)
        put(line, width, end + 1, text);
    else
        put(line, width, begin > size ? begin - size : 0, text + 1);
    free(text);
    print_line(out, "", line, width);
}

void linear_picture_text(FILE *out, const struct linear_history *h,
                         const struct linear_explanation *e, unsigned width)
{
    if (width == 0)
        width = WIDTH;
    width = width < WIDTH_MIN ? WIDTH_MIN : width;
    struct view v;
    bool searched = e->report.why == LINEAR_NO_ORDER_FITS;
    size_t count;
    size_t *all = view_choose(&e->minimal, 0, INT64_MAX, &count);
    view_init(&v, searched ? &e->minimal : h, searched ? all : e->ops,
              searched ? count : e->op_count, true, width - NAME_MAX_SHOWN - 3,
              1);
    char *line = xmalloc(width + 1);
    memset(line, ' ', width + 1);
    for (uint32_t row = 0; row < v.row_count; row++)
        print_row(out, &v, row, line);
    fprintf(out, "\nvalues: === was the value all the time, ... at some "
                 "moment, ! cannot be\n");
    for (size_t i = 0; i < e->lane_count; i++)
        print_lane(out, &v, &e->lanes[i], line);
    free(line);
    free(all);
    view_release(&v);
}
