// input.h - reading files: the user's input, and what other workers wrote.
//
// No file stays open between two calls, so thousands can be read at once.
// What is written goes through common/runtime/outfile.h.
#ifndef LAB1_INPUT_H
#define LAB1_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"

enum {
    READ_END = 1,              // no error: nothing is left
    INPUT_LINE_MAX = 64 << 20, // bytes; a longer line fails the job
    INPUT_WINDOW = 1 << 20,    // bytes: a good size to read at a time
};

// The size of a file. ERR_OK if it can be read and is a regular file, else
// ERR_NOT_FOUND, ERR_DENIED, or ERR_PROTO for a folder, a pipe or the like.
int input_size(const char *path, uint64_t *size);

// Where the line ends that holds the byte at `offset`: the offset behind its
// newline, or the end of the file. ERR_PROTO if the file is too short.
int input_line_end(const char *path, uint64_t offset, uint64_t *end);

// Appends `size` bytes from `offset` on. ERR_PROTO if the file is too short.
int input_read(const char *path, uint64_t offset, size_t size, struct buf *out);

// A stretch of a file that is read a few whole lines at a time, so that
// memory does not grow with it.
struct input;

// `length` bytes of `path` (copied) from `offset` on, about `window` bytes at
// a time.
struct input *input_new(const char *path, uint64_t offset, uint64_t length,
                        size_t window);
void input_free(struct input *in); // NULL is fine

// The next lines, borrowed until the next call, and where they begin; only
// the last may lack its newline. READ_END behind the end; ERR_LIMIT for
// a line that is too long; ERR_PROTO if the file has become shorter; or why
// it cannot be read.
int input_next(struct input *in, struct slice *text, uint64_t *offset);

#endif
