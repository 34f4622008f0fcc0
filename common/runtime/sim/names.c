#include "common/runtime/sim/names.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/file.h"
#include "common/runtime/sim/heap.h"
#include "common/runtime/sim/sim.h"
#include "common/runtime/world.h"

// A name that a file was given, in a folder that was not synced since.
struct renamed {
    const struct process *node;
    int at; // ours
    char *from;
    char *to;
    struct stat file;
    struct stat folder; // of `to`
    int replaced;       // the file that had the name; -1: none
    struct renamed *next;
};

static struct renamed *names; // the latest first
static uint64_t undos;

int world_renaming(int at, const char *to)
{
    sim_yield(CALL_DISK, __builtin_return_address(0));
    return openat(at, to, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

static void stat_folder_of(int at, const char *path, struct stat *out)
{
    int size = (int)(file_name_of(path) - path);
    char *folder = size == 0 ? xstrdup(".") : xasprintf("%.*s", size, path);
    if (fstatat(at, folder, out, 0) != 0)
        perror("names.c");
    free(folder);
}

// Nobody else runs between this and world_renaming.
void world_renamed(int at, const char *from, const char *to, int replaced)
{
    int heap = sim_heap_use(HEAP_TEST);
    struct renamed *r = xcalloc(1, sizeof *r);
    r->node = sim_thread()->node;
    r->at = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r->from = xstrdup(from);
    r->to = xstrdup(to);
    if (fstatat(at, to, &r->file, AT_SYMLINK_NOFOLLOW) != 0)
        perror("names.c");
    stat_folder_of(at, to, &r->folder);
    r->replaced = replaced;
    r->next = names;
    names = r;
    sim_heap_use(heap);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static void forget(struct renamed **at)
{
    struct renamed *r = *at;
    *at = r->next;
    close(r->at);
    if (r->replaced >= 0)
        close(r->replaced);
    free(r->from);
    free(r->to);
    free(r);
}

void names_synced(const struct stat *folder)
{
    struct renamed **at = &names;
    while (*at != NULL)
        if (is_same(&(*at)->folder, folder))
            forget(at);
        else
            at = &(*at)->next;
}

// The file that had the name has it again: its bytes.
static void put_back(const struct renamed *r)
{
    struct stat old;
    int fd =
        openat(r->at, r->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 || fstat(r->replaced, &old) != 0) {
        perror("names.c");
        return;
    }
    off_t next = 0;
    while (next < old.st_size)
        if (sendfile(fd, r->replaced, &next, (size_t)(old.st_size - next)) <= 0)
            break;
    close(fd);
}

static void undo(const struct renamed *r)
{
    struct stat now;
    if (fstatat(r->at, r->to, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
        !is_same(&now, &r->file))
        return; // it is another's name since
    if (faccessat(r->at, r->from, F_OK, 0) == 0)
        unlinkat(r->at, r->to, 0);
    else if (renameat(r->at, r->to, r->at, r->from) != 0)
        perror("names.c");
    if (r->replaced >= 0)
        put_back(r);
}

static int64_t draw_undo(uint64_t die)
{
    return die % 2 == 0 ? 1 : 0;
}

void names_end(const struct process *node, bool killed)
{
    char who[64];
    snprintf(who, sizeof who, "%s", node->name);
    bool lost = killed;
    struct renamed **at = &names;
    while (*at != NULL) {
        if ((*at)->node != node) {
            at = &(*at)->next;
            continue;
        }
        // One that is there: so are those before it.
        lost = lost &&
               plan_draw(PLAN_UNDO, plan_who(who), ++undos, draw_undo) != 0;
        if (lost)
            undo(*at);
        forget(at);
    }
}
