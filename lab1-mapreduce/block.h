// block.h - a few values in a row, as they lie in memory and in files.
//
// A block is a sequence of values; each is its size, as a varint, then its
// bytes. A varint has seven bits a byte, the lowest first, the top bit set in
// all but the last, as in protocol buffers.
#ifndef LAB1_BLOCK_H
#define LAB1_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab1-mapreduce/mr.h"

enum {
    VARINT_MAX = 10, // bytes
};

// Writes `number` to `to`, which has room for VARINT_MAX bytes; how many.
size_t varint_put(unsigned char *to, uint64_t number);

// Takes a number off the front of *rest. False if there is none.
bool varint_take(struct slice *rest, uint64_t *number);

// How many bytes one value has in a block.
size_t block_size(struct slice value);

// Writes it to `to`, which has room for block_size().
void block_put(unsigned char *to, struct slice value);

// Takes a value off the front of *rest: false if there is none, or the bytes
// make no sense.
bool block_take(struct slice *rest, struct slice *value);

// The values of a block, for combine and reduce.
struct block_values {
    struct values values;
    struct slice rest;
};

void block_values_init(struct block_values *v, struct slice block);

#endif
