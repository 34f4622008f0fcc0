// buf.h - bytes: a slice borrows, a buf owns and has its limit from birth.
//
// All bytes are allowed, NUL too. Nothing here is locked: one thread at a
// time.
#ifndef COMMON_RUNTIME_BUF_H
#define COMMON_RUNTIME_BUF_H

#include <stdbool.h>
#include <stddef.h>

// Borrowed bytes: valid as long as their owner says.
struct slice {
    const unsigned char *data; // may be NULL if size is 0
    size_t size;
};

struct slice slice_of(const void *data, size_t size);
struct slice slice_text(const char *text); // without the final NUL
bool slice_equal(struct slice a, struct slice b);
// Bytewise (memcmp) order; a prefix comes first. <0, 0, >0.
int slice_compare(struct slice a, struct slice b);
// Whether `part` is in `text`, and at which byte first (`at` may be NULL). No
// bytes are in each text, at 0.
bool slice_find(struct slice text, struct slice part, size_t *at);

// Owned bytes, never more than `max`.
struct buf {
    unsigned char *data; // NULL until the first byte comes
    size_t size;         // bytes in use
    size_t room;         // bytes allocated
    size_t max;          // append beyond this fails
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); // safe right after init; b is empty again
void buf_clear(struct buf *b);   // size 0, memory kept
struct slice buf_slice(const struct buf *b); // borrows until the next change

// Makes room for `more` bytes behind `size` and returns where they go, or
// NULL if that would exceed `max`. Memory grows by doubling, to what is asked
// for (rounded up to a power of two if that is small) and not beyond `max`. The
// caller adds what it wrote to `size`.
unsigned char *buf_reserve(struct buf *b, size_t more);

// ERR_OK, or ERR_LIMIT and nothing appended. `data` is not in `b` itself,
// whose memory may move.
int buf_append(struct buf *b, const void *data, size_t size);

#endif
