#include "lab4-shardkv/master_service.h"

#include "common/rpc/server.h"

static void serve(Shard__Master_Service *service,
                  const Shard__MasterOperation *request, Shard__MasterKind kind,
                  Shard__MasterAnswer_Closure reply, void *call)
{
    struct master_service *s = (struct master_service *)service;
    Shard__MasterOperation op = *request;
    op.kind = kind;
    op.base.n_unknown_fields = 0;
    Shard__MasterAnswer *answer =
        s->serve(s->owner, &op, rpc_call_deadline_ms(call));
    if (answer == NULL)
        return;
    reply(answer, call);
    shard__master_answer__free_unpacked(answer, NULL);
}

static void master_query(Shard__Master_Service *service,
                         const Shard__MasterOperation *request,
                         Shard__MasterAnswer_Closure reply, void *call)
{
    serve(service, request, SHARD__MASTER_KIND__QUERY, reply, call);
}

static void master_join(Shard__Master_Service *service,
                        const Shard__MasterOperation *request,
                        Shard__MasterAnswer_Closure reply, void *call)
{
    serve(service, request, SHARD__MASTER_KIND__JOIN, reply, call);
}

static void master_leave(Shard__Master_Service *service,
                         const Shard__MasterOperation *request,
                         Shard__MasterAnswer_Closure reply, void *call)
{
    serve(service, request, SHARD__MASTER_KIND__LEAVE, reply, call);
}

static void master_move(Shard__Master_Service *service,
                        const Shard__MasterOperation *request,
                        Shard__MasterAnswer_Closure reply, void *call)
{
    serve(service, request, SHARD__MASTER_KIND__MOVE, reply, call);
}

static void master_close(Shard__Master_Service *service,
                         const Shard__MasterOperation *request,
                         Shard__MasterAnswer_Closure reply, void *call)
{
    serve(service, request, SHARD__MASTER_KIND__CLOSE, reply, call);
}

void master_service_init(
    struct master_service *s,
    Shard__MasterAnswer *(*serve_one)(void *owner,
                                      const Shard__MasterOperation *operation,
                                      int64_t deadline_ms),
    void *owner)
{
    static const Shard__Master_Service init = SHARD__MASTER__INIT(master_);
    *s = (struct master_service){init, serve_one, owner};
}
