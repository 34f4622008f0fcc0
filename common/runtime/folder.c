// folder.c - see folder.h.
#include "common/runtime/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

enum {
    TMPDIR_MAX = 48, // bytes: a socket's path must fit behind it
};

int folder_make(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return ERR_OK;
    return err_from_errno(errno);
}

int folder_make_fresh(const char *prefix, char **path)
{
    const char *below = getenv("TMPDIR");
    if (below == NULL || below[0] != '/' || strlen(below) > TMPDIR_MAX)
        below = "/tmp";
    *path = xasprintf("%s/%s.XXXXXX", below, prefix);
    if (mkdtemp(*path) != NULL)
        return ERR_OK;
    int err = err_from_errno(errno);
    free(*path);
    *path = NULL;
    return err;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

// The next name in the folder; NULL behind the last.
static const char *next_name(DIR *dir)
{
    const struct dirent *entry = readdir(dir);
    while (entry != NULL && is_dots(entry->d_name))
        entry = readdir(dir);
    return entry == NULL ? NULL : entry->d_name;
}

int folder_is_empty(const char *path, bool *empty)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return err_from_errno(errno);
    *empty = next_name(dir) == NULL;
    closedir(dir);
    return ERR_OK;
}

static int remove_at(int at, const char *name);

// Takes `fd`.
static int remove_content(int fd)
{
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int err = err_from_errno(errno);
        close(fd);
        return err;
    }
    int err = ERR_OK;
    const char *name = next_name(dir);
    while (name != NULL && err == ERR_OK) {
        err = remove_at(dirfd(dir), name);
        name = next_name(dir);
    }
    closedir(dir);
    return err;
}

// By descriptors: who swaps a folder for a link meanwhile must not lead us
// elsewhere.
static int remove_at(int at, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = openat(at, name, flags);
    bool is_folder = fd >= 0;
    if (!is_folder && errno != ENOTDIR && errno != ELOOP)
        return errno == ENOENT ? ERR_OK : err_from_errno(errno);
    int err = is_folder ? remove_content(fd) : ERR_OK;
    if (err != ERR_OK)
        return err;
    int failed = unlinkat(at, name, is_folder ? AT_REMOVEDIR : 0);
    return !failed || errno == ENOENT ? ERR_OK : err_from_errno(errno);
}

int folder_remove(const char *path)
{
    return remove_at(AT_FDCWD, path);
}

int folder_remove_empty(const char *path)
{
    return rmdir(path) == 0 ? ERR_OK : err_from_errno(errno);
}

char *folder_absolute(const char *base, const char *path)
{
    if (path[0] == '/')
        return xstrdup(path);
    if (base != NULL)
        return xasprintf("%s/%s", base, path);
    char *here = getcwd(NULL, 0);
    char *result = xasprintf("%s/%s", here == NULL ? "." : here, path);
    free(here);
    return result;
}
