#include "common/clerks/clerks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/program/program.h"
#include "common/rpc/node.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/process.h"

struct clerk {
    struct node *node;
    ProtobufCService *service;
    struct rpc_server *control;
};

struct home {
    const struct clerks_kind *kind;
    struct clerk clerks[CLERKS_MAX];
    size_t count;
};

// False: a reason has been logged.
static bool add_clerk(struct home *h, const char *folder, const char *name,
                      const void *arg)
{
    if (h->count == CLERKS_MAX) {
        log_error("clerks", "more than %d names", CLERKS_MAX);
        return false;
    }
    // The first one's page hears of what the whole process does.
    struct clerk *c = &h->clerks[h->count++];
    if (node_open(folder, name, h->count == 1, &c->node) != ERR_OK)
        return false;
    c->service = h->kind->start(c->node, arg);
    if (c->service == NULL)
        return false;
    return rpc_server_control(c->node, &c->service, 1, &c->control) == ERR_OK;
}

static bool add_all(struct home *h, const char *folder, const char *names,
                    const void *arg)
{
    char *list = xstrdup(names);
    char *rest = list;
    bool ok = true;
    char *name = strtok_r(list, ",", &rest);
    for (; name != NULL && ok; name = strtok_r(NULL, ",", &rest))
        ok = add_clerk(h, folder, name, arg);
    if (ok && h->count == 0)
        log_error("clerks", "no names");
    free(list);
    return ok && h->count > 0;
}

// All are cancelled first: a clerk that waits does not hold up the others.
static void end_all(struct home *h)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->clerks[i].node != NULL)
            node_cancel(h->clerks[i].node);
    for (size_t i = h->count; i > 0; i--) { // the process's own node is last
        struct clerk *c = &h->clerks[i - 1];
        rpc_server_stop(c->control);
        if (c->service != NULL)
            h->kind->stop(c->service);
        node_close(c->node);
    }
}

int clerks_main(const char *folder, const char *names,
                const struct clerks_kind *kind, const void *arg)
{
    process_interrupted(); // from now on we end in order
    struct home *h = xcalloc(1, sizeof *h);
    h->kind = kind;
    int status = EXIT_USAGE;
    if (add_all(h, folder, names, arg)) {
        status = program_await_signal();
    }
    end_all(h);
    free(h);
    return status;
}
