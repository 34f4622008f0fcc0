#include "lab4-shardkv/masterd.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/buf.h"
#include "common/runtime/err.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/rsm.h"
#include "lab4-shardkv/api.pb-c.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/master.h"
#include "lab4-shardkv/master_service.h"
#include "lab4-shardkv/replica.h"

struct inspect {
    Shard__MasterInspect_Service service; // first
    struct masterd *masterd;
};

struct masterd {
    struct master_service service;
    struct inspect inspect;
    struct master *machine; // the rsm's, until replica_free
    struct replica *replica;
};

// --- The machine -----------------------------------------------------------

// Bytes that are no operation do nothing, on every replica alike.
static bool apply(void *machine, struct slice operation, struct buf *reply)
{
    Shard__MasterOperation *op =
        shard__master_operation__unpack(NULL, operation.size, operation.data);
    if (op == NULL)
        return false;
    Shard__MasterAnswer *answer = master_apply(machine, op);
    bool answered = answer != NULL;
    if (answered && reply != NULL)
        replica_append(&answer->base, reply);
    if (answered)
        shard__master_answer__free_unpacked(answer, NULL);
    shard__master_operation__free_unpacked(op, NULL);
    return answered;
}

static const struct rsm_app app = {apply};

// --- Clients ---------------------------------------------------------------

static Shard__MasterAnswer *
serve(void *masterd, const Shard__MasterOperation *op, int64_t deadline_ms)
{
    // SOLUTION BEGIN 4a; stub: not_implemented("4a serve");
    struct masterd *m = masterd;
    return (Shard__MasterAnswer *)replica_submit(
        m->replica, &op->base, &shard__master_answer__descriptor, deadline_ms);
    // SOLUTION END
}

// --- Inspect ---------------------------------------------------------------

static void look(void *machine, void *arg)
{
    Shard__MasterStatusReply *answer = arg;
    answer->newest = config_copy(master_config(machine, CONFIG_NEWEST));
    answer->sessions = master_sessions(machine);
}

static void inspect_status(Shard__MasterInspect_Service *service,
                           const Shard__MasterStatusRequest *request,
                           Shard__MasterStatusReply_Closure reply, void *call)
{
    struct replica *replica = ((struct inspect *)service)->masterd->replica;
    struct rsm *rsm = replica_rsm(replica);
    struct rsm_status status = rsm_status(rsm);
    Shard__MasterStatusReply answer = SHARD__MASTER_STATUS_REPLY__INIT;
    answer.next = status.next;
    answer.applied = status.applied;
    answer.holes = status.holes;
    answer.waiting = status.waiting;
    answer.min = paxos_min(replica_paxos(replica));
    rsm_look(rsm, look, &answer);
    reply(&answer, call);
    config_free(answer.newest);
}

// --- Its life --------------------------------------------------------------

int masterd_start(struct node *n, const struct paxos_spec *spec, size_t shards,
                  struct masterd **out)
{
    static const Shard__MasterInspect_Service inspect_init =
        SHARD__MASTER_INSPECT__INIT(inspect_);
    struct masterd *m = xcalloc(1, sizeof *m);
    master_service_init(&m->service, serve, m);
    m->inspect = (struct inspect){inspect_init, m};
    m->machine = master_new(shards);
    ProtobufCService *const services[] = {&m->service.service.base,
                                          &m->inspect.service.base};
    int err = replica_new(n, spec, &app, m->machine, &m->replica);
    if (err == ERR_OK)
        err = replica_serve(m->replica, services, 2, services[1]);
    if (err != ERR_OK)
        masterd_stop(m);
    else
        *out = m;
    return err;
}

void masterd_stop(struct masterd *m)
{
    if (m == NULL)
        return;
    replica_stop(m->replica);
    replica_free(m->replica);
    master_free(m->machine);
    free(m);
}
