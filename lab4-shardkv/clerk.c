#include "lab4-shardkv/clerk.h"

#include <stdlib.h>

#include "common/kv/store.h"
#include "common/runtime/alloc.h"
#include "common/runtime/buf.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/master_clerk.h"

// What it has to do with a shard.
struct place {
    struct session session;
    struct buf key; // one of the shard's, for who closes the session
    size_t server;  // of the group's: the one that it asks
};

struct clerk {
    struct caller caller;
    struct master_clerk *masters;
    Shard__Config *config; // NULL: none so far
    struct place *places;  // for each shard
    size_t count;
};

static void *clerk_start(struct node *n, const void *arg)
{
    const struct master_clerk_spec *spec = arg;
    struct clerk *c = xcalloc(1, sizeof *c);
    c->caller = (struct caller){
        .node = n, .tick_ms = spec->tick_ms, .try_ticks = CALLER_TRY_TICKS};
    c->masters = master_clerk_start(n, spec);
    return c;
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
// Is the answer of a server the operation's? What is not is freed.
static bool is_final(struct clerk *c, struct trying *t, Kv__Answer *answer)
{
    if (answer->status == KV__STATUS__SESSION_EXPIRED)
        t->lost = kv_expired(&c->places[t->shard].session, &t->op, t->ran);
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
        caller_rest(&c->caller, deadline_ms);
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
    Kv__Answer *answer = kv_call(&c->caller, group->servers[place->server],
                                 &t->op, deadline_ms, &t->ran);
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
    kv_number(&place->session, &t->op);
    if (place->key.size == 0)
        buf_append(&place->key, key.data, key.size);
}

static Kv__Answer *clerk_run(void *clerk, const Kv__Operation *operation,
                             int64_t deadline_ms, uint32_t *attempts)
{
    struct clerk *c = clerk;
    *attempts = 0;
    while (c->config == NULL && caller_has_time(&c->caller, deadline_ms))
        ask_masters(c, deadline_ms); // ends: in time
    if (c->config == NULL)
        return NULL;
    struct trying t;
    begin(c, &t, operation);
    Kv__Answer *answer = NULL;
    while (answer == NULL && !t.lost &&
           caller_has_time(&c->caller, deadline_ms))
        answer = try(c, &t, deadline_ms); // ends: in time
    *attempts = t.tries;
    return answer;
}

// --- Its end ---------------------------------------------------------------

static void close_session(struct clerk *c, size_t shard, int64_t deadline_ms)
{
    struct place *place = &c->places[shard];
    const Shard__Group *group = group_of(c, shard);
    if (group == NULL)
        return;
    kv_close(&c->caller, &place->session,
             group->servers[place->server % group->n_servers],
             buf_slice(&place->key), deadline_ms);
}

static void clerk_stop(void *clerk)
{
    struct clerk *c = clerk;
    int64_t deadline_ms = caller_soon_ms(&c->caller);
    for (size_t i = 0; i < c->count; i++) {
        if (caller_has_time(&c->caller, deadline_ms))
            close_session(c, i, deadline_ms);
        buf_release(&c->places[i].key);
    }
    free(c->places);
    config_free(c->config);
    master_clerk_stop(c->masters);
    free(c);
}

const struct kv_clerk_kind clerk_kind = {clerk_start, clerk_stop, clerk_run};
