// Part 3a: agreement between peers that hear each other, some time or other.
// The same source between processes and in simulation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab3-paxos/ballot.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/tests/peers.h"

enum {
    WHILE = 40,    // ticks: for what must not happen
    MIB = 1 << 20, // bytes
    MANY = 30,     // instances
    BESIDE = 5,    // of them at a time
};

// --- Who proposes ----------------------------------------------------------

static void one_proposes_all_learn(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    peers_start(p, "s1", 0, "hello");
    eventually(c, peers_all_know(p, "s1 s2 s3", 0), SOON);
    peers_expect(p, 0, "hello");
    ck_assert_int_eq(peers_fate(p, "s1", 1), FATE_PENDING);
    peers_end(p);
}

static void all_propose_one_value(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    peers_start(p, "s1 s2 s3", 1, "same");
    eventually(c, peers_all_know(p, "s1 s2 s3", 1), SOON);
    peers_expect(p, 1, "same");
    peers_end(p);
}

static void all_propose_different_values(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    for (int64_t i = 0; i < MANY; i++)
        for (unsigned k = 0; k < 5; k++)
            peers_start(p, peer_name(k), i, peer_name(k));
    for (int64_t i = 0; i < MANY; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", i), SOON);
    peers_end(p);
}

static void instances_come_in_any_order(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    ck_assert_int_eq(peers_max(p, "s1"), -1);
    peers_start(p, "s1", 7, "7");
    peers_start(p, "s1", 6, "6");
    peers_start(p, "s2", 5, "5");
    eventually(c, peers_all_know(p, "s1 s2 s3", 7), SOON);
    peers_start(p, "s1", 4, "4");
    peers_start(p, "s2", 3, "3");
    for (int64_t i = 3; i <= 7; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    ck_assert_int_eq(peers_fate(p, "s1", 2), FATE_PENDING);
    for (unsigned k = 0; k < 3; k++)
        ck_assert_int_eq(peers_max(p, peer_name(k)), 7);
    peers_end(p);
}

static void first_start_of_a_peer_counts(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_pause(c, "s2");
    cluster_pause(c, "s3");
    peers_start(p, "s1", 0, "first");
    peers_start(p, "s1", 0, "second");
    cluster_resume(c, "s2");
    cluster_resume(c, "s3");
    eventually(c, peers_all_know(p, "s1 s2 s3", 0), SOON);
    peers_expect(p, 0, "first");
    peers_start(p, "s1 s2", 0, "third"); // too late
    never(c, !peers_all_know(p, "s1 s2 s3", 0), WHILE / 4);
    peers_end(p);
}

// --- Values ----------------------------------------------------------------

static void any_bytes_are_a_value(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    unsigned char *bytes = malloc(MIB);
    for (size_t i = 0; i < MIB; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    ck_assert(peers_start_bytes(p, "s1", 0, slice_of(bytes, MIB)));
    ck_assert(peers_start_bytes(p, "s2", 1, slice_of(bytes, 256)));
    ck_assert(peers_start_bytes(p, "s3", 2, slice_of(NULL, 0)));
    ck_assert(peers_start_bytes(p, "s3", 3, slice_of("", 1)));
    for (int64_t i = 0; i < 4; i++) {
        eventually(c, peers_know(p, "s1 s2 s3", i) > 0, SOON);
        peers_ask(p, "s1 s2 s3", i);
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    }
    free(bytes);
    peers_end(p);
}

// --- Waiting ---------------------------------------------------------------

static void start_waits_for_nobody(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_part(c, "s1", "s2 s3", CUT_SILENT);
    for (int64_t i = 0; i < 2 * MANY; i++)
        peers_start(p, "s1", i, "alone"); // at once, or it takes too long
    ck_assert_int_eq(peers_fate(p, "s1", 0), FATE_PENDING);
    ck_assert_int_eq(peers_max(p, "s1"), 2 * MANY - 1);
    cluster_heal(c);
    for (int64_t i = 0; i < 2 * MANY; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    peers_end(p);
}

static void propose_waits_for_the_decision(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    ck_assert(peers_propose(p, "s1", 0, "a", SOON));
    peers_expect(p, 0, "a");
    ck_assert_int_eq(peers_fate(p, "s1", 0), FATE_DECIDED);
    ck_assert(peers_propose(p, "s2", 0, "b", SOON)); // for another's
    peers_expect(p, 0, "a");
    peers_start(p, "s3", 1, "c");
    ck_assert(peers_propose(p, "s3", 1, "d", SOON)); // both at one peer
    peers_end(p);
}

static void propose_ends_at_its_deadline(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_part(c, "s1", "s2 s3", CUT_SILENT);
    ck_assert(!peers_propose(p, "s1", 0, "a", WHILE / 4));
    ck_assert(!peers_propose(p, "s1", 0, "b", WHILE / 4));
    ck_assert_int_eq(peers_fate(p, "s1", 0), FATE_PENDING);
    cluster_heal(c);
    ck_assert(peers_propose(p, "s1", 0, "c", SOON)); // and nothing is stuck
    eventually(c, peers_all_know(p, "s1 s2 s3", 0), SOON);
    peers_end(p);
}

// --- Some are not there ----------------------------------------------------

static void deaf_peers_learn_when_they_propose(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    peers_start(p, "s1", 0, "all");
    eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", 0), SOON);
    cluster_hide_socket(c, "s1");
    cluster_hide_socket(c, "s5");
    peers_start(p, "s2", 1, "goodbye");
    eventually(c, peers_all_know(p, "s2 s3 s4", 1), SOON);
    never(c, peers_know(p, "s1 s5", 1) != 0, WHILE / 4);
    peers_start(p, "s1", 1, "unheard");
    eventually(c, peers_all_know(p, "s1 s2 s3 s4", 1), SOON);
    never(c, peers_know(p, "s5", 1) != 0, WHILE / 4);
    peers_start(p, "s5", 1, "unheard, too");
    eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", 1), SOON);
    peers_expect(p, 1, "goodbye");
    peers_end(p);
}

// s1 can be asked, and can ask nobody.
static void mute_peers_are_told(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_cut(c, "s1", "s2 s3", CUT_SILENT);
    peers_start(p, "s1", 0, "unheard");
    never(c, peers_know(p, "s1 s2 s3", 0) != 0, WHILE / 4);
    peers_start(p, "s2", 0, "heard");
    eventually(c, peers_all_know(p, "s1 s2 s3", 0), SOON);
    cluster_kill(c, "s3");
    peers_start(p, "s2", 1, "with its vote");
    eventually(c, peers_all_know(p, "s1 s2", 1), SOON);
    peers_end(p);
}

static void who_comes_late_learns_what_was_decided(struct cluster *c)
{
    struct peers *p = peers_begin_without(c, 5, "s1 s5");
    peers_start(p, "s2", 0, "old");
    eventually(c, peers_all_know(p, "s2 s3 s4", 0), SOON);
    peers_start_later(p, "s1");
    peers_start(p, "s1", 0, "new");
    eventually(c, peers_all_know(p, "s1 s2 s3 s4", 0), SOON);
    peers_expect(p, 0, "old");
    peers_end(p);
}

// They die as they promise, and as they accept: s1 has no answer.
static void some_die_in_the_middle_of_a_round(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    cluster_crash_at(c, "s2", CRASH_BEFORE_REPLY, "Paxos.Prepare", 1);
    cluster_crash_at(c, "s3", CRASH_BEFORE_REPLY, "Paxos.Accept", 1);
    peers_start(p, "s1", 0, "a");
    cluster_expect_crash(c, "s2", SOON);
    cluster_expect_crash(c, "s3", SOON);
    eventually(c, peers_all_know(p, "s1 s4 s5", 0), SOON);
    peers_start(p, "s4", 1, "b");
    eventually(c, peers_all_know(p, "s1 s4 s5", 1), SOON);
    peers_end(p);
}

static void a_minority_may_die(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    peers_start(p, "s1", 0, "five");
    eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", 0), SOON);
    cluster_kill(c, "s1");
    cluster_kill(c, "s4");
    peers_start(p, "s5", 1, "three");
    eventually(c, peers_all_know(p, "s2 s3 s5", 1), SOON);
    peers_end(p);
}

// Proposes for the next instance. True: that was the last one.
static bool proposes_the_last(struct peers *p, int64_t *next)
{
    ck_assert(peers_propose(p, "s2", *next, "go", SOON));
    return ++*next > 2 * MANY;
}

static void a_hung_peer_holds_up_nobody(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    ck_assert(peers_propose(p, "s2", 0, "awake", SOON));
    cluster_pause(c, "s1"); // the first in everybody's list
    int64_t next = 1;
    // To wait for it, a tick in each phase, would take longer.
    eventually(c, proposes_the_last(p, &next), 2 * MANY);
    cluster_resume(c, "s1");
    eventually(c, peers_all_know(p, "s2 s3", 2 * MANY), SOON);
    peers_end(p);
}

// s1 waits for answers that do not come, in many instances at once. s2 has no
// majority without it.
static void who_waits_still_votes(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_kill(c, "s3");
    cluster_cut(c, "s1", "s2", CUT_SILENT);
    for (int64_t i = 100; i < 100 + MANY; i++)
        peers_start(p, "s1", i, "stuck");
    int64_t next = 0;
    eventually(c, proposes_the_last(p, &next), 2 * MANY);
    eventually(c, peers_all_know(p, "s1 s2", 2 * MANY), SOON);
    peers_end(p);
}

// --- Instances beside each other -------------------------------------------

// One of them can never be decided: the highest ballot of all is promised to
// nobody.
static void instances_do_not_wait_for_each_other(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    probe_begin(p);
    uint64_t top = BALLOT_ROUND_MAX * PAXOS_PEERS_MAX;
    ck_assert_ptr_nonnull(probe_prepare(p, "s2", 0, top));
    ck_assert_ptr_nonnull(probe_prepare(p, "s3", 0, top));
    peers_start(p, "s1", 0, "stuck");
    uint64_t before = cluster_ran(c, "s1", "s2", "Paxos.Prepare");
    eventually(c, cluster_ran(c, "s1", "s2", "Paxos.Prepare") > before + 1,
               SOON);
    for (int64_t i = 1; i <= MANY; i++)
        peers_start(p, "s1", i, "free");
    for (int64_t i = 1; i <= MANY; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    ck_assert_int_eq(peers_fate(p, "s1", 0), FATE_PENDING);
    peers_end(p);
}

static void many_instances_at_once(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    for (int64_t i = 0; i < MANY; i++) {
        for (unsigned k = 0; k < 3; k++)
            peers_start(p, peer_name(k), i, peer_name(k));
        if (i >= BESIDE)
            eventually(c, peers_all_know(p, "s1 s2 s3", i - BESIDE), SOON);
    }
    for (int64_t i = 0; i < MANY; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    peers_end(p);
}

// --- The registry ----------------------------------------------------------

#define TEST(section_, points_, kind_, name_, run_, claim_)                    \
    {                                                                          \
        .about = {.part = "3a",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 30},                                              \
        .nodes = "s1 s2 s3 s4 s5 p1", .run = run_,                             \
    }

static const struct cluster_test tests[] = {
    TEST("1.1", 1, GRADED_PROGRESS, "one proposes, all learn",
         one_proposes_all_learn,
         "What one peer proposes is decided, and all learn it."),
    TEST("1.1", 0, GRADED_PROGRESS, "all propose one value",
         all_propose_one_value, "Peers that propose the same value decide it."),
    TEST("1.1", 1, GRADED_SAFETY, "all propose different values",
         all_propose_different_values,
         "Peers that propose different values decide one of them."),
    TEST("1.1", 1, GRADED_PROGRESS, "instances come in any order",
         instances_come_in_any_order,
         "Instances are decided in whatever order they are started; Max is the "
         "highest."),
    TEST("1.2", 1, GRADED_SAFETY, "the first Start of a peer counts",
         first_start_of_a_peer_counts,
         "A peer proposes what was started first; later Starts change "
         "nothing."),
    TEST("1.2", 1, GRADED_SAFETY, "any bytes are a value",
         any_bytes_are_a_value, "Any bytes are a value, and none are one."),
    TEST("1.2", 1, GRADED_PROGRESS, "Start waits for nobody",
         start_waits_for_nobody,
         "Start returns at once, whether anybody answers or not."),
    TEST("1.2", 1, GRADED_PROGRESS, "Propose waits for the decision",
         propose_waits_for_the_decision,
         "Propose returns when the instance is decided, with its value."),
    TEST("1.2", 1, GRADED_PROGRESS, "Propose ends at its deadline",
         propose_ends_at_its_deadline,
         "Propose gives up at its deadline, and can be called again."),
    TEST("1.3", 1, GRADED_PROGRESS, "deaf peers learn when they propose",
         deaf_peers_learn_when_they_propose,
         "A peer that nobody reaches can still propose, and learns what was "
         "decided."),
    TEST("1.3", 1, GRADED_PROGRESS, "mute peers are told", mute_peers_are_told,
         "A peer that reaches nobody votes, and is told what is decided."),
    TEST("1.3", 1, GRADED_SAFETY, "who comes late learns what was decided",
         who_comes_late_learns_what_was_decided,
         "A value that was decided stays, whoever proposes later."),
    TEST("1.3", 1, GRADED_PROGRESS, "a minority may die", a_minority_may_die,
         "Instances are decided as long as a majority lives."),
    TEST("1.3", 1, GRADED_PROGRESS, "some die in the middle of a round",
         some_die_in_the_middle_of_a_round,
         "Instances are decided as long as a majority lives, at whatever point "
         "the others die."),
    TEST("1.4", 1, GRADED_PROGRESS, "a hung peer holds up nobody",
         a_hung_peer_holds_up_nobody,
         "A round takes no longer because a minority does not answer."),
    TEST("1.4", 1, GRADED_PROGRESS, "who waits still votes",
         who_waits_still_votes,
         "A peer that waits for answers answers others meanwhile."),
    TEST("1.4", 1, GRADED_PROGRESS, "instances do not wait for each other",
         instances_do_not_wait_for_each_other,
         "An instance that cannot go on holds up no other."),
    TEST("1.4", 1, GRADED_SAFETY, "many instances at once",
         many_instances_at_once,
         "Many instances are decided at once, all by all peers."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab3 paxos", &lab3, tests,
                        sizeof tests / sizeof tests[0]);
}
