// Part 4a: many clients at all masters at once, while these die, sleep, are cut
// off and lose messages. What the clients are told must be one history: each
// configuration made by one change, each answer as new as what was done before
// it was asked for. The same source between processes and in simulation.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "lab4-shardkv/tests/masters.h"

enum {
    CLIENTS = 6,
    OPERATIONS = 1000, // at most
    CONFIGS = 1000,
    GIDS = 3,   // that a client has
    SOME = 40,  // operations that must be answered in a phase
    SHORT = 20, // ticks of a fault
    ROUNDS = 3,
};

static const char *const names[CLIENTS] = {"n1", "n2", "n3", "n4", "n5", "n6"};

enum kind { QUERY, OLD_QUERY, JOIN, LEAVE, MOVE };

// An operation, and its answer.
struct operation {
    int client;
    enum kind kind;
    uint64_t gid;
    uint32_t shard;
    uint64_t asked; // OLD_QUERY: the number
    int64_t begun;  // stamps
    int64_t ended;  // 0: not yet
    Shard__Config *config;
};

struct load {
    struct cluster *c;
    struct operation operations[OPERATIONS];
    size_t count;
    struct operation *running[CLIENTS]; // NULL: it is idle
    bool joined[CLIENTS][GIDS];
    size_t done;
    uint64_t known; // the highest number that anybody was told
    Shard__Config *configs[CONFIGS];
};

// --- Clients at work -------------------------------------------------------

// No other client joins these or has them leave; others may move shards to and
// fro between them.
static uint64_t gid_of(int client, uint64_t i)
{
    return 1000 * (uint64_t)(client + 1) + i;
}

static void draw(struct load *l, struct operation *op)
{
    uint64_t i = cluster_random(l->c, GIDS);
    bool *joined = &l->joined[op->client][i];
    op->gid = gid_of(op->client, i);
    op->shard = (uint32_t)cluster_random(l->c, CONFIG_SHARDS);
    switch (cluster_random(l->c, 5)) {
    case 0:
        op->kind = QUERY;
        break;
    case 1:
        op->kind = OLD_QUERY;
        op->asked = cluster_random(l->c, l->known + 1);
        break;
    case 2:
        op->kind = *joined ? MOVE : JOIN;
        *joined = true;
        break;
    default:
        op->kind = *joined ? LEAVE : JOIN;
        *joined = !*joined;
        break;
    }
}

static void begin_one(struct load *l, int client)
{
    ck_assert_uint_lt(l->count, OPERATIONS);
    struct operation *op = &l->operations[l->count++];
    op->client = client;
    draw(l, op);
    l->running[client] = op;
    switch (op->kind) {
    case QUERY:
        ask_begin(l->c, names[client], "query");
        break;
    case OLD_QUERY:
        ask_begin(l->c, names[client], "query %" PRIu64, op->asked);
        break;
    case JOIN:
        ask_begin(l->c, names[client], "join %" PRIu64 "=g%" PRIu64, op->gid,
                  op->gid);
        break;
    case LEAVE:
        ask_begin(l->c, names[client], "leave %" PRIu64, op->gid);
        break;
    case MOVE:
        ask_begin(l->c, names[client], "move %u %" PRIu64, op->shard, op->gid);
        break;
    }
}

static void end_one(struct load *l, int client)
{
    struct operation *op = l->running[client];
    const Shard__MasterAnswer *answer = ask_end(l->c, names[client]);
    if (answer == NULL)
        cluster_fail(l->c, "%s does not know what became of it", names[client]);
    if (answer->status != SHARD__MASTER_STATUS__OK || answer->config == NULL)
        cluster_fail(l->c, "%s was answered with status %d", names[client],
                     (int)answer->status);
    client_stamps(l->c, names[client], &op->begun, &op->ended);
    op->config = config_copy(answer->config);
    if (op->config->number > l->known)
        l->known = op->config->number;
    l->running[client] = NULL;
    l->done++;
}

// A look at each client. How many operations have been answered.
static size_t turn(struct load *l, bool more)
{
    for (int k = 0; k < CLIENTS; k++) {
        if (l->running[k] != NULL && !ask_runs(l->c, names[k]))
            end_one(l, k);
        if (l->running[k] == NULL && more)
            begin_one(l, k);
    }
    return l->done;
}

static void run(struct load *l, size_t count)
{
    size_t goal = l->done + count;
    eventually(l->c, turn(l, true) >= goal, SOON);
}

static void drift(struct load *l, int ticks)
{
    never(l->c, turn(l, true) == SIZE_MAX, ticks);
}

static bool rests(struct load *l)
{
    turn(l, false);
    return l->done == l->count;
}

// --- One history -----------------------------------------------------------

static const Shard__Config *config_at(const struct load *l, uint64_t number)
{
    ck_assert_uint_le(number, l->known);
    return l->configs[number];
}

static bool is_there(const struct load *l, uint64_t number, uint64_t gid)
{
    return config_group(config_at(l, number), gid) != NULL;
}

