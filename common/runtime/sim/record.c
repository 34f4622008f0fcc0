#include "common/runtime/sim/record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct sim_record *used;

struct sim_record *sim_record_new(void)
{
    struct sim_record *r =
        mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (r == MAP_FAILED)
        abort();
    return r;
}

void sim_record_free(struct sim_record *r)
{
    if (r != NULL)
        munmap(r, sizeof *r);
}

void sim_record_clear(struct sim_record *r)
{
    memset(r, 0, offsetof(struct sim_record, events));
}

void sim_record_use(struct sim_record *r)
{
    used = r;
}

struct sim_record *sim_record(void)
{
    if (used == NULL)
        used = sim_record_new();
    return used;
}
