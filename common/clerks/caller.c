#include "common/clerks/caller.h"

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/clock.h"

// So many ticks from now, or the deadline if that is earlier.
static int64_t in_ticks(const struct caller *c, int ticks, int64_t deadline_ms)
{
    int64_t then_ms = clock_now_ms() + ticks * c->tick_ms;
    return then_ms < deadline_ms ? then_ms : deadline_ms;
}

ProtobufCMessage *caller_call(struct caller *c, const char *to,
                              const struct rpc_method *method,
                              const ProtobufCMessage *request,
                              int64_t deadline_ms, bool *ran)
{
    struct rpc_answer answer;
    if (c->try_ticks > 0)
        deadline_ms = in_ticks(c, c->try_ticks, deadline_ms);
    rpc_call(c->node, to, method, request, deadline_ms, &answer);
    if (ran != NULL)
        *ran = *ran || answer.outcome == RPC_UNKNOWN;
    ProtobufCMessage *reply = answer.reply;
    answer.reply = NULL;
    rpc_answer_release(&answer);
    return reply;
}

bool caller_has_time(const struct caller *c, int64_t deadline_ms)
{
    return clock_now_ms() < deadline_ms && !node_is_cancelled(c->node);
}

void caller_rest(const struct caller *c, int64_t deadline_ms)
{
    clock_sleep_until_ms(in_ticks(c, 1, deadline_ms));
}

int64_t caller_soon_ms(const struct caller *c)
{
    return clock_now_ms() + CALLER_CLOSE_TICKS * c->tick_ms;
}
