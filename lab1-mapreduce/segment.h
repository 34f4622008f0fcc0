// segment.h - the files in which map tasks leave their pairs for reduce tasks.
//
// One file for each map task holds all partitions, one after the other. In a
// partition the records are sorted by key, bytewise; a key may have several,
// which follow each other. Behind the last partition stand the offsets:
//
//     record      key size, block size (varints), key, block (block.h)
//     trailer     reduces + 1 offsets: where each partition begins, and the
//                 end of the last
//     last 16 bytes: reduces, SEGMENT_MAGIC
//
// Numbers in the trailer have eight bytes, the lowest first.
#ifndef LAB1_SEGMENT_H
#define LAB1_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"

#define SEGMENT_MAGIC UINT64_C(0x31746773636d4231) // "1Bmcsgt1"

enum {
    SEGMENT_BLOCK_MAX = 4096, // bytes of a block with more than one value
};

// --- Writing ---------------------------------------------------------------

struct segment_writer;

// As outfile_begin: `draft` becomes `path` at the commit.
int segment_begin(const char *draft, const char *path, uint32_t reduces,
                  struct segment_writer **out);

// Adds values of a key; partitions and keys must come in order. A key without
// values leaves nothing.
int segment_add(struct segment_writer *w, uint32_t partition, struct slice key,
                struct slice block);

// As outfile_commit; frees `w`.
int segment_commit(struct segment_writer *w);
void segment_abandon(struct segment_writer *w); // NULL is fine

// --- Reading ---------------------------------------------------------------

struct segment_reader;

// Reads one partition of a file, about `step` bytes at a time. ERR_OK and
// *out, ERR_PROTO if it is no such file, or why it cannot be read.
int segment_open(const char *path, uint32_t partition, size_t step,
                 struct segment_reader **out);
void segment_close(struct segment_reader *r); // NULL is fine

// The next record, borrowed until the next call. READ_END (input.h) behind the
// last, ERR_PROTO if the file is damaged.
int segment_next(struct segment_reader *r, struct slice *key,
                 struct slice *block);

#endif
