#include "common/clerks/direct.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"

struct direct {
    struct caller caller;
    struct session session;
    const char *server;
};

static void *direct_start(struct node *n, const void *server)
{
    struct direct *d = xcalloc(1, sizeof *d);
    d->caller.node = n;
    d->server = server;
    return d;
}

static Kv__Answer *direct_run(void *clerk, const Kv__Operation *operation,
                              int64_t deadline_ms, uint32_t *attempts)
{
    struct direct *d = clerk;
    Kv__Operation op = *operation;
    kv_number(&d->session, &op);
    *attempts = 1;
    return kv_call(&d->caller, d->server, &op, deadline_ms, NULL);
}

const struct kv_clerk_kind direct_kind = {direct_start, free, direct_run};
