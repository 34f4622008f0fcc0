// buf.c - slices and bufs.
//
// A buf keeps: size <= room <= max, and data is NULL as long as room is 0.
// Sizes may come from outside, so sums that could overflow are written as
// differences that cannot.
#include "common/runtime/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

enum {
    FIRST_ROOM = 64,   // bytes: spares short values the first few doublings
    SMALL_ROOM = 4096, // bytes: what is larger has the room that it asks for
};

struct slice slice_of(const void *data, size_t size)
{
    assert(data != NULL || size == 0);
    return (struct slice){.data = data, .size = size};
}

struct slice slice_text(const char *text)
{
    return slice_of(text, strlen(text));
}

bool slice_equal(struct slice a, struct slice b)
{
    return slice_compare(a, b) == 0;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    // memcmp may not be given NULL, not even for no bytes.
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool slice_find(struct slice text, struct slice part, size_t *at)
{
    size_t first = 0;
    if (part.size > text.size)
        return false;
    if (part.size > 0) { // nor may memmem
        const unsigned char *found =
            memmem(text.data, text.size, part.data, part.size);
        if (found == NULL)
            return false;
        first = (size_t)(found - text.data);
    }
    if (at != NULL)
        *at = first;
    return true;
}

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
    free(b->data);
    buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
    b->size = 0;
}

struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->data, b->size);
}

// Small rooms have few sizes: so what one buf has freed is what the next one
// needs. If they had all sizes, malloc's caches, which each thread has, would
// take a long time to fill, and memory seem to leak.
static size_t small_room(size_t need)
{
    size_t room = FIRST_ROOM;
    while (room < need) // ends: need is at most SMALL_ROOM
        room *= 2;
    return room;
}

// Doubling makes the cost of n appends O(n), however small each of them is.
static void grow(struct buf *b, size_t need)
{
    size_t room = b->room < b->max / 2 ? b->room * 2 : b->max;
    if (room < FIRST_ROOM)
        room = FIRST_ROOM;
    if (room < need)
        room = need <= SMALL_ROOM ? small_room(need) : need;
    if (room > b->max)
        room = b->max;

    b->data = xrealloc(b->data, room);
    b->room = room;
}

unsigned char *buf_reserve(struct buf *b, size_t more)
{
    assert(b->size <= b->room);
    assert(b->room <= b->max || b->size == 0);

    if (more > b->max - b->size) // size + more could overflow, this cannot
        return NULL;
    if (b->data == NULL || more > b->room - b->size)
        grow(b, b->size + more);
    return b->data + b->size;
}

int buf_append(struct buf *b, const void *data, size_t size)
{
    if (size == 0) // `data` may be NULL then, which memcpy does not take
        return ERR_OK;

    unsigned char *end = buf_reserve(b, size);
    if (end == NULL)
        return ERR_LIMIT;
    memcpy(end, data, size);
    b->size += size;
    return ERR_OK;
}
