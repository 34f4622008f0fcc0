#include "lab4-shardkv/shardkvd.h"

#include <stdlib.h>
#include <string.h>

#include "common/kv/service.h"
#include "common/rpc/node.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/rsm.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/group_log.h"
#include "lab4-shardkv/log.pb-c.h"
#include "lab4-shardkv/mover.h"
#include "lab4-shardkv/peer.pb-c.h"
#include "lab4-shardkv/replica.h"
#include "lab4-shardkv/shards.h"

struct peer {
    Shard__Shards_Service service; // first
    struct shardkvd *kvd;
};

struct inspect {
    Shard__ShardsInspect_Service service; // first
    struct shardkvd *kvd;
};

struct shardkvd {
    struct kv_service clients;
    struct peer peer;
    struct inspect inspect;
    struct shards *shards; // the replica's, until replica_free
    struct replica *replica;
    struct mover *mover;
};

// --- Clients ---------------------------------------------------------------

static Kv__Answer *serve(void *owner, const Kv__Operation *operation,
                         int64_t deadline_ms)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b serve");
    struct shardkvd *k = owner;
    Shard__GroupOperation op = SHARD__GROUP_OPERATION__INIT;
    op.what_case = SHARD__GROUP_OPERATION__WHAT_CLIENT;
    op.client = (Kv__Operation *)operation;
    Shard__GroupAnswer *answer = (Shard__GroupAnswer *)replica_submit(
        k->replica, &op.base, &shard__group_answer__descriptor, deadline_ms);
    if (answer == NULL)
        return NULL;
    Kv__Answer *client = answer->client;
    answer->client = NULL;
    shard__group_answer__free_unpacked(answer, NULL);
    return client;
    // SOLUTION END
}

// --- Other groups ----------------------------------------------------------

// SOLUTION BEGIN 4b
struct fetching {
    const Shard__FetchRequest *request;
    Shard__FetchReply_Closure reply;
    void *call;
};

// The piece is borrowed from the machine, so it is packed here.
static void give_piece(void *machine, void *arg)
{
    const struct fetching *f = arg;
    struct copy_name name = {f->request->number, f->request->shard};
    Kv__State piece;
    bool last = false;
    Shard__FetchReply reply = SHARD__FETCH_REPLY__INIT;
    switch (shards_fetch(machine, name, f->request->from, &piece, &last)) {
    case SHARDS_OK:
        reply.piece = &piece;
        reply.last = last;
        break;
    case SHARDS_NOT_YET:
        reply.verdict = SHARD__FETCH_REPLY__VERDICT__NOT_YET;
        break;
    case SHARDS_NONE:
        reply.verdict = SHARD__FETCH_REPLY__VERDICT__NONE;
        break;
    }
    f->reply(&reply, f->call);
}
// SOLUTION END

static void peer_fetch(Shard__Shards_Service *service,
                       const Shard__FetchRequest *request,
                       Shard__FetchReply_Closure reply, void *call)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b peer_fetch");
    struct shardkvd *k = ((struct peer *)service)->kvd;
    struct fetching f = {request, reply, call};
    rsm_look(replica_rsm(k->replica), give_piece, &f);
    // SOLUTION END
}

// SOLUTION BEGIN 4b
struct deletion {
    struct copy_name name;
    enum shards_verdict verdict;
};

static void see_copy(void *machine, void *arg)
{
    struct deletion *d = arg;
    Kv__State piece;
    bool last;
    d->verdict = shards_fetch(machine, d->name, 0, &piece, &last);
}

// True: it is deleted.
static bool let_go(struct shardkvd *k, struct copy_name name,
                   int64_t deadline_ms)
{
    Shard__CopyName copy = SHARD__COPY_NAME__INIT;
    copy.number = name.number;
    copy.shard = name.shard;
    Shard__GroupOperation op = SHARD__GROUP_OPERATION__INIT;
    op.what_case = SHARD__GROUP_OPERATION__WHAT_DISMISS;
    op.dismiss = &copy;
    Shard__GroupAnswer *answer = (Shard__GroupAnswer *)replica_submit(
        k->replica, &op.base, &shard__group_answer__descriptor, deadline_ms);
    if (answer == NULL)
        return false;
    shard__group_answer__free_unpacked(answer, NULL);
    return true;
}
// SOLUTION END

