// block.c - see block.h.
#include "lab1-mapreduce/block.h"

#include <string.h>

size_t varint_put(unsigned char *to, uint64_t number)
{
    size_t n = 0;
    while (number >= 0x80) {
        to[n++] = (unsigned char)(number | 0x80);
        number >>= 7;
    }
    to[n++] = (unsigned char)number;
    return n;
}

bool varint_take(struct slice *rest, uint64_t *number)
{
    uint64_t result = 0;
    for (size_t n = 0; n < rest->size && n < VARINT_MAX; n++) {
        unsigned char byte = rest->data[n];
        result |= (uint64_t)(byte & 0x7f) << (7 * n);
        if (byte < 0x80) {
            *rest = slice_of(rest->data + n + 1, rest->size - n - 1);
            *number = result;
            return true;
        }
    }
    return false;
}

size_t block_size(struct slice value)
{
    size_t size = 1;
    for (uint64_t left = value.size >> 7; left > 0; left >>= 7)
        size++;
    return size + value.size;
}

void block_put(unsigned char *to, struct slice value)
{
    size_t n = varint_put(to, value.size);
    if (value.size > 0)
        memcpy(to + n, value.data, value.size);
}

static bool take_long(struct slice *rest, struct slice *value)
{
    struct slice after = *rest;
    uint64_t size;
    if (!varint_take(&after, &size) || size > after.size)
        return false;
    *value = slice_of(after.data, (size_t)size);
    *rest = slice_of(after.data + size, after.size - (size_t)size);
    return true;
}

bool block_take(struct slice *rest, struct slice *value)
{
    // Nearly all values are short: this loop is where word count spends its
    // time.
    const unsigned char *data = rest->data;
    if (rest->size > 0 && data[0] < 0x80 && data[0] < rest->size) {
        size_t size = data[0];
        *value = (struct slice){.data = data + 1, .size = size};
        rest->data += 1 + size;
        rest->size -= 1 + size;
        return true;
    }
    return take_long(rest, value);
}

static bool next_value(struct values *values, struct slice *value)
{
    struct block_values *v = (struct block_values *)values;
    return block_take(&v->rest, value);
}

void block_values_init(struct block_values *v, struct slice block)
{
    v->values.next = next_value;
    v->rest = block;
}
