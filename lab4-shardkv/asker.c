#include "lab4-shardkv/asker.h"

#include <stdlib.h>

#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"

struct asker {
    Shard__Master_Service service; // first
    struct node *node;
    struct master_clerk *clerk; // NULL: a probe
    const char *server;         // of a probe
};

static Shard__MasterAnswer *probe(struct asker *a,
                                  const Shard__MasterOperation *op,
                                  Shard__MasterKind kind, int64_t deadline_ms)
{
    struct rpc_method method = master_method(kind);
    struct rpc_answer answer;
    rpc_call(a->node, a->server, &method, &op->base, deadline_ms, &answer);
    Shard__MasterAnswer *reply = (Shard__MasterAnswer *)answer.reply;
    answer.reply = NULL;
    rpc_answer_release(&answer);
    return reply;
}

static void ask(Shard__Master_Service *service,
                const Shard__MasterOperation *request, Shard__MasterKind kind,
                Shard__MasterAnswer_Closure reply, void *call)
{
    struct asker *a = (struct asker *)service;
    int64_t deadline_ms = rpc_call_deadline_ms(call);
    Shard__MasterOperation op = *request;
    op.kind = kind;
    Shard__MasterAnswer *answer =
        a->clerk == NULL ? probe(a, &op, kind, deadline_ms)
                         : master_clerk_run(a->clerk, &op, deadline_ms);
    if (answer == NULL)
        return;
    reply(answer, call);
    shard__master_answer__free_unpacked(answer, NULL);
}

static void ask_query(Shard__Master_Service *service,
                      const Shard__MasterOperation *request,
                      Shard__MasterAnswer_Closure reply, void *call)
{
    ask(service, request, SHARD__MASTER_KIND__QUERY, reply, call);
}

static void ask_join(Shard__Master_Service *service,
                     const Shard__MasterOperation *request,
                     Shard__MasterAnswer_Closure reply, void *call)
{
    ask(service, request, SHARD__MASTER_KIND__JOIN, reply, call);
}

static void ask_leave(Shard__Master_Service *service,
                      const Shard__MasterOperation *request,
                      Shard__MasterAnswer_Closure reply, void *call)
{
    ask(service, request, SHARD__MASTER_KIND__LEAVE, reply, call);
}

static void ask_move(Shard__Master_Service *service,
                     const Shard__MasterOperation *request,
                     Shard__MasterAnswer_Closure reply, void *call)
{
    ask(service, request, SHARD__MASTER_KIND__MOVE, reply, call);
}

static void ask_close(Shard__Master_Service *service,
                      const Shard__MasterOperation *request,
                      Shard__MasterAnswer_Closure reply, void *call)
{
    ask(service, request, SHARD__MASTER_KIND__CLOSE, reply, call);
}

static struct asker *new_asker(struct node *n)
{
    static const Shard__Master_Service init = SHARD__MASTER__INIT(ask_);
    struct asker *a = xcalloc(1, sizeof *a);
    a->service = init;
    a->node = n;
    return a;
}

ProtobufCService *asker_start(struct node *n, const void *spec)
{
    struct asker *a = new_asker(n);
    a->clerk = master_clerk_start(n, spec);
    return &a->service.base;
}

ProtobufCService *asker_start_probe(struct node *n, const void *name)
{
    struct asker *a = new_asker(n);
    a->server = name;
    return &a->service.base;
}

void asker_stop(ProtobufCService *asker)
{
    struct asker *a = (struct asker *)asker;
    master_clerk_stop(a->clerk);
    free(a);
}