static void peer_delete(Shard__Shards_Service *service,
                        const Shard__DeleteRequest *request,
                        Shard__DeleteReply_Closure reply, void *call)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b peer_delete");
    struct shardkvd *k = ((struct peer *)service)->kvd;
    struct deletion d = {.name = {request->number, request->shard}};
    rsm_look(replica_rsm(k->replica), see_copy, &d);
    Shard__DeleteReply done = SHARD__DELETE_REPLY__INIT;
    // What is not there has been deleted, or will be: G8 lets nobody ask for
    // the deletion of what has not been.
    if (d.verdict == SHARDS_NONE ||
        let_go(k, d.name, rpc_call_deadline_ms(call)))
        reply(&done, call);
    // SOLUTION END
}

// --- Inspect ---------------------------------------------------------------

struct look {
    Shard__ShardsStatusReply *reply;
    Shard__ShardStatus *shards; // owned
};

static void look(void *machine, void *arg)
{
    struct look *l = arg;
    const Shard__Config *config = shards_current(machine);
    shards_count(machine, l->reply);
    l->reply->config = config == NULL ? config_new(0) : config_copy(config);
    size_t count = l->reply->config->n_owners;
    l->shards = xcalloc(count + 1, sizeof *l->shards);
    l->reply->shards = xcalloc(count + 1, sizeof *l->reply->shards);
    for (size_t i = 0; i < count; i++) {
        shard__shard_status__init(&l->shards[i]);
        shards_describe(machine, (uint32_t)i, &l->shards[i]);
        l->reply->shards[i] = &l->shards[i];
    }
    l->reply->n_shards = count;
}

static void inspect_status(Shard__ShardsInspect_Service *service,
                           const Shard__ShardsStatusRequest *request,
                           Shard__ShardsStatusReply_Closure reply, void *call)
{
    struct rsm *rsm = replica_rsm(((struct inspect *)service)->kvd->replica);
    Shard__ShardsStatusReply answer = SHARD__SHARDS_STATUS_REPLY__INIT;
    struct look l = {.reply = &answer};
    rsm_look(rsm, look, &l);
    struct rsm_status status = rsm_status(rsm);
    answer.next = status.next;
    answer.applied = status.applied;
    answer.waiting = status.waiting;
    answer.ours = status.ours;
    answer.holes = status.holes;
    reply(&answer, call);
    config_free(answer.config);
    free(answer.shards);
    free(l.shards);
}

// --- Its life --------------------------------------------------------------

// The place of `name` in a list that it is in.
static size_t rank_of(const char *name, const char *peers)
{
    size_t rank = 0;
    size_t size = strlen(name);
    const char *at = peers;
    while (strncmp(at, name, size) != 0 ||
           (at[size] != ',' && at[size] != '\0')) {
        at += strcspn(at, ",");
        rank += *at == ',';
        at += *at == ',';
    }
    return rank;
}

static int start_all(struct shardkvd *k, struct node *n,
                     const struct shardkvd_spec *spec)
{
    const struct paxos_spec paxos = {spec->peers, spec->tick_ms};
    int err = replica_new(n, &paxos, &group_log_app, k->shards, &k->replica);
    if (err != ERR_OK)
        return err;
    if (spec->batch > 0)
        rsm_limit_batch(replica_rsm(k->replica), spec->batch);
    ProtobufCService *const services[] = {&k->clients.service.base,
                                          &k->peer.service.base,
                                          &k->inspect.service.base};
    err = replica_serve(k->replica, services, 3, services[2]);
    const struct mover_spec mover = {
        spec->masters, rank_of(node_name(n), spec->peers), spec->tick_ms};
    if (err == ERR_OK)
        err = mover_start(n, k->replica, &mover, &k->mover);
    return err;
}

int shardkvd_start(struct node *n, const struct shardkvd_spec *spec,
                   struct shardkvd **out)
{
    static const Shard__Shards_Service peer_init = SHARD__SHARDS__INIT(peer_);
    static const Shard__ShardsInspect_Service inspect_init =
        SHARD__SHARDS_INSPECT__INIT(inspect_);
    struct shardkvd *k = xcalloc(1, sizeof *k);
    kv_service_init(&k->clients, serve, k);
    k->peer = (struct peer){peer_init, k};
    k->inspect = (struct inspect){inspect_init, k};
    k->shards = shards_new(spec->gid, spec->peers);
    int err = start_all(k, n, spec);
    if (err != ERR_OK)
        shardkvd_stop(k);
    else
        *out = k;
    return err;
}

void shardkvd_stop(struct shardkvd *k)
{
    if (k == NULL)
        return;
    replica_stop(k->replica);
    mover_stop(k->mover);
    replica_free(k->replica);
    shards_free(k->shards);
    free(k);
}
