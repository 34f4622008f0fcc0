#include "lab4-shardkv/master.h"

#include <stdlib.h>
#include <string.h>

#include "common/kv/sessions.h"
#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "lab4-shardkv/balance.h"
#include "lab4-shardkv/config.h"

struct master {
    Shard__Config **configs; // C1: by number
    size_t count;            // one at least
    size_t room;
    struct sessions *sessions; // answers are packed Shard__MasterAnswers
};

static void keep(struct master *m, Shard__Config *config)
{
    if (m->count == m->room) {
        m->room = m->room * 2 + 1;
        m->configs = xrealloc(m->configs, m->room * sizeof *m->configs);
    }
    config->number = m->count;
    m->configs[m->count++] = config;
}

struct master *master_new(size_t shards)
{
    struct master *m = xcalloc(1, sizeof *m);
    m->sessions = sessions_new();
    keep(m, config_new(shards));
    return m;
}

void master_free(struct master *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->count; i++)
        config_free(m->configs[i]);
    free(m->configs);
    sessions_free(m->sessions);
    free(m);
}

const Shard__Config *master_config(const struct master *m, uint64_t number)
{
    return m->configs[number < m->count ? number : m->count - 1];
}

uint32_t master_sessions(const struct master *m)
{
    return sessions_count(m->sessions);
}

// --- Changes ---------------------------------------------------------------
//
// Each makes of `next`, a copy of the newest configuration, the one that comes
// after it, or says why not.

// SOLUTION BEGIN 4a
static void balance_all(Shard__Config *next)
{
    uint64_t *gids = xcalloc(next->n_groups + 1, sizeof *gids);
    for (size_t i = 0; i < next->n_groups; i++)
        gids[i] = next->groups[i]->gid;
    balance(next->owners, next->n_owners, gids, next->n_groups);
    free(gids);
}

static bool is_server(const Shard__Config *config, const char *name)
{
    for (size_t i = 0; i < config->n_groups; i++)
        for (size_t k = 0; k < config->groups[i]->n_servers; k++)
            if (strcmp(config->groups[i]->servers[k], name) == 0)
                return true;
    return false;
}

static bool is_twice(const Shard__Group *group, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(group->servers[i], group->servers[at]) == 0)
            return true;
    return false;
}

// Puts a copy where it belongs in the order of gids.
static void add_group(Shard__Config *next, const Shard__Group *group)
{
    next->groups =
        xrealloc(next->groups, (next->n_groups + 1) * sizeof *next->groups);
    size_t at = next->n_groups++;
    for (; at > 0 && next->groups[at - 1]->gid > group->gid; at--)
        next->groups[at] = next->groups[at - 1];
    next->groups[at] = config_copy_group(group);
}

static Shard__MasterStatus join_group(const struct master *m,
                                      Shard__Config *next,
                                      const Shard__Group *group)
{
    if (config_group(master_config(m, CONFIG_NEWEST), group->gid) != NULL)
        return SHARD__MASTER_STATUS__GROUP_EXISTS;
    if (group->n_servers > CONFIG_SERVERS_MAX ||
        next->n_groups == CONFIG_GROUPS_MAX)
        return SHARD__MASTER_STATUS__TOO_MANY;
    if (group->gid == 0 || config_group(next, group->gid) != NULL ||
        group->n_servers == 0)
        return SHARD__MASTER_STATUS__BAD_GROUP;
    for (size_t i = 0; i < group->n_servers; i++)
        if (!node_is_name(group->servers[i]) || is_twice(group, i) ||
            is_server(next, group->servers[i]))
            return SHARD__MASTER_STATUS__BAD_GROUP;
    add_group(next, group);
    return SHARD__MASTER_STATUS__OK;
}

static Shard__MasterStatus join(const struct master *m, Shard__Config *next,
                                const Shard__MasterOperation *op)
{
    Shard__MasterStatus status = op->n_groups == 0
                                     ? SHARD__MASTER_STATUS__BAD_GROUP
                                     : SHARD__MASTER_STATUS__OK;
    for (size_t i = 0; i < op->n_groups && status == SHARD__MASTER_STATUS__OK;
         i++)
        status = join_group(m, next, op->groups[i]);
    if (status == SHARD__MASTER_STATUS__OK)
        balance_all(next);
    return status;
}

// False: it is not there.
static bool remove_group(Shard__Config *next, uint64_t gid)
{
    size_t at = 0;
    while (at < next->n_groups && next->groups[at]->gid != gid)
        at++;
    if (at == next->n_groups)
        return false;
    shard__group__free_unpacked(next->groups[at], NULL);
    next->n_groups--;
    memmove(&next->groups[at], &next->groups[at + 1],
            (next->n_groups - at) * sizeof *next->groups);
    return true;
}

