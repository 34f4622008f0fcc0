// merge.h - many sorted segments as one: reduce's view of the map outputs.
//
//     while (merge_next(m, &key) == ERR_OK)
//         app->reduce(key, merge_values(m), &emitter);
#ifndef LAB1_MERGE_H
#define LAB1_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "lab1-mapreduce/mr.h"

struct merge;

// Reads one partition of `count` files (borrowed) with about `memory` bytes
// of buffers in all. ERR_OK and *out, or an error and in *wrong the index of
// its file.
int merge_open(char *const *paths, size_t count, uint32_t partition,
               size_t memory, struct merge **out, size_t *wrong);
void merge_close(struct merge *m); // NULL is fine

// The next key, in bytewise order, borrowed until the next call. Values of the
// last one that were not asked for are passed over. READ_END (input.h) behind
// the last; or why a file cannot be read, from now on.
int merge_next(struct merge *m, struct slice *key);

// All values of that key, those of the first file first. They also end when a
// file cannot be read, which the next merge_next tells.
struct values *merge_values(struct merge *m);

// The index of the file that could not be read.
size_t merge_wrong(const struct merge *m);

#endif
