#include "lab4-shardkv/tests/groups.h"

#include <stdio.h>
#include <string.h>

#include "grading/workload.h"
#include "lab4-shardkv/config.h"

#define MASTER_LIST "m1,m2,m3"

// --- Names -----------------------------------------------------------------

static uint64_t gid_of(char group)
{
    return (uint64_t)(group - 'a' + 1);
}

static void server_name(char group, int number, char *name, size_t size)
{
    snprintf(name, size, "%c%u", group, (unsigned)number % 100);
}

void nth_key_in(unsigned shard, unsigned n, char key[KEY_SIZE])
{
    unsigned found = 0;
    for (unsigned i = 0; found <= n; i++) { // ends: a hash meets each shard
        snprintf(key, KEY_SIZE, "key%u", i);
        found += config_shard_of(slice_text(key), SHARDS) == shard;
    }
}

const char *key_in(unsigned shard)
{
    static char keys[SHARDS][KEY_SIZE];
    nth_key_in(shard, 0, keys[shard]);
    return keys[shard];
}

// --- Starting --------------------------------------------------------------

static void launch_group(struct cluster *c, char group)
{
    for (int i = 1; i <= REPLICAS; i++) {
        char name[8];
        server_name(group, i, name, sizeof name);
        cluster_launch(c, name,
                       "shardkvd --gid %d --peers %c1,%c2,%c3 --masters %s "
                       "--tick %d",
                       (int)gid_of(group), group, group, group, MASTER_LIST,
                       (int)cluster_tick_ms());
    }
}

static void await_group(struct cluster *c, char group)
{
    for (int i = 1; i <= REPLICAS; i++) {
        char name[8];
        server_name(group, i, name, sizeof name);
        cluster_await_ready(c, name);
    }
}

void start_groups(struct cluster *c, const char *groups)
{
    for (int i = 1; i <= REPLICAS; i++) {
        char name[8];
        server_name('m', i, name, sizeof name);
        cluster_launch(c, name, "masterd --masters %s --tick %d", MASTER_LIST,
                       (int)cluster_tick_ms());
    }
    for (const char *g = groups; *g != '\0'; g++)
        launch_group(c, *g);
    await_group(c, 'm');
    for (const char *g = groups; *g != '\0'; g++)
        await_group(c, *g);
    cluster_start_clerks(c, "adm", "--role admin --masters %s --tick %d",
                         MASTER_LIST, (int)cluster_tick_ms());
}

void begin_groups(struct cluster *c, const char *groups, const char *joined)
{
    start_groups(c, groups);
    join(c, joined);
    await_settled(c, groups);
}

void start_clerks(struct cluster *c, const char *names)
{
    cluster_start_clerks(c, names, "--masters %s --tick %d", MASTER_LIST,
                         (int)cluster_tick_ms());
}

void start_direct(struct cluster *c, const char *name, const char *server)
{
    cluster_start_clerks(c, name, "--role direct --server %s", server);
}

void pause_group(struct cluster *c, char group)
{
    char name[3] = {group, '1', '\0'};
    for (; name[1] <= '3'; name[1]++)
        cluster_pause(c, name);
}

void resume_group(struct cluster *c, char group)
{
    char name[3] = {group, '1', '\0'};
    for (; name[1] <= '3'; name[1]++)
        cluster_resume(c, name);
}

void kill_group(struct cluster *c, char group)
{
    char name[3] = {group, '1', '\0'};
    for (; name[1] <= '3'; name[1]++) {
        cluster_retire(c, name);
        cluster_kill(c, name);
    }
}

// --- Configurations --------------------------------------------------------

static void begin_change(struct cluster *c, const char *method,
                         const Shard__MasterOperation *operation)
{
    struct rpc_method m = {&shard__master__descriptor, method};
    client_begin(c, "adm", &m, &operation->base);
}

bool change_runs(struct cluster *c)
{
    return client_result(c, "adm", NULL) == CLIENT_RUNNING;
}

// Waits for what "adm" has begun: it must be done.
static const Shard__MasterAnswer *await_change(struct cluster *c)
{
    const ProtobufCMessage *reply = NULL;
    if (client_wait(c, "adm", SOON) == CLIENT_RUNNING)
        cluster_fail_waiting(c, "the masters do not answer");
    client_result(c, "adm", &reply);
    const Shard__MasterAnswer *answer = (const Shard__MasterAnswer *)reply;
    ck_assert_ptr_nonnull(answer);
    ck_assert_int_eq(answer->status, SHARD__MASTER_STATUS__OK);
    return answer;
}

void end_change(struct cluster *c)
{
    await_change(c);
}

