// Part 4b: who serves which shard, while groups come and go and shards are
// moved; and who goes on when others do not answer. The same source between
// processes and in simulation.
#include <stdio.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/workload.h"
#include "lab4-shardkv/tests/groups.h"

enum {
    WHILE = 30, // ticks: for what must not happen
    BRIEF = 40, // for what takes no time, but for a busy machine
    MANY = 20,  // operations of a client
};

static bool is_done(const Kv__Answer *answer)
{
    return answer != NULL && answer->status == KV__STATUS__OK;
}

// --- The service -----------------------------------------------------------

static void values_are_kept(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1 k2");
    for (unsigned s = 0; s < SHARDS; s++)
        kv_expect(c, "k1", key_in(s), NULL);
    put_all(c, "k1", 1);
    expect_all(c, "k2", 1);
    kv_put(c, "k2", key_in(0), "");
    kv_expect(c, "k1", key_in(0), "");
    kv_begin_append(c, "k1", key_in(0), "x");
    kv_expect_answer(c, kv_end(c, "k1"), "");
    kv_begin_append(c, "k2", "new", "y");
    kv_expect_answer(c, kv_end(c, "k2"), NULL);
    kv_append(c, "k1", "new", "z");
    kv_expect(c, "k2", "new", "yz");
    cluster_kill(c, "a1"); // what was done is not at one server alone
    cluster_kill(c, "b1");
    kv_expect(c, "k1", key_in(0), "x");
    kv_expect(c, "k2", "new", "yz");
}

static void each_group_serves_its_own(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    start_direct(c, "d1", "a2");
    start_direct(c, "d2", "b2");
    put_all(c, "k1", 1);
    struct owners o = newest(c);
    ck_assert_uint_eq(shards_of(&o, 'a'), SHARDS / 2);
    for (unsigned s = 0; s < SHARDS; s++) {
        const char *key = key_in(s);
        bool is_a = owner_of(&o, s) == 'a';
        ck_assert_int_eq(status_of_get(c, "d1", key),
                         is_a ? KV__STATUS__OK : KV__STATUS__WRONG_GROUP);
        ck_assert_int_eq(status_of_get(c, "d2", key),
                         is_a ? KV__STATUS__WRONG_GROUP : KV__STATUS__OK);
    }
    kill_firsts(c, "ab");
    expect_all(c, "k1", 1);
}

// A group that no configuration has ever named serves nothing.
static void who_has_not_joined_serves_nothing(struct cluster *c)
{
    start_groups(c, "ab");
    start_direct(c, "d1", "a1");
    start_direct(c, "d2", "b1");
    start_clerks(c, "k1");
    for (unsigned s = 0; s < SHARDS; s++)
        ck_assert_int_eq(status_of_get(c, "d1", key_in(s)),
                         KV__STATUS__WRONG_GROUP);
    kv_begin_put(c, "k1", key_in(0), "1");
    never(c, !kv_runs(c, "k1"), WHILE);
    join(c, "a");
    await_settled(c, "ab");
    ck_assert(is_done(kv_end(c, "k1")));
    put_all(c, "k1", 1);
    expect_all(c, "k1", 1);
    for (unsigned s = 0; s < SHARDS; s++) {
        ck_assert_int_eq(status_of_get(c, "d1", key_in(s)), KV__STATUS__OK);
        ck_assert_int_eq(status_of_get(c, "d2", key_in(s)),
                         KV__STATUS__WRONG_GROUP);
    }
    kill_firsts(c, "a");
    expect_all(c, "k1", 1);
}

// Each of these clients wants a key of another shard; with a group asleep,
// exactly the others' are answered.
static const char *const ten[SHARDS] = {"k1", "k2", "k3", "k4", "k5",
                                        "k6", "k7", "k8", "k9", "k10"};

