#include "lab4-shardkv/replica.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/buf.h"
#include "common/runtime/err.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/rsm.h"

struct replica {
    struct node *node;
    struct paxos *paxos;
    struct rsm *rsm;
    struct rpc_server *server;
    struct rpc_server *control; // NULL: nobody tests us
};

int replica_new(struct node *n, const struct paxos_spec *spec,
                const struct rsm_app *app, void *machine, struct replica **out)
{
    struct replica *r = xcalloc(1, sizeof *r);
    r->node = n;
    int err = paxos_new(n, spec, &r->paxos);
    if (err == ERR_OK)
        err = rsm_start(r->paxos, app, machine, spec->tick_ms, &r->rsm);
    if (err != ERR_OK) {
        replica_stop(r);
        replica_free(r);
        return err;
    }
    *out = r;
    return ERR_OK;
}

int replica_serve(struct replica *r, ProtobufCService *const *services,
                  size_t count, ProtobufCService *inspect)
{
    ProtobufCService *all[RPC_SERVICES_MAX];
    assert(count + 2 <= RPC_SERVICES_MAX);
    memcpy(all, services, count * sizeof *all);
    all[count] = paxos_service(r->paxos);
    all[count + 1] = paxos_inspect_service(r->paxos);
    int err = rpc_server_start(r->node, NULL, all, count + 2, &r->server);
    ProtobufCService *const asked[] = {inspect,
                                       paxos_inspect_service(r->paxos)};
    if (err == ERR_OK)
        err = rpc_server_control(r->node, asked, 2, &r->control);
    return err;
}

struct rsm *replica_rsm(const struct replica *r)
{
    return r->rsm;
}

struct paxos *replica_paxos(const struct replica *r)
{
    return r->paxos;
}

ProtobufCMessage *replica_submit(struct replica *r,
                                 const ProtobufCMessage *operation,
                                 const ProtobufCMessageDescriptor *reply_type,
                                 int64_t deadline_ms)
{
    size_t size = protobuf_c_message_get_packed_size(operation);
    unsigned char *bytes = xmalloc(size + 1);
    protobuf_c_message_pack(operation, bytes);
    struct buf reply;
    buf_init(&reply, RSM_REPLY_MAX);
    int err = rsm_submit(r->rsm, slice_of(bytes, size), deadline_ms, &reply);
    ProtobufCMessage *answer = NULL;
    if (err == ERR_OK)
        answer =
            protobuf_c_message_unpack(reply_type, NULL, reply.size, reply.data);
    buf_release(&reply);
    free(bytes);
    return answer;
}

void replica_append(const ProtobufCMessage *answer, struct buf *reply)
{
    size_t size = protobuf_c_message_get_packed_size(answer);
    unsigned char *to = buf_reserve(reply, size);
    if (to != NULL)
        reply->size += protobuf_c_message_pack(answer, to);
}

void replica_stop(struct replica *r)
{
    if (r == NULL)
        return;
    paxos_stop(r->paxos);
    rsm_stop(r->rsm);
    rpc_server_stop(r->server);
    rpc_server_stop(r->control);
}

void replica_free(struct replica *r)
{
    if (r == NULL)
        return;
    rsm_free(r->rsm);
    paxos_free(r->paxos);
    free(r);
}
