#include "common/clerks/servers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

void servers_init(struct servers *s, const char *names)
{
    *s = (struct servers){.list = xstrdup(names)};
    char *rest = s->list;
    for (char *name = strtok_r(s->list, ",", &rest);
         name != NULL && s->count < SERVERS_MAX;
         name = strtok_r(NULL, ",", &rest))
        s->names[s->count++] = name;
    assert(s->count > 0);
}

void servers_release(struct servers *s)
{
    free(s->list);
}

const char *servers_now(const struct servers *s)
{
    return s->names[s->at];
}

void servers_next(struct servers *s)
{
    s->at = (s->at + 1) % s->count;
}
