// outfile.c - a draft, a buffer, and a rename that may happen once.
//
// The rename decides between attempts, and the system decides the rename: no
// lock, no leader, and it works among processes that do not know each other.
#include "common/runtime/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/file.h"
#include "common/runtime/self.h"

enum {
    BUFFER_SIZE = 256 * 1024, // bytes that go to the system at once
};

struct outfile {
    int fd;
    int err; // the first failure: the draft has a gap from then on
    char *draft;
    char *path;
    const char *name; // within `path`
    size_t used;      // bytes of `buffer` not yet in the file
    unsigned char buffer[BUFFER_SIZE];
};

// Opens a file that nobody else has. The old one is not emptied but removed:
// its bytes may be an output, if a commit crashed between its link() and its
// unlink(). Only a file: a device's name is not ours to remove.
static int open_draft(const char *draft)
{
    struct stat old;
    if (lstat(draft, &old) == 0 && S_ISREG(old.st_mode))
        unlink(draft);
    return open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

int outfile_begin(const char *draft, const char *path, struct outfile **out)
{
    file_limit_is_an_error();
    int fd = open_draft(draft);
    if (fd < 0)
        return err_from_errno(errno);

    struct outfile *f = xmalloc(sizeof *f); // buffer not cleared: it is large
    f->fd = fd;
    f->err = ERR_OK;
    f->draft = xstrdup(draft);
    f->path = xstrdup(path);
    f->name = file_name_of(f->path);
    f->used = 0;
    self_crash_point(CRASH_OUTFILE_BEGIN, f->name);
    *out = f;
    return ERR_OK;
}

static void write_out(struct outfile *f, const void *data, size_t size)
{
    if (f->err == ERR_OK)
        f->err = file_write(f->fd, data, size);
}

static void flush(struct outfile *f)
{
    write_out(f, f->buffer, f->used);
    f->used = 0;
}

static void add(struct outfile *f, const char *data, size_t size)
{
    if (size > BUFFER_SIZE - f->used)
        flush(f);
    if (size > BUFFER_SIZE) {
        write_out(f, data, size); // would only be copied to be written
    } else {
        memcpy(f->buffer + f->used, data, size);
        f->used += size;
    }
}

// Does somebody want to see a crash in the midst of the next bytes?
static bool may_crash_here(const struct outfile *f)
{
    const struct self *self = self_get();
    if (self->on_crash_point == NULL)
        return false;
    return self->is_crash_next == NULL ||
           self->is_crash_next(self->arg, CRASH_OUTFILE_APPEND, f->name);
}

int outfile_append(struct outfile *f, const void *data, size_t size)
{
    if (size == 0) // `data` may be NULL then, which memcpy does not take
        return f->err;

    const char *rest = data;
    if (may_crash_here(f)) {
        // The first half must really be in the file, and the second not.
        add(f, rest, size / 2);
        flush(f);
        rest += size / 2;
        size -= size / 2;
    }
    self_crash_point(CRASH_OUTFILE_APPEND, f->name);
    add(f, rest, size);
    return f->err;
}

static void release(struct outfile *f)
{
    close(f->fd);
    free(f->draft);
    free(f->path);
    free(f);
}

static int flush_and_rename(struct outfile *f)
{
    flush(f);
    if (f->err == ERR_OK)
        f->err = file_sync(f->fd); // or the name might outlive the bytes
    if (f->err != ERR_OK)
        return f->err;
    self_crash_point(CRASH_BEFORE_COMMIT, f->name);
    return file_rename(AT_FDCWD, f->draft, f->path, false);
}

int outfile_commit(struct outfile *f)
{
    int err = flush_and_rename(f);
    if (err != ERR_OK)
        unlink(f->draft);
    if (err == ERR_OK || err == ERR_EXISTS) {
        // Also for who comes second: it may tell others that the output is
        // there before the first has come this far.
        if (file_sync_folder_of(f->path) != ERR_OK)
            err = ERR_IO;
    }
    if (err == ERR_OK)
        self_crash_point(CRASH_AFTER_COMMIT, f->name);
    release(f);
    return err;
}

void outfile_abandon(struct outfile *f)
{
    if (f == NULL)
        return;
    unlink(f->draft);
    release(f);
}
