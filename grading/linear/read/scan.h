// scan.h - the ends of strings, eight bytes at a time. Inline: there are
// twenty strings in a line of a history, and a million lines.
#ifndef GRADING_LINEAR_READ_SCAN_H
#define GRADING_LINEAR_READ_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the first byte of a word is its lowest");

#define SCAN_ONES UINT64_C(0x0101010101010101) // times c: c in each byte

static inline uint64_t scan_load(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

// The highest bit of each byte that is 0, up to the first; those behind may be
// wrong. So below.
static inline uint64_t scan_zeros(uint64_t word)
{
    return (word - SCAN_ONES) & ~word & SCAN_ONES << 7;
}

// Of each quote, backslash or control character.
static inline uint64_t scan_stops(uint64_t word)
{
    return scan_zeros(word ^ SCAN_ONES * '"') |
           scan_zeros(word ^ SCAN_ONES * '\\') |
           ((word - SCAN_ONES * 0x20) & ~word & SCAN_ONES << 7);
}

// The byte with the first of such bits.
static inline size_t scan_first(uint64_t bits)
{
    return (size_t)__builtin_ctzll(bits) / 8;
}

// The first quote, backslash or control character from `at` on; `end` if
// there is none.
static inline const unsigned char *scan_string(const unsigned char *at,
                                               const unsigned char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t stops = scan_stops(scan_load(at));
        if (stops != 0)
            return at + scan_first(stops);
    }
    while (at < end && *at != '"' && *at != '\\' && *at >= 0x20)
        at++;
    return at;
}

#endif
