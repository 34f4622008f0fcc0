// copies.h - shards that were given away, until somebody says that he has them.
//
// A copy is frozen: nothing in it changes, and so it can be sent in pieces, by
// one replica or another. A piece is the next few items: pairs in the order of
// their keys, then sessions, the longest unused first.
//
// One thread at a time: its owner locks.
//
// Read next: shards.h.
#ifndef LAB4_COPIES_H
#define LAB4_COPIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/kv/api.pb-c.h"

struct kv;

enum {
    COPIES_PIECE_BYTES = 1 << 20, // of keys, values and answers; but one item
    COPIES_PIECE_ITEMS = 4096,    // at least
};

// The same shard is given away more than once; the configuration that did it
// tells the copies apart.
struct copy_name {
    uint64_t number;
    uint32_t shard;
};

struct copies {
    struct copy *all; // the newest in front
    size_t count;
    size_t bytes; // of keys and values
};

void copies_release(struct copies *c);

// There is no copy of that name. Takes `kv`.
void copies_add(struct copies *c, struct copy_name name, struct kv *kv);

bool copies_has(const struct copies *c, struct copy_name name);

// The next items behind the first `from`, in *piece, borrowed until the copy
// goes, and whether they are the last. There is a copy of that name.
void copies_piece(const struct copies *c, struct copy_name name, uint64_t from,
                  Kv__State *piece, bool *last);

// Takes the copy out: its machine, owned, or NULL if there is none.
struct kv *copies_remove(struct copies *c, struct copy_name name);

#endif
