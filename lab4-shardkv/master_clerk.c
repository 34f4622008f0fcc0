#include "lab4-shardkv/master_clerk.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/clerks/caller.h"
#include "common/clerks/servers.h"
#include "common/clerks/session.h"
#include "common/runtime/alloc.h"
#include "common/runtime/log.h"
#include "lab4-shardkv/config.h"

struct master_clerk {
    struct caller caller;
    struct servers masters;
    struct session session;
};

struct master_clerk *master_clerk_start(struct node *n,
                                        const struct master_clerk_spec *spec)
{
    struct master_clerk *c = xcalloc(1, sizeof *c);
    c->caller = (struct caller){
        .node = n, .tick_ms = spec->tick_ms, .try_ticks = CALLER_TRY_TICKS};
    servers_init(&c->masters, spec->masters);
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

// A Query has no number: it changes nothing.
static void number(struct master_clerk *c, Shard__MasterOperation *op)
{
    bool once = op->kind != SHARD__MASTER_KIND__QUERY;
    op->client = once ? session_client(&c->session) : 0;
    op->sequence = once ? session_next(&c->session) : 0;
}

// One call to a master. Its answer, owned, or NULL. *ran: as caller.h says.
static Shard__MasterAnswer *call_master(struct master_clerk *c,
                                        const Shard__MasterOperation *op,
                                        int64_t deadline_ms, bool *ran)
{
    struct rpc_method method = master_method(op->kind);
    return (Shard__MasterAnswer *)caller_call(&c->caller,
                                              servers_now(&c->masters), &method,
                                              &op->base, deadline_ms, ran);
}

// One try. The answer if it is final, owned; *lost: nobody will ever know.
// *ran: an earlier try may have run.
static Shard__MasterAnswer *try(struct master_clerk *c,
                                Shard__MasterOperation *op, int64_t deadline_ms,
                                bool *ran, bool *lost)
{
    Shard__MasterAnswer *answer = call_master(c, op, deadline_ms, ran);
    if (answer == NULL ||
        answer->status != SHARD__MASTER_STATUS__SESSION_EXPIRED)
        return answer;
    shard__master_answer__free_unpacked(answer, NULL);
    session_expired(&c->session);
    *lost = *ran;
    if (!*lost)
        number(c, op);
    return NULL;
}

Shard__MasterAnswer *master_clerk_run(struct master_clerk *c,
                                      const Shard__MasterOperation *operation,
                                      int64_t deadline_ms)
{
    Shard__MasterOperation op = *operation;
    number(c, &op);
    bool ran = false;
    bool lost = false;
    size_t tries = 0;
    do { // ends: in time
        Shard__MasterAnswer *answer = try(c, &op, deadline_ms, &ran, &lost);
        if (answer != NULL || lost)
            return answer;
        servers_next(&c->masters);
        if (++tries % c->masters.count == 0) // all have been asked
            caller_rest(&c->caller, deadline_ms);
    } while (caller_has_time(&c->caller, deadline_ms));
    return NULL;
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
    log_warn("clerk", "what %s says is no configuration",
             servers_now(&c->masters));
    config_free(config);
    return NULL;
}

void master_clerk_stop(struct master_clerk *c)
{
    if (c == NULL)
        return;
    if (session_is_used(&c->session)) {
        Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
        op.kind = SHARD__MASTER_KIND__CLOSE;
        number(c, &op);
        shard__master_answer__free_unpacked(
            call_master(c, &op, caller_soon_ms(&c->caller), NULL), NULL);
    }
    servers_release(&c->masters);
    free(c);
}
