#include "common/rpc/arena.h"

#include <stdint.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *next;
    _Alignas(16) unsigned char data[];
};

enum {
    BLOCK_MIN = 16 * 1024,
    ALIGN = 16,
};

static void *arena_alloc(void *data, size_t size)
{
    struct arena *a = data;
    if (size > a->left)
        return NULL;
    size_t need = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (need < size)
        return NULL;
    if (need > a->room - a->used) {
        size_t room = need > BLOCK_MIN ? need : BLOCK_MIN;
        struct arena_block *block = malloc(sizeof *block + room);
        if (block == NULL)
            return NULL;
        block->next = a->blocks;
        a->blocks = block;
        a->at = block->data;
        a->used = 0;
        a->room = room;
    }
    a->left -= need < a->left ? need : a->left;
    a->used += need;
    return a->at + a->used - need;
}

// Single pieces are not given back: the whole arena is.
static void arena_no_free(void *data, void *pointer)
{
    (void)data;
    (void)pointer;
}

void arena_init(struct arena *a, size_t limit)
{
    a->allocator.alloc = arena_alloc;
    a->allocator.free = arena_no_free;
    a->allocator.allocator_data = a;
    a->used = 0;
    a->room = ARENA_FIRST;
    a->at = a->first;
    a->left = limit;
    a->blocks = NULL;
}

void arena_release(struct arena *a)
{
    while (a->blocks != NULL) {
        struct arena_block *block = a->blocks;
        a->blocks = block->next;
        free(block);
    }
    a->used = 0;
    a->room = 0;
}
