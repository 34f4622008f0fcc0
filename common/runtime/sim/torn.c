#include "common/runtime/sim/torn.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/sim/heap.h"
#include "common/runtime/sim/names.h"
#include "common/runtime/sim/sim.h"
#include "common/runtime/world.h"

enum {
    SYNC_NS = 200 * 1000, // what a disk takes
};

// A file that has been written and not synced.
struct unsynced {
    const struct process *node;
    int fd; // ours: its own may be closed, and its name another
    dev_t device;
    ino_t inode;
    off_t durable; // bytes
    struct unsynced *next;
};

static struct unsynced *files;
static uint64_t tears;

static struct unsynced **find(const struct stat *file)
{
    struct unsynced **at = &files;
    while (*at != NULL &&
           ((*at)->inode != file->st_ino || (*at)->device != file->st_dev))
        at = &(*at)->next;
    return at;
}

static void forget(struct unsynced **at)
{
    struct unsynced *u = *at;
    *at = u->next;
    close(u->fd);
    free(u);
}

void world_writing(int fd)
{
    struct stat file;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
        *find(&file) == NULL) {
        int heap = sim_heap_use(HEAP_TEST);
        struct unsynced *u = xcalloc(1, sizeof *u);
        sim_heap_use(heap);
        u->node = sim_thread()->node;
        u->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        u->device = file.st_dev;
        u->inode = file.st_ino;
        u->durable = file.st_size;
        u->next = files;
        files = u;
    }
    sim_yield(CALL_DISK, __builtin_return_address(0));
}

void world_syncing(int fd)
{
    struct stat file;
    sim_wait(NULL, sim_now_ns() + SYNC_NS, "a disk",
             __builtin_return_address(0));
    if (fstat(fd, &file) != 0)
        return;
    if (S_ISDIR(file.st_mode))
        names_synced(&file);
    else if (*find(&file) != NULL)
        forget(find(&file));
}

// How many bytes more than the durable ones are lost: in parts of 1,000,000.
static int64_t draw_loss(uint64_t die)
{
    return die % 3 == 0 ? 0 : 1 + (int64_t)(die / 3 % 1000000);
}

static void tear(const struct unsynced *u)
{
    struct stat file;
    char who[64];
    snprintf(who, sizeof who, "%s", u->node->name);
    int64_t loss = plan_draw(PLAN_TEAR, plan_who(who), ++tears, draw_loss);
    if (loss == 0 || fstat(u->fd, &file) != 0 || file.st_size <= u->durable)
        return;
    off_t more = file.st_size - u->durable;
    off_t kept = more - (off_t)((double)more * (double)loss / 1e6 + 0.5);
    if (ftruncate(u->fd, u->durable + kept) != 0)
        perror("torn.c");
}

void torn_tear(const struct process *node)
{
    struct unsynced **at = &files;
    while (*at != NULL) {
        if ((*at)->node == node) {
            tear(*at);
            forget(at);
        } else {
            at = &(*at)->next;
        }
    }
}
