// file.c - system calls that write, without their half successes.
#include "common/runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/world.h"

int file_write(int fd, const void *data, size_t size)
{
    const char *next = data;
    world_writing(fd);
    while (size > 0) { // ends: each turn writes, fails, or was interrupted
        ssize_t written = write(fd, next, size);
        if (written < 0 && errno != EINTR)
            return err_from_errno(errno);
        if (written > 0) {
            next += written;
            size -= (size_t)written;
        }
    }
    return ERR_OK;
}

int file_sync(int fd)
{
    int failed = -1;
    world_syncing(fd);
    do
        failed = fsync(fd);
    while (failed != 0 && errno == EINTR);
    if (failed == 0 || errno == EINVAL) // EINVAL: nothing to sync in this kind
        return ERR_OK;
    return err_from_errno(errno);
}

int file_sync_folder(int at, const char *path)
{
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    int err = file_sync(fd);
    close(fd);
    return err;
}

int file_sync_folder_of(const char *path)
{
    int size = (int)(file_name_of(path) - path); // the slash included
    char *folder = size == 0 ? xstrdup(".") : xasprintf("%.*s", size, path);
    int err = file_sync_folder(AT_FDCWD, folder);
    free(folder);
    return err;
}

// rename(), but never onto a file that is there.
static int rename_once(int at, const char *from, const char *to)
{
    if (renameat2(at, from, at, to, RENAME_NOREPLACE) == 0)
        return ERR_OK;
    if (errno != EINVAL && errno != ENOSYS)
        return err_from_errno(errno);

    // This file system knows no such renaming. link() does not replace either;
    // a crash after it leaves a draft too many, which harms nobody.
    if (linkat(at, from, at, to, 0) != 0)
        return err_from_errno(errno);
    unlinkat(at, from, 0);
    return ERR_OK;
}

static int rename_onto(int at, const char *from, const char *to)
{
    return renameat(at, from, at, to) == 0 ? ERR_OK : err_from_errno(errno);
}

int file_rename(int at, const char *from, const char *to, bool replaces)
{
    int replaced = world_renaming(at, to);
    int err = replaces ? rename_onto(at, from, to) : rename_once(at, from, to);
    if (err == ERR_OK)
        world_renamed(at, from, to, replaced);
    else if (replaced >= 0)
        close(replaced);
    return err;
}

const char *file_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

void file_limit_is_an_error(void)
{
    struct sigaction action;
    sigaction(SIGXFSZ, NULL, &action);
    if ((action.sa_flags & SA_SIGINFO) != 0 || action.sa_handler != SIG_DFL)
        return; // somebody has decided otherwise

    action = (struct sigaction){.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &action, NULL);
}
