// batch.c - see batch.h. The first error is kept; nothing is written after it.
#include "lab1-mapreduce/batch.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/outfile.h"

enum {
    STEP = 32 * 1024, // bytes
};

struct batch {
    struct outfile *file;
    int err;
    struct buf bytes; // not yet appended to `file`
};

int batch_begin(const char *draft, const char *path, struct batch **out)
{
    struct outfile *file;
    int err = outfile_begin(draft, path, &file);
    if (err != ERR_OK)
        return err;
    struct batch *b = xcalloc(1, sizeof *b);
    b->file = file;
    buf_init(&b->bytes, STEP);
    *out = b;
    return ERR_OK;
}

static void write_out(struct batch *b, struct slice bytes)
{
    if (b->err == ERR_OK && bytes.size > 0)
        b->err = outfile_append(b->file, bytes.data, bytes.size);
}

static void flush(struct batch *b)
{
    write_out(b, buf_slice(&b->bytes));
    buf_clear(&b->bytes);
}

void batch_append(struct batch *b, struct slice bytes)
{
    if (bytes.size > STEP - b->bytes.size)
        flush(b);
    if (buf_append(&b->bytes, bytes.data, bytes.size) != ERR_OK)
        write_out(b, bytes); // more than fits: it goes by itself
}

int batch_error(const struct batch *b)
{
    return b->err;
}

static void release(struct batch *b)
{
    buf_release(&b->bytes);
    free(b);
}

int batch_commit(struct batch *b)
{
    flush(b);
    int err = b->err;
    if (err == ERR_OK)
        err = outfile_commit(b->file);
    else
        outfile_abandon(b->file);
    release(b);
    return err;
}

void batch_abandon(struct batch *b)
{
    if (b == NULL)
        return;
    outfile_abandon(b->file);
    release(b);
}
