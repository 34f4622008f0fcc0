// merge.c - a heap of segments, the one with the smallest key on top.
//
// A group is all records with one key. Those of one file follow each other,
// and among equal keys the file with the smallest index is on top, so values
// come in the order of the files without being stored. Only one record of
// each file is in memory.
#include "lab1-mapreduce/merge.h"

#include <assert.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "lab1-mapreduce/block.h"
#include "lab1-mapreduce/input.h"
#include "lab1-mapreduce/segment.h"

enum {
    STEP_MIN = 4 * 1024, // bytes read at a time from one file
    STEP_MAX = 256 * 1024,
    KEY_MAX = 256 << 20,
};

struct source {
    struct segment_reader *reader;
    struct slice key; // of its record that comes next
    struct slice block;
};

struct merge {
    struct values values; // those of `key`
    struct source *sources;
    size_t count;
    size_t *heap; // indexes of the sources that are not at their end
    size_t heap_size;
    struct buf key;     // the group's
    struct slice block; // values of the group, of the source on top
    bool in_group;      // the source on top stands at a record of the group
    int err;
    size_t wrong;
};

// Equal keys come in the order of the files.
static bool comes_first(const struct merge *m, size_t a, size_t b)
{
    int order = slice_compare(m->sources[a].key, m->sources[b].key);
    return order < 0 || (order == 0 && a < b);
}

// Moves the source at heap place `at` down to where it belongs.
static void sift_down(struct merge *m, size_t at)
{
    for (;;) { // ends: `at` grows
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < m->heap_size &&
                comes_first(m, m->heap[child], m->heap[least]))
                least = child;
        if (least == at)
            return;
        size_t moved = m->heap[at];
        m->heap[at] = m->heap[least];
        m->heap[least] = moved;
        at = least;
    }
}

static void fail(struct merge *m, size_t wrong, int err)
{
    m->err = err;
    m->wrong = wrong;
    m->in_group = false;
}

static int read_record(struct merge *m, size_t i)
{
    struct source *source = &m->sources[i];
    int err = segment_next(source->reader, &source->key, &source->block);
    if (err != ERR_OK && err != READ_END)
        fail(m, i, err);
    return err;
}

// Puts all sources that have a record into the heap.
static int fill_heap(struct merge *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (read_record(m, i) == ERR_OK)
            m->heap[m->heap_size++] = i;
    for (size_t at = m->heap_size; at > 0; at--)
        sift_down(m, at - 1);
    return m->err;
}

static bool next_value(struct values *values, struct slice *value);

int merge_open(char *const *paths, size_t count, uint32_t partition,
               size_t memory, struct merge **out, size_t *wrong)
{
    struct merge *m = xcalloc(1, sizeof *m);
    m->values.next = next_value;
    m->sources = xcalloc(count + 1, sizeof m->sources[0]);
    m->heap = xcalloc(count + 1, sizeof m->heap[0]);
    buf_init(&m->key, KEY_MAX);

    size_t step = memory / (count + 1);
    step = step < STEP_MIN ? STEP_MIN : step > STEP_MAX ? STEP_MAX : step;
    int err = ERR_OK;
    while (err == ERR_OK && m->count < count) {
        struct source *source = &m->sources[m->count];
        err = segment_open(paths[m->count], partition, step, &source->reader);
        if (err != ERR_OK)
            m->wrong = m->count;
        else
            m->count++;
    }
    if (err == ERR_OK)
        err = fill_heap(m);
    if (err == ERR_OK) {
        *out = m;
        return ERR_OK;
    }
    *wrong = m->wrong;
    merge_close(m);
    return err;
}

void merge_close(struct merge *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->count; i++)
        segment_close(m->sources[i].reader);
    buf_release(&m->key);
    free(m->sources);
    free(m->heap);
    free(m);
}

// Goes to the record that follows the one on top; is it of the group?
static void advance(struct merge *m)
{
    int err = read_record(m, m->heap[0]);
    if (err != ERR_OK)
        m->heap[0] = m->heap[--m->heap_size];
    sift_down(m, 0);
    m->in_group = m->err == ERR_OK && m->heap_size > 0 &&
                  slice_equal(m->sources[m->heap[0]].key, buf_slice(&m->key));
    if (m->in_group)
        m->block = m->sources[m->heap[0]].block;
}

static bool next_value(struct values *values, struct slice *value)
{
    struct merge *m = (struct merge *)values;
    while (m->in_group) { // ends: each turn takes a value or a record
        if (block_take(&m->block, value))
            return true;
        if (m->block.size > 0)
            fail(m, m->heap[0], ERR_PROTO);
        else
            advance(m);
    }
    return false;
}

int merge_next(struct merge *m, struct slice *key)
{
    while (m->in_group)
        advance(m);
    if (m->err != ERR_OK)
        return m->err;
    if (m->heap_size == 0)
        return READ_END;

    const struct source *top = &m->sources[m->heap[0]];
    buf_clear(&m->key);
    int err = buf_append(&m->key, top->key.data, top->key.size);
    assert(err == ERR_OK);
    m->block = top->block;
    m->in_group = true;
    *key = buf_slice(&m->key);
    return ERR_OK;
}

struct values *merge_values(struct merge *m)
{
    return &m->values;
}

size_t merge_wrong(const struct merge *m)
{
    return m->wrong;
}
