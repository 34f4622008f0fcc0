// kvd.c - see kvd.h.
#include "lab3-paxos/kvd.h"

#include <stdlib.h>

#include "common/kv/machine.h"
#include "common/kv/service.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "lab3-paxos/api.pb-c.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/rsm.h"

struct inspect {
    Px__ServerInspect_Service service; // first
    struct kvd *kvd;
};

struct kvd {
    struct kv_service clients;
    struct inspect inspect;
    struct kv *kv; // the rsm's, until rsm_free
    struct paxos *paxos;
    struct rsm *rsm;
    struct rpc_server *server;
    struct rpc_server *control; // NULL: nobody tests us
};

// --- The machine -----------------------------------------------------------

// SOLUTION BEGIN 3b
static void append_answer(const Kv__Answer *answer, struct buf *reply)
{
    size_t size = kv__answer__get_packed_size(answer);
    unsigned char *to = buf_reserve(reply, size);
    if (to != NULL)
        reply->size += kv__answer__pack(answer, to);
}
// SOLUTION END

// Bytes that are no operation do nothing, on every replica alike.
static bool apply(void *machine, struct slice operation, struct buf *reply)
{
    // SOLUTION BEGIN 3b; stub: not_implemented("3b apply");
    Kv__Operation *op =
        kv__operation__unpack(NULL, operation.size, operation.data);
    if (op == NULL)
        return false;
    Kv__Answer answer;
    bool answered = kv_apply(machine, op, &answer);
    if (answered && reply != NULL)
        append_answer(&answer, reply);
    kv__operation__free_unpacked(op, NULL);
    return answered;
    // SOLUTION END
}

static const struct rsm_app app = {apply};

// --- Clients ---------------------------------------------------------------

static Kv__Answer *serve(void *kvd, const Kv__Operation *operation,
                         int64_t deadline_ms)
{
    // SOLUTION BEGIN 3b; stub: not_implemented("3b serve");
    struct kvd *k = kvd;
    struct buf bytes;
    struct buf reply;
    buf_init(&bytes, RSM_OPERATION_MAX);
    buf_init(&reply, RSM_REPLY_MAX);
    size_t size = kv__operation__get_packed_size(operation);
    bytes.size = kv__operation__pack(operation, buf_reserve(&bytes, size));
    int err = rsm_submit(k->rsm, buf_slice(&bytes), deadline_ms, &reply);
    Kv__Answer *answer =
        err == ERR_OK ? kv__answer__unpack(NULL, reply.size, reply.data) : NULL;
    buf_release(&bytes);
    buf_release(&reply);
    return answer;
    // SOLUTION END
}

// --- Inspect ---------------------------------------------------------------

static void count_keys(void *machine, void *arg)
{
    Px__ServerStatusReply *answer = arg;
    answer->keys = kv_keys(machine);
    answer->bytes = kv_bytes(machine);
    answer->sessions = kv_sessions(machine);
}

static void inspect_status(Px__ServerInspect_Service *service,
                           const Px__ServerStatusRequest *request,
                           Px__ServerStatusReply_Closure reply, void *call)
{
    struct kvd *k = ((struct inspect *)service)->kvd;
    struct rsm_status status = rsm_status(k->rsm);
    Px__ServerStatusReply answer = PX__SERVER_STATUS_REPLY__INIT;
    answer.next = status.next;
    answer.applied = status.applied;
    answer.ours = status.ours;
    answer.holes = status.holes;
    answer.waiting = status.waiting;
    rsm_look(k->rsm, count_keys, &answer);
    reply(&answer, call);
}

// --- Its life --------------------------------------------------------------

static int start_servers(struct kvd *k, struct node *n)
{
    ProtobufCService *const services[] = {
        &k->clients.service.base, paxos_service(k->paxos),
        paxos_inspect_service(k->paxos), &k->inspect.service.base};
    int err = rpc_server_start(n, NULL, services, 4, &k->server);
    if (err == ERR_OK)
        err = rpc_server_control(n, services + 2, 2, &k->control);
    return err;
}

int kvd_start(struct node *n, const struct paxos_spec *spec, struct kvd **out)
{
    static const Px__ServerInspect_Service inspect_init =
        PX__SERVER_INSPECT__INIT(inspect_);
    struct kvd *k = xcalloc(1, sizeof *k);
    kv_service_init(&k->clients, serve, k);
    k->inspect = (struct inspect){inspect_init, k};
    k->kv = kv_new();
    int err = paxos_new(n, spec, &k->paxos);
    if (err == ERR_OK)
        err = rsm_start(k->paxos, &app, k->kv, spec->tick_ms, &k->rsm);
    if (err == ERR_OK)
        err = start_servers(k, n);
    if (err != ERR_OK)
        kvd_stop(k);
    else
        *out = k;
    return err;
}

void kvd_stop(struct kvd *k)
{
    if (k == NULL)
        return;
    paxos_stop(k->paxos);
    rsm_stop(k->rsm);
    rpc_server_stop(k->server);
    rpc_server_stop(k->control);
    rsm_free(k->rsm);
    paxos_free(k->paxos);
    kv_free(k->kv);
    free(k);
}
