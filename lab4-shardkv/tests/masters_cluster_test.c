// Part 4a: the shard masters while they die, sleep, lag behind, are cut off and
// lose messages. The same source between processes and in simulation.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "lab4-shardkv/tests/masters.h"

enum {
    WHILE = 30, // ticks: for what must not happen
    LATE = 10,  // less than a clerk lets a master work
    SHARDS = 10,
    CLIENTS = 8,
    EACH = 3, // changes of each of many clients
    SEEN_MAX = 64,
};

// --- The cluster -----------------------------------------------------------

// k1 asks m1 first, k2 m2; who has no answer asks the others.
static void begin(struct cluster *c)
{
    masters_start(c, 3, SHARDS);
    start_admins(c, "k1", "m1,m2,m3");
    start_admins(c, "k2", "m2,m3,m1");
}

static void begin_five(struct cluster *c)
{
    masters_start(c, 5, SHARDS);
    start_admins(c, "k1", "m1,m2,m3,m4,m5");
    start_admins(c, "k2", "m3,m4,m5,m1,m2");
}

static const char *const probes[] = {"d1", "d2", "d3"};

static void start_probes(struct cluster *c)
{
    start_probe(c, "d1", "m1");
    start_probe(c, "d2", "m2");
    start_probe(c, "d3", "m3");
}

// What m1 has answered is not at m1 alone. Each test of what one master can do
// ends with this, so that none passes for a service of one.
static void expect_without_m1(struct cluster *c, uint64_t number, size_t groups)
{
    cluster_kill(c, "m1");
    expect_balanced(c, ask(c, "k2", "query"), number, groups);
}

static void lose_replies(struct cluster *c, const char *client)
{
    cluster_spoil(c, &(struct cluster_rule){.at = "m1",
                                            .from = client,
                                            .lose_reply_percent = 100});
}

// --- What masters answer ---------------------------------------------------

static void groups_join_and_leave(struct cluster *c)
{
    begin(c);
    expect_balanced(c, ask(c, "k1", "query"), 0, 0);
    expect_balanced(c, ask(c, "k1", "join 1=a1,a2,a3"), 1, 1);
    expect_balanced(c, ask(c, "k2", "join 2=b1,b2,b3"), 2, 2);
    ask_refused(c, "k1", SHARD__MASTER_STATUS__GROUP_EXISTS, "join 2=x1,x2");
    expect_balanced(c, ask(c, "k1", "query"), 2, 2);
    const Shard__Config *config = ask(c, "k2", "query");
    char *servers = config_servers(config_group(config, 1));
    ck_assert_str_eq(servers, "a1,a2,a3");
    free(servers);
    servers = config_servers(config_group(config, 2));
    ck_assert_str_eq(servers, "b1,b2,b3");
    free(servers);
    expect_balanced(c, ask(c, "k1", "leave 1"), 3, 1);
    ask_refused(c, "k2", SHARD__MASTER_STATUS__NO_GROUP, "leave 1");
    expect_balanced(c, ask(c, "k2", "join 3=c1 4=d1,d2 5=e1"), 4, 4);
    expect_balanced(c, ask(c, "k1", "leave 2 4"), 5, 2);
    expect_without_m1(c, 5, 2);
}

static void the_last_leaves_and_comes_back(struct cluster *c)
{
    begin(c);
    ask(c, "k1", "join 7=a1,a2,a3");
    expect_balanced(c, ask(c, "k1", "leave 7"), 2, 0);
    expect_balanced(c, ask(c, "k2", "query"), 2, 0);
    const Shard__Config *config = ask(c, "k2", "join 7=a1,b2,b3");
    expect_balanced(c, config, 3, 1);
    char *servers = config_servers(config_group(config, 7));
    ck_assert_str_eq(servers, "a1,b2,b3");
    free(servers);
    expect_without_m1(c, 3, 1);
}

