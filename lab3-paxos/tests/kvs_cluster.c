#include "lab3-paxos/tests/kvs.h"

#include <stdio.h>

void start_servers(struct cluster *c, int count)
{
    char name[16];
    for (int i = 1; i <= count; i++) {
        snprintf(name, sizeof name, "s%d", i);
        cluster_launch(c, name, "kvd --peers %s --tick %d",
                       count == 3 ? "s1,s2,s3" : "s1,s2,s3,s4,s5",
                       (int)cluster_tick_ms());
    }
    for (int i = 1; i <= count; i++) {
        snprintf(name, sizeof name, "s%d", i);
        cluster_await_ready(c, name);
    }
}

void start_clerks(struct cluster *c, const char *names, const char *servers)
{
    cluster_start_clerks(c, names, "--peers %s --tick %d", servers,
                         (int)cluster_tick_ms());
}

void start_direct(struct cluster *c, const char *name, const char *server)
{
    cluster_start_clerks(c, name, "--role direct --server %s", server);
}

static const ProtobufCMessage *
ask_status(struct cluster *c, const char *name,
           const ProtobufCServiceDescriptor *service,
           const ProtobufCMessage *request, struct rpc_answer *answer)
{
    struct rpc_method method = {service, "Status"};
    cluster_ask(c, name, &method, request, answer);
    ck_assert_int_eq(answer->outcome, RPC_OK);
    return answer->reply;
}

Px__ServerStatusReply server_status(struct cluster *c, const char *name)
{
    Px__ServerStatusRequest request = PX__SERVER_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    Px__ServerStatusReply status = *(const Px__ServerStatusReply *)ask_status(
        c, name, &px__server_inspect__descriptor, &request.base, &answer);
    rpc_answer_release(&answer);
    return status;
}

Px__PaxosStatusReply paxos_status_of(struct cluster *c, const char *name)
{
    Px__PaxosStatusRequest request = PX__PAXOS_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    Px__PaxosStatusReply status = *(const Px__PaxosStatusReply *)ask_status(
        c, name, &px__paxos_inspect__descriptor, &request.base, &answer);
    rpc_answer_release(&answer);
    status.peers = NULL;
    status.n_peers = 0;
    return status;
}
