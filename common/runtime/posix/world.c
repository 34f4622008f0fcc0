// world.c - between processes whatever happens may happen, and nobody sees all.
#include "common/runtime/world.h"

bool world_is_simulated(void)
{
    return false;
}

bool world_grants(enum world_event what, const char *who, uint64_t k,
                  const char *words)
{
    (void)what;
    (void)who;
    (void)k;
    (void)words;
    return true;
}

void world_writing(int fd)
{
    (void)fd; // a killed process loses nothing that it has written
}

void world_syncing(int fd)
{
    (void)fd;
}

int world_renaming(int at, const char *to)
{
    (void)at;
    (void)to;
    return -1;
}

void world_renamed(int at, const char *from, const char *to, int replaced)
{
    (void)at;
    (void)from;
    (void)to;
    (void)replaced;
}

void world_print_waits(FILE *out)
{
    (void)out;
}

void world_mark(const char *mark)
{
    (void)mark;
}

void world_stuck(const char *why)
{
    (void)why;
}
