#include "lab3-paxos/clerk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/log.h"
#include "common/runtime/random.h"

enum {
    // In ticks. A try may last as long as an agreement with a few lost messages
    // does: a server that does not answer may be one of too few.
    TRY_TICKS = 20,
    AGAIN_TICKS = 1, // when nobody could be asked
    CLOSE_TICKS = 4,
    SERVERS_MAX = 16,
};

struct clerk {
    struct node *node;
    int64_t tick_ms;
    char *list; // the names, in one piece of memory
    const char *servers[SERVERS_MAX];
    size_t count;
    size_t at;       // the one that it asks
    uint64_t client; // its session, and the last number in it
    uint64_t sequence;
    bool cancelled; // node_cancel: nobody waits for an answer
};

static void open_session(struct clerk *c)
{
    c->client = random_seed();
    c->client += c->client == 0; // 0 is nobody's
    c->sequence = 0;
}

static void *clerk_start(struct node *n, const void *arg)
{
    const struct clerk_spec *spec = arg;
    struct clerk *c = xcalloc(1, sizeof *c);
    c->node = n;
    c->tick_ms = spec->tick_ms;
    c->list = xstrdup(spec->servers);
    char *rest = c->list;
    for (char *name = strtok_r(c->list, ",", &rest);
         name != NULL && c->count < SERVERS_MAX;
         name = strtok_r(NULL, ",", &rest))
        c->servers[c->count++] = name;
    open_session(c);
    return c;
}

static bool runs_in_session(const Kv__Operation *op)
{
    return op->kind == KV__KIND__PUT || op->kind == KV__KIND__APPEND;
}

// One call to a server. Its answer, owned, or NULL; *outcome says more.
static Kv__Answer *call_server(struct clerk *c, const Kv__Operation *op,
                               int64_t deadline_ms, enum rpc_outcome *outcome)
{
    struct rpc_method method = kv_method(op->kind);
    struct rpc_answer answer;
    rpc_call(c->node, c->servers[c->at], &method, &op->base, deadline_ms,
             &answer);
    c->cancelled = c->cancelled || answer.reason == RPC_REASON_CANCELLED;
    *outcome = answer.outcome;
    Kv__Answer *reply = (Kv__Answer *)answer.reply;
    answer.reply = NULL;
    rpc_answer_release(&answer);
    return reply;
}

// One try. The answer if it is final, owned. *ran: an earlier try may have run.
static Kv__Answer *try(struct clerk *c, Kv__Operation *op, int64_t deadline_ms,
                       bool *ran)
{
    enum rpc_outcome outcome;
    Kv__Answer *answer = call_server(c, op, deadline_ms, &outcome);
    *ran = *ran || outcome == RPC_UNKNOWN;
    if (answer == NULL || answer->status != KV__STATUS__SESSION_EXPIRED)
        return answer;
    log_info("clerk", "session %" PRIx64 " has expired", c->client);
    open_session(c);
    if (*ran)
        return answer; // nobody knows any more
    op->client = c->client;
    op->sequence = ++c->sequence;
    kv__answer__free_unpacked(answer, NULL);
    return NULL;
}

// What its caller is told: NULL if nobody knows.
static Kv__Answer *known(Kv__Answer *answer)
{
    if (answer == NULL || answer->status != KV__STATUS__SESSION_EXPIRED)
        return answer;
    kv__answer__free_unpacked(answer, NULL);
    return NULL;
}

// SOLUTION BEGIN 3b
static bool has_time(const struct clerk *c, int64_t deadline_ms)
{
    return clock_now_ms() < deadline_ms && !c->cancelled;
}
// SOLUTION END

// So many ticks from now, or the deadline if that is earlier.
static int64_t in_ticks(const struct clerk *c, int ticks, int64_t deadline_ms)
{
    int64_t then_ms = clock_now_ms() + ticks * c->tick_ms;
    return then_ms < deadline_ms ? then_ms : deadline_ms;
}

static Kv__Answer *clerk_run(void *clerk, const Kv__Operation *operation,
                             int64_t deadline_ms, uint32_t *attempts)
{
    struct clerk *c = clerk;
    Kv__Operation op = *operation;
    op.client = c->client;
    op.sequence = runs_in_session(&op) ? ++c->sequence : 0;
    *attempts = 0;
    bool ran = false;
    Kv__Answer *answer = try(c, &op, in_ticks(c, TRY_TICKS, deadline_ms), &ran);
    ++*attempts;
    // SOLUTION BEGIN 3b; stub: not_implemented("3b clerk_run");
    while (answer == NULL && has_time(c, deadline_ms)) { // ends: in time
        c->at = (c->at + 1) % c->count;
        if (*attempts % c->count == 0) // all have been asked
            clock_sleep_until_ms(in_ticks(c, AGAIN_TICKS, deadline_ms));
        answer = try(c, &op, in_ticks(c, TRY_TICKS, deadline_ms), &ran);
        ++*attempts;
    }
    // SOLUTION END
    return known(answer);
}

static void clerk_stop(void *clerk)
{
    struct clerk *c = clerk;
    if (c->sequence > 0) {
        Kv__Operation op = KV__OPERATION__INIT;
        op.kind = KV__KIND__CLOSE;
        op.client = c->client;
        op.sequence = c->sequence + 1;
        enum rpc_outcome outcome;
        Kv__Answer *answer = call_server(
            c, &op, clock_now_ms() + CLOSE_TICKS * c->tick_ms, &outcome);
        if (answer != NULL)
            kv__answer__free_unpacked(answer, NULL);
    }
    free(c->list);
    free(c);
}

const struct kv_clerk_kind clerk_kind = {clerk_start, clerk_stop, clerk_run};
