#include "lab4-shardkv/clerk.h"

#include <stdlib.h>

#include "common/clerks/session.h"
#include "common/kv/store.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/buf.h"
#include "common/runtime/clock.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/master_clerk.h"

enum {
    // In ticks. A try may last as long as an agreement with a few lost messages
    // does: a server that does not answer may be one of too few.
    TRY_TICKS = 20,
    AGAIN_TICKS = 1, // when there is nobody else to ask
    CLOSE_TICKS = 4,
};

// What it has to do with a shard.
struct place {
    struct session session;
    struct buf key; // one of the shard's, for who closes the session
    size_t server;  // of the group's: the one that it asks
};

struct clerk {
    struct node *node;
    int64_t tick_ms;
    struct master_clerk *masters;
    Shard__Config *config; // NULL: none so far
    struct place *places;  // for each shard
    size_t count;
    bool cancelled; // node_cancel: nobody waits for an answer
};

static void *clerk_start(struct node *n, const void *arg)
{
    const struct master_clerk_spec *spec = arg;
    struct clerk *c = xcalloc(1, sizeof *c);
    c->node = n;
    c->tick_ms = spec->tick_ms;
    c->masters = master_clerk_start(n, spec);
    return c;
}

static bool has_time(const struct clerk *c, int64_t deadline_ms)
{
    return clock_now_ms() < deadline_ms && !c->cancelled;
}

// --- Where to ask ----------------------------------------------------------

// Asks the masters for the newest configuration. False: it is none that the
// clerk did not know.
static bool ask_masters(struct clerk *c, int64_t deadline_ms)
{
    Shard__Config *config =
        master_clerk_query(c->masters, CONFIG_NEWEST, deadline_ms);
    if (config == NULL)
        return false;
    bool is_new = c->config == NULL || config->number > c->config->number;
    if (!is_new) {
        config_free(config);
        return false;
    }
    config_free(c->config);
    c->config = config;
    if (c->places == NULL) {
        c->count = config->n_owners;
        c->places = xcalloc(c->count, sizeof *c->places);
        for (size_t i = 0; i < c->count; i++)
            buf_init(&c->places[i].key, STORE_KEY_MAX + 1);
    }
    return true;
}

// The group of a shard; NULL: nobody's.
static const Shard__Group *group_of(const struct clerk *c, size_t shard)
{
    return config_group(c->config, c->config->owners[shard]);
}

// --- One try ---------------------------------------------------------------

// One call to a server. Its answer, owned, or NULL. *ran: a try may have run.
static Kv__Answer *call_server(struct clerk *c, const char *server,
                               const Kv__Operation *op, int64_t deadline_ms,
                               bool *ran)
{
    struct rpc_method method = kv_method(op->kind);
    struct rpc_answer answer;
    rpc_call(c->node, server, &method, &op->base, deadline_ms, &answer);
    c->cancelled = c->cancelled || answer.reason == RPC_REASON_CANCELLED;
    *ran = *ran || answer.outcome == RPC_UNKNOWN;
    Kv__Answer *reply = (Kv__Answer *)answer.reply;
    answer.reply = NULL;
    rpc_answer_release(&answer);
    return reply;
}

// An operation under way.
struct trying {
    Kv__Operation op;
    size_t shard;
    bool ran;        // a try may have run
    bool lost;       // and nobody will ever know
    uint32_t failed; // tries at the group, since the masters were asked
    uint32_t tries;
};

// SOLUTION BEGIN 4b
// So many ticks from now, or the deadline if that is earlier.
static int64_t in_ticks(const struct clerk *c, int ticks, int64_t deadline_ms)
{
    int64_t then_ms = clock_now_ms() + ticks * c->tick_ms;
    return then_ms < deadline_ms ? then_ms : deadline_ms;
}

// Is the answer of a server the operation's? What is not is freed.
static bool is_final(struct clerk *c, struct trying *t, Kv__Answer *answer)
{
    if (answer->status == KV__STATUS__SESSION_EXPIRED)
        t->lost = session_expired(&c->places[t->shard].session, &t->op, t->ran);
    else if (answer->status != KV__STATUS__WRONG_GROUP)
        return true;
    kv__answer__free_unpacked(answer, NULL);
    return false;
}