static void a_group_that_is_down_stops_its_own_shards(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1 k2 k3 k4 k5 k6 k7 k8 k9 k10");
    put_all(c, "k1", 1);
    struct owners o = newest(c);
    pause_group(c, 'b');
    for (unsigned s = 0; s < SHARDS; s++)
        kv_begin_get(c, ten[s], key_in(s));
    for (unsigned s = 0; s < SHARDS; s++)
        if (owner_of(&o, s) == 'a')
            ck_assert(is_done(kv_end(c, ten[s])));
    never(c, false, WHILE);
    for (unsigned s = 0; s < SHARDS; s++)
        ck_assert_int_eq(kv_runs(c, ten[s]), owner_of(&o, s) == 'b');
    cluster_resume(c, "b1");
    cluster_resume(c, "b3"); // more than half
    for (unsigned s = 0; s < SHARDS; s++)
        if (owner_of(&o, s) == 'b')
            ck_assert(is_done(kv_end(c, ten[s])));
    cluster_resume(c, "b2");
    kill_firsts(c, "ab");
    expect_all(c, "k1", 1);
}

// --- Groups come and go ----------------------------------------------------

static void expect_balance(struct cluster *c, const char *groups)
{
    struct owners o = newest(c);
    unsigned share = SHARDS / (unsigned)strlen(groups);
    for (const char *g = groups; *g != '\0'; g++)
        ck_assert_uint_ge(shards_of(&o, *g), share);
}

// Appends to each key between one change and the next: all must be there.
static void append_all(struct cluster *c, const char *client, const char *text)
{
    for (unsigned s = 0; s < SHARDS; s++)
        kv_append(c, client, key_in(s), text);
}

static void expect_each(struct cluster *c, const char *client,
                        const char *value)
{
    for (unsigned s = 0; s < SHARDS; s++)
        kv_expect(c, client, key_in(s), value);
}

static void shards_go_to_who_joins(struct cluster *c)
{
    begin_groups(c, "abc", "a");
    start_clerks(c, "k1 k2");
    append_all(c, "k1", "1");
    join(c, "b");
    append_all(c, "k1", "2");
    await_settled(c, "abc");
    expect_balance(c, "ab");
    join(c, "c");
    append_all(c, "k2", "3");
    await_settled(c, "abc");
    expect_balance(c, "abc");
    expect_each(c, "k1", "123");
    cluster_kill(c, "a1");
    cluster_kill(c, "b2");
    cluster_kill(c, "c3");
    expect_each(c, "k2", "123");
}

// Nobody needs a group that has left and has given everything away.
static void who_leaves_gives_everything_away(struct cluster *c)
{
    begin_groups(c, "abc", "abc");
    start_clerks(c, "k1 k2");
    append_all(c, "k1", "1");
    leave(c, "b");
    await_settled(c, "abc");
    kill_group(c, 'b');
    append_all(c, "k1", "2"); // k1 believes in b still
    leave(c, "a");
    await_settled(c, "ac");
    kill_group(c, 'a');
    expect_each(c, "k2", "12");
    kill_firsts(c, "c");
    append_all(c, "k1", "3");
    expect_each(c, "k2", "123");
}

static void who_has_left_may_come_back(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    leave(c, "a");
    append_all(c, "k1", "2");
    join(c, "a");
    append_all(c, "k1", "3");
    leave(c, "b");
    append_all(c, "k1", "4");
    await_settled(c, "ab");
    join(c, "b");
    await_settled(c, "ab");
    expect_balance(c, "ab");
    kill_firsts(c, "ab");
    expect_each(c, "k1", "1234");
}

// Nobody has the shards, for a while: what is in them is not lost.
static void all_leave_and_one_comes(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    start_direct(c, "d1", "a1");
    append_all(c, "k1", "1");
    leave(c, "ab");
    eventually(c, config_at(c, "a1") == newest(c).number, SOON);
    for (unsigned s = 0; s < SHARDS; s++)
        ck_assert_int_eq(status_of_get(c, "d1", key_in(s)),
                         KV__STATUS__WRONG_GROUP);
    kv_begin_append(c, "k1", key_in(0), "2");
    never(c, !kv_runs(c, "k1"), WHILE);
    join(c, "b");
    ck_assert(is_done(kv_end(c, "k1")));
    for (unsigned s = 1; s < SHARDS; s++)
        kv_append(c, "k1", key_in(s), "2");
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    expect_each(c, "k1", "12");
}

