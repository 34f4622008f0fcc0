// tokens.c - see tokens.h.
#include "grading/linear/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/big.h"

enum {
    DIGITS_MAX = 9,
    SPARSE_FROM = 1024, // a number so large needs others of its stem before it
};

void tokens_init(struct tokens *t, size_t count)
{
    *t = (struct tokens){.at = big_alloc(count + 1, sizeof t->at[0]),
                         .room = count + 1};
    texts_init(&t->stems);
    texts_init(&t->others);
}

void tokens_release(struct tokens *t)
{
    for (size_t i = 0; i < t->stems.count; i++)
        free(t->stem[i].numbers);
    texts_release(&t->stems);
    texts_release(&t->others);
    free(t->stem);
    free(t->other);
    free(t->at);
    *t = (struct tokens){0};
}

// Splits "c3.17;" into "c3." and 17. False: it is no such text.
static bool split(struct slice text, struct slice *stem, uint32_t *number)
{
    if (text.size < 2)
        return false;
    size_t end = text.size - 1; // of the digits
    size_t begin = end;
    uint32_t n = 0;
    uint32_t factor = 1;
    while (begin > 0 && end - begin < DIGITS_MAX &&
           text.data[begin - 1] >= '0' && text.data[begin - 1] <= '9') {
        n += factor * (uint32_t)(text.data[--begin] - '0');
        factor *= 10;
    }
    *stem = slice_of(text.data, begin);
    *number = n;
    // One way to write each number: then equal numbers are equal texts.
    return begin < end && (text.data[begin] != '0' || end - begin == 1);
}

static uint32_t hash_stem(struct slice stem, unsigned char last)
{
    return texts_hash(stem) ^ (last * 0x9e3779b9U);
}

static uint32_t find_stem(const struct tokens *t, struct slice stem,
                          unsigned char last)
{
    return texts_find_hashed(&t->stems, stem, hash_stem(stem, last));
}

static uint32_t find_other(const struct tokens *t, struct slice text)
{
    if (t->others.count == 0)
        return TEXTS_NONE;
    uint32_t other = texts_find(&t->others, text);
    return other == TEXTS_NONE ? TEXTS_NONE : t->other[other];
}

// Of two equal stems with the same hash the last byte is the same as well: it
// is in the hash times an odd number.
uint32_t tokens_find(const struct tokens *t, struct slice text)
{
    struct slice stem;
    uint32_t n;
    if (split(text, &stem, &n)) {
        uint32_t s = find_stem(t, stem, text.data[text.size - 1]);
        if (s != TEXTS_NONE && n < t->stem[s].room &&
            t->stem[s].numbers[n] != TEXTS_NONE)
            return t->stem[s].numbers[n];
    }
    return find_other(t, text);
}

static bool grow_stem(struct tokens_stem *s, uint32_t n)
{
    if (n < s->room)
        return true;
    if (n >= SPARSE_FROM && n >= 4 * s->room)
        return false;
    size_t room = 2 * s->room > n + 64 ? 2 * s->room : n + 64;
    s->numbers = xrealloc(s->numbers, room * sizeof s->numbers[0]);
    memset(s->numbers + s->room, 0xff, (room - s->room) * sizeof s->numbers[0]);
    s->room = room;
    return true;
}

static struct tokens_stem *add_stem(struct tokens *t, struct slice stem,
                                    unsigned char last)
{
    bool added = false;
    uint32_t s =
        texts_add_hashed(&t->stems, stem, hash_stem(stem, last), &added);
    if (s >= t->stem_room) {
        t->stem_room = 2 * t->stem_room + 16;
        t->stem = xrealloc(t->stem, t->stem_room * sizeof t->stem[0]);
    }
    if (added)
        t->stem[s] = (struct tokens_stem){0};
    return &t->stem[s];
}

static void add_other(struct tokens *t, struct slice text, uint32_t number)
{
    uint32_t other = texts_add(&t->others, text, NULL);
    if (other >= t->other_room) {
        t->other_room = 2 * t->other_room + 64;
        t->other = xrealloc(t->other, t->other_room * sizeof t->other[0]);
    }
    t->other[other] = number;
}

bool tokens_name(struct tokens *t, uint32_t number, struct slice text)
{
    struct slice stem;
    uint32_t n;
    struct tokens_stem *s = NULL;
    if (split(text, &stem, &n))
        s = add_stem(t, stem, text.data[text.size - 1]);
    bool there = s != NULL && n < s->room && s->numbers[n] != TEXTS_NONE;
    if (there || find_other(t, text) != TEXTS_NONE)
        return false;
    t->at[number] = text;
    if (s != NULL && grow_stem(s, n))
        s->numbers[n] = number;
    else
        add_other(t, text, number);
    return true;
}

bool tokens_add(struct tokens *t, struct slice text)
{
    bool added = tokens_name(t, (uint32_t)t->count, text);
    t->count += added;
    return added;
}

void tokens_skip(struct tokens *t)
{
    t->at[t->count++] = (struct slice){0};
}
