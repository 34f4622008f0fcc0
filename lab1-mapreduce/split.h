// split.h - cuts the input into map tasks.
//
// A task is a few pieces of files, about `split` bytes of input in all. Cuts
// are at line ends, so a line, and with it a word, belongs to the task in
// which it begins. Large files give many tasks; small ones share one, where
// opening a file counts like SPLIT_FILE_COST bytes.
#ifndef LAB1_SPLIT_H
#define LAB1_SPLIT_H

#include <stddef.h>
#include <stdint.h>

enum {
    SPLIT_TASKS_MAX = 4096,      // more input makes larger tasks
    SPLIT_FILE_COST = 64 * 1024, // bytes
    SPLIT_BYTES_DEFAULT = 4 << 20,
};

struct piece {
    const char *file; // borrowed from the list of files
    uint64_t offset;
    uint64_t length; // > 0
};

struct map_task {
    struct piece *pieces;
    size_t count; // > 0
};

struct split {
    struct map_task *tasks;
    size_t count;
};

// Cuts `files` (borrowed, as are the names in the pieces) of these `sizes`
// into *out, which must get split_release. `line_end` finds the end of a line:
// input_line_end, or a test's. ERR_OK, or an error of `line_end` and in *wrong
// the index of its file.
int split_files(const char *const *files, const uint64_t *sizes, size_t count,
                uint64_t split,
                int (*line_end)(const char *file, uint64_t offset,
                                uint64_t *end),
                struct split *out, size_t *wrong);
void split_release(struct split *s);

#endif