static void a_shard_is_moved(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1 k2");
    start_direct(c, "d1", "a1");
    append_all(c, "k1", "1");
    for (int i = 0; i < 3; i++) {
        struct owners o = newest(c);
        unsigned shard = first_of(&o, 'a');
        move(c, shard, 'b');
        await_settled(c, "ab");
        ck_assert_int_eq(status_of_get(c, "d1", key_in(shard)),
                         KV__STATUS__WRONG_GROUP);
    }
    struct owners o = newest(c);
    ck_assert_uint_eq(shards_of(&o, 'b'), SHARDS / 2 + 3);
    kill_firsts(c, "ab");
    append_all(c, "k2", "2");
    expect_each(c, "k1", "12");
}

// --- One configuration after the other -------------------------------------

// There and back again: what counts is what was done in between.
static void what_comes_back_is_newer(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    struct owners o = newest(c);
    unsigned shard = first_of(&o, 'a');
    const char *key = key_in(shard);
    kv_put(c, "k1", key, "1");
    for (int i = 0; i < 2; i++) {
        move(c, shard, 'b');
        kv_append(c, "k1", key, "b");
        move(c, shard, 'a');
        kv_append(c, "k1", key, "a");
    }
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key, "1baba");
}

// The same, and nobody waits for anything: the groups take each of the
// configurations, one after the other.
static void many_changes_at_once(struct cluster *c)
{
    begin_groups(c, "abc", "abc");
    start_clerks(c, "k1 k2");
    append_all(c, "k1", "1");
    for (unsigned i = 0; i < MANY; i++) {
        struct owners o = newest(c);
        unsigned owner = (unsigned)o.gids[i % 4] - 1;
        move(c, i % 4, "abc"[(owner + 1 + i / 3 % 2) % 3]);
    }
    for (unsigned i = 0; i < SHARDS; i++)
        kv_append(c, i % 2 == 0 ? "k1" : "k2", key_in(i), "2");
    await_settled(c, "abc");
    kill_firsts(c, "abc");
    expect_each(c, "k1", "12");
}

// Meanwhile shards have come to it, gone from it, and both; others have passed
// it by.
static void who_sleeps_misses_no_configuration(struct cluster *c)
{
    begin_groups(c, "abc", "abc");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    struct owners o = newest(c);
    unsigned of_a = first_of(&o, 'a');
    unsigned of_b = first_of(&o, 'b');
    pause_group(c, 'b');
    move(c, of_a, 'c');
    kv_append(c, "k1", key_in(of_a), "2");
    move(c, of_b, 'c');
    eventually(c, awaits(c, "c1", of_b), SOON); // and takes no other
    move(c, of_a, 'b');
    move(c, of_a, 'a');
    move(c, of_b, 'a');
    leave(c, "c");
    join(c, "c");
    resume_group(c, 'b');
    await_settled(c, "abc");
    kill_firsts(c, "abc");
    for (unsigned s = 0; s < SHARDS; s++)
        kv_expect(c, "k1", key_in(s), s == of_a ? "12" : "1");
}

// The masters cannot be reached: all goes on as it was.
static void masters_that_are_away_stop_no_client(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    struct owners o = newest(c);
    unsigned shard = first_of(&o, 'a');
    cluster_cut(c, GROUP_A " " GROUP_B, MASTERS, CUT_SILENT);
    append_all(c, "k1", "2");
    move(c, shard, 'b');
    never(c, config_at(c, "a1") > o.number, WHILE);
    append_all(c, "k1", "3");
    ck_assert(serves(c, "a1", shard));
    cluster_heal(c);
    cluster_kill(c, "m1");
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    append_all(c, "k1", "4");
    expect_each(c, "k1", "1234");
}

// One master cannot reach the others, but is asked by all.
static void a_master_alone_is_no_master(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    cluster_part(c, "m1", "m2 m3", CUT_SILENT);
    leave(c, "b");
    await_settled(c, "ab");
    append_all(c, "k1", "2");
    cluster_heal(c);
    join(c, "b");
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    expect_each(c, "k1", "12");
}

// --- Owners by the log -----------------------------------------------------

