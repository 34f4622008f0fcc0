// segment.c - see segment.h.
//
// The reader believes nothing: sizes and offsets are checked against the file
// before they are used, for a file may be cut off or be something else.
#include "lab1-mapreduce/segment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "lab1-mapreduce/batch.h"
#include "lab1-mapreduce/block.h"
#include "lab1-mapreduce/input.h"

enum {
    NUMBER = 8,        // bytes of a number in the trailer
    TAIL = 2 * NUMBER, // bytes of `reduces` and the magic number
    RECORD_MAX = 256 << 20,
};

static void number_put(unsigned char *to, uint64_t number)
{
    for (int i = 0; i < NUMBER; i++)
        to[i] = (unsigned char)(number >> (8 * i));
}

static uint64_t number_at(const unsigned char *from)
{
    uint64_t number = 0;
    for (int i = 0; i < NUMBER; i++)
        number |= (uint64_t)from[i] << (8 * i);
    return number;
}

// --- Writing ---------------------------------------------------------------

struct segment_writer {
    struct batch *file;
    uint64_t offset; // where the next record begins
    uint32_t reduces;
    uint32_t begun;    // partitions [0, begun) have their start
    uint64_t starts[]; // reduces + 1 of them
};

int segment_begin(const char *draft, const char *path, uint32_t reduces,
                  struct segment_writer **out)
{
    assert(reduces > 0);
    struct batch *file;
    int err = batch_begin(draft, path, &file);
    if (err != ERR_OK)
        return err;
    size_t starts = ((size_t)reduces + 1) * sizeof(uint64_t);
    struct segment_writer *w = xcalloc(1, sizeof *w + starts);
    w->file = file;
    w->reduces = reduces;
    *out = w;
    return ERR_OK;
}

static void begin_partitions(struct segment_writer *w, uint32_t count)
{
    while (w->begun < count)
        w->starts[w->begun++] = w->offset;
}

static void append(struct segment_writer *w, struct slice bytes)
{
    w->offset += bytes.size;
    batch_append(w->file, bytes);
}

static void add_record(struct segment_writer *w, struct slice key,
                       struct slice block)
{
    unsigned char head[2 * VARINT_MAX];
    size_t size = varint_put(head, key.size);
    size += varint_put(head + size, block.size);
    append(w, slice_of(head, size));
    append(w, key);
    append(w, block);
}

// The values at the front of *rest that make one record: as many as fit, one
// at least.
static struct slice take_record(struct slice *rest)
{
    const unsigned char *begin = rest->data;
    if (rest->size <= SEGMENT_BLOCK_MAX) {
        *rest = slice_of(begin + rest->size, 0);
        return slice_of(begin, (size_t)(rest->data - begin));
    }
    struct slice after = *rest;
    struct slice value;
    while (block_take(&after, &value)) {
        bool fits = after.data - begin <= SEGMENT_BLOCK_MAX;
        if (fits || rest->data == begin)
            *rest = after;
        if (!fits)
            break;
    }
    return slice_of(begin, (size_t)(rest->data - begin));
}

int segment_add(struct segment_writer *w, uint32_t partition, struct slice key,
                struct slice block)
{
    assert(partition < w->reduces && partition + 1 >= w->begun);
    begin_partitions(w, partition + 1);
    while (block.size > 0)
        add_record(w, key, take_record(&block));
    return batch_error(w->file);
}

static void add_trailer(struct segment_writer *w)
{
    begin_partitions(w, w->reduces + 1);
    size_t size = ((size_t)w->reduces + 1) * NUMBER + TAIL;
    unsigned char *trailer = xmalloc(size);
    for (uint32_t i = 0; i <= w->reduces; i++)
        number_put(trailer + (size_t)i * NUMBER, w->starts[i]);
    number_put(trailer + size - TAIL, w->reduces);
    number_put(trailer + size - NUMBER, SEGMENT_MAGIC);
    append(w, slice_of(trailer, size));
    free(trailer);
}

int segment_commit(struct segment_writer *w)
{
    add_trailer(w);
    int err = batch_commit(w->file);
    free(w);
    return err;
}

void segment_abandon(struct segment_writer *w)
{
    if (w == NULL)
        return;
    batch_abandon(w->file);
    free(w);
}

// --- Reading ---------------------------------------------------------------

