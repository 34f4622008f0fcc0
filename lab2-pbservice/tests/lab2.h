// lab2.h - what the tests of lab 2's clusters share: who may fail how.
#ifndef LAB2_TESTS_LAB2_H
#define LAB2_TESTS_LAB2_H

#include "grading/cluster.h"
#include "lab2-pbservice/api.pb-c.h"

enum {
    SOON = 400, // ticks: for what must happen in the end
};

extern const struct cluster_lab lab2;

// "viewd", at the node "views".
static inline void start_views(struct cluster *c)
{
    cluster_start(c, "views", "viewd --tick %d", (int)cluster_tick_ms());
}

static inline void start_server(struct cluster *c, const char *name)
{
    cluster_start(c, name, "pbd --tick %d", (int)cluster_tick_ms());
}

// What they say of themselves; borrows from *answer, which must get
// rpc_answer_release. A server that does not answer: NULL.
static inline const Pb__ViewStatusReply *ask_views(struct cluster *c,
                                                   struct rpc_answer *answer)
{
    static const struct rpc_method method = {&pb__view_inspect__descriptor,
                                             "Status"};
    Pb__ViewStatusRequest request = PB__VIEW_STATUS_REQUEST__INIT;
    cluster_ask(c, "views", &method, &request.base, answer);
    ck_assert_int_eq(answer->outcome, RPC_OK);
    return (const Pb__ViewStatusReply *)answer->reply;
}

static inline const Pb__ServerStatusReply *
ask_server(struct cluster *c, const char *name, struct rpc_answer *answer)
{
    static const struct rpc_method method = {&pb__server_inspect__descriptor,
                                             "Status"};
    Pb__ServerStatusRequest request = PB__SERVER_STATUS_REQUEST__INIT;
    cluster_ask(c, name, &method, &request.base, answer);
    return (const Pb__ServerStatusReply *)answer->reply;
}

#endif
