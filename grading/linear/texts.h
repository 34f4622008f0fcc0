// texts.h - a set of texts, each with a number: 0, 1, ... in the order in
// which they came. Borrows the texts. Not locked.
#ifndef GRADING_LINEAR_TEXTS_H
#define GRADING_LINEAR_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"

enum {
    TEXTS_NONE = UINT32_MAX, // the number of no text
};

struct texts_slot {
    uint32_t hash;
    uint32_t number; // TEXTS_NONE: free
};

struct texts {
    struct slice *at; // by number
    size_t count;
    size_t room;
    struct texts_slot *slots; // open addressing, a power of two
    size_t slot_count;
};

void texts_init(struct texts *t);
void texts_release(struct texts *t);

uint32_t texts_hash(struct slice text);
// The number of `text`, which is added if it is new (then *added, unless
// NULL, becomes true).
uint32_t texts_add(struct texts *t, struct slice text, bool *added);
// Likewise, with its hash at hand.
uint32_t texts_add_hashed(struct texts *t, struct slice text, uint32_t hash,
                          bool *added);
// TEXTS_NONE if it is not in it.
uint32_t texts_find(const struct texts *t, struct slice text);
uint32_t texts_find_hashed(const struct texts *t, struct slice text,
                           uint32_t hash);

#endif