// The configurations, as clerk k1 is told now: nobody has been told another.
static void read_all(struct load *l)
{
    uint64_t newest = ask(l->c, "k1", "query")->number;
    if (newest != l->known)
        cluster_fail(l->c,
                     "the newest is %" PRIu64
                     ", and somebody was told of %" PRIu64,
                     newest, l->known);
    ck_assert_uint_lt(newest, CONFIGS);
    for (uint64_t n = 0; n <= newest; n++)
        l->configs[n] = config_copy(ask(l->c, "k1", "query %" PRIu64, n));
    for (size_t i = 0; i < l->count; i++) {
        const Shard__Config *told = l->operations[i].config;
        if (!configs_equal(told, config_at(l, told->number)))
            cluster_fail(l->c, "%s was told another configuration %" PRIu64,
                         names[l->operations[i].client], told->number);
    }
}

// May this operation have made the configuration that it was answered with? Of
// several Moves to where the shard is by now, the first one has.
static bool may_have_made(const struct load *l, const struct operation *op)
{
    uint64_t n = op->config->number;
    if (n == 0 || op->kind == QUERY || op->kind == OLD_QUERY)
        return false;
    const Shard__Config *before = config_at(l, n - 1);
    size_t groups = op->config->n_groups;
    switch (op->kind) {
    case JOIN:
        return is_there(l, n, op->gid) && !is_there(l, n - 1, op->gid) &&
               groups == before->n_groups + 1;
    case LEAVE:
        return !is_there(l, n, op->gid) && is_there(l, n - 1, op->gid) &&
               groups + 1 == before->n_groups;
    default:
        break;
    }
    size_t moved = 0;
    for (size_t s = 0; s < CONFIG_SHARDS; s++)
        moved += before->owners[s] != op->config->owners[s];
    return groups == before->n_groups && moved == 1 &&
           before->owners[op->shard] != op->gid &&
           op->config->owners[op->shard] == op->gid;
}

static bool is_new(const struct operation *op)
{
    return op->kind == JOIN || op->kind == LEAVE;
}

// Each change has made one configuration, and each was made by one.
static void judge_changes(struct load *l)
{
    unsigned *makers = xcalloc(CONFIGS, sizeof *makers);
    for (size_t i = 0; i < l->count; i++) {
        const struct operation *op = &l->operations[i];
        uint64_t n = op->config->number;
        bool made = may_have_made(l, op);
        if (!made && is_new(op))
            cluster_fail(l->c,
                         "configuration %" PRIu64
                         " is not what %s has made of the one before",
                         n, names[op->client]);
        if (op->kind == MOVE)
            ck_assert_uint_eq(op->config->owners[op->shard], op->gid);
        if (op->kind == OLD_QUERY)
            ck_assert_uint_eq(n, op->asked);
        if (made && op->kind != MOVE)
            expect_balanced(l->c, op->config, n, op->config->n_groups);
        // Several Moves to one place: one of them has.
        makers[n] = op->kind == MOVE ? (makers[n] | made) : makers[n] + made;
    }
    for (uint64_t n = 1; n <= l->known; n++)
        if (makers[n] != 1)
            cluster_fail(l->c, "%u changes have made configuration %" PRIu64,
                         makers[n], n);
    free(makers);
}

// Who asked when another had been answered is told at least as much, and makes
// something newer.
static void judge_times(struct load *l)
{
    for (size_t i = 0; i < l->count; i++)
        for (size_t k = 0; k < l->count; k++) {
            const struct operation *a = &l->operations[i];
            const struct operation *b = &l->operations[k];
            if (a->ended >= b->begun || b->kind == OLD_QUERY)
                continue;
            uint64_t least = a->config->number + is_new(b);
            if (b->config->number < least)
                cluster_fail(l->c,
                             "%s was told %" PRIu64
                             ", after %s had been told %" PRIu64,
                             names[b->client], b->config->number,
                             names[a->client], a->config->number);
        }
}

// --- Its life --------------------------------------------------------------

static struct load *begin(struct cluster *c, int count)
{
    masters_start(c, count, CONFIG_SHARDS);
    if (count == 3) {
        start_admins(c, "k1 n1 n2 n3", "m1,m2,m3");
        start_admins(c, "n4 n5", "m2,m3,m1");
        start_admins(c, "n6", "m3,m1,m2");
    } else {
        start_admins(c, "k1 n1 n2 n3", "m1,m2,m3,m4,m5");
        start_admins(c, "n4 n5", "m3,m4,m5,m1,m2");
        start_admins(c, "n6", "m5,m1,m2,m3,m4");
    }
    struct load *l = xcalloc(1, sizeof *l);
    l->c = c;
    return l;
}

static void end(struct load *l)
{
    eventually(l->c, rests(l), SOON);
    read_all(l);
    judge_changes(l);
    judge_times(l);
    for (size_t i = 0; i < l->count; i++)
        config_free(l->operations[i].config);
    for (size_t n = 0; n < CONFIGS; n++)
        config_free(l->configs[n]);
    free(l);
}

