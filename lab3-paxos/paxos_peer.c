// paxos_peer.c - see paxos_peer.h.
#include "lab3-paxos/paxos_peer.h"

#include <stdlib.h>

#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "lab3-paxos/api.pb-c.h"

struct paxos_peer {
    Px__PaxosControl_Service control; // first
    struct paxos *paxos;
    struct rpc_server *server;
    struct rpc_server *control_server; // NULL: nobody tests us
};

static void control_start(Px__PaxosControl_Service *service,
                          const Px__StartRequest *request,
                          Px__StartReply_Closure reply, void *call)
{
    struct paxos_peer *peer = (struct paxos_peer *)service;
    struct slice value = slice_of(request->value.data, request->value.len);
    int err = paxos_start(peer->paxos, request->instance, value);
    Px__StartReply answer = PX__START_REPLY__INIT;
    answer.forgotten = err == ERR_NOT_FOUND;
    if (err == ERR_OK || err == ERR_NOT_FOUND)
        reply(&answer, call);
}

static void answer_decided(const struct buf *value, Px__FateReply *answer)
{
    answer->fate = PX__FATE_REPLY__FATE__DECIDED;
    answer->value = (ProtobufCBinaryData){value->size, value->data};
}

static void control_propose(Px__PaxosControl_Service *service,
                            const Px__ProposeRequest *request,
                            Px__FateReply_Closure reply, void *call)
{
    struct paxos_peer *peer = (struct paxos_peer *)service;
    struct slice value = slice_of(request->value.data, request->value.len);
    struct buf decided;
    buf_init(&decided, PAXOS_VALUE_MAX);
    int err = paxos_propose(peer->paxos, request->instance, value,
                            clock_now_ms() + request->timeout_ms, &decided);
    Px__FateReply answer = PX__FATE_REPLY__INIT;
    if (err == ERR_OK)
        answer_decided(&decided, &answer);
    if (err == ERR_NOT_FOUND)
        answer.fate = PX__FATE_REPLY__FATE__FORGOTTEN;
    if (err != ERR_CLOSED)
        reply(&answer, call);
    buf_release(&decided);
}

static void control_status(Px__PaxosControl_Service *service,
                           const Px__FateRequest *request,
                           Px__FateReply_Closure reply, void *call)
{
    struct paxos_peer *peer = (struct paxos_peer *)service;
    struct buf value;
    buf_init(&value, PAXOS_VALUE_MAX);
    Px__FateReply answer = PX__FATE_REPLY__INIT;
    enum paxos_fate fate = paxos_status(peer->paxos, request->instance, &value);
    answer.fate = (Px__FateReply__Fate)fate; // the same order
    if (fate == PAXOS_DECIDED)
        answer_decided(&value, &answer);
    reply(&answer, call);
    buf_release(&value);
}

static void control_done(Px__PaxosControl_Service *service,
                         const Px__DoneRequest *request,
                         Px__DoneReply_Closure reply, void *call)
{
    struct paxos_peer *peer = (struct paxos_peer *)service;
    paxos_done(peer->paxos, request->instance);
    Px__DoneReply answer = PX__DONE_REPLY__INIT;
    reply(&answer, call);
}

static void control_bounds(Px__PaxosControl_Service *service,
                           const Px__BoundsRequest *request,
                           Px__BoundsReply_Closure reply, void *call)
{
    struct paxos_peer *peer = (struct paxos_peer *)service;
    Px__BoundsReply answer = PX__BOUNDS_REPLY__INIT;
    answer.min = paxos_min(peer->paxos);
    answer.max = paxos_max(peer->paxos);
    reply(&answer, call);
}

int paxos_peer_start(struct node *n, const struct paxos_spec *spec,
                     struct paxos_peer **out)
{
    static const Px__PaxosControl_Service init =
        PX__PAXOS_CONTROL__INIT(control_);
    struct paxos_peer *peer = xcalloc(1, sizeof *peer);
    peer->control = init;
    int err = paxos_new(n, spec, &peer->paxos);
    if (err == ERR_OK) {
        ProtobufCService *const services[] = {
            paxos_service(peer->paxos), paxos_inspect_service(peer->paxos),
            &peer->control.base};
        err = rpc_server_start(n, NULL, services, 2, &peer->server);
        if (err == ERR_OK)
            err = rpc_server_control(n, services + 1, 2, &peer->control_server);
    }
    if (err != ERR_OK)
        paxos_peer_stop(peer);
    else
        *out = peer;
    return err;
}

void paxos_peer_stop(struct paxos_peer *peer)
{
    if (peer == NULL)
        return;
    paxos_stop(peer->paxos);
    rpc_server_stop(peer->server);
    rpc_server_stop(peer->control_server);
    paxos_free(peer->paxos);
    free(peer);
}
