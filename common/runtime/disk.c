// disk.c - values as files: written aside, synced, renamed, synced.
//
// A rename replaces a name at once, but only in memory; what is on the disk
// after a power failure is decided by fsync alone. Hence the order in
// disk_put(): the draft's bytes, then the name, then the folder that holds
// the name. Without the first sync a name could outlive its bytes, without
// the last one ERR_OK could be taken back.
#include "common/runtime/disk.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/file.h"
#include "common/runtime/self.h"

// The value of NAME is in the file NAME. While it is written it is in the
// draft .NAME.tmp, which no name can collide with: none begins with a dot.
static const char DRAFT_SUFFIX[] = ".tmp";

enum {
    DRAFT_MAX = 1 + DISK_NAME_MAX + sizeof DRAFT_SUFFIX, // with the final NUL
};

struct disk {
    int fd; // of the folder; also holds its lock
};

static bool is_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    size_t size = strspn(name, allowed);
    return size >= 1 && size <= DISK_NAME_MAX && name[size] == '\0' &&
           name[0] != '.';
}

static bool is_draft(const char *file)
{
    size_t size = strlen(file);
    size_t suffix = sizeof DRAFT_SUFFIX - 1;
    return file[0] == '.' && size > suffix &&
           strcmp(file + size - suffix, DRAFT_SUFFIX) == 0;
}

static int lock_folder(int fd)
{
    int failed = -1;
    do
        failed = flock(fd, LOCK_EX | LOCK_NB);
    while (failed != 0 && errno == EINTR);
    return failed == 0 ? ERR_OK : err_from_errno(errno);
}

static int keep_draft(const struct dirent *entry)
{
    return is_draft(entry->d_name);
}

static int keep_name(const struct dirent *entry)
{
    return is_name(entry->d_name) && entry->d_type != DT_DIR;
}

// strcmp compares as unsigned bytes; alphasort() would ask the locale.
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

// Files in the folder that `keep` wants, in bytewise order. The caller frees
// the array and each entry.
static int scan(int fd, int (*keep)(const struct dirent *),
                struct dirent ***files, size_t *count)
{
    int n = scandirat(fd, ".", files, keep, by_bytes);
    if (n < 0)
        return err_from_errno(errno);
    *count = (size_t)n;
    return ERR_OK;
}

// What a crash has left. Nobody writes a draft now: we have the lock.
static int remove_drafts(int fd)
{
    struct dirent **drafts = NULL;
    size_t count = 0;
    int err = scan(fd, keep_draft, &drafts, &count);
    for (size_t i = 0; i < count; i++) {
        if (err == ERR_OK && unlinkat(fd, drafts[i]->d_name, 0) != 0)
            err = err_from_errno(errno);
        free(drafts[i]);
    }
    free(drafts);
    return err;
}

int disk_open(const char *path, struct disk **out)
{
    file_limit_is_an_error();
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return err_from_errno(errno);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);

    int err = lock_folder(fd);
    if (err != ERR_OK)
        goto out;
    // Not only if we have made the folder: who did may have crashed since.
    err = file_sync_folder(fd, "..");
    if (err != ERR_OK)
        goto out;
    err = remove_drafts(fd);

out:
    if (err != ERR_OK) {
        close(fd);
        return err;
    }
    *out = xmalloc(sizeof **out);
    (*out)->fd = fd;
    self_own_fd(fd);
    return ERR_OK;
}

void disk_close(struct disk *d)
{
    if (d == NULL)
        return;
    self_disown_fd(d->fd);
    close(d->fd); // and with it goes the lock
    free(d);
}

// All of the value, on the disk, under the draft's name.
static int write_draft(struct disk *d, const char *draft, struct slice value)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(d->fd, draft, flags, 0666);
    if (fd < 0)
        return err_from_errno(errno);

    int err = file_write(fd, value.data, value.size);
    if (err == ERR_OK)
        err = file_sync(fd);
    close(fd);
    return err;
}

int disk_put(struct disk *d, const char *name, struct slice value)
{
    if (!is_name(name))
        return ERR_PROTO;

    char draft[DRAFT_MAX];
    snprintf(draft, sizeof draft, ".%s%s", name, DRAFT_SUFFIX);
    self_crash_point(CRASH_BEFORE_PUT, name);
    int err = write_draft(d, draft, value);
    if (err == ERR_OK)
        err = file_rename(d->fd, draft, name, true);
    if (err != ERR_OK) {
        unlinkat(d->fd, draft, 0);
        return err;
    }
    if (file_sync(d->fd) != ERR_OK) // its bytes are safe, its name is not
        return ERR_IO;
    self_crash_point(CRASH_AFTER_PUT, name);
    return ERR_OK;
}

// Fills exactly `size` bytes. A file never changes once it has its name, so
// an early end is no race but damage.
static int read_whole(int fd, unsigned char *to, size_t size)
{
    while (size > 0) { // ends: each turn reads, fails, or was interrupted
        ssize_t got = read(fd, to, size);
        if (got < 0 && errno != EINTR)
            return err_from_errno(errno);
        if (got == 0)
            return ERR_IO;
        if (got > 0) {
            to += got;
            size -= (size_t)got;
        }
    }
    return ERR_OK;
}

static int append_file(int fd, struct buf *out)
{
    struct stat file;
    if (fstat(fd, &file) != 0)
        return err_from_errno(errno);

    size_t size = (size_t)file.st_size;
    unsigned char *end = buf_reserve(out, size);
    if (end == NULL)
        return ERR_LIMIT;
    int err = read_whole(fd, end, size);
    if (err == ERR_OK)
        out->size += size;
    return err;
}

int disk_get(struct disk *d, const char *name, struct buf *out)
{
    if (!is_name(name))
        return ERR_PROTO;

    int fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    int err = append_file(fd, out);
    close(fd);
    return err;
}

int disk_remove(struct disk *d, const char *name)
{
    if (!is_name(name))
        return ERR_PROTO;

    self_crash_point(CRASH_BEFORE_PUT, name);
    if (unlinkat(d->fd, name, 0) != 0)
        return err_from_errno(errno);
    if (file_sync(d->fd) != ERR_OK)
        return ERR_IO;
    self_crash_point(CRASH_AFTER_PUT, name);
    return ERR_OK;
}

int disk_list(struct disk *d, void (*each)(void *arg, const char *name),
              void *arg)
{
    struct dirent **files = NULL;
    size_t count = 0;
    int err = scan(d->fd, keep_name, &files, &count);
    for (size_t i = 0; i < count; i++) {
        each(arg, files[i]->d_name);
        free(files[i]);
    }
    free(files);
    return err;
}
