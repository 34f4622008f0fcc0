// clerk.c - see clerk.h.
//
// RPC_UNKNOWN is for good: once a call may have run, no later refusal takes
// that back.
#include "lab0-echo/clerk.h"

#include <stdlib.h>

#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/random.h"
#include "lab0-echo/api.pb-c.h"

enum {
    TRY_MS = 200,  // a call that is to be repeated may take so long
    AGAIN_MS = 20, // from a call that failed to the next
};

struct echo_clerk {
    struct node *node;
    char *server;
    uint64_t number; // of the last request
};

struct echo_clerk *echo_clerk_start(struct node *node, const char *server)
{
    struct echo_clerk *c = xcalloc(1, sizeof *c);
    c->node = node;
    c->server = xstrdup(server);
    c->number = random_seed() >> 32; // those of an earlier life are not ours
    return c;
}

void echo_clerk_stop(struct echo_clerk *c)
{
    if (c == NULL)
        return;
    free(c->server);
    free(c);
}

// One call. Its outcome goes into *said.
static void try(struct echo_clerk *c, const Echo__SayRequest *request,
                int64_t deadline_ms, struct echo_said *said)
{
    struct rpc_method say = {&echo__echo__descriptor, "Say"};
    struct rpc_answer answer;
    bool unknown = said->attempts > 0 && said->outcome == RPC_UNKNOWN;
    rpc_call(c->node, c->server, &say, &request->base, deadline_ms, &answer);
    said->attempts++;
    said->outcome = answer.outcome;
    said->reason = answer.reason;
    if (answer.outcome == RPC_OK) {
        const Echo__SayReply *reply = (const Echo__SayReply *)answer.reply;
        said->text = xstrdup(reply->text);
        said->executed = reply->executed;
        said->total = reply->total;
    } else if (unknown) {
        said->outcome = RPC_UNKNOWN;
    }
    rpc_answer_release(&answer);
}

void echo_clerk_say(struct echo_clerk *c, const char *text, bool again,
                    int64_t deadline_ms, struct echo_said *said)
{
    *said = (struct echo_said){.text = NULL};
    Echo__SayRequest request = ECHO__SAY_REQUEST__INIT;
    request.text = (char *)text;
    request.client = (char *)node_name(c->node);
    request.number = ++c->number;
    if (!again) {
        try(c, &request, deadline_ms, said);
        return;
    }
    int64_t left_ms = deadline_ms - clock_now_ms();
    while (said->text == NULL && left_ms > 0 &&
           said->reason != RPC_REASON_CANCELLED) { // ends: by the deadline
        if (said->attempts > 0)
            clock_sleep_ms(left_ms < AGAIN_MS ? left_ms : AGAIN_MS);
        int64_t try_ms = clock_now_ms() + TRY_MS;
        try(c, &request, try_ms < deadline_ms ? try_ms : deadline_ms, said);
        left_ms = deadline_ms - clock_now_ms();
    }
}

void echo_said_release(struct echo_said *said)
{
    free(said->text);
    said->text = NULL;
}