static void one_shard_is_moved(struct cluster *c)
{
    begin(c);
    ask(c, "k1", "join 503=a1 504=b1");
    for (int s = 0; s < SHARDS; s++)
        ask(c, s % 2 == 0 ? "k1" : "k2", "move %d %d", s, s < 4 ? 503 : 504);
    const Shard__Config *config = ask(c, "k1", "query");
    for (int s = 0; s < SHARDS; s++)
        ck_assert_uint_eq(config->owners[s], s < 4 ? 503 : 504);
    uint64_t number = config->number;
    ck_assert_uint_eq(ask(c, "k1", "move 9 504")->number, number); // is there
    ck_assert_uint_eq(ask(c, "k2", "move 9 503")->number, number + 1);
    expect_balanced(c, ask(c, "k1", "join 505=c1"), number + 2, 3);
    expect_without_m1(c, number + 2, 3);
}

static void what_cannot_be_changes_nothing(struct cluster *c)
{
    begin(c);
    ask(c, "k1", "join 1=a1,a2,a3");
    ask_refused(c, "k1", SHARD__MASTER_STATUS__BAD_GROUP, "join 0=b1");
    ask_refused(c, "k2", SHARD__MASTER_STATUS__BAD_GROUP, "join 2=a1,b2");
    ask_refused(c, "k1", SHARD__MASTER_STATUS__BAD_GROUP, "join 2=b1 2=b2");
    ask_refused(c, "k2", SHARD__MASTER_STATUS__GROUP_EXISTS, "join 2=b1 1=b2");
    ask_refused(c, "k1", SHARD__MASTER_STATUS__NO_GROUP, "leave 1 2");
    ask_refused(c, "k2", SHARD__MASTER_STATUS__NO_GROUP, "move 0 2");
    ask_refused(c, "k1", SHARD__MASTER_STATUS__NO_GROUP, "move 0 0");
    ask_refused(c, "k2", SHARD__MASTER_STATUS__NO_SHARD, "move 10 1");
    expect_balanced(c, ask(c, "k1", "query 1000"), 1, 1);
    expect_without_m1(c, 1, 1);
}

// --- All masters alike -----------------------------------------------------

// Each number, asked from each master that lives: they agree, and on what was
// said before. `seen` has them, owned, and NULL where nobody has asked.
static void expect_agreement(struct cluster *c, const char *const *clients,
                             size_t count, Shard__Config **seen,
                             uint64_t newest)
{
    ck_assert_uint_lt(newest, SEEN_MAX);
    for (uint64_t n = 0; n <= newest; n++) {
        for (size_t i = 0; i < count; i++)
            ask_begin(c, clients[i], "query %" PRIu64, n);
        for (size_t i = 0; i < count; i++) {
            const Shard__MasterAnswer *answer = ask_end(c, clients[i]);
            ck_assert_ptr_nonnull(answer);
            ck_assert_ptr_nonnull(answer->config);
            ck_assert_uint_eq(answer->config->number, n);
            if (seen[n] == NULL)
                seen[n] = config_copy(answer->config);
            if (!configs_equal(seen[n], answer->config))
                cluster_fail(c, "%s is told another configuration %" PRIu64,
                             clients[i], n);
        }
    }
}

static void forget(Shard__Config **seen)
{
    for (size_t n = 0; n < SEEN_MAX; n++)
        config_free(seen[n]);
}

// Joins so many groups, has them leave again, and keeps what was answered.
static void make_many(struct cluster *c, uint64_t count, Shard__Config **seen)
{
    seen[0] = config_copy(ask(c, "k1", "query"));
    for (uint64_t n = 1; n <= 2 * count; n++) {
        const char *client = n % 3 == 0 ? "k1" : "k2";
        seen[n] = config_copy(
            n <= count ? ask(c, client, "join %" PRIu64 "=g%" PRIu64, 7 * n, n)
                       : ask(c, client, "leave %" PRIu64, 7 * (n - count)));
        ck_assert_uint_eq(seen[n]->number, n);
    }
}

static void old_configurations_can_be_asked_for(struct cluster *c)
{
    enum { MANY = 12 };
    Shard__Config *seen[SEEN_MAX] = {NULL};
    begin(c);
    make_many(c, MANY, seen);
    start_probes(c);
    expect_agreement(c, probes, 3, seen, 2 * MANY);
    cluster_kill(c, "m1");
    expect_agreement(c, probes + 1, 2, seen, 2 * MANY);
    forget(seen);
}

