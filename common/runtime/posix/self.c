// self.c - in a process there is one node.
#include "common/runtime/self.h"

#include <stdio.h>

// A process is one node: this one. Its fields are set before the node's first
// thread starts, and only read from then on.
static struct self me = {.name = "-"};

struct self *self_get(void)
{
    return &me;
}

void self_set_name(const char *name)
{
    snprintf(me.name, sizeof me.name, "%s", name);
}

void self_own_fd(int fd)
{
    (void)fd; // the system knows
}

void self_disown_fd(int fd)
{
    (void)fd;
}

void self_crash_point(enum crash_kind kind, const char *what)
{
    if (me.on_crash_point != NULL)
        me.on_crash_point(me.arg, kind, what);
}
