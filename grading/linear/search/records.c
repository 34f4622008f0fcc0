// records.c - linear probing in a table that is at most half full.
#include "grading/linear/search/records.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

enum {
    SLOTS_LEAST = 64,
};

void records_init(struct records *r, size_t words)
{
    *r = (struct records){.words = words};
}

void records_release(struct records *r)
{
    free(r->at);
    free(r->slots);
    records_init(r, r->words);
}

size_t records_bytes(const struct records *r)
{
    return r->room * r->words * sizeof r->at[0] +
           r->slot_count * sizeof r->slots[0];
}

static size_t hash(const struct records *r, const uint64_t *record)
{
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = 0;
    for (size_t i = 0; i < r->words; i++) {
        h = (h ^ record[i]) * factor;
        h ^= h >> 29;
    }
    return (size_t)(h >> 8);
}

void records_clear(struct records *r)
{
    if (r->count > r->slot_count / 16) {
        memset(r->slots, 0, r->slot_count * sizeof r->slots[0]);
    } else {
        size_t mask = r->slot_count - 1;
        for (size_t i = 0; i < r->count; i++) {
            size_t s = hash(r, records_get(r, i)) & mask;
            for (; r->slots[s] != 0; s = (s + 1) & mask)
                r->slots[s] = 0;
        }
    }
    r->count = 0;
}

static void grow_slots(struct records *r)
{
    free(r->slots);
    r->slot_count = r->slot_count > 0 ? 2 * r->slot_count : SLOTS_LEAST;
    r->slots = xcalloc(r->slot_count, sizeof r->slots[0]);
    size_t mask = r->slot_count - 1;
    for (size_t i = 0; i < r->count; i++) {
        size_t s = hash(r, records_get(r, i)) & mask;
        while (r->slots[s] != 0)
            s = (s + 1) & mask;
        r->slots[s] = (uint32_t)i + 1;
    }
}

bool records_add(struct records *r, const uint64_t *record, uint32_t *number)
{
    if (2 * (r->count + 1) > r->slot_count)
        grow_slots(r);
    size_t size = r->words * sizeof r->at[0];
    size_t mask = r->slot_count - 1;
    size_t s = hash(r, record) & mask;
    for (; r->slots[s] != 0; s = (s + 1) & mask) {
        if (memcmp(records_get(r, r->slots[s] - 1), record, size) != 0)
            continue;
        if (number != NULL)
            *number = r->slots[s] - 1;
        return false;
    }
    if (r->count == r->room) {
        r->room = r->room > 0 ? 2 * r->room : SLOTS_LEAST / 2;
        r->at = xrealloc(r->at, r->room * size);
    }
    memcpy(records_get(r, r->count), record, size);
    if (number != NULL)
        *number = (uint32_t)r->count;
    r->slots[s] = (uint32_t)++r->count;
    return true;
}
