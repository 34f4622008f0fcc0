#include "grading/bench/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/kv/api.pb-c.h"
#include "common/rpc/counters.h"
#include "common/rpc/faults.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "grading/bench/echo.h"
#include "lab4-shardkv/api.pb-c.h"

enum {
    TICK_MS = 25,
    DELAY_MS = 2,
    ALL_SERVERS = GROUPS_MAX * GROUPS_REPLICAS,
};

#define MASTERS "m1,m2,m3"
#define BATCH "4"

static const char *const names[ALL_SERVERS] = {
    "a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3", "d1", "d2", "d3"};

// --- Slow calls ------------------------------------------------------------

static void make_folder(const struct groups *g, const char *name)
{
    char *path = xasprintf("%s/%s", g->folder, name);
    bench_check(mkdir(path, 0777) == 0, path);
    free(path);
}

// Fault pages as the harness of tests makes them: what they order stays there.
static void make_slow(const struct groups *g, int server)
{
    static const char *const methods[] = {"Paxos.Prepare", "Paxos.Accept",
                                          "Paxos.Decide", "Shards.Fetch",
                                          "Shards.Delete"};
    char *ctl = xasprintf("%s/ctl/%s", g->folder, names[server]);
    char *cnt = xasprintf("%s/cnt/%s", g->folder, names[server]);
    struct fault_page *faults;
    struct count_page *counts;
    bench_check(fault_page_create(ctl, 1, names, ALL_SERVERS, server,
                                  &faults) == ERR_OK,
                ctl);
    bench_check(count_page_create(cnt, &counts) == ERR_OK, cnt);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct fault_rule rule = {.source = FAULT_ANYBODY,
                                  .delay_ppm = FAULT_SURE,
                                  .delay_min_ms = DELAY_MS,
                                  .delay_max_ms = DELAY_MS};
        snprintf(rule.method, sizeof rule.method, "%s", methods[i]);
        bench_check(fault_add_rule(faults, &rule) == ERR_OK, methods[i]);
    }
    fault_page_close(faults);
    count_page_close(counts);
    free(ctl);
    free(cnt);
}

// --- Processes -------------------------------------------------------------

static struct process *start_master(const struct groups *g, int number)
{
    char name[8];
    char tick[16];
    snprintf(name, sizeof name, "m%d", number);
    snprintf(tick, sizeof tick, "%d", TICK_MS);
    return store_spawn((const char *[]){g->program, "masterd", "--cluster",
                                        g->folder, "--name", name, "--masters",
                                        MASTERS, "--tick", tick, NULL});
}

static struct process *start_server(const struct groups *g, size_t group,
                                    const char *name, bool slow)
{
    char gid[16];
    char tick[16];
    char peers[16];
    snprintf(gid, sizeof gid, "%zu", group + 1);
    snprintf(tick, sizeof tick, "%d", TICK_MS);
    snprintf(peers, sizeof peers, "%c1,%c2,%c3", name[0], name[0], name[0]);
    return store_spawn((const char *[]){
        g->program, "shardkvd", "--cluster", g->folder, "--name", name, "--gid",
        gid, "--peers", peers, "--masters", MASTERS, "--tick", tick,
        slow ? "--batch" : NULL, BATCH, NULL});
}

// --- Asking ----------------------------------------------------------------

static struct rpc_answer ask(struct groups *g, const char *to,
                             const ProtobufCServiceDescriptor *service,
                             const char *method,
                             const ProtobufCMessage *request)
{
    struct rpc_method m = {service, method};
    struct rpc_answer answer;
    rpc_call(g->node, to, &m, request, clock_now_ms() + BENCH_TIMEOUT_MS,
             &answer);
    return answer;
}

// One operation, by m1, in a session of its own. *config: the one it answers
// with, and must be freed. False: m1 does not serve yet.
static bool ask_master(struct groups *g, Shard__MasterOperation *op,
                       const char *method, Shard__Config **config)
{
    op->client = ++g->sessions;
    op->sequence = op->kind == SHARD__MASTER_KIND__QUERY ? 0 : 1;
    struct rpc_answer answer =
        ask(g, "m1", &shard__master__descriptor, method, &op->base);
    Shard__MasterAnswer *reply = (Shard__MasterAnswer *)answer.reply;
    bool done = reply != NULL && reply->status == SHARD__MASTER_STATUS__OK;
    *config = NULL;
    if (done) {
        *config = reply->config;
        reply->config = NULL;
    }
    rpc_answer_release(&answer);
    return done;
}

static void free_config(Shard__Config *config)
{
    if (config != NULL)
        shard__config__free_unpacked(config, NULL);
}

static void await_master(struct groups *g)
{
    int64_t deadline_ms = clock_now_ms() + BENCH_TIMEOUT_MS;
    bool ready = false;
    while (!ready) {
        bench_check(clock_now_ms() < deadline_ms, "to have masters");
        Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
        Shard__Config *config;
        ready = ask_master(g, &op, "Query", &config);
        free_config(config);
        clock_sleep_ms(1);
    }
}

