// Part 3a: what all are done with is forgotten, and nothing else is. The same
// source between processes and in simulation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab3-paxos/paxos.h"
#include "lab3-paxos/tests/peers.h"

enum {
    WHILE = 24,    // ticks: for what must not happen
    MIB = 1 << 20, // bytes
    LARGE = 10,    // values of that size
    MANY = 100,    // instances
};

static const char all[] = "s1 s2 s3";

// --- Helpers ---------------------------------------------------------------

static bool min_is(struct peers *p, const char *first, const char *second,
                   const char *third, int64_t min)
{
    return peers_min(p, first) == min && peers_min(p, second) == min &&
           peers_min(p, third) == min;
}

// An agreement, known to all three: with it travels how far each is.
static void agree(struct cluster *c, struct peers *p, const char *name,
                  int64_t instance)
{
    peers_start(p, name, instance, name);
    eventually(c, peers_all_know(p, all, instance), SOON);
}

// --- Min -------------------------------------------------------------------

static void min_waits_for_all(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    for (unsigned k = 0; k < 3; k++)
        ck_assert_int_eq(peers_min(p, peer_name(k)), 0);
    for (int64_t i = 0; i < 3; i++)
        agree(c, p, "s1", i);
    peers_done(p, "s1 s2", 1);
    agree(c, p, "s1", 3);
    agree(c, p, "s2", 4);
    agree(c, p, "s3", 5);
    never(c, !min_is(p, "s1", "s2", "s3", 0), WHILE / 4);
    ck_assert(peers_all_know(p, all, 0));
    peers_done(p, "s3", 0);
    agree(c, p, "s3", 6);
    agree(c, p, "s1", 7);
    eventually(c, min_is(p, "s1", "s2", "s3", 1), SOON);
    peers_end(p);
}

// Only s1 ever proposes: it is told by the answers, the others by it.
static void one_proposer_is_enough(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    peers_start(p, "s1", 0, "a");
    eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", 0), SOON);
    for (unsigned k = 0; k < 5; k++)
        peers_done(p, peer_name(k), 0);
    int64_t next = 1;
    for (; next < 4; next++) {
        peers_start(p, "s1", next, "b");
        eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", next), SOON);
    }
    for (unsigned k = 0; k < 5; k++)
        eventually(c, peers_min(p, peer_name(k)) == 1, SOON);
    peers_end(p);
}

static void done_never_goes_back(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    for (int64_t i = 0; i < 10; i++)
        agree(c, p, "s1", i);
    peers_done(p, all, 8);
    peers_done(p, all, 3);
    agree(c, p, "s2", 10);
    agree(c, p, "s3", 11);
    eventually(c, min_is(p, "s1", "s2", "s3", 9), SOON);
    peers_done(p, all, 5);
    agree(c, p, "s1", 12);
    never(c, !min_is(p, "s1", "s2", "s3", 9), WHILE / 4);
    peers_end(p);
}

static void a_dead_peer_holds_min_back(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    for (int64_t i = 0; i < 3; i++)
        agree(c, p, "s1", i);
    peers_done(p, "s1 s2", 2);
    cluster_kill(c, "s3");
    for (int64_t i = 3; i < 6; i++) {
        peers_start(p, "s1", i, "s1");
        peers_start(p, "s2", i, "s2");
        eventually(c, peers_all_know(p, "s1 s2", i), SOON);
    }
    never(c, peers_min(p, "s1") != 0 || peers_min(p, "s2") != 0, WHILE);
    ck_assert(peers_all_know(p, "s1 s2", 0));
    peers_end(p);
}

// One that has never been heard of is not one that needs nothing.
static void an_unknown_peer_holds_min_back(struct cluster *c)
{
    struct peers *p = peers_begin_without(c, 3, "s3");
    for (int64_t i = 0; i < 3; i++) {
        peers_start(p, "s1", i, "s1");
        peers_start(p, "s2", i, "s2");
        eventually(c, peers_all_know(p, "s1 s2", i), SOON);
        peers_done(p, "s1 s2", i);
    }
    never(c, peers_min(p, "s1") != 0 || peers_min(p, "s2") != 0, WHILE / 2);
    peers_start_later(p, "s3");
    for (int64_t i = 0; i < 3; i++) { // it needs them, and gets them
        peers_start(p, "s3", i, "s3");
        eventually(c, peers_all_know(p, all, i), SOON);
    }
    peers_done(p, "s3", 1);
    agree(c, p, "s3", 3);
    agree(c, p, "s1", 4);
    eventually(c, min_is(p, "s1", "s2", "s3", 2), SOON);
    peers_end(p);
}