// The masters, and a moment's rest if they know nothing new.
static void look_around(struct clerk *c, struct trying *t, int64_t deadline_ms)
{
    t->failed = 0;
    if (!ask_masters(c, deadline_ms))
        clock_sleep_until_ms(in_ticks(c, AGAIN_TICKS, deadline_ms));
}
// SOLUTION END

// Asks one server, if there is one. The answer if it is final, owned.
static Kv__Answer *try(struct clerk *c, struct trying *t, int64_t deadline_ms)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b try");
    const Shard__Group *group = group_of(c, t->shard);
    if (group == NULL) {
        look_around(c, t, deadline_ms);
        return NULL;
    }
    struct place *place = &c->places[t->shard];
    place->server %= group->n_servers;
    t->tries++;
    Kv__Answer *answer =
        call_server(c, group->servers[place->server], &t->op,
                    in_ticks(c, TRY_TICKS, deadline_ms), &t->ran);
    if (answer == NULL) {
        place->server++;
        if (++t->failed >= group->n_servers)
            look_around(c, t, deadline_ms); // K2
        return NULL;
    }
    bool is_wrong = answer->status == KV__STATUS__WRONG_GROUP;
    if (is_final(c, t, answer))
        return answer;
    if (is_wrong)
        look_around(c, t, deadline_ms); // K2
    return NULL;
    // SOLUTION END
}

// --- Operations ------------------------------------------------------------

// Finds the shard, and the operation's number in its session.
static void begin(struct clerk *c, struct trying *t,
                  const Kv__Operation *operation)
{
    *t = (struct trying){.op = *operation};
    // A key that is too large has a shard as well, which refuses it: by what
    // goes on of it (common/kv/service.h).
    if (t->op.key.len > STORE_KEY_MAX)
        t->op.key.len = STORE_KEY_MAX + 1;
    struct slice key = slice_of(t->op.key.data, t->op.key.len);
    t->shard = config_shard_of(key, c->count);
    struct place *place = &c->places[t->shard];
    session_number(&place->session, &t->op);
    if (place->key.size == 0)
        buf_append(&place->key, key.data, key.size);
}

static Kv__Answer *clerk_run(void *clerk, const Kv__Operation *operation,
                             int64_t deadline_ms, uint32_t *attempts)
{
    struct clerk *c = clerk;
    *attempts = 0;
    while (c->config == NULL && has_time(c, deadline_ms)) // ends: in time
        ask_masters(c, deadline_ms);
    if (c->config == NULL)
        return NULL;
    struct trying t;
    begin(c, &t, operation);
    Kv__Answer *answer = NULL;
    while (answer == NULL && !t.lost && has_time(c, deadline_ms))
        answer = try(c, &t, deadline_ms); // ends: in time
    *attempts = t.tries;
    return answer;
}

// --- Its end ---------------------------------------------------------------

static void close_session(struct clerk *c, size_t shard, int64_t deadline_ms)
{
    struct place *place = &c->places[shard];
    const Shard__Group *group = group_of(c, shard);
    Kv__Operation op;
    bool ran = false;
    if (group == NULL || !session_close(&place->session, &op))
        return;
    op.key.data = place->key.data;
    op.key.len = place->key.size;
    const char *server = group->servers[place->server % group->n_servers];
    Kv__Answer *answer = call_server(c, server, &op, deadline_ms, &ran);
    if (answer != NULL)
        kv__answer__free_unpacked(answer, NULL);
}

static void clerk_stop(void *clerk)
{
    struct clerk *c = clerk;
    int64_t deadline_ms = clock_now_ms() + CLOSE_TICKS * c->tick_ms;
    for (size_t i = 0; i < c->count; i++) {
        if (has_time(c, deadline_ms))
            close_session(c, i, deadline_ms);
        buf_release(&c->places[i].key);
    }
    free(c->places);
    config_free(c->config);
    master_clerk_stop(c->masters);
    free(c);
}

const struct kv_clerk_kind clerk_kind = {clerk_start, clerk_stop, clerk_run};
