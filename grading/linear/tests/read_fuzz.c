// read_fuzz.c - libFuzzer target: whatever files may hold, through the readers
// of histories, and what they make of it through the writers.
//
// An input is a byte, that picks the format and the way of reading, and the
// file. What has been read is written as lines of ours, which must read as so
// many operations; and in each format that can say it, which must be readable.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "grading/linear/linear.h"
#include "grading/linear/read.h"
#include "grading/linear/read/convert.h"

enum {
    FORMATS = LINEAR_ELLE + 1,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Reads what has been written; it must be readable.
static size_t count_written(const char *text, size_t size,
                            struct linear_reading how)
{
    struct linear_history h;
    linear_history_init(&h);
    char *error = linear_read_bytes("again", slice_of(text, size), &how, &h);
    if (error != NULL)
        fprintf(stderr, "%s in:\n%.*s\n", error, (int)size, text);
    assert(error == NULL);
    size_t count = h.count;
    linear_history_release(&h);
    return count;
}

static void write_and_read(const struct linear_history *h,
                           enum linear_format format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert(out != NULL);
    char *refused = linear_convert(out, h, format);
    fclose(out);
    bool one_key =
        h->keys.count == 0 || (h->keys.count == 1 && h->keys.at[0].size == 0);
    struct linear_reading how = {.format = format, .independent = !one_key};
    if (refused == NULL) {
        size_t count = count_written(text, size, how);
        // Porcupine's logs have none that failed.
        assert(count == h->count ||
               (format == LINEAR_PORCUPINE && count < h->count));
    }
    free(refused);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct linear_reading how = {
        .format = (enum linear_format)(data[0] % FORMATS),
        .independent = (data[0] / FORMATS & 1) != 0,
        .lenient = (data[0] / FORMATS & 2) != 0,
        .init = (data[0] / FORMATS & 4) != 0 ? "0" : NULL,
        .nil = (enum linear_nil)(data[0] / FORMATS / 8 % 3),
    };
    struct linear_history h;
    linear_history_init(&h);
    char *error =
        linear_read_bytes("file", slice_of(data + 1, size - 1), &how, &h);
    for (int to = LINEAR_LINES; error == NULL && to < FORMATS; to++)
        write_and_read(&h, (enum linear_format)to);
    free(error);
    linear_history_release(&h);
    return 0;
}