static Shard__MasterStatus leave(Shard__Config *next,
                                 const Shard__MasterOperation *op)
{
    for (size_t i = 0; i < op->n_gids; i++)
        if (!remove_group(next, op->gids[i]))
            return SHARD__MASTER_STATUS__NO_GROUP;
    if (op->n_gids == 0)
        return SHARD__MASTER_STATUS__NO_GROUP;
    balance_all(next);
    return SHARD__MASTER_STATUS__OK;
}

static Shard__MasterStatus move(Shard__Config *next,
                                const Shard__MasterOperation *op)
{
    if (op->shard >= next->n_owners)
        return SHARD__MASTER_STATUS__NO_SHARD;
    if (op->n_gids != 1 || config_group(next, op->gids[0]) == NULL)
        return SHARD__MASTER_STATUS__NO_GROUP;
    next->owners[op->shard] = op->gids[0]; // C3
    return SHARD__MASTER_STATUS__OK;
}

static Shard__MasterStatus change(const struct master *m, Shard__Config *next,
                                  const Shard__MasterOperation *op)
{
    if (op->kind == SHARD__MASTER_KIND__JOIN)
        return join(m, next, op);
    if (op->kind == SHARD__MASTER_KIND__LEAVE)
        return leave(next, op);
    return move(next, op);
}

// C4: a Move to where the shard is.
static bool moves_nothing(const struct master *m, const Shard__Config *next,
                          const Shard__MasterOperation *op)
{
    const Shard__Config *newest = master_config(m, CONFIG_NEWEST);
    return op->kind == SHARD__MASTER_KIND__MOVE &&
           newest->owners[op->shard] == next->owners[op->shard];
}
// SOLUTION END

// --- Answers ---------------------------------------------------------------

// SOLUTION BEGIN 4a
// `config` is NULL: none is told.
static Shard__MasterAnswer *answer_with(Shard__MasterStatus status,
                                        const Shard__Config *config)
{
    Shard__MasterAnswer *answer = xcalloc(1, sizeof *answer);
    shard__master_answer__init(answer);
    answer->status = status;
    answer->config = config == NULL ? NULL : config_copy(config);
    return answer;
}

static Shard__MasterAnswer *run(struct master *m,
                                const Shard__MasterOperation *op)
{
    Shard__Config *next = config_copy(master_config(m, CONFIG_NEWEST));
    Shard__MasterStatus status = change(m, next, op);
    if (status == SHARD__MASTER_STATUS__OK && !moves_nothing(m, next, op))
        keep(m, next);
    else
        config_free(next);
    return answer_with(status, status == SHARD__MASTER_STATUS__OK
                                   ? master_config(m, CONFIG_NEWEST)
                                   : NULL);
}

static void note(struct master *m, const Shard__MasterOperation *op,
                 const Shard__MasterAnswer *answer)
{
    Kv__Answer noted = KV__ANSWER__INIT;
    noted.value.len = shard__master_answer__get_packed_size(answer);
    noted.value.data = xmalloc(noted.value.len + 1);
    shard__master_answer__pack(answer, noted.value.data);
    sessions_note(m->sessions, op->client, op->sequence, &noted);
    free(noted.value.data);
}

static Shard__MasterAnswer *run_once(struct master *m,
                                     const Shard__MasterOperation *op)
{
    const Kv__Answer *before = NULL;
    Shard__MasterAnswer *answer = NULL;
    switch (sessions_check(m->sessions, op->client, op->sequence, &before)) {
    case SESSIONS_NEW:
        answer = run(m, op);
        note(m, op, answer);
        return answer;
    case SESSIONS_AGAIN:
        return shard__master_answer__unpack(NULL, before->value.len,
                                            before->value.data);
    case SESSIONS_LATE:
        return NULL;
    case SESSIONS_EXPIRED:
        return answer_with(SHARD__MASTER_STATUS__SESSION_EXPIRED, NULL);
    }
    abort();
}
// SOLUTION END

Shard__MasterAnswer *master_apply(struct master *m,
                                  const Shard__MasterOperation *op)
{
    // SOLUTION BEGIN 4a; stub: not_implemented("4a master_apply");
    switch (op->kind) {
    case SHARD__MASTER_KIND__QUERY:
        return answer_with(SHARD__MASTER_STATUS__OK,
                           master_config(m, op->number)); // C5
    case SHARD__MASTER_KIND__JOIN:
    case SHARD__MASTER_KIND__LEAVE:
    case SHARD__MASTER_KIND__MOVE:
        return run_once(m, op); // C6
    case SHARD__MASTER_KIND__CLOSE:
        sessions_close(m->sessions, op->client, op->sequence);
        return answer_with(SHARD__MASTER_STATUS__OK, NULL);
    default: // from outside
        return NULL;
    }
    // SOLUTION END
}