// Gids as they come: by no master are they in another order than by the others.
static void masters_agree_whatever_the_gids(struct cluster *c)
{
    masters_start(c, 3, 64);
    start_admins(c, "k1", "m1,m2,m3");
    start_probes(c);
    Shard__Config *seen[SEEN_MAX] = {NULL};
    uint64_t gids[] = {UINT64_MAX, 1,          1ull << 63, 1000,
                       999,        1ull << 32, 24,         UINT64_MAX - 1,
                       4096,       3,          77777,      256};
    enum { COUNT = sizeof gids / sizeof gids[0] };
    uint64_t number = 0;
    for (size_t i = 0; i < COUNT; i += 2) {
        const Shard__Config *config =
            ask(c, "k1", "join %" PRIu64 "=g%zu %" PRIu64 "=h%zu", gids[i], i,
                gids[i + 1], i);
        expect_balanced(c, config, ++number, i + 2);
    }
    for (size_t i = 0; i < COUNT / 2; i++)
        expect_balanced(c, ask(c, "k1", "leave %" PRIu64, gids[i]), ++number,
                        COUNT - 1 - i);
    expect_agreement(c, probes, 3, seen, number);
    cluster_kill(c, "m1");
    expect_agreement(c, probes + 1, 2, seen, number);
    forget(seen);
}

// Of the shards that are not where they were, all have come to a group that has
// come, or from one that has gone.
static void expect_few_moves(const Shard__Config *before,
                             const Shard__Config *after, uint64_t gid)
{
    size_t moves = 0;
    for (size_t s = 0; s < after->n_owners; s++) {
        if (before->owners[s] == after->owners[s])
            continue;
        ck_assert(before->owners[s] == gid || after->owners[s] == gid);
        moves++;
    }
    ck_assert_uint_eq(moves,
                      config_count(before, gid) + config_count(after, gid));
}

static void few_shards_move(struct cluster *c)
{
    enum { MANY = 6 };
    masters_start(c, 3, 64);
    start_admins(c, "k1", "m1,m2,m3");
    start_admins(c, "k2", "m2,m3,m1");
    ask(c, "k1", "join 100=a1");
    Shard__Config *before = config_copy(ask(c, "k1", "join 50=b1"));
    for (uint64_t i = 0; i < 2 * MANY; i++) {
        uint64_t gid = 11 + 15 * (i % MANY);
        const Shard__Config *after =
            i < MANY ? ask(c, "k1", "join %" PRIu64 "=g%" PRIu64, gid, i)
                     : ask(c, "k2", "leave %" PRIu64, gid);
        expect_balanced(c, after, 3 + i, i < MANY ? 3 + i : 1 + 2 * MANY - i);
        expect_few_moves(before, after, gid);
        config_free(before);
        before = config_copy(after);
    }
    config_free(before);
    expect_without_m1(c, 2 + 2 * MANY, 2);
}

// --- One log ---------------------------------------------------------------

static void every_master_answers_with_the_latest(struct cluster *c)
{
    begin(c);
    start_probes(c);
    for (uint64_t i = 0; i < 10; i++) {
        const char *before = probes[(i + 1) % 3];
        ck_assert_uint_eq(ask(c, before, "query")->number, i);
        ask(c, i % 2 == 0 ? "k1" : "k2", "join %" PRIu64 "=g%" PRIu64, i + 1,
            i);
        // The same question as before, at the same master.
        ck_assert_uint_eq(ask(c, before, "query")->number, i + 1);
        ck_assert_uint_eq(ask(c, probes[i % 3], "query")->number, i + 1);
    }
    expect_without_m1(c, 10, 10);
}

// m3 has missed what was done: it says nothing rather than what it has.
static void who_lags_behind_tells_nothing_old(struct cluster *c)
{
    begin(c);
    start_probe(c, "d3", "m3");
    ask(c, "k1", "join 1=a1");
    ck_assert_uint_eq(ask(c, "d3", "query")->number, 1);
    cluster_part(c, "m3", "m1 m2", CUT_SILENT);
    ask(c, "k1", "join 2=b1");
    ask(c, "k1", "leave 1");
    ask_begin(c, "d3", "query");
    never(c, !ask_runs(c, "d3"), WHILE);
    cluster_heal(c);
    const Shard__MasterAnswer *answer = ask_end(c, "d3");
    ck_assert_ptr_nonnull(answer);
    expect_balanced(c, answer->config, 3, 1);
    expect_without_m1(c, 3, 1);
}