void begin_join(struct cluster *c, const char *groups)
{
    Shard__Group sent[GROUPS_MAX];
    Shard__Group *pointers[GROUPS_MAX];
    char names[GROUPS_MAX][REPLICAS][8];
    char *servers[GROUPS_MAX][REPLICAS];
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.kind = SHARD__MASTER_KIND__JOIN;
    op.groups = pointers;
    for (const char *g = groups; *g != '\0'; g++) {
        size_t i = op.n_groups++;
        ck_assert_uint_lt(i, GROUPS_MAX);
        for (int k = 0; k < REPLICAS; k++) {
            server_name(*g, k + 1, names[i][k], sizeof names[i][k]);
            servers[i][k] = names[i][k];
        }
        sent[i] = (Shard__Group)SHARD__GROUP__INIT;
        sent[i].gid = gid_of(*g);
        sent[i].servers = servers[i];
        sent[i].n_servers = REPLICAS;
        pointers[i] = &sent[i];
    }
    begin_change(c, "Join", &op);
}

void join(struct cluster *c, const char *groups)
{
    begin_join(c, groups);
    end_change(c);
}

void begin_leave(struct cluster *c, const char *groups)
{
    uint64_t gids[GROUPS_MAX];
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.kind = SHARD__MASTER_KIND__LEAVE;
    op.gids = gids;
    for (const char *g = groups; *g != '\0'; g++)
        gids[op.n_gids++] = gid_of(*g);
    begin_change(c, "Leave", &op);
}

void leave(struct cluster *c, const char *groups)
{
    begin_leave(c, groups);
    end_change(c);
}

void begin_move(struct cluster *c, unsigned shard, char group)
{
    uint64_t gid = gid_of(group);
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.kind = SHARD__MASTER_KIND__MOVE;
    op.shard = shard;
    op.gids = &gid;
    op.n_gids = 1;
    begin_change(c, "Move", &op);
}

void move(struct cluster *c, unsigned shard, char group)
{
    begin_move(c, shard, group);
    end_change(c);
}

// One of those that are in, or are not; '-': there is none.
static char draw_group(struct cluster *c, const struct fleet *f, bool in)
{
    char groups[GROUPS_MAX];
    size_t count = 0;
    for (const char *g = f->all; *g != '\0'; g++)
        if (f->in[*g - 'a'] == in)
            groups[count++] = *g;
    return count == 0 ? '-' : groups[cluster_random(c, count)];
}

void begin_any_change(struct cluster *c, struct fleet *f)
{
    uint64_t dice = cluster_random(c, 4);
    char one[2] = {draw_group(c, f, dice != 0), '\0'};
    char other = draw_group(c, f, true);
    if (dice == 0 && one[0] != '-') {
        f->in[one[0] - 'a'] = true;
        begin_join(c, one);
    } else if (dice == 1 && one[0] != other) { // there are two at least
        f->in[one[0] - 'a'] = false;
        begin_leave(c, one);
    } else {
        begin_move(c, (unsigned)cluster_random(c, SHARDS), other);
    }
}

struct owners newest(struct cluster *c)
{
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.number = CONFIG_NEWEST;
    begin_change(c, "Query", &op);
    const Shard__Config *config = await_change(c)->config;
    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config->n_owners, SHARDS);
    struct owners o = {.number = config->number};
    memcpy(o.gids, config->owners, sizeof o.gids);
    return o;
}

char owner_of(const struct owners *o, unsigned shard)
{
    return o->gids[shard] == 0 ? '-' : (char)('a' + o->gids[shard] - 1);
}

unsigned shards_of(const struct owners *o, char group)
{
    unsigned count = 0;
    for (unsigned s = 0; s < SHARDS; s++)
        count += owner_of(o, s) == group;
    return count;
}

unsigned first_of(const struct owners *o, char group)
{
    for (unsigned s = 0; s < SHARDS; s++)
        if (owner_of(o, s) == group)
            return s;
    ck_abort_msg("group %c has no shard", group);
}

// --- Servers ---------------------------------------------------------------

const Shard__ShardsStatusReply *
ask_status(struct cluster *c, const char *server, struct rpc_answer *answer)
{
    static const struct rpc_method method = {&shard__shards_inspect__descriptor,
                                             "Status"};
    Shard__ShardsStatusRequest request = SHARD__SHARDS_STATUS_REQUEST__INIT;
    cluster_ask(c, server, &method, &request.base, answer);
    ck_assert_int_eq(answer->outcome, RPC_OK);
    return (const Shard__ShardsStatusReply *)answer->reply;
}

uint64_t config_at(struct cluster *c, const char *server)
{
    struct rpc_answer answer;
    const Shard__ShardsStatusReply *r = ask_status(c, server, &answer);
    uint64_t number = r->config == NULL ? 0 : r->config->number;
    rpc_answer_release(&answer);
    return number;
}