// a3 hears nothing of the masters: what its group has taken, its log tells it.
static void all_servers_of_a_group_change_together(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    start_direct(c, "d1", "a3");
    struct owners o = newest(c);
    unsigned shard = first_of(&o, 'a');
    const char *key = key_in(shard);
    kv_put(c, "k1", key, "1");
    ck_assert_int_eq(status_of_get(c, "d1", key), KV__STATUS__OK);
    cluster_cut(c, "a3", MASTERS, CUT_SILENT);
    move(c, shard, 'b');
    eventually(c, serves(c, "b1", shard), SOON);
    kv_append(c, "k1", key, "2");
    ck_assert_int_eq(status_of_get(c, "d1", key), KV__STATUS__WRONG_GROUP);
    move(c, shard, 'a');
    eventually(c, serves(c, "a1", shard), SOON);
    kv_append(c, "k1", key, "3");
    kill_firsts(c, "ab");
    kv_expect(c, "d1", key, "123");
}

// One server of a group alone hears of the masters: that is enough.
static void one_server_that_hears_the_masters_is_enough(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    cluster_cut(c, "a1 a2 b2 b3", MASTERS, CUT_SILENT);
    leave(c, "a");
    await_settled(c, "ab");
    append_all(c, "k1", "2");
    join(c, "a");
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    expect_each(c, "k1", "12");
}

// A donor that has not taken the configuration serves still; the receiver that
// has waits until it has.
static void nothing_is_given_before_its_time(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    start_direct(c, "d1", "a1");
    struct owners o = newest(c);
    unsigned shard = first_of(&o, 'a');
    const char *key = key_in(shard);
    kv_put(c, "k1", key, "1");
    cluster_cut(c, GROUP_A, MASTERS, CUT_SILENT);
    move(c, shard, 'b');
    eventually(c, awaits(c, "b1", shard), SOON);
    never(c, serves(c, "b1", shard), WHILE / 2);
    kv_append(c, "d1", key, "2"); // a serves, rightly
    never(c, serves(c, "b1", shard), WHILE / 2);
    kv_append(c, "d1", key, "3");
    cluster_heal(c);
    eventually(c, serves(c, "b1", shard), SOON);
    kv_append(c, "k1", key, "4");
    kv_expect(c, "k1", key, "1234");
    ck_assert_int_eq(status_of_get(c, "d1", key), KV__STATUS__WRONG_GROUP);
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key, "1234");
}

// Who has given a shard away answers no more, whether or not it has arrived.
static void nobody_serves_what_is_on_its_way(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    start_direct(c, "d1", "a1");
    start_direct(c, "d2", "b1");
    struct owners o = newest(c);
    unsigned shard = first_of(&o, 'a');
    const char *key = key_in(shard);
    kv_put(c, "k1", key, "1");
    cluster_cut(c, GROUP_B, GROUP_A, CUT_SILENT);
    move(c, shard, 'b');
    eventually(c, awaits(c, "b1", shard) && !serves(c, "a1", shard), SOON);
    ck_assert_int_eq(status_of_get(c, "d1", key), KV__STATUS__WRONG_GROUP);
    ck_assert_int_eq(status_of_get(c, "d2", key), KV__STATUS__WRONG_GROUP);
    kv_begin_append(c, "k1", key, "2");
    never(c, !kv_runs(c, "k1"), WHILE);
    cluster_heal(c);
    ck_assert(is_done(kv_end(c, "k1")));
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key, "12");
}

// --- The clerk -------------------------------------------------------------

static void a_clerk_finds_out_who_has_a_shard(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1 k2");
    append_all(c, "k1", "1");
    expect_each(c, "k2", "1"); // both know who has what
    leave(c, "b");
    await_settled(c, "ab");
    append_all(c, "k1", "2");
    join(c, "b");
    leave(c, "a");
    await_settled(c, "ab");
    append_all(c, "k1", "3");
    kill_firsts(c, "b");
    expect_each(c, "k2", "123"); // it has missed all of it
}

