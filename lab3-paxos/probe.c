#include "lab3-paxos/probe.h"

#include <stdlib.h>

#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "lab3-paxos/api.pb-c.h"
#include "lab3-paxos/peer.pb-c.h"

struct probe {
    Px__Probe_Service service; // first
    struct node *node;
};

static bool ask(Px__Probe_Service *service, const char *to, const char *method,
                const ProtobufCMessage *request, void *call,
                struct rpc_answer *answer)
{
    struct rpc_method m = {&px__paxos__descriptor, method};
    struct probe *p = (struct probe *)service;
    rpc_call(p->node, to, &m, request, rpc_call_deadline_ms(call), answer);
    return answer->outcome == RPC_OK;
}

static Px__Progress progress_of(const Px__ProbeRequest *request)
{
    Px__Progress progress = PX__PROGRESS__INIT;
    progress.below = request->below;
    progress.n_below = request->n_below;
    return progress;
}

static void tell_progress(const Px__Progress *progress, Px__ProbeReply *reply)
{
    if (progress == NULL)
        return;
    reply->below = progress->below;
    reply->n_below = progress->n_below;
}

static void probe_prepare(Px__Probe_Service *service,
                          const Px__ProbeRequest *request,
                          Px__ProbeReply_Closure reply, void *call)
{
    Px__Progress progress = progress_of(request);
    Px__PrepareRequest message = PX__PREPARE_REQUEST__INIT;
    message.instance = request->instance;
    message.ballot = request->ballot;
    message.progress = &progress;
    struct rpc_answer answer;
    Px__ProbeReply told = PX__PROBE_REPLY__INIT;
    if (ask(service, request->to, "Prepare", &message.base, call, &answer)) {
        const Px__PrepareReply *r = (const Px__PrepareReply *)answer.reply;
        told.verdict = (Px__ProbeReply__Verdict)r->verdict; // the same order
        told.promised = r->promised;
        told.accepted = r->accepted;
        told.value = r->value;
        tell_progress(r->progress, &told);
        reply(&told, call);
    }
    rpc_answer_release(&answer);
}

static void probe_accept(Px__Probe_Service *service,
                         const Px__ProbeRequest *request,
                         Px__ProbeReply_Closure reply, void *call)
{
    Px__Progress progress = progress_of(request);
    Px__AcceptRequest message = PX__ACCEPT_REQUEST__INIT;
    message.instance = request->instance;
    message.ballot = request->ballot;
    message.value = request->value;
    message.progress = &progress;
    struct rpc_answer answer;
    Px__ProbeReply told = PX__PROBE_REPLY__INIT;
    if (ask(service, request->to, "Accept", &message.base, call, &answer)) {
        const Px__AcceptReply *r = (const Px__AcceptReply *)answer.reply;
        told.verdict = (Px__ProbeReply__Verdict)r->verdict;
        told.promised = r->promised;
        told.value = r->value;
        tell_progress(r->progress, &told);
        reply(&told, call);
    }
    rpc_answer_release(&answer);
}

static void probe_decide(Px__Probe_Service *service,
                         const Px__ProbeRequest *request,
                         Px__ProbeReply_Closure reply, void *call)
{
    Px__Progress progress = progress_of(request);
    Px__DecideRequest message = PX__DECIDE_REQUEST__INIT;
    message.instance = request->instance;
    message.value = request->value;
    message.progress = &progress;
    struct rpc_answer answer;
    Px__ProbeReply told = PX__PROBE_REPLY__INIT;
    if (ask(service, request->to, "Decide", &message.base, call, &answer)) {
        tell_progress(((const Px__DecideReply *)answer.reply)->progress, &told);
        reply(&told, call);
    }
    rpc_answer_release(&answer);
}

ProtobufCService *probe_start(struct node *n, const void *arg)
{
    static const Px__Probe_Service init = PX__PROBE__INIT(probe_);
    struct probe *p = xcalloc(1, sizeof *p);
    p->service = init;
    p->node = n;
    return &p->service.base;
}

void probe_stop(ProtobufCService *probe)
{
    free(probe);
}
