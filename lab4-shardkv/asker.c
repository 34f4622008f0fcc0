#include "lab4-shardkv/asker.h"

#include <stdlib.h>

#include "common/clerks/caller.h"
#include "common/runtime/alloc.h"
#include "lab4-shardkv/master_service.h"

struct asker {
    struct master_service service; // first
    struct node *node;
    struct master_clerk *clerk; // NULL: a probe
    const char *server;         // of a probe
};

static Shard__MasterAnswer *
ask_clerk(void *asker, const Shard__MasterOperation *op, int64_t deadline_ms)
{
    return master_clerk_run(((struct asker *)asker)->clerk, op, deadline_ms);
}

static Shard__MasterAnswer *
ask_server(void *asker, const Shard__MasterOperation *op, int64_t deadline_ms)
{
    struct asker *a = asker;
    struct caller caller = {.node = a->node}; // of this thread
    struct rpc_method method = master_method(op->kind);
    return (Shard__MasterAnswer *)caller_call(&caller, a->server, &method,
                                              &op->base, deadline_ms, NULL);
}

ProtobufCService *asker_start(struct node *n, const void *spec)
{
    struct asker *a = xcalloc(1, sizeof *a);
    master_service_init(&a->service, ask_clerk, a);
    a->clerk = master_clerk_start(n, spec);
    return &a->service.service.base;
}

ProtobufCService *asker_start_probe(struct node *n, const void *name)
{
    struct asker *a = xcalloc(1, sizeof *a);
    master_service_init(&a->service, ask_server, a);
    a->node = n;
    a->server = name;
    return &a->service.service.base;
}

void asker_stop(ProtobufCService *asker)
{
    struct asker *a = (struct asker *)asker;
    master_clerk_stop(a->clerk);
    free(a);
}