// It asks the masters when it has to, not each time.
static void a_clerk_asks_the_masters_seldom(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    const char *masters[] = {"m1", "m2", "m3"};
    uint64_t before = 0;
    uint64_t after = 0;
    for (size_t i = 0; i < REPLICAS; i++)
        before += cluster_sent(c, "k1", masters[i], NULL).calls;
    for (int i = 0; i < 3; i++)
        append_all(c, "k1", "2");
    for (size_t i = 0; i < REPLICAS; i++)
        after += cluster_sent(c, "k1", masters[i], NULL).calls;
    ck_assert_uint_ge(before, 1);
    ck_assert_uint_eq(after, before);
    kill_firsts(c, "ab");
    expect_each(c, "k1", "1222");
}

// All servers of the group that it knows are dead: the masters know others.
static void a_clerk_leaves_a_dead_group(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    leave(c, "b");
    await_settled(c, "ab");
    kill_group(c, 'b');
    for (unsigned s = 0; s < SHARDS; s++) {
        kv_begin_append(c, "k1", key_in(s), "2");
        eventually(c, !kv_runs(c, "k1"), 2 * BRIEF);
        ck_assert(is_done(kv_end(c, "k1")));
    }
    kill_firsts(c, "a");
    expect_each(c, "k1", "12");
}

// Its operation was refused by who had the shard, and has it again: the retry
// runs, for it has not run before.
static void who_is_refused_leaves_no_trace(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1 k2");
    struct owners o = newest(c);
    unsigned shard = first_of(&o, 'a');
    const char *key = key_in(shard);
    kv_put(c, "k1", key, "1");
    // What it believes, it goes on believing; and the new owner cannot answer.
    cluster_cut(c, "k1", MASTERS, CUT_REFUSE);
    cluster_cut(c, "k1", GROUP_B, CUT_REFUSE);
    move(c, shard, 'b');
    await_settled(c, "ab");
    uint64_t before = cluster_ran(c, "k1", "a1", "KeyValue.Append") +
                      cluster_ran(c, "k1", "a2", "KeyValue.Append") +
                      cluster_ran(c, "k1", "a3", "KeyValue.Append");
    kv_begin_append(c, "k1", key, "2");
    eventually(c,
               cluster_ran(c, "k1", "a1", "KeyValue.Append") +
                       cluster_ran(c, "k1", "a2", "KeyValue.Append") +
                       cluster_ran(c, "k1", "a3", "KeyValue.Append") >
                   before,
               SOON);
    kv_expect(c, "k2", key, "1");
    move(c, shard, 'a');
    cluster_heal(c);
    kv_expect_answer(c, kv_end(c, "k1"), "1");
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k2", key, "12");
}

// It was not answered, the shard is elsewhere now: what it did is known there.
static void a_session_moves_with_its_shard(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1 k2");
    struct owners o = newest(c);
    unsigned shard = first_of(&o, 'a');
    const char *key = key_in(shard);
    kv_put(c, "k1", key, "1");
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = GROUP_A,
                                            .from = "k1",
                                            .lose_reply_percent = 100});
    kv_begin_append(c, "k1", key, "2");
    start_direct(c, "d1", "a1");
    bool ran = false;
    while (!ran) { // ends: kv_end of a Get that takes too long
        kv_begin_get(c, "d1", key);
        const Kv__Answer *answer = kv_end(c, "d1");
        ran = is_done(answer) && answer->value.len == 2;
    }
    ck_assert(kv_runs(c, "k1"));
    move(c, shard, 'b');
    await_settled(c, "ab");
    kv_append(c, "k2", key, "3");
    cluster_unspoil(c);
    kv_expect_answer(c, kv_end(c, "k1"), "1");
    kill_firsts(c, "ab");
    kv_expect(c, "k2", key, "123");
}

// --- What it costs ---------------------------------------------------------

static bool are_alike(struct cluster *c, const char *one, const char *other)
{
    struct rpc_answer a;
    struct rpc_answer b;
    const Shard__ShardsStatusReply *of_a = ask_status(c, one, &a);
    const Shard__ShardsStatusReply *of_b = ask_status(c, other, &b);
    bool alike = of_a->next == of_b->next && of_a->n_shards == of_b->n_shards;
    for (size_t s = 0; alike && s < of_a->n_shards; s++)
        alike = of_a->shards[s]->keys == of_b->shards[s]->keys &&
                of_a->shards[s]->bytes == of_b->shards[s]->bytes &&
                of_a->shards[s]->sessions == of_b->shards[s]->sessions &&
                of_a->shards[s]->state == of_b->shards[s]->state;
    rpc_answer_release(&a);
    rpc_answer_release(&b);
    return alike;
}

