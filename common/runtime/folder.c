// folder.c - see folder.h.
#include "common/runtime/folder.h"

#include <dirent.h>
#include <errno.h>
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

static int remove_content(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return err_from_errno(errno);
    int err = ERR_OK;
    const char *name = next_name(dir);
    while (name != NULL && err == ERR_OK) {
        char *inner = xasprintf("%s/%s", path, name);
        err = folder_remove(inner);
        free(inner);
        name = next_name(dir);
    }
    closedir(dir);
    return err;
}

int folder_remove(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? ERR_OK : err_from_errno(errno);

    bool is_folder = S_ISDIR(st.st_mode);
    if (is_folder) {
        int err = remove_content(path);
        if (err != ERR_OK && err != ERR_NOT_FOUND)
            return err;
    }
    int failed = is_folder ? rmdir(path) : unlink(path);
    if (failed && errno != ENOENT)
        return err_from_errno(errno);
    return ERR_OK;
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
