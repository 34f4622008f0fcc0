// records.h - a set of records of one size, each with a number: 0, 1, ... in
// the order in which they came. Not locked.
#ifndef GRADING_LINEAR_SEARCH_RECORDS_H
#define GRADING_LINEAR_SEARCH_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct records {
    uint64_t *at; // one behind the other
    size_t words; // of a record
    size_t count;
    size_t room;
    uint32_t *slots; // numbers + 1; 0: free
    size_t slot_count;
};

void records_init(struct records *r, size_t words);
void records_release(struct records *r);
void records_clear(struct records *r); // memory is kept
// Copies it, unless it is there already; true: it was new. `record` is not in
// `r` itself.
bool records_add(struct records *r, const uint64_t *record, uint32_t *number);
size_t records_bytes(const struct records *r);

static inline uint64_t *records_get(const struct records *r, size_t i)
{
    return r->at + i * r->words;
}

#endif
