// scratch.c - folders called lab-XXXXXX; the locked ones are sticky.
//
// That bit says nothing of a folder that only its owner may enter, so nobody
// else sets it: it marks those that may be swept away, and no lab-report or
// lab-backup that a student keeps in /tmp.
#include "common/check/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/runtime/alloc.h"

enum {
    PARENT_MAX = 40,
    OPEN_FOLDERS_MAX = 16,
    MARKED_MODE = 01700,
    TRIES = 100,
    ROOM_BYTES = 1 << 30,
};

// Programs can be run from there, and there is room.
static bool is_usable(const char *path)
{
    struct statvfs fs;
    return access(path, W_OK | X_OK) == 0 && statvfs(path, &fs) == 0 &&
           (fs.f_flag & (ST_NOEXEC | ST_RDONLY)) == 0 &&
           fs.f_bavail * fs.f_frsize >= ROOM_BYTES;
}

// A file system in memory, if there is one: on a disk that others write to, a
// single fsync may take longer than a test.
static const char *usual_parent(void)
{
    return is_usable("/dev/shm") ? "/dev/shm" : "/tmp";
}

static const char *parent_or_usual(const char *parent)
{
    bool fits =
        parent != NULL && parent[0] == '/' && strlen(parent) <= PARENT_MAX;
    return fits ? parent : usual_parent();
}

static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// Who sweeps may come before the lock, and then holds it while it removes the
// folder: after that the path leads nowhere.
static bool lock_new(struct scratch *s)
{
    s->lock = open_folder(s->path);
    bool ours = s->lock >= 0 && fchmod(s->lock, MARKED_MODE) == 0 &&
                flock(s->lock, LOCK_EX) == 0 && access(s->path, F_OK) == 0;
    if (!ours) {
        rmdir(s->path);
        if (s->lock >= 0)
            close(s->lock);
    }
    return ours;
}

bool scratch_make(const char *parent, struct scratch *s)
{
    s->lock = -1;
    snprintf(s->path, sizeof s->path, "%s/lab-XXXXXX", parent_or_usual(parent));
    return mkdtemp(s->path) != NULL;
}

bool scratch_make_locked(const char *parent, struct scratch *s)
{
    for (int i = 0; i < TRIES && scratch_make(parent, s); i++)
        if (lock_new(s))
            return true;
    return false;
}

static int unlock_one(const char *path, const struct stat *s, int type,
                      struct FTW *at)
{
    (void)at;
    bool folder = type == FTW_D || type == FTW_DNR;
    if (folder && (s->st_mode & 0700) != 0700)
        chmod(path, 0700);
    return 0;
}

static int remove_one(const char *path, const struct stat *s, int type,
                      struct FTW *at)
{
    (void)s;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

static void remove_all(const char *path)
{
    // Each round makes at least one more level of locked folders readable.
    for (int level = 0; level < 16 && access(path, F_OK) == 0; level++) {
        nftw(path, unlock_one, OPEN_FOLDERS_MAX, FTW_PHYS);
        nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
    }
}

void scratch_remove(struct scratch *s)
{
    remove_all(s->path);
    if (s->lock >= 0)
        close(s->lock);
}

static void sweep_one(const char *parent, const char *name)
{
    char *path = xasprintf("%s/%s", parent, name);
    int fd = open_folder(path);
    struct stat s;
    if (fd >= 0 && fstat(fd, &s) == 0 && s.st_uid == geteuid() &&
        (s.st_mode & 07777) == MARKED_MODE && flock(fd, LOCK_EX | LOCK_NB) == 0)
        remove_all(path);
    if (fd >= 0)
        close(fd);
    free(path);
}

void scratch_sweep(const char *parent)
{
    parent = parent_or_usual(parent);
    DIR *folder = opendir(parent);
    if (folder == NULL)
        return;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
        if (strncmp(e->d_name, "lab-", 4) == 0 &&
            strlen(e->d_name) == strlen("lab-XXXXXX"))
            sweep_one(parent, e->d_name);
    closedir(folder);
}
