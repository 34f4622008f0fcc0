// texts.c - linear probing in a table that is at most half full.
#include "grading/linear/texts.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

enum {
    SLOTS_LEAST = 16,
};

void texts_init(struct texts *t)
{
    *t = (struct texts){0};
}

void texts_release(struct texts *t)
{
    free(t->at);
    free(t->slots);
    texts_init(t);
}

static uint64_t load(const unsigned char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

// 1 to 7 bytes: the first four and the last four, or three of one to three. A
// call of memcpy would take longer than all the rest.
static uint64_t load_few(const unsigned char *data, size_t size)
{
    uint32_t first;
    uint32_t last;
    if (size < sizeof first)
        return data[0] | (uint64_t)data[size / 2] << 8 |
               (uint64_t)data[size - 1] << 16;
    memcpy(&first, data, sizeof first);
    memcpy(&last, data + size - sizeof last, sizeof last);
    return first | (uint64_t)last << 32;
}

// Eight bytes at a time, multiplied and folded.
uint32_t texts_hash(struct slice text)
{
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    const unsigned char *p = text.data;
    size_t left = text.size;
    uint64_t h = text.size * factor;
    for (; left >= 8; left -= 8, p += 8) {
        h = (h ^ load(p)) * factor;
        h ^= h >> 29;
    }
    if (left > 0)
        h = (h ^ load_few(p, left)) * factor;
    h ^= h >> 32;
    h *= factor;
    return (uint32_t)(h >> 32);
}

static void put(struct texts *t, uint32_t hash, uint32_t number)
{
    size_t mask = t->slot_count - 1;
    size_t i = hash & mask;
    while (t->slots[i].number != TEXTS_NONE)
        i = (i + 1) & mask;
    t->slots[i] = (struct texts_slot){hash, number};
}

static void grow(struct texts *t, size_t slot_count)
{
    struct texts_slot *old = t->slots;
    size_t old_count = t->slot_count;
    t->slots = xmalloc(slot_count * sizeof t->slots[0]);
    t->slot_count = slot_count;
    memset(t->slots, 0xff, slot_count * sizeof t->slots[0]);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].number != TEXTS_NONE)
            put(t, old[i].hash, old[i].number);
    free(old);
}

// Room for so many.
static void reserve(struct texts *t, size_t count)
{
    size_t slots = SLOTS_LEAST;
    while (slots < 2 * count)
        slots *= 2;
    if (slots > t->slot_count)
        grow(t, slots);
    if (count > t->room) {
        t->at = xrealloc(t->at, count * sizeof t->at[0]);
        t->room = count;
    }
}

uint32_t texts_find_hashed(const struct texts *t, struct slice text,
                           uint32_t hash)
{
    if (t->slot_count == 0)
        return TEXTS_NONE;
    size_t mask = t->slot_count - 1;
    for (size_t i = hash & mask; t->slots[i].number != TEXTS_NONE;
         i = (i + 1) & mask)
        if (t->slots[i].hash == hash &&
            slice_equal(t->at[t->slots[i].number], text))
            return t->slots[i].number;
    return TEXTS_NONE;
}

uint32_t texts_find(const struct texts *t, struct slice text)
{
    return texts_find_hashed(t, text, texts_hash(text));
}

uint32_t texts_add_hashed(struct texts *t, struct slice text, uint32_t hash,
                          bool *added)
{
    uint32_t number = texts_find_hashed(t, text, hash);
    if (number != TEXTS_NONE)
        return number;
    if (t->count == t->room)
        reserve(t, t->room > 0 ? 2 * t->room : SLOTS_LEAST / 2);
    number = (uint32_t)t->count++;
    t->at[number] = text;
    put(t, hash, number);
    if (added != NULL)
        *added = true;
    return number;
}

uint32_t texts_add(struct texts *t, struct slice text, bool *added)
{
    return texts_add_hashed(t, text, texts_hash(text), added);
}