struct segment_reader {
    char *path;
    uint64_t at;  // where the next read begins
    uint64_t end; // of the partition
    size_t step;
    struct buf bytes; // what was read, up to `at`
    size_t taken;     // bytes at its front that have been handed out
};

static int read_numbers(const char *path, uint64_t offset, uint64_t *first,
                        uint64_t *second)
{
    struct buf bytes;
    buf_init(&bytes, TAIL);
    int err = input_read(path, offset, TAIL, &bytes);
    if (err == ERR_OK) {
        *first = number_at(bytes.data);
        *second = number_at(bytes.data + NUMBER);
    }
    buf_release(&bytes);
    return err;
}

// Finds where the partition begins and ends.
static int read_trailer(const char *path, uint32_t partition, uint64_t *start,
                        uint64_t *end)
{
    uint64_t size;
    int err = input_size(path, &size);
    if (err != ERR_OK)
        return err;
    if (size < TAIL)
        return ERR_PROTO;

    uint64_t reduces;
    uint64_t magic;
    err = read_numbers(path, size - TAIL, &reduces, &magic);
    if (err != ERR_OK)
        return err;
    if (magic != SEGMENT_MAGIC || partition >= reduces ||
        reduces > (size - TAIL) / NUMBER - 1)
        return ERR_PROTO;

    uint64_t trailer = size - TAIL - (reduces + 1) * NUMBER;
    err =
        read_numbers(path, trailer + partition * (uint64_t)NUMBER, start, end);
    if (err == ERR_OK && (*start > *end || *end > trailer))
        err = ERR_PROTO;
    return err;
}

int segment_open(const char *path, uint32_t partition, size_t step,
                 struct segment_reader **out)
{
    uint64_t start;
    uint64_t end;
    int err = read_trailer(path, partition, &start, &end);
    if (err != ERR_OK)
        return err;

    struct segment_reader *r = xcalloc(1, sizeof *r);
    r->path = xstrdup(path);
    r->at = start;
    r->end = end;
    r->step = step;
    buf_init(&r->bytes, RECORD_MAX);
    *out = r;
    return ERR_OK;
}

void segment_close(struct segment_reader *r)
{
    if (r == NULL)
        return;
    buf_release(&r->bytes);
    free(r->path);
    free(r);
}

static struct slice untaken(const struct segment_reader *r)
{
    if (r->bytes.size == 0)
        return (struct slice){0};
    return slice_of(r->bytes.data + r->taken, r->bytes.size - r->taken);
}

// Takes a record off the front of *rest; false if it is not all there.
static bool take(struct slice *rest, struct slice *key, struct slice *block)
{
    uint64_t key_size;
    uint64_t block_bytes;
    if (!varint_take(rest, &key_size) || !varint_take(rest, &block_bytes))
        return false;
    if (key_size > rest->size || block_bytes > rest->size - key_size)
        return false;
    *key = slice_of(rest->data, (size_t)key_size);
    *block = slice_of(rest->data + key_size, (size_t)block_bytes);
    size_t size = (size_t)(key_size + block_bytes);
    *rest = slice_of(rest->data + size, rest->size - size);
    return true;
}

// Drops what was taken and reads on: a step, or as much again as there is of
// a long record.
static int read_more(struct segment_reader *r)
{
    struct slice rest = untaken(r);
    if (rest.size > 0)
        memmove(r->bytes.data, rest.data, rest.size);
    r->bytes.size = rest.size;
    r->taken = 0;

    uint64_t left = r->end - r->at;
    if (left == 0)
        return ERR_PROTO;
    size_t step = r->step > rest.size ? r->step : rest.size;
    step = left < step ? (size_t)left : step;
    int err = input_read(r->path, r->at, step, &r->bytes);
    if (err == ERR_OK)
        r->at += step;
    return err;
}

int segment_next(struct segment_reader *r, struct slice *key,
                 struct slice *block)
{
    struct slice rest = untaken(r);
    if (rest.size == 0 && r->at == r->end)
        return READ_END;
    while (!take(&rest, key, block)) { // ends: more is read, or nothing is left
        int err = read_more(r);
        if (err != ERR_OK)
            return err;
        rest = untaken(r);
    }
    r->taken = r->bytes.size - rest.size;
    return ERR_OK;
}