// The others cannot reach it, and who knows its socket can. (It calls them.)
static void a_deaf_master_answers_with_the_latest(struct cluster *c)
{
    begin(c);
    start_probe(c, "d1", "m1");
    ask(c, "k1", "join 1=a1");
    cluster_cut(c, "m2 m3", "m1", CUT_REFUSE);
    for (uint64_t i = 2; i < 8; i++) {
        ask(c, "k2", "join %" PRIu64 "=g%" PRIu64, i, i);
        expect_balanced(c, ask(c, "d1", "query"), i, i);
    }
    cluster_heal(c);
    expect_without_m1(c, 7, 7);
}

static void who_wakes_up_tells_nothing_old(struct cluster *c)
{
    begin(c);
    start_probe(c, "d3", "m3");
    for (uint64_t i = 0; i < 5; i++) {
        cluster_pause(c, "m3");
        ask(c, "k1", "join %" PRIu64 "=a%" PRIu64, 2 * i + 1, i);
        ask(c, "k2", "join %" PRIu64 "=b%" PRIu64, 2 * i + 2, i);
        cluster_resume(c, "m3");
        ck_assert_uint_eq(ask(c, "d3", "query")->number, 2 * i + 2);
    }
    expect_without_m1(c, 10, 10);
}

// --- More than half --------------------------------------------------------

static void a_minority_answers_nobody(struct cluster *c)
{
    begin_five(c);
    start_probe(c, "d1", "m1");
    start_probe(c, "d2", "m2");
    ask(c, "k2", "join 1=a1");
    cluster_part(c, "m1 m2", "m3 m4 m5", CUT_SILENT);
    ask(c, "k2", "join 2=b1");
    ask_begin_as(c, "d1", 99, 1, "join 3=c1");
    ask_begin(c, "d2", "query");
    never(c, !ask_runs(c, "d1") || !ask_runs(c, "d2"), WHILE);
    cluster_heal(c);
    const Shard__MasterAnswer *answer = ask_end(c, "d1");
    ck_assert_ptr_nonnull(answer);
    expect_balanced(c, answer->config, 3, 3);
    answer = ask_end(c, "d2");
    ck_assert_ptr_nonnull(answer);
    ck_assert_uint_ge(answer->config->number, 2);
}

static void two_of_five_die(struct cluster *c)
{
    begin_five(c);
    ask(c, "k1", "join 1=a1");
    cluster_kill(c, "m1");
    expect_balanced(c, ask(c, "k1", "join 2=b1"), 2, 2);
    cluster_kill(c, "m3");
    expect_balanced(c, ask(c, "k2", "join 3=c1"), 3, 3);
    expect_balanced(c, ask(c, "k1", "query"), 3, 3);
    expect_balanced(c, ask(c, "k1", "query 2"), 2, 2);
}

static void a_hung_master_holds_nobody_up(struct cluster *c)
{
    begin(c);
    ask(c, "k1", "join 1=a1");
    cluster_pause(c, "m3");
    for (uint64_t i = 2; i < 12; i++) {
        ask_begin(c, "k1", "join %" PRIu64 "=g%" PRIu64, i, i);
        eventually(c, !ask_runs(c, "k1"), 6);
        expect_balanced(c, ask_end(c, "k1")->config, i, i);
    }
    cluster_resume(c, "m3");
    expect_without_m1(c, 11, 11);
}

static void who_cannot_be_reached_is_done_without(struct cluster *c)
{
    begin(c);
    ask(c, "k1", "join 1=a1");
    cluster_delete_socket(c, "m1"); // it lives, and can call
    expect_balanced(c, ask(c, "k1", "join 2=b1"), 2, 2);
    expect_balanced(c, ask(c, "k2", "leave 1"), 3, 1);
    expect_balanced(c, ask(c, "k1", "query"), 3, 1);
}

// --- Once ------------------------------------------------------------------

