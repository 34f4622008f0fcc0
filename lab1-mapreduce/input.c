// input.c - files are read by pread: no position is shared or remembered.
//
// A window holds whole lines at its front and the beginning of a line behind
// them; what the caller has seen goes when it asks for more. The window grows
// only for a line that is longer than it.
#include "lab1-mapreduce/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

enum {
    LINE_STEP = 16 * 1024, // bytes looked through for a newline at a time
};

struct input {
    char *path;
    size_t step;     // bytes to read at a time, unless a line is longer
    uint64_t at;     // where in the file the next read begins
    uint64_t end;    // of the stretch
    struct buf text; // what was read, up to `at`
    size_t given;    // bytes at the front of `text` that the caller has seen
};

static int open_file(const char *path, int *fd, uint64_t *size)
{
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return err_from_errno(errno);

    struct stat st;
    int err = ERR_OK;
    if (fstat(*fd, &st) != 0)
        err = err_from_errno(errno);
    else if (!S_ISREG(st.st_mode))
        err = ERR_PROTO;
    else
        *size = (uint64_t)st.st_size;
    if (err != ERR_OK)
        close(*fd);
    return err;
}

// Reads exactly `size` bytes. ERR_PROTO at the end of the file.
static int read_fully(int fd, uint64_t offset, size_t size, unsigned char *to)
{
    while (size > 0) {
        ssize_t got = pread(fd, to, size, (off_t)offset);
        if (got < 0 && errno != EINTR)
            return err_from_errno(errno);
        if (got == 0)
            return ERR_PROTO;
        if (got > 0) {
            to += got;
            offset += (uint64_t)got;
            size -= (size_t)got;
        }
    }
    return ERR_OK;
}

int input_size(const char *path, uint64_t *size)
{
    int fd;
    int err = open_file(path, &fd, size);
    if (err == ERR_OK)
        close(fd);
    return err;
}

static size_t at_most(uint64_t left, size_t limit)
{
    return left < limit ? (size_t)left : limit;
}

// The offset behind the first newline at or behind `offset`, or `size`.
static int find_newline(int fd, uint64_t offset, uint64_t size,
                        unsigned char *room, uint64_t *end)
{
    while (offset < size) {
        size_t step = at_most(size - offset, LINE_STEP);
        int err = read_fully(fd, offset, step, room);
        if (err != ERR_OK)
            return err;
        const unsigned char *newline = memchr(room, '\n', step);
        if (newline != NULL) {
            *end = offset + (uint64_t)(newline - room) + 1;
            return ERR_OK;
        }
        offset += step;
    }
    *end = size;
    return ERR_OK;
}

int input_line_end(const char *path, uint64_t offset, uint64_t *end)
{
    int fd;
    uint64_t size;
    int err = open_file(path, &fd, &size);
    if (err != ERR_OK)
        return err;
    unsigned char *room = xmalloc(LINE_STEP);
    err = offset < size ? find_newline(fd, offset, size, room, end) : ERR_PROTO;
    free(room);
    close(fd);
    return err;
}

int input_read(const char *path, uint64_t offset, size_t size, struct buf *out)
{
    unsigned char *to = buf_reserve(out, size);
    if (to == NULL)
        return ERR_LIMIT;
    int fd;
    uint64_t file_size;
    int err = open_file(path, &fd, &file_size);
    if (err != ERR_OK)
        return err;
    err = read_fully(fd, offset, size, to);
    if (err == ERR_OK)
        out->size += size;
    close(fd);
    return err;
}

struct input *input_new(const char *path, uint64_t offset, uint64_t length,
                        size_t window)
{
    struct input *in = xcalloc(1, sizeof *in);
    in->path = xstrdup(path);
    in->step = window;
    in->at = offset;
    in->end = offset + length;
    buf_init(&in->text, INPUT_LINE_MAX);
    return in;
}

void input_free(struct input *in)
{
    if (in == NULL)
        return;
    buf_release(&in->text);
    free(in->path);
    free(in);
}

// Forgets what the caller has seen; the beginning of a line stays.
static void drop_given(struct input *in)
{
    size_t rest = in->text.size - in->given;
    if (rest > 0 && in->given > 0)
        memmove(in->text.data, in->text.data + in->given, rest);
    in->text.size = rest;
    in->given = 0;
}

// Reads on: a step, or as much again as there is of a long line.
static int read_more(struct input *in)
{
    size_t step = in->text.size < in->step ? in->step : in->text.size;
    step = at_most(in->end - in->at, step);
    step = at_most(INPUT_LINE_MAX - in->text.size, step);
    if (step == 0)
        return ERR_LIMIT;
    int err = input_read(in->path, in->at, step, &in->text);
    if (err == ERR_OK)
        in->at += step;
    return err;
}

// How many bytes at the front of the text are whole lines.
static size_t whole_lines(const struct input *in)
{
    if (in->text.size == 0 || in->at == in->end)
        return in->text.size;
    const unsigned char *data = in->text.data;
    const unsigned char *newline = memrchr(data, '\n', in->text.size);
    return newline == NULL ? 0 : (size_t)(newline - data) + 1;
}

int input_next(struct input *in, struct slice *text, uint64_t *offset)
{
    drop_given(in);
    size_t given = 0;
    while (given == 0) { // ends: the text grows up to its limit
        if (in->at == in->end)
            return READ_END;
        int err = read_more(in);
        if (err != ERR_OK)
            return err;
        given = whole_lines(in);
    }
    in->given = given;
    *text = slice_of(in->text.data, given);
    *offset = in->at - in->text.size;
    return ERR_OK;
}
