#include "lab2-pbservice/pinger.h"

#include <stdlib.h>

#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "lab2-pbservice/api.pb-c.h"

struct pinger {
    Pb__Pinger_Service service; // first
    struct node *node;
    const char *viewd;
};

static void ask(struct pinger *p, const char *method,
                const ProtobufCMessage *request, void *call,
                struct rpc_answer *answer)
{
    struct rpc_method m = {&pb__view_service__descriptor, method};
    rpc_call(p->node, p->viewd, &m, request, rpc_call_deadline_ms(call),
             answer);
}

static void pinger_ping(Pb__Pinger_Service *service,
                        const Pb__PingRequest *request,
                        Pb__PingReply_Closure reply, void *call)
{
    struct rpc_answer answer;
    ask((struct pinger *)service, "Ping", &request->base, call, &answer);
    if (answer.outcome == RPC_OK)
        reply((Pb__PingReply *)answer.reply, call);
    rpc_answer_release(&answer);
}

static void pinger_get(Pb__Pinger_Service *service,
                       const Pb__GetViewRequest *request,
                       Pb__View_Closure reply, void *call)
{
    struct rpc_answer answer;
    ask((struct pinger *)service, "Get", &request->base, call, &answer);
    if (answer.outcome == RPC_OK)
        reply((Pb__View *)answer.reply, call);
    rpc_answer_release(&answer);
}

ProtobufCService *pinger_start(struct node *n, const void *viewd)
{
    static const Pb__Pinger_Service init = PB__PINGER__INIT(pinger_);
    struct pinger *p = xcalloc(1, sizeof *p);
    p->service = init;
    p->node = n;
    p->viewd = viewd;
    return &p->service.base;
}

void pinger_stop(ProtobufCService *pinger)
{
    free(pinger);
}