// What was done is not at m1 alone.
static void end_without_m1(struct load *l)
{
    cluster_kill(l->c, "m1");
    run(l, SOME / 2);
    end(l);
}

// --- Tests -----------------------------------------------------------------

static void clients_are_told_one_history(struct cluster *c)
{
    struct load *l = begin(c, 3);
    run(l, 4 * SOME);
    end_without_m1(l);
}

static void masters_sleep_and_are_cut_off(struct cluster *c)
{
    struct load *l = begin(c, 3);
    const char *const masters[] = {"m1", "m2", "m3"};
    for (size_t i = 0; i < 3; i++) {
        cluster_pause(c, masters[i]);
        run(l, SOME / 2);
        cluster_resume(c, masters[i]);
        run(l, SOME / 2);
        cluster_part(c, masters[i], i == 0 ? "m2 m3" : "m1", CUT_SILENT);
        run(l, SOME / 2);
        cluster_heal(c);
    }
    end_without_m1(l);
}

// --- Anything --------------------------------------------------------------

static const char *const five[] = {"m1", "m2", "m3", "m4", "m5"};

static void spoil_at_random(struct cluster *c)
{
    cluster_spoil(c, &(struct cluster_rule){
                         .at = "m1 m2 m3 m4 m5",
                         .lose_request_percent = (double)cluster_random(c, 8),
                         .lose_reply_percent = (double)cluster_random(c, 12),
                         .late_percent = (double)cluster_random(c, 4),
                         .late_ticks = 1 + (int)cluster_random(c, SHORT),
                         .delay_percent = (double)cluster_random(c, 20),
                         .delay_max_ticks = 1 + (int)cluster_random(c, 3)});
}

static const char *const happenings[] = {"a death", "a sleep", "a cut",
                                         "no clients"};

// One thing happens, for a while; the clients go on. m1 and m2 may die, once
// each; so there are three at least.
static void something_happens(struct load *l, bool dead[2])
{
    struct cluster *c = l->c;
    const char *victim = five[2 + cluster_random(c, 3)];
    const char *other = five[2 + cluster_random(c, 3)];
    size_t mortal = cluster_random(c, 2);
    int ticks = 1 + (int)cluster_random(c, SHORT / 2);
    uint64_t what = cluster_random(c, 4);
    cluster_mark(c, happenings[what]);
    switch (what) {
    case 0:
        if (!dead[mortal])
            cluster_kill(c, five[mortal]);
        dead[mortal] = true;
        drift(l, ticks);
        break;
    case 1:
        cluster_pause(c, victim);
        drift(l, ticks);
        cluster_resume(c, victim);
        break;
    case 2:
        if (strcmp(victim, other) != 0)
            cluster_cut(c, victim, other, CUT_SILENT);
        drift(l, ticks);
        break;
    default:
        cluster_part(c, victim, "n1 n2 n4 n6", CUT_REFUSE);
        drift(l, ticks);
        break;
    }
    cluster_heal(c);
}

static void anything_happens(struct cluster *c)
{
    bool dead[2] = {false, false};
    struct load *l = begin(c, 5);
    for (int i = 0; i < ROUNDS; i++) {
        spoil_at_random(c);
        something_happens(l, dead);
        cluster_unspoil(c);
        run(l, SOME / 2);
    }
    if (!dead[0])
        cluster_kill(c, "m1");
    run(l, SOME / 2);
    end(l);
}

// --- The registry ----------------------------------------------------------

#define TEST(times, section_, points_, name_, run_, claim_, ...)               \
    {                                                                          \
        .about = {.part = "4a",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = GRADED_SAFETY,                                       \
                  .repetitions = times,                                        \
                  .limit_s = 60,                                               \
                  __VA_ARGS__},                                                \
        .nodes = "m1 m2 m3 m4 m5 k1 n1 n2 n3 n4 n5 n6", .run = run_,           \
    }

static const struct cluster_test tests[] = {
    TEST(1, "1.6", 2, "clients are told one history",
         clients_are_told_one_history,
         "What clients are told at all masters is one history: each change "
         "makes one configuration, and nobody is told less than was done."),
    TEST(1, "1.7", 1, "masters sleep and are cut off",
         masters_sleep_and_are_cut_off,
         "Clients are told one history, though masters sleep and are cut off."),
    TEST(5, "1.7", 3, "anything happens", anything_happens,
         "Clients are told one history, whatever happens, and all goes on as "
         "soon as more than half of the masters hear each other.",
         .marks = "a death;a sleep;a cut;no clients;lose-request "
                  "Paxos.Accept;lose-reply Master.Query;lose-reply "
                  "Master.Join;late Paxos.Accept"),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab4 masters load", &lab4, tests,
                        sizeof tests / sizeof tests[0]);
}