// m1 does it, and its answer is lost: k1 asks the next one.
static void a_lost_answer_changes_nothing(struct cluster *c)
{
    begin(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    ask(c, "k1", "join 1=a1");
    lose_replies(c, "k1");
    expect_balanced(c, ask(c, "k1", "join 2=b1"), 2, 2); // and not: it exists
    expect_balanced(c, ask(c, "k2", "query"), 2, 2);
    cluster_unspoil(c);
    start_admins(c, "k3", "m1,m2,m3");
    cluster_spoil(c, &(struct cluster_rule){
                         .at = "m1", .from = "k3", .lose_reply_percent = 100});
    expect_balanced(c, ask(c, "k3", "leave 1"), 3, 1);
    cluster_unspoil(c);
    expect_without_m1(c, 3, 1);
}

// One session, at two masters.
static void a_copy_at_another_master_runs_once(struct cluster *c)
{
    begin(c);
    start_probes(c);
    ask(c, "k1", "join 1=a1");
    for (size_t i = 0; i < 3; i++)
        ask_begin_as(c, probes[i], 99, 1, "join 2=b1 3=c1");
    for (size_t i = 0; i < 3; i++) {
        const Shard__MasterAnswer *answer = ask_end(c, probes[i]);
        ck_assert_ptr_nonnull(answer);
        ck_assert_int_eq(answer->status, SHARD__MASTER_STATUS__OK);
        expect_balanced(c, answer->config, 2, 3);
    }
    ask(c, "k1", "leave 2");
    ask_begin_as(c, "d2", 99, 1, "join 2=b1 3=c1");
    const Shard__MasterAnswer *answer = ask_end(c, "d2");
    ck_assert_ptr_nonnull(answer);
    expect_balanced(c, answer->config, 2, 3); // what it was answered then
    expect_without_m1(c, 3, 2);
}

// A Leave is long done elsewhere, and the group has come back, when m1 gets it.
static void a_late_request_changes_nothing(struct cluster *c)
{
    begin(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    ask(c, "k1", "join 1=a1 2=b1");
    cluster_spoil(c, &(struct cluster_rule){.at = "m1",
                                            .from = "k1",
                                            .late_percent = 100,
                                            .late_ticks = LATE});
    expect_balanced(c, ask(c, "k1", "leave 1"), 2, 1);
    cluster_unspoil(c);
    expect_balanced(c, ask(c, "k2", "join 1=a1"), 3, 2);
    expect_balanced(c, ask(c, "k1", "join 3=c1"), 4, 3);
    // All of them, and the late one.
    eventually(c, master_status(c, "m1", NULL).applied >= 5, SOON);
    expect_without_m1(c, 4, 3);
}

// --- Many ------------------------------------------------------------------

static const char *const many[CLIENTS] = {"n1", "n2", "n3", "n4",
                                          "n5", "n6", "n7", "n8"};

static void start_many(struct cluster *c)
{
    start_admins(c, "n1 n2 n3 n4", "m1,m2,m3");
    start_admins(c, "n5 n6", "m2,m3,m1");
    start_admins(c, "n7 n8", "m3,m1,m2");
}

// The first change of each is a Join, the second another, the third a Leave of
// the first.
static void begin_change(struct cluster *c, int k, int change)
{
    if (change == 2)
        ask_begin(c, many[k], "leave %d", 1000 * (k + 1));
    else
        ask_begin(c, many[k], "join %d=%c%d",
                  change == 0 ? 1000 * (k + 1) : k + 1, 'a' + change, k);
}

// All at the same time, the same clients again and again.
static void change_all_at_once(struct cluster *c)
{
    for (int change = 0; change < EACH; change++) {
        for (int k = 0; k < CLIENTS; k++)
            begin_change(c, k, change);
        for (size_t k = 0; k < CLIENTS; k++) {
            const Shard__MasterAnswer *answer = ask_end(c, many[k]);
            ck_assert_ptr_nonnull(answer);
            ck_assert_int_eq(answer->status, SHARD__MASTER_STATUS__OK);
        }
    }
}

// As many configurations as there were changes, the same at all masters.
static void expect_all_changes(struct cluster *c)
{
    start_probes(c);
    Shard__Config *seen[SEEN_MAX] = {NULL};
    expect_agreement(c, probes, 3, seen, EACH * CLIENTS);
    for (uint64_t n = 1; n <= EACH * CLIENTS; n++)
        expect_balanced(c, seen[n], n,
                        n <= 2 * CLIENTS ? n : (size_t)(4 * CLIENTS - n));
    for (uint64_t k = 1; k <= CLIENTS; k++)
        ck_assert_ptr_nonnull(config_group(seen[EACH * CLIENTS], k));
    ck_assert_uint_eq(ask(c, "d1", "query")->number, EACH * CLIENTS);
    forget(seen);
}

static void many_change_at_once(struct cluster *c)
{
    begin(c);
    start_many(c);
    change_all_at_once(c);
    expect_all_changes(c);
    expect_without_m1(c, EACH * CLIENTS, CLIENTS);
}

static void lost_messages_change_nothing(struct cluster *c)
{
    begin(c);
    start_many(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "m1 m2 m3",
                                            .lose_request_percent = 10,
                                            .lose_reply_percent = 18});
    change_all_at_once(c);
    cluster_unspoil(c);
    expect_all_changes(c);
    expect_without_m1(c, EACH * CLIENTS, CLIENTS);
}

// --- What is kept ----------------------------------------------------------

static bool has_forgotten(struct cluster *c, const char *name, int64_t slots)
{
    Shard__MasterStatusReply status = master_status(c, name, NULL);
    return status.min >= slots && status.min + 5 >= status.next;
}

// The log is forgotten, what it has made is not.
static void old_slots_are_forgotten(struct cluster *c)
{
    enum { MANY = 25 };
    Shard__Config *seen[SEEN_MAX] = {NULL};
    begin(c);
    make_many(c, MANY, seen);
    eventually(c, has_forgotten(c, "m1", MANY), SOON);
    eventually(c, has_forgotten(c, "m2", MANY), SOON);
    eventually(c, has_forgotten(c, "m3", MANY), SOON);
    start_probes(c);
    expect_agreement(c, probes, 3, seen, 2 * MANY);
    forget(seen);
}

static void clients_are_remembered_once(struct cluster *c)
{
    begin(c);
    ask(c, "k1", "join 1=a1");
    start_probe(c, "d1", "m1");
    for (uint64_t i = 1; i <= 10; i++) {
        ask_begin_as(c, "d1", 1000, i, "leave 7");
        ck_assert_int_eq(ask_end(c, "d1")->status,
                         SHARD__MASTER_STATUS__NO_GROUP);
    }
    ck_assert_uint_eq(master_status(c, "m1", NULL).sessions, 2);
}

static bool are_alike(struct cluster *c, const char *one, const char *other)
{
    Shard__MasterStatusReply a = master_status(c, one, NULL);
    Shard__MasterStatusReply b = master_status(c, other, NULL);
    return a.next == b.next && a.applied == b.applied &&
           a.sessions == b.sessions;
}

static void idle_masters_say_nothing(struct cluster *c)
{
    begin(c);
    ask(c, "k1", "join 1=a1");
    ask(c, "k2", "join 2=b1");
    eventually(c, are_alike(c, "m1", "m2") && are_alike(c, "m1", "m3"), SOON);
    never(c, false, WHILE / 2); // what is on its way arrives
    uint64_t before = cluster_sent(c, NULL, NULL, NULL).calls;
    never(c, false, WHILE);
    ck_assert_uint_eq(cluster_sent(c, NULL, NULL, NULL).calls, before);
    expect_without_m1(c, 2, 2);
}

// --- The registry ----------------------------------------------------------

#define NODES "m1 m2 m3 m4 m5 k1 k2 k3 d1 d2 d3 n1 n2 n3 n4 n5 n6 n7 n8"
#define TEST(section_, points_, kind_, name_, run_, claim_)                    \
    {                                                                          \
        .about = {.part = "4a",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 40},                                              \
        .nodes = NODES, .run = run_,                                           \
    }

static const struct cluster_test tests[] = {
    TEST("1.3", 2, GRADED_SAFETY, "groups join and leave",
         groups_join_and_leave,
         "A group that joins gets its share of the shards, one that leaves "
         "gives them back; all masters know it."),
    TEST("1.3", 1, GRADED_SAFETY, "the last leaves and comes back",
         the_last_leaves_and_comes_back,
         "When the last group leaves all shards are nobody's; when one comes "
         "they are its."),
    TEST("1.3", 1, GRADED_SAFETY, "one shard is moved", one_shard_is_moved,
         "A Move moves that shard alone, and stays until the next Join or "
         "Leave."),
    TEST("1.3", 1, GRADED_SAFETY, "what cannot be changes nothing",
         what_cannot_be_changes_nothing,
         "What is refused makes no configuration, and the answer says why."),
    TEST("1.2", 2, GRADED_SAFETY, "old configurations can be asked for",
         old_configurations_can_be_asked_for,
         "Each master answers for each number with what was first said of it, "
         "whichever master dies."),
    TEST("1.4", 2, GRADED_SAFETY, "masters agree whatever the gids",
         masters_agree_whatever_the_gids,
         "All masters come to the same configurations, whatever the gids."),
    TEST("1.4", 1, GRADED_SAFETY, "few shards move", few_shards_move,
         "A Join moves shards to who joins alone, a Leave those of who leaves "
         "alone."),
    TEST("1.6", 2, GRADED_SAFETY, "every master answers with the latest",
         every_master_answers_with_the_latest,
         "Whichever master is asked, it answers with what was done at any."),
    TEST("1.6", 2, GRADED_SAFETY, "who lags behind tells nothing old",
         who_lags_behind_tells_nothing_old,
         "A Query goes through the log: a master that has missed something "
         "answers when it has caught up."),
    TEST("1.6", 1, GRADED_SAFETY, "a deaf master answers with the latest",
         a_deaf_master_answers_with_the_latest,
         "A master that the others cannot reach answers with what they did."),
    TEST("1.6", 1, GRADED_SAFETY, "who wakes up tells nothing old",
         who_wakes_up_tells_nothing_old,
         "A master that wakes up answers with what was done meanwhile."),
    TEST("1.7", 2, GRADED_SAFETY, "a minority answers nobody",
         a_minority_answers_nobody,
         "Less than half of the masters answer nobody, until they are more."),
    TEST("1.7", 1, GRADED_PROGRESS, "two of five die", two_of_five_die,
         "More than half of the masters go on without the others."),
    TEST("1.7", 1, GRADED_PROGRESS, "a hung master holds nobody up",
         a_hung_master_holds_nobody_up,
         "Nobody waits for a master that hangs."),
    TEST("1.7", 0, GRADED_PROGRESS, "who cannot be reached is done without",
         who_cannot_be_reached_is_done_without,
         "A master whose socket is gone is one of those that are done "
         "without."),
    TEST("1.5", 2, GRADED_SAFETY, "a lost answer changes nothing",
         a_lost_answer_changes_nothing,
         "A change that is asked for again runs once, and is answered as it "
         "was."),
    TEST("1.5", 1, GRADED_SAFETY, "a copy at another master runs once",
         a_copy_at_another_master_runs_once,
         "A change that is asked for at several masters runs once, and all "
         "answer the same."),
    TEST("1.5", 1, GRADED_SAFETY, "a late request changes nothing",
         a_late_request_changes_nothing,
         "A request that arrives after its client has gone on does not run."),
    TEST("1.6", 2, GRADED_SAFETY, "many change at once", many_change_at_once,
         "Changes that are asked for at the same time each make one "
         "configuration, the same at all masters."),
    TEST("1.5", 2, GRADED_SAFETY, "lost messages change nothing",
         lost_messages_change_nothing,
         "However many messages are lost, each change runs once."),
    TEST("1.8", 1, GRADED_LIMIT, "old slots are forgotten",
         old_slots_are_forgotten,
         "What all have applied is in nobody's log any more; the "
         "configurations are there."),
    TEST("1.8", 0, GRADED_LIMIT, "clients are remembered once",
         clients_are_remembered_once,
         "Of each client one answer is kept, not all."),
    TEST("1.8", 0, GRADED_LIMIT, "idle masters say nothing",
         idle_masters_say_nothing,
         "When all have applied all, no messages are sent."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab4 masters", &lab4, tests,
                        sizeof tests / sizeof tests[0]);
}
