// Part 4b: many clients at once, on keys that they share, while groups come and
// go, shards move, servers die, sleep, are cut off and lose messages. Whatever
// the clients see must be linearizable. The same source between processes and
// in simulation.
#include <stdio.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/workload.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/tests/groups.h"

enum {
    SOME = 60,   // operations that must be answered in a phase
    SHORT = 20,  // ticks of a fault
    CHANGES = 6, // of configurations, in a test
    KEYS = 8,
    ROUNDS = 3,
};

#define CLIENTS "k1 k2 k3 k4 k5 k6 k7 k8"
#define ALL GROUP_A " " GROUP_B " " GROUP_C

// --- The cluster -----------------------------------------------------------

// The keys of a load are in several shards: or moves would be nothing to it.
static void expect_several_shards(void)
{
    bool hit[SHARDS] = {false};
    unsigned count = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        char key[KEY_SIZE];
        snprintf(key, sizeof key, "k%u", i); // as load.c has them
        size_t shard = config_shard_of(slice_text(key), SHARDS);
        count += !hit[shard];
        hit[shard] = true;
    }
    ck_assert_uint_ge(count, 4);
}

static struct load *begin(struct cluster *c, struct fleet *f)
{
    expect_several_shards();
    begin_groups(c, "abc", "ab");
    *f = (struct fleet){.all = "abc", .in = {true, true}};
    start_clerks(c, CLIENTS);
    return load_begin(c, &(struct load_spec){.clients = CLIENTS, .keys = KEYS});
}

// Something changes; the clients go on meanwhile.
static void change(struct cluster *c, struct load *l, struct fleet *f)
{
    begin_any_change(c, f);
    while (change_runs(c)) // ends: end_change says what is wrong if not
        load_drift(l, 1);
    end_change(c);
}

// What has been done is not at one server of a group alone.
static void end(struct cluster *c, struct load *l)
{
    await_mostly_settled(c, "abc");
    kill_firsts(c, "abc");
    load_run(l, SOME / 2, SOON);
    load_end(l);
}

// --- Tests -----------------------------------------------------------------

static void groups_come_and_go(struct cluster *c)
{
    struct fleet f;
    struct load *l = begin(c, &f);
    for (int i = 0; i < CHANGES; i++) {
        change(c, l, &f);
        load_run(l, SOME / 2, SOON);
    }
    end(c, l);
}

static void as_fast_as_it_goes(struct cluster *c)
{
    struct fleet f;
    struct load *l = begin(c, &f);
    for (int i = 0; i < 4 * CHANGES; i++)
        change(c, l, &f);
    load_run(l, SOME, SOON);
    end(c, l);
}

// Between a and b all the time, in both directions.
static void shards_change_places(struct cluster *c)
{
    struct fleet f;
    struct load *l = begin(c, &f);
    for (int i = 0; i < CHANGES; i++) {
        struct owners o = newest(c);
        unsigned of_a = first_of(&o, 'a');
        unsigned of_b = first_of(&o, 'b');
        move(c, of_a, 'b');
        move(c, of_b, 'a');
        load_run(l, SOME / 2, SOON);
    }
    end(c, l);
}

static void messages_are_lost(struct cluster *c)
{
    struct fleet f;
    struct load *l = begin(c, &f);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = MASTERS " " ALL,
                                            .lose_request_percent = 10,
                                            .lose_reply_percent = 18});
    for (int i = 0; i < CHANGES; i++) {
        change(c, l, &f);
        load_run(l, SOME / 3, SOON);
    }
    cluster_unspoil(c);
    end(c, l);
}

static void messages_are_late(struct cluster *c)
{
    struct fleet f;
    struct load *l = begin(c, &f);
    cluster_spoil(c, &(struct cluster_rule){.at = MASTERS " " ALL,
                                            .late_percent = 6,
                                            .late_ticks = SHORT,
                                            .delay_percent = 20,
                                            .delay_min_ticks = 0,
                                            .delay_max_ticks = 2});
    for (int i = 0; i < CHANGES; i++) {
        change(c, l, &f);
        load_run(l, SOME / 3, 2 * SOON);
    }
    cluster_unspoil(c);
    end(c, l);
}

