// pairs.h - the pairs that a map task has emitted, in memory.
//
// A hash table from key to a block of its values. Whenever a key's block is
// full, the application's combine makes it smaller, so that the counts of a
// frequent word stay one number (section 4.3 of the paper). In the end the
// keys are sorted by partition and key.
//
// It does not know how much memory it may use: its owner asks and empties it.
#ifndef LAB1_PAIRS_H
#define LAB1_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "lab1-mapreduce/mr.h"

// The partition that a key belongs to, 0 to reduces-1: the same for good, in
// every process.
uint32_t key_partition(struct slice key, uint32_t reduces);

struct pairs;

struct pairs *pairs_new(const struct mr_app *app, uint32_t reduces);
void pairs_free(struct pairs *p); // NULL is fine

void pairs_add(struct pairs *p, struct slice key, struct slice value);

size_t pairs_bytes(const struct pairs *p); // memory in use, about

// Did combine break its contract? What it did, borrowed; NULL if it did not.
const char *pairs_failure(const struct pairs *p);

// A key with all its values (block.h), borrowed until the next change.
struct group {
    uint32_t partition;
    struct slice key;
    struct slice block;
};

// Combines and sorts all; afterwards pairs_at(p, i) is the i-th group.
void pairs_sort(struct pairs *p);
size_t pairs_count(const struct pairs *p); // of keys
struct group pairs_at(const struct pairs *p, size_t i);

void pairs_clear(struct pairs *p);

#endif