// s3 was cut off when s1 and s2 were done: it still has to learn.
static void who_lags_behind_is_waited_for(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_part(c, "s3", "s1 s2", CUT_SILENT);
    for (int64_t i = 0; i < 5; i++) {
        peers_start(p, "s1", i, "a");
        eventually(c, peers_all_know(p, "s1 s2", i), SOON);
        peers_done(p, "s1 s2", i);
    }
    cluster_heal(c);
    for (int64_t i = 0; i < 5; i++) {
        peers_start(p, "s3", i, "b");
        eventually(c, peers_all_know(p, all, i), SOON);
        peers_expect(p, i, "a");
    }
    peers_end(p);
}

// --- What is forgotten -----------------------------------------------------

// Instances 0 to 4 are forgotten at all three; max is 6.
static void forget_five(struct cluster *c, struct peers *p)
{
    for (int64_t i = 0; i < 5; i++)
        agree(c, p, "s1", i);
    peers_done(p, all, 4);
    agree(c, p, "s2", 5);
    agree(c, p, "s3", 6);
    eventually(c, min_is(p, "s1", "s2", "s3", 5), SOON);
}

static void forgotten_is_forgotten(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    forget_five(c, p);
    for (unsigned k = 0; k < 3; k++) {
        for (int64_t i = 0; i < 5; i++)
            ck_assert_int_eq(peers_fate(p, peer_name(k), i), FATE_FORGOTTEN);
        ck_assert_int_eq(peers_fate(p, peer_name(k), 5), FATE_DECIDED);
        ck_assert(
            !peers_start_bytes(p, peer_name(k), 2, slice_text("revived")));
        ck_assert_int_eq(peers_fate(p, peer_name(k), 2), FATE_FORGOTTEN);
    }
    never(c, peers_know(p, all, 2) != 0, WHILE / 4);
    peers_end(p);
}

// All are done with all: nothing is left in memory. (Instances that were left
// out are started now, so that messages tell of it.)
static void max_outlives_forgetting(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    forget_five(c, p);
    agree(c, p, "s1", 20);
    peers_done(p, all, 20);
    for (int64_t i = 10; i < 20; i++) {
        const char *name = peer_name((unsigned)i % 3);
        peers_start(p, name, i, "late");
        eventually(c, peers_fate(p, name, i) != FATE_PENDING, SOON);
    }
    eventually(c, min_is(p, "s1", "s2", "s3", 21), SOON);
    for (unsigned k = 0; k < 3; k++)
        ck_assert_int_eq(peers_max(p, peer_name(k)), 20);
    peers_end(p);
}

// Messages about what is forgotten are answered, and revive nothing.
static void late_messages_revive_nothing(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    probe_begin(p);
    forget_five(c, p);
    uint64_t ballot = 100 * PAXOS_PEERS_MAX;
    uint64_t before = peers_status(p, "s1").instances;
    const Px__ProbeReply *r = probe_prepare(p, "s1", 3, ballot);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r->verdict, PX__PROBE_REPLY__VERDICT__FORGOTTEN);
    r = probe_accept(p, "s1", 3, ballot, "late");
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r->verdict, PX__PROBE_REPLY__VERDICT__FORGOTTEN);
    ck_assert_ptr_nonnull(probe_decide(p, "s1", 3, "late"));
    ck_assert_int_eq(peers_fate(p, "s1", 3), FATE_FORGOTTEN);
    ck_assert_uint_eq(peers_status(p, "s1").instances, before);
    ck_assert_int_eq(peers_max(p, "s1"), 6);
    peers_end(p);
}

// s3 has said that it is done, and has not heard that the others are, too.
static void a_late_proposer_is_told(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_cut(c, "s1 s2", "s3", CUT_SILENT); // it hears only answers
    peers_start(p, "s1", 0, "s1");
    eventually(c, peers_all_know(p, "s1 s2", 0), SOON);
    peers_done(p, "s3", 0);
    agree(c, p, "s3", 1);
    peers_done(p, "s1 s2", 0);
    peers_start(p, "s1", 2, "s1");
    eventually(c, peers_all_know(p, "s1 s2", 2), SOON);
    eventually(c, peers_min(p, "s1") == 1 && peers_min(p, "s2") == 1, SOON);
    ck_assert_int_eq(peers_min(p, "s3"), 0);
    ck_assert(!peers_propose(p, "s3", 0, "late", SOON));
    ck_assert_int_eq(peers_fate(p, "s3", 0), FATE_FORGOTTEN);
    peers_end(p);
}

