#include "common/check/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PARENT_MAX = 40,
    OPEN_FOLDERS_MAX = 16,
};

bool scratch_make(const char *parent, char path[SCRATCH_MAX])
{
    bool fits = parent != NULL && parent[0] == '/';
    if (fits && strlen(parent) > PARENT_MAX)
        fits = false;
    snprintf(path, SCRATCH_MAX, "%s/lab-XXXXXX", fits ? parent : "/tmp");
    return mkdtemp(path) != NULL;
}

static int unlock_one(const char *path, const struct stat *s, int type,
                      struct FTW *at)
{
    (void)s;
    (void)at;
    if (type == FTW_D || type == FTW_DNR)
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

void scratch_remove(const char *path)
{
    // Each round makes at least one more level of locked folders readable.
    for (int level = 0; level < 16 && access(path, F_OK) == 0; level++) {
        nftw(path, unlock_one, OPEN_FOLDERS_MAX, FTW_PHYS);
        nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
    }
}
