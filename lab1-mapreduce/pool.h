// pool.h - memory in small pieces that are given back all at once.
#ifndef LAB1_POOL_H
#define LAB1_POOL_H

#include <stddef.h>

struct pool_chunk;

struct pool {
    struct pool_chunk *chunks; // the newest first
    unsigned char *at;         // free bytes of the newest
    size_t left;
    size_t total; // bytes of all chunks
};

void pool_init(struct pool *p);
void pool_release(struct pool *p); // all it gave is gone; p is empty again

void *pool_alloc(struct pool *p, size_t size); // aligned for any object

#endif
