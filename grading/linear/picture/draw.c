// draw.c - the frame of a picture: see draw.h.
#include "grading/linear/picture/draw.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture/words.h"

enum {
    CLIENT_COLUMNS = 16,
    MARGIN = 30, // right of the axis, for what is open
};

// As wide as the longest name of a client.
static double left_of(const struct layout *l)
{
    size_t most = 3;
    for (size_t i = 0; i < l->row_count; i++) {
        struct slice name = l->h->clients.at[l->rows[i].client];
        char *fit = words_fit(name, CLIENT_COLUMNS, false);
        if (words_columns(fit) > most)
            most = words_columns(fit);
        free(fit);
    }
    return 24 + 7.3 * (double)most;
}

void draw_begin(struct drawing *d, const struct linear_history *h,
                const struct linear_explanation *e, const size_t *ops,
                size_t count, bool whole, enum layout_scale scale)
{
    *d = (struct drawing){.h = h, .e = e};
    d->under = open_memstream(&d->texts[DRAW_UNDER], &d->sizes[DRAW_UNDER]);
    d->out = open_memstream(&d->texts[DRAW_BARS], &d->sizes[DRAW_BARS]);
    d->over = open_memstream(&d->texts[DRAW_OVER], &d->sizes[DRAW_OVER]);
    layout_init(&d->layout, h, ops, count, e, whole, scale);
    d->labels = count <= DRAW_LABELS;
    d->height = d->labels ? DRAW_BAR : DRAW_DENSE;
    d->left = left_of(&d->layout);
    d->right = DRAW_WIDTH - MARGIN;
    d->rows = xcalloc(d->layout.row_count + 1, sizeof d->rows[0]);
}

void draw_end(struct drawing *d, FILE *out, const char *about)
{
    fclose(d->under);
    fclose(d->out);
    fclose(d->over);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
            "viewBox=\"0 0 %d %.0f\"><title>%s</title>\n",
            DRAW_WIDTH, d->y + 4, about);
    for (int i = 0; i < DRAW_LAYERS; i++) {
        fwrite(d->texts[i], 1, d->sizes[i], out);
        free(d->texts[i]);
    }
    fprintf(out, "</svg>\n");
    free(d->rows);
    layout_release(&d->layout);
}

double draw_x(const struct drawing *d, int64_t position)
{
    return d->left + (d->right - d->left) * layout_at(&d->layout, position);
}

double draw_end_x(const struct drawing *d, const struct layout_bar *bar)
{
    double begin = draw_x(d, bar->call);
    double end = bar->ret == INT64_MAX ? d->right + 12 : draw_x(d, bar->ret);
    return end < begin + 3 ? begin + 3 : end;
}

void draw_take(struct drawing *d, struct box box)
{
    if (d->box_count < DRAW_BOXES)
        d->boxes[d->box_count++] = box;
}

static double shared(double a, double a_size, double b, double b_size)
{
    double begin = a > b ? a : b;
    double end = a + a_size < b + b_size ? a + a_size : b + b_size;
    return end > begin ? end - begin : 0;
}

double draw_taken(const struct drawing *d, struct box box)
{
    double sum = 0;
    for (size_t i = 0; i < d->box_count; i++) {
        const struct box *b = &d->boxes[i];
        sum += shared(box.x, box.width, b->x, b->width) *
               shared(box.y, box.height, b->y, b->height);
    }
    return sum;
}