static bool is_in_state(struct cluster *c, const char *server, unsigned shard,
                        Shard__ShardStatus__State state)
{
    struct rpc_answer answer;
    const Shard__ShardsStatusReply *r = ask_status(c, server, &answer);
    bool is = shard < r->n_shards && r->shards[shard]->state == state;
    rpc_answer_release(&answer);
    return is;
}

bool serves(struct cluster *c, const char *server, unsigned shard)
{
    return is_in_state(c, server, shard, SHARD__SHARD_STATUS__STATE__SERVING);
}

bool awaits(struct cluster *c, const char *server, unsigned shard)
{
    return is_in_state(c, server, shard, SHARD__SHARD_STATUS__STATE__COMING);
}

static bool has_what_is_its(const Shard__ShardsStatusReply *r,
                            const struct owners *o, char group)
{
    if (r->config == NULL || r->config->number != o->number ||
        r->donated != 0 || r->n_shards != SHARDS)
        return false;
    for (unsigned s = 0; s < SHARDS; s++)
        if (r->config->owners[s] != o->gids[s] ||
            r->shards[s]->state != (owner_of(o, s) == group
                                        ? SHARD__SHARD_STATUS__STATE__SERVING
                                        : SHARD__SHARD_STATUS__STATE__ABSENT))
            return false;
    return true;
}

static bool has_settled(struct cluster *c, const char *server,
                        const struct owners *o)
{
    struct rpc_answer answer;
    const Shard__ShardsStatusReply *r = ask_status(c, server, &answer);
    bool settled = has_what_is_its(r, o, server[0]);
    rpc_answer_release(&answer);
    return settled;
}

// How many servers of the group have, and how many live.
static int count_settled(struct cluster *c, char group, const struct owners *o,
                         int *living)
{
    int settled = 0;
    *living = 0;
    for (int i = 1; i <= REPLICAS; i++) {
        char name[8];
        server_name(group, i, name, sizeof name);
        if (cluster_has_ended(c, name))
            continue;
        ++*living;
        settled += has_settled(c, name, o);
    }
    return settled;
}

static bool have_settled(struct cluster *c, const char *groups, bool all)
{
    struct owners o = newest(c);
    for (const char *g = groups; *g != '\0'; g++) {
        int living;
        int settled = count_settled(c, *g, &o, &living);
        if (all ? settled < living : 2 * settled <= REPLICAS)
            return false;
    }
    return true;
}

void await_settled(struct cluster *c, const char *groups)
{
    eventually(c, have_settled(c, groups, true), SOON);
}

void await_mostly_settled(struct cluster *c, const char *groups)
{
    eventually(c, have_settled(c, groups, false), SOON);
}

uint64_t bytes_at(struct cluster *c, const char *server)
{
    struct rpc_answer answer;
    const Shard__ShardsStatusReply *r = ask_status(c, server, &answer);
    uint64_t bytes = r->donated_bytes;
    for (size_t s = 0; s < r->n_shards; s++)
        bytes += r->shards[s]->bytes;
    rpc_answer_release(&answer);
    return bytes;
}

static bool all_live(struct cluster *c, char group)
{
    bool live = true;
    for (int i = 1; i <= REPLICAS; i++) {
        char name[8];
        server_name(group, i, name, sizeof name);
        live = live && !cluster_has_ended(c, name);
    }
    return live;
}

void kill_firsts(struct cluster *c, const char *groups)
{
    for (const char *g = groups; *g != '\0'; g++) {
        char name[8];
        server_name(*g, 1, name, sizeof name);
        if (all_live(c, *g))
            cluster_kill(c, name);
    }
}

// --- Values ----------------------------------------------------------------

static void value_of(unsigned shard, int round, char *text, size_t size)
{
    snprintf(text, size, "shard %u, round %d", shard, round);
}

void put_all(struct cluster *c, const char *client, int round)
{
    for (unsigned s = 0; s < SHARDS; s++) {
        char text[40];
        value_of(s, round, text, sizeof text);
        kv_put(c, client, key_in(s), text);
    }
}

void expect_all(struct cluster *c, const char *client, int round)
{
    for (unsigned s = 0; s < SHARDS; s++) {
        char text[40];
        value_of(s, round, text, sizeof text);
        kv_expect(c, client, key_in(s), text);
    }
}

Kv__Status status_of_get(struct cluster *c, const char *client, const char *key)
{
    kv_begin_get(c, client, key);
    const Kv__Answer *answer = kv_end(c, client);
    ck_assert_ptr_nonnull(answer);
    return answer->status;
}