static void replicas_are_alike(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    leave(c, "b");
    append_all(c, "k1", "2");
    join(c, "b");
    append_all(c, "k1", "3");
    await_settled(c, "ab");
    append_all(c, "k1", "4");
    eventually(c, are_alike(c, "a1", "a2") && are_alike(c, "a1", "a3"), SOON);
    eventually(c, are_alike(c, "b1", "b2") && are_alike(c, "b1", "b3"), SOON);
    expect_each(c, "k1", "1234");
}

static uint64_t sessions_at(struct cluster *c, const char *server)
{
    struct rpc_answer answer;
    const Shard__ShardsStatusReply *r = ask_status(c, server, &answer);
    uint64_t sessions = 0;
    for (size_t s = 0; s < r->n_shards; s++)
        sessions += r->shards[s]->sessions;
    rpc_answer_release(&answer);
    return sessions;
}

// A clerk has one for each shard, wherever that is.
static void sessions_are_few(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1 k2");
    for (int i = 0; i < 3; i++) {
        append_all(c, "k1", "1");
        append_all(c, "k2", "2");
    }
    leave(c, "b");
    append_all(c, "k1", "3");
    await_settled(c, "ab");
    ck_assert_uint_eq(sessions_at(c, "b1"), 0);
    ck_assert_uint_ge(sessions_at(c, "a1"), 2 * SHARDS);
    ck_assert_uint_le(sessions_at(c, "a1"), 2 * SHARDS + 2);
    kill_firsts(c, "a");
    expect_each(c, "k1", "1212123");
}

// Six servers ask for the next configuration again and again; no shard is on
// its way, and no client asks anything.
static void idle_groups_say_little(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1");
    append_all(c, "k1", "1");
    leave(c, "b");
    await_settled(c, "ab");
    never(c, false, WHILE / 2); // what is on its way arrives
    uint64_t groups = cluster_sent(c, NULL, NULL, "Shards.Fetch").calls +
                      cluster_sent(c, NULL, NULL, "Shards.Delete").calls;
    uint64_t asked = cluster_sent(c, NULL, NULL, "Master.Query").calls;
    int ticks = 2 * WHILE;
    never(c, false, ticks);
    ck_assert_uint_eq(cluster_sent(c, NULL, NULL, "Shards.Fetch").calls +
                          cluster_sent(c, NULL, NULL, "Shards.Delete").calls,
                      groups);
    asked = cluster_sent(c, NULL, NULL, "Master.Query").calls - asked;
    ck_assert_uint_le(asked, 4 * (uint64_t)ticks / 3);
    kill_firsts(c, "a");
    expect_each(c, "k1", "1");
}

// --- The registry ----------------------------------------------------------

#define NODES                                                                  \
    MASTERS " " GROUP_A " " GROUP_B " " GROUP_C                                \
            " adm d1 d2 k1 k2 k3 k4 k5 k6 k7 k8 k9 k10"
#define TEST(section_, points_, kind_, name_, run_, claim_)                    \
    {                                                                          \
        .about = {.part = "4b",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 40},                                              \
        .nodes = NODES, .run = run_,                                           \
    }

