// backup.c - the backup's side: forwards and transfers.
//
// Read next: clerk.h.
#include <stdlib.h>

#include "common/kv/machine.h"
#include "common/rpc/server.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "lab2-pbservice/server_private.h"

// SOLUTION BEGIN 2b
static Pb__Verdict verdict_of(enum replica_verdict verdict)
{
    switch (verdict) {
    case REPLICA_TAKE:
    case REPLICA_HAVE:
        return PB__VERDICT__OK;
    case REPLICA_WAIT:
        return PB__VERDICT__WAIT;
    case REPLICA_STALE:
        return PB__VERDICT__STALE;
    }
    abort();
}

// Who is told of a view that it does not know asks for it.
static void ask_for_view_locked(struct server *s, uint64_t view)
{
    mutex_assert_held(&s->lock);
    if (view > s->replica.view.number)
        server_ping_now_locked(s);
}

// Takes all that another has; false if it makes no sense.
static bool fill_locked(struct server *s, const Pb__TransferRequest *request)
{
    mutex_assert_held(&s->lock);
    struct kv *kv = NULL;
    Kv__State *state =
        kv__state__unpack(NULL, request->state.len, request->state.data);
    bool ok = state != NULL && kv_from(state, &kv) == ERR_OK;
    if (state != NULL)
        kv__state__free_unpacked(state, NULL);
    if (!ok) {
        log_error("backup", "a transfer makes no sense");
        return false;
    }
    kv_free(s->kv);
    s->kv = kv;
    replica_filled(&s->replica, request->applied);
    return true;
}
// SOLUTION END

static void replica_side_forward(Pb__Replica_Service *service,
                                 const Pb__ForwardRequest *request,
                                 Pb__ForwardReply_Closure reply, void *call)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_side_forward");
    struct server *s = ((struct peer_side *)service)->server;
    mutex_lock(&s->lock);
    enum replica_verdict verdict = replica_forward(
        &s->replica, request->view, rpc_call_source(call), request->number);
    if (verdict == REPLICA_TAKE) {
        Kv__Answer answer;
        for (size_t i = 0; i < request->n_operations; i++)
            kv_apply(s->kv, request->operations[i], &answer);
        s->replica.applied++;
    }
    ask_for_view_locked(s, request->view);
    mutex_unlock(&s->lock);

    Pb__ForwardReply answer = PB__FORWARD_REPLY__INIT;
    answer.verdict = verdict_of(verdict);
    reply(&answer, call);
    // SOLUTION END
}

static void replica_side_transfer(Pb__Replica_Service *service,
                                  const Pb__TransferRequest *request,
                                  Pb__TransferReply_Closure reply, void *call)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_side_transfer");
    struct server *s = ((struct peer_side *)service)->server;
    mutex_lock(&s->lock);
    enum replica_verdict verdict =
        replica_transfer(&s->replica, request->view, rpc_call_source(call));
    if (verdict == REPLICA_TAKE && !fill_locked(s, request))
        verdict = REPLICA_WAIT;
    ask_for_view_locked(s, request->view);
    mutex_unlock(&s->lock);

    Pb__TransferReply answer = PB__TRANSFER_REPLY__INIT;
    answer.verdict = verdict_of(verdict);
    reply(&answer, call);
    // SOLUTION END
}

void backup_init(struct server *s)
{
    static const Pb__Replica_Service init = PB__REPLICA__INIT(replica_side_);
    s->peer.service = init;
    s->peer.server = s;
}
