// explain_fuzz.c - libFuzzer target: files of histories, in each format. The
// first byte picks the format. What can be read is checked, explained and
// drawn.
#include <stdio.h>
#include <stdlib.h>

#include "grading/linear/explain.h"
#include "grading/linear/picture.h"
#include "grading/linear/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct linear_options quick = {
    .threads = 1, .max_ms = 20, .max_mem = 1 << 24, .max_configs = 200};

enum {
    EXPLAINED_MAX = 40, // operations
};

static void explain(const struct linear_history *h)
{
    struct linear_report r;
    struct linear_explanation e;
    char *text = NULL;
    size_t size = 0;
    linear_check(h, &quick, &r);
    if (h->count > EXPLAINED_MAX || r.verdict == LINEAR_YES)
        return;
    linear_explain(h, &quick, &r, &e);
    FILE *out = open_memstream(&text, &size);
    linear_explanation_print(out, h, &e);
    linear_picture_text(out, h, &e, 40);
    linear_picture_html(out, "x", h, &e, 0);
    fclose(out);
    free(text);
    linear_explanation_release(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct linear_history h;
    struct linear_reading how = {
        .format = (enum linear_format)(data[0] % (LINEAR_ELLE + 1)),
        .lenient = (data[0] & 0x40) != 0};
    linear_history_init(&h);
    char *bad = linear_read_bytes("f", slice_of(data + 1, size - 1), &how, &h);
    if (bad == NULL)
        explain(&h);
    free(bad);
    linear_history_release(&h);
    return 0;
}