static const struct cluster_test tests[] = {
    TEST("2.1", 1, GRADED_SAFETY, "values are kept", values_are_kept,
         "A key is served by the group that has its shard, as in lab 3."),
    TEST("2.2", 1, GRADED_SAFETY, "each group serves its own",
         each_group_serves_its_own,
         "A group answers for its own shards, and WRONG_GROUP for others."),
    TEST("2.2", 1, GRADED_SAFETY, "who has not joined serves nothing",
         who_has_not_joined_serves_nothing,
         "A group that is in no configuration serves nothing."),
    TEST("2.7", 1, GRADED_PROGRESS, "a group that is down stops its own shards",
         a_group_that_is_down_stops_its_own_shards,
         "When a group does not answer, exactly the keys of the others do."),
    TEST("2.3", 1, GRADED_SAFETY, "shards go to who joins",
         shards_go_to_who_joins,
         "Who joins gets shards, and all that is in them."),
    TEST("2.3", 1, GRADED_SAFETY, "who leaves gives everything away",
         who_leaves_gives_everything_away,
         "A group that has left hands over everything, and may die then."),
    TEST("2.3", 1, GRADED_SAFETY, "who has left may come back",
         who_has_left_may_come_back,
         "A group that joins again gets what is current."),
    TEST("2.3", 1, GRADED_SAFETY, "all leave and one comes",
         all_leave_and_one_comes,
         "Shards that are nobody's are served by nobody, and not lost."),
    TEST("2.3", 1, GRADED_SAFETY, "a shard is moved", a_shard_is_moved,
         "A shard that is moved is served there, and no longer here."),
    TEST("2.3", 1, GRADED_SAFETY, "what comes back is newer",
         what_comes_back_is_newer,
         "A group that gets a shard back takes what comes, not what it had."),
    TEST("2.3", 1, GRADED_SAFETY, "many changes at once", many_changes_at_once,
         "Configurations are taken one after the other, however fast they "
         "come."),
    TEST("2.3", 1, GRADED_SAFETY, "who sleeps misses no configuration",
         who_sleeps_misses_no_configuration,
         "A group that was asleep takes each of the configurations that came "
         "meanwhile."),
    TEST("2.3", 1, GRADED_PROGRESS, "masters that are away stop no client",
         masters_that_are_away_stop_no_client,
         "Without the masters all goes on, with the configuration that there "
         "is."),
    TEST("2.3", 1, GRADED_PROGRESS, "a master alone is no master",
         a_master_alone_is_no_master,
         "Who is not answered by one master asks another."),
    TEST("2.2", 1, GRADED_SAFETY, "all servers of a group change together",
         all_servers_of_a_group_change_together,
         "Whose a shard is follows from the place in the log, at every "
         "server."),
    TEST("2.3", 1, GRADED_PROGRESS,
         "one server that hears the masters is enough",
         one_server_that_hears_the_masters_is_enough,
         "A group takes a configuration that any of its servers has got."),
    TEST("2.4", 1, GRADED_SAFETY, "nothing is given before its time",
         nothing_is_given_before_its_time,
         "A donor gives a shard when its log has come to the configuration "
         "that takes it away; until then it serves it."),
    TEST("2.2", 1, GRADED_SAFETY, "nobody serves what is on its way",
         nobody_serves_what_is_on_its_way,
         "A shard is served by nobody from when it is given away until it has "
         "arrived."),
    TEST("2.6", 1, GRADED_PROGRESS, "a clerk finds out who has a shard",
         a_clerk_finds_out_who_has_a_shard,
         "A clerk whose configuration is old learns the new one when it is "
         "refused."),
    TEST("2.6", 1, GRADED_LIMIT, "a clerk asks the masters seldom",
         a_clerk_asks_the_masters_seldom,
         "As long as nothing changes a clerk asks no master."),
    TEST("2.6", 1, GRADED_PROGRESS, "a clerk leaves a dead group",
         a_clerk_leaves_a_dead_group,
         "If no server of a group answers, the clerk asks the masters who has "
         "the shard."),
    TEST("2.6", 1, GRADED_SAFETY, "who is refused leaves no trace",
         who_is_refused_leaves_no_trace,
         "An operation that was answered WRONG_GROUP has not run, and may run "
         "later at the same group."),
    TEST("2.4", 2, GRADED_SAFETY, "a session moves with its shard",
         a_session_moves_with_its_shard,
         "What a client has done in a shard is known to who gets the shard."),
    TEST("2.2", 1, GRADED_SAFETY, "replicas are alike", replicas_are_alike,
         "All servers of a group have the same, after any changes."),
    TEST("2.8", 1, GRADED_LIMIT, "sessions are few", sessions_are_few,
         "A clerk has one session for each shard, at who has the shard."),
    TEST(
        "2.8", 1, GRADED_LIMIT, "idle groups say little",
        idle_groups_say_little,
        "When nothing changes, a group asks the masters at most twice in three "
        "ticks, and other groups nothing."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab4 groups", &lab4, tests,
                        sizeof tests / sizeof tests[0]);
}