static void servers_die(struct cluster *c)
{
    static const char *const victims[] = {"a2", "b1", "c1", "m1"};
    struct fleet f;
    struct load *l = begin(c, &f);
    for (size_t i = 0; i < 4; i++) {
        change(c, l, &f);
        cluster_kill(c, victims[i]);
        load_run(l, SOME / 2, SOON);
        change(c, l, &f);
    }
    await_mostly_settled(c, "abc");
    load_run(l, SOME / 2, SOON);
    load_end(l);
}

static void servers_sleep(struct cluster *c)
{
    static const char *const of_a[] = {"a1", "a2", "a3"};
    static const char *const of_b[] = {"b3", "b1", "b2"};
    struct fleet f;
    struct load *l = begin(c, &f);
    for (size_t i = 0; i < REPLICAS; i++) {
        cluster_pause(c, of_a[i]);
        cluster_pause(c, of_b[i]);
        change(c, l, &f);
        load_run(l, SOME / 3, SOON);
        cluster_resume(c, of_a[i]);
        change(c, l, &f);
        cluster_resume(c, of_b[i]);
        load_run(l, SOME / 3, SOON);
    }
    end(c, l);
}

static void groups_are_parted(struct cluster *c)
{
    static const char *const groups[] = {GROUP_A, GROUP_B, GROUP_C};
    struct fleet f;
    struct load *l = begin(c, &f);
    for (size_t i = 0; i < 3; i++) {
        cluster_part(c, groups[i], groups[(i + 1) % 3], CUT_SILENT);
        change(c, l, &f);
        change(c, l, &f);
        load_drift(l, SHORT);
        cluster_heal(c);
        load_run(l, SOME / 2, SOON);
    }
    end(c, l);
}

// A group hears of configurations long after the others, clients do at once.
static void a_group_hears_late_of_changes(struct cluster *c)
{
    static const char *const groups[] = {GROUP_A, GROUP_B, GROUP_C};
    struct fleet f;
    struct load *l = begin(c, &f);
    for (size_t i = 0; i < 3; i++) {
        cluster_cut(c, groups[i], MASTERS, CUT_REFUSE);
        change(c, l, &f);
        load_drift(l, SHORT);
        change(c, l, &f);
        cluster_heal(c);
        load_run(l, SOME / 2, SOON);
    }
    end(c, l);
}

// --- Anything --------------------------------------------------------------

static const char *const nine[] = {"a1", "a2", "a3", "b1", "b2",
                                   "b3", "c1", "c2", "c3"};

static void spoil_at_random(struct cluster *c)
{
    cluster_spoil(c, &(struct cluster_rule){
                         .at = ALL,
                         .lose_request_percent = (double)cluster_random(c, 8),
                         .lose_reply_percent = (double)cluster_random(c, 12),
                         .late_percent = (double)cluster_random(c, 4),
                         .late_ticks = 1 + (int)cluster_random(c, SHORT),
                         .delay_percent = (double)cluster_random(c, 20),
                         .delay_max_ticks = 1 + (int)cluster_random(c, 3)});
}

static const char *const happenings[] = {"a death", "a sleep", "a parting",
                                         "one that nobody reaches",
                                         "one that reaches no master"};

