#include "lab4-shardkv/master_clerk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/log.h"
#include "common/runtime/random.h"
#include "lab4-shardkv/config.h"

enum {
    // In ticks. A try may last as long as an agreement with a few lost messages
    // does: a master that does not answer may be one of too few.
    TRY_TICKS = 20,
    AGAIN_TICKS = 1, // when nobody could be asked
    CLOSE_TICKS = 4,
    MASTERS_MAX = 16,
};

struct master_clerk {
    struct node *node;
    int64_t tick_ms;
    char *list; // the names, in one piece of memory
    const char *masters[MASTERS_MAX];
    size_t count;
    size_t at;       // the one that it asks
    uint64_t client; // its session, and the last number in it
    uint64_t sequence;
    bool cancelled; // node_cancel: nobody waits for an answer
};

static void open_session(struct master_clerk *c)
{
    c->client = random_seed();
    c->client += c->client == 0; // 0 is nobody's
    c->sequence = 0;
}

struct master_clerk *master_clerk_start(struct node *n,
                                        const struct master_clerk_spec *spec)
{
    struct master_clerk *c = xcalloc(1, sizeof *c);
    c->node = n;
    c->tick_ms = spec->tick_ms;
    c->list = xstrdup(spec->masters);
    char *rest = c->list;
    for (char *name = strtok_r(c->list, ",", &rest);
         name != NULL && c->count < MASTERS_MAX;
         name = strtok_r(NULL, ",", &rest))
        c->masters[c->count++] = name;
    open_session(c);
    return c;
}

struct rpc_method master_method(Shard__MasterKind kind)
{
    static const char *const names[] = {"Query", "Join", "Leave", "Move",
                                        "Close"};
    assert(kind >= SHARD__MASTER_KIND__QUERY &&
           kind <= SHARD__MASTER_KIND__CLOSE);
    return (struct rpc_method){&shard__master__descriptor, names[kind]};
}

// One call to a master. Its answer, owned, or NULL; *outcome says more.
static Shard__MasterAnswer *call_master(struct master_clerk *c,
                                        const Shard__MasterOperation *op,
                                        int64_t deadline_ms,
                                        enum rpc_outcome *outcome)
{
    struct rpc_method method = master_method(op->kind);
    struct rpc_answer answer;
    rpc_call(c->node, c->masters[c->at], &method, &op->base, deadline_ms,
             &answer);
    c->cancelled = c->cancelled || answer.reason == RPC_REASON_CANCELLED;
    *outcome = answer.outcome;
    Shard__MasterAnswer *reply = (Shard__MasterAnswer *)answer.reply;
    answer.reply = NULL;
    rpc_answer_release(&answer);
    return reply;
}

// One try. The answer if it is final, owned; *lost: nobody will ever know.
// *ran: an earlier try may have run.
static Shard__MasterAnswer *try(struct master_clerk *c,
                                Shard__MasterOperation *op, int64_t deadline_ms,
                                bool *ran, bool *lost)
{
    enum rpc_outcome outcome;
    Shard__MasterAnswer *answer = call_master(c, op, deadline_ms, &outcome);
    *ran = *ran || outcome == RPC_UNKNOWN;
    if (answer == NULL ||
        answer->status != SHARD__MASTER_STATUS__SESSION_EXPIRED)
        return answer;
    log_info("clerk", "session %" PRIx64 " has expired", c->client);
    shard__master_answer__free_unpacked(answer, NULL);
    open_session(c);
    *lost = *ran;
    op->client = c->client;
    op->sequence = ++c->sequence;
    return NULL;
}

// So many ticks from now, or the deadline if that is earlier.
static int64_t in_ticks(const struct master_clerk *c, int ticks,
                        int64_t deadline_ms)
{
    int64_t then_ms = clock_now_ms() + ticks * c->tick_ms;
    return then_ms < deadline_ms ? then_ms : deadline_ms;
}

Shard__MasterAnswer *master_clerk_run(struct master_clerk *c,
                                      const Shard__MasterOperation *operation,
                                      int64_t deadline_ms)
{
    Shard__MasterOperation op = *operation;
    bool is_query = op.kind == SHARD__MASTER_KIND__QUERY;
    op.client = is_query ? 0 : c->client;
    op.sequence = is_query ? 0 : ++c->sequence;
    bool ran = false;
    bool lost = false;
    Shard__MasterAnswer *answer = NULL;
    for (size_t tries = 1; answer == NULL && !lost && !c->cancelled; tries++) {
        answer = try(c, &op, in_ticks(c, TRY_TICKS, deadline_ms), &ran, &lost);
        if (answer == NULL)
            c->at = (c->at + 1) % c->count;
        if (clock_now_ms() >= deadline_ms)
            break;
        if (answer == NULL && tries % c->count == 0) // all have been asked
            clock_sleep_until_ms(in_ticks(c, AGAIN_TICKS, deadline_ms));
    }
    return answer;
}

Shard__Config *master_clerk_query(struct master_clerk *c, uint64_t number,
                                  int64_t deadline_ms)
{
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.kind = SHARD__MASTER_KIND__QUERY;
    op.number = number;
    Shard__MasterAnswer *answer = master_clerk_run(c, &op, deadline_ms);
    if (answer == NULL)
        return NULL;
    Shard__Config *config = answer->config;
    answer->config = NULL;
    shard__master_answer__free_unpacked(answer, NULL);
    if (config == NULL || config_is_sound(config))
        return config;
    log_warn("clerk", "what %s says is no configuration", c->masters[c->at]);
    config_free(config);
    return NULL;
}

void master_clerk_stop(struct master_clerk *c)
{
    if (c == NULL)
        return;
    if (c->sequence > 0) {
        Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
        op.kind = SHARD__MASTER_KIND__CLOSE;
        op.client = c->client;
        op.sequence = c->sequence + 1;
        enum rpc_outcome outcome;
        Shard__MasterAnswer *answer = call_master(
            c, &op, clock_now_ms() + CLOSE_TICKS * c->tick_ms, &outcome);
        if (answer != NULL)
            shard__master_answer__free_unpacked(answer, NULL);
    }
    free(c->list);
    free(c);
}
