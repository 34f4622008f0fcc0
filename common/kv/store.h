// store.h - the map of a key/value service: bytes to bytes.
//
// The same calls in the same order give the same content, on every replica.
// One thread at a time: its owner locks.
#ifndef COMMON_KV_STORE_H
#define COMMON_KV_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/runtime/buf.h"

enum {
    STORE_KEY_MAX = 4096,      // bytes; 1 at least
    STORE_VALUE_MAX = 1 << 20, // bytes
};

struct store;

struct store *store_new(void);
void store_free(struct store *s); // NULL is fine

// True and *value (borrowed until the next change), or false: no such key.
// Empty is a value.
bool store_get(const struct store *s, struct slice key, struct slice *value);

// Both are copied, and within their limits.
void store_put(struct store *s, struct slice key, struct slice value);

size_t store_count(const struct store *s); // keys
size_t store_bytes(const struct store *s); // of keys and values

// Calls each(arg, key, value) in bytewise order of the keys. It must not
// change the store.
void store_each(const struct store *s,
                void (*each)(void *arg, struct slice key, struct slice value),
                void *arg);

#endif