// --- Memory ----------------------------------------------------------------

static void memory_is_given_back_everywhere(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    char *bytes = malloc(MIB);
    for (int64_t i = 0; i < LARGE; i++) {
        memset(bytes, 'a' + (int)i, MIB);
        const char *name = peer_name((unsigned)i % 3);
        ck_assert(peers_start_bytes(p, name, i, slice_of(bytes, MIB)));
    }
    for (int64_t i = 0; i < LARGE; i++) {
        eventually(c, peers_know(p, all, i) > 0, SOON);
        peers_ask(p, all, i);
        eventually(c, peers_all_know(p, all, i), SOON);
    }
    free(bytes);
    for (unsigned k = 0; k < 3; k++)
        ck_assert_uint_ge(peers_status(p, peer_name(k)).bytes, LARGE * MIB);
    peers_done(p, all, LARGE - 1);
    for (int64_t i = LARGE; i < LARGE + 3; i++)
        agree(c, p, peer_name((unsigned)i % 3), i);
    for (unsigned k = 0; k < 3; k++) {
        eventually(c, peers_min(p, peer_name(k)) == LARGE, SOON);
        eventually(c, peers_status(p, peer_name(k)).bytes < MIB / 4, SOON);
        ck_assert_uint_le(peers_status(p, peer_name(k)).instances, 3);
    }
    peers_end(p);
}

// The proposals that lose do not stay, nor do those of who only listens.
static void a_long_run_keeps_little(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    for (int64_t i = 0; i < MANY; i++) {
        peers_start(p, i % 2 ? "s1" : "s1 s2", i, "x");
        eventually(c, peers_all_know(p, all, i), SOON);
        peers_done(p, all, i);
        for (unsigned k = 0; k < 3; k++)
            ck_assert_uint_le(peers_status(p, peer_name(k)).instances, 10);
    }
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
    TEST("1.10", 1, GRADED_SAFETY, "Min waits for all", min_waits_for_all,
         "Min is one more than what all peers are done with."),
    TEST("1.10", 1, GRADED_PROGRESS, "one proposer is enough",
         one_proposer_is_enough,
         "How far each peer is reaches all peers with the next agreements, "
         "whoever proposes."),
    TEST("1.10", 1, GRADED_SAFETY, "Done never goes back", done_never_goes_back,
         "A Done that is lower than one before changes nothing."),
    TEST("1.10", 1, GRADED_SAFETY, "a dead peer holds Min back",
         a_dead_peer_holds_min_back,
         "A peer that is silent holds Min back, for good if it must be."),
    TEST("1.10", 1, GRADED_SAFETY, "an unknown peer holds Min back",
         an_unknown_peer_holds_min_back,
         "A peer that nobody has heard of needs everything."),
    TEST("1.10", 1, GRADED_SAFETY, "who lags behind is waited for",
         who_lags_behind_is_waited_for,
         "What one peer has not said it is done with nobody forgets."),
    TEST("1.11", 1, GRADED_SAFETY, "forgotten is forgotten",
         forgotten_is_forgotten,
         "Below Min, Status says forgotten and Start does nothing."),
    TEST("1.11", 1, GRADED_SAFETY, "Max outlives forgetting",
         max_outlives_forgetting, "Max never falls, whatever is forgotten."),
    TEST("1.11", 1, GRADED_SAFETY, "late messages revive nothing",
         late_messages_revive_nothing,
         "Messages about forgotten instances are answered as such, and make "
         "nothing."),
    TEST("1.11", 1, GRADED_SAFETY, "a late proposer is told",
         a_late_proposer_is_told,
         "Who proposes for an instance that all have forgotten learns that."),
    TEST("1.11", 1, GRADED_SAFETY, "memory is given back everywhere",
         memory_is_given_back_everywhere,
         "What is below Min takes no memory, at any peer."),
    TEST("1.11", 1, GRADED_SAFETY, "a long run keeps little",
         a_long_run_keeps_little,
         "As long as all go on, a peer keeps a few instances."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab3 forget", &lab3, tests,
                        sizeof tests / sizeof tests[0]);
}