void groups_start(struct groups *g, size_t count, bool slow)
{
    const char *tmp = getenv("TMPDIR");
    *g = (struct groups){.count = count, .program = store_program("lab4")};
    g->folder = xasprintf("%s/bench-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    bench_check(mkdtemp(g->folder) != NULL, "mkdtemp");
    make_folder(g, "ctl");
    make_folder(g, "cnt");
    for (int i = 0; i < GROUPS_REPLICAS; i++)
        g->masters[i] = start_master(g, i + 1);
    for (size_t i = 0; i < count * GROUPS_REPLICAS; i++) {
        if (slow)
            make_slow(g, (int)i);
        g->servers[i / GROUPS_REPLICAS][i % GROUPS_REPLICAS] =
            start_server(g, i / GROUPS_REPLICAS, names[i], slow);
    }
    bench_check(node_open(g->folder, "k", true, &g->node) == ERR_OK,
                "node_open");
    await_master(g);
}

void groups_stop(struct groups *g)
{
    node_close(g->node);
    for (size_t i = 0; i < g->count; i++)
        for (size_t k = 0; k < GROUPS_REPLICAS; k++)
            process_free(g->servers[i][k]);
    for (size_t k = 0; k < GROUPS_REPLICAS; k++)
        process_free(g->masters[k]);
    bench_remove(g->folder);
    free(g->folder);
    free(g->program);
}

// --- Configurations --------------------------------------------------------

void groups_join(struct groups *g, size_t group)
{
    char *servers[GROUPS_REPLICAS];
    for (size_t i = 0; i < GROUPS_REPLICAS; i++)
        servers[i] = (char *)names[group * GROUPS_REPLICAS + i];
    Shard__Group sent = SHARD__GROUP__INIT;
    Shard__Group *pointer = &sent;
    sent.gid = group + 1;
    sent.servers = servers;
    sent.n_servers = GROUPS_REPLICAS;
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.kind = SHARD__MASTER_KIND__JOIN;
    op.groups = &pointer;
    op.n_groups = 1;
    Shard__Config *config;
    bench_check(ask_master(g, &op, "Join", &config), "a Join");
    free_config(config);
}

void groups_leave(struct groups *g, size_t group)
{
    uint64_t gid = group + 1;
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.kind = SHARD__MASTER_KIND__LEAVE;
    op.gids = &gid;
    op.n_gids = 1;
    Shard__Config *config;
    bench_check(ask_master(g, &op, "Leave", &config), "a Leave");
    free_config(config);
}

static bool has_settled(struct groups *g, const char *server, uint64_t number)
{
    Shard__ShardsStatusRequest request = SHARD__SHARDS_STATUS_REQUEST__INIT;
    struct rpc_answer answer = ask(
        g, server, &shard__shards_inspect__descriptor, "Status", &request.base);
    const Shard__ShardsStatusReply *r =
        (const Shard__ShardsStatusReply *)answer.reply;
    bool settled = r != NULL && r->config != NULL &&
                   r->config->number == number && r->donated == 0;
    for (size_t i = 0; settled && i < r->n_shards; i++)
        settled = r->shards[i]->state != SHARD__SHARD_STATUS__STATE__COMING;
    rpc_answer_release(&answer);
    return settled;
}

// More than half of each group: who has missed the end of a log hears of it
// when something is added to it.
bool groups_have_settled(struct groups *g)
{
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.number = UINT64_MAX; // the newest
    Shard__Config *config;
    bool settled = ask_master(g, &op, "Query", &config);
    for (size_t i = 0; settled && i < g->count; i++) {
        int of_group = 0;
        for (size_t k = 0; k < GROUPS_REPLICAS; k++)
            of_group +=
                has_settled(g, names[i * GROUPS_REPLICAS + k], config->number);
        settled = 2 * of_group > GROUPS_REPLICAS;
    }
    free_config(config);
    return settled;
}

void groups_await_settled(struct groups *g)
{
    int64_t deadline_ms = clock_now_ms() + BENCH_TIMEOUT_MS;
    while (!groups_have_settled(g)) {
        bench_check(clock_now_ms() < deadline_ms, "that all shards arrive");
        clock_sleep_ms(1);
    }
}

// --- Clients ---------------------------------------------------------------

// A Put that is not refused is in one of the group's shards.
struct store_client groups_client(struct groups *g, size_t group)
{
    struct store_client c = {.node = g->node};
    snprintf(c.server, sizeof c.server, "%s", names[group * GROUPS_REPLICAS]);
    do {
        c.session = ++g->sessions;
        c.sequence = 1;
    } while (!store_put(&c)); // ends: keys hit all shards, soon
    return c;
}
