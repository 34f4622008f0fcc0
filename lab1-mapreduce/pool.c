// pool.c - see pool.h.
#include "lab1-mapreduce/pool.h"

#include <stdalign.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"

enum {
    CHUNK = 256 * 1024, // bytes; what is larger gets a chunk of its own
};

struct pool_chunk {
    struct pool_chunk *next;
    alignas(max_align_t) unsigned char bytes[];
};

void pool_init(struct pool *p)
{
    *p = (struct pool){0};
}

void pool_release(struct pool *p)
{
    struct pool_chunk *chunk = p->chunks;
    while (chunk != NULL) {
        struct pool_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    pool_init(p);
}

static struct pool_chunk *add_chunk(struct pool *p, size_t size)
{
    struct pool_chunk *chunk = xmalloc(sizeof *chunk + size);
    chunk->next = p->chunks;
    p->chunks = chunk;
    p->total += size;
    return chunk;
}

void *pool_alloc(struct pool *p, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (size > CHUNK / 4)
        return add_chunk(p, size)->bytes;
    if (size > p->left) {
        p->at = add_chunk(p, CHUNK)->bytes;
        p->left = CHUNK;
    }
    void *memory = p->at;
    p->at += size;
    p->left -= size;
    return memory;
}