// One thing happens, for a while; the clients go on, and something changes. The
// first of each group may die.
static void something_happens(struct cluster *c, struct load *l,
                              struct fleet *f)
{
    const char *victim = nine[cluster_random(c, 9)];
    const char *other = nine[cluster_random(c, 9)];
    const char *mortal = nine[3 * cluster_random(c, 3)];
    int ticks = 1 + (int)cluster_random(c, SHORT / 2);
    uint64_t what = cluster_random(c, 5);
    cluster_mark(c, happenings[what]);
    if (what == 0 && !cluster_has_ended(c, mortal))
        cluster_kill(c, mortal);
    if (cluster_has_ended(c, victim))
        victim = "a3";
    if (what == 1)
        cluster_pause(c, victim);
    if (what == 2 && strcmp(victim, other) != 0)
        cluster_part(c, victim, other, CUT_SILENT);
    if (what == 3)
        cluster_cut(c, ALL, victim, CUT_SILENT);
    if (what == 4)
        cluster_cut(c, victim, MASTERS, CUT_REFUSE);
    change(c, l, f);
    load_drift(l, ticks);
    change(c, l, f);
    if (what == 1)
        cluster_resume(c, victim);
    cluster_heal(c);
}

static void anything_happens(struct cluster *c)
{
    struct fleet f;
    struct load *l = begin(c, &f);
    for (int i = 0; i < ROUNDS; i++) {
        spoil_at_random(c);
        something_happens(c, l, &f);
        cluster_unspoil(c);
        load_run(l, SOME / 3, SOON);
    }
    end(c, l);
}

// --- The registry ----------------------------------------------------------

#define TEST(times, section_, points_, name_, run_, claim_, ...)               \
    {                                                                          \
        .about = {.part = "4b",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = GRADED_SAFETY,                                       \
                  .repetitions = times,                                        \
                  .limit_s = 60,                                               \
                  __VA_ARGS__},                                                \
        .nodes = MASTERS " " ALL " adm " CLIENTS,                              \
        .simulated = (times) > 1 ? 20 : 0, .run = run_,                        \
    }

static const struct cluster_test tests[] = {
    TEST(1, "2.3", 1, "groups come and go", groups_come_and_go,
         "What clients see is linearizable while groups come and go."),
    TEST(1, "2.3", 1, "as fast as it goes", as_fast_as_it_goes,
         "What clients see is linearizable, however fast configurations "
         "follow each other."),
    TEST(1, "2.4", 1, "shards change places", shards_change_places,
         "What clients see is linearizable while shards go in both "
         "directions."),
    TEST(1, "2.4", 1, "messages are lost", messages_are_lost,
         "What clients see is linearizable, though messages are lost.",
         .marks =
             "lose-request KeyValue.Append;lose-reply "
             "KeyValue.Append;lose-request Paxos.Accept;lose-reply "
             "Shards.Fetch;lose-reply Shards.Delete;lose-reply Master.Query"),
    TEST(1, "2.4", 1, "messages are late", messages_are_late,
         "What clients see is linearizable, though messages are late.",
         .marks = "late KeyValue.Append;late Paxos.Accept;late "
                  "Shards.Fetch;late Master.Query"),
    TEST(1, "2.4", 1, "servers die", servers_die,
         "What clients see is linearizable over the death of a server of each "
         "group, and of a master."),
    TEST(1, "2.4", 1, "servers sleep", servers_sleep,
         "What clients see is linearizable, though servers sleep and wake up."),
    TEST(1, "2.4", 1, "groups are parted", groups_are_parted,
         "What clients see is linearizable, though groups do not reach each "
         "other for a while."),
    TEST(1, "2.3", 1, "a group hears late of changes",
         a_group_hears_late_of_changes,
         "What clients see is linearizable, though groups hear of "
         "configurations at very different times."),
    TEST(4, "2.4", 3, "anything happens", anything_happens,
         "What clients see is linearizable, whatever happens, and all goes on "
         "as soon as it can.",
         .marks = "a death;a sleep;a parting;one that nobody reaches;one that "
                  "reaches no master;lose-reply KeyValue.Append;lose-reply "
                  "Shards.Fetch;late Paxos.Accept"),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab4 load", &lab4, tests,
                        sizeof tests / sizeof tests[0]);
}
