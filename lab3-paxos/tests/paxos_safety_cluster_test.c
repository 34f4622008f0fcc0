// Part 3a: rules of the paper, one by one. A probe that is no peer sends its
// messages in the order that makes a rule matter; links are cut so that one
// majority alone can decide. The same source between processes and in
// simulation.
#include <stdio.h>
#include <string.h>

#include "lab3-paxos/paxos.h"
#include "lab3-paxos/tests/peers.h"

enum {
    WHILE = 24,                  // ticks: for what must not happen
    ROUNDS = 10,                 // of what happens again and again
    PROBE = PAXOS_PEERS_MAX - 1, // its place in the list: nobody else's
};

// The probe's ballots, as ballot.h has them.
static uint64_t ballot(uint64_t round)
{
    return round * PAXOS_PEERS_MAX + PROBE;
}

static struct peers *begin(struct cluster *c, unsigned count)
{
    struct peers *p = peers_begin(c, count);
    probe_begin(p);
    return p;
}

static void expect_verdict(const Px__ProbeReply *reply,
                           Px__ProbeReply__Verdict verdict)
{
    ck_assert_ptr_nonnull(reply);
    ck_assert_int_eq(reply->verdict, verdict);
}
#define OK PX__PROBE_REPLY__VERDICT__OK
#define REJECTED PX__PROBE_REPLY__VERDICT__REJECTED
#define DECIDED PX__PROBE_REPLY__VERDICT__DECIDED

// --- Acceptors -------------------------------------------------------------

static void a_promise_is_kept(struct cluster *c)
{
    struct peers *p = begin(c, 3);
    expect_verdict(probe_prepare(p, "s1", 0, ballot(5)), OK);
    const Px__ProbeReply *r = probe_prepare(p, "s1", 0, ballot(3));
    expect_verdict(r, REJECTED);
    ck_assert_uint_eq(r->promised, ballot(5));
    expect_verdict(probe_prepare(p, "s1", 0, ballot(5)), REJECTED); // again
    r = probe_accept(p, "s1", 0, ballot(4), "old");
    expect_verdict(r, REJECTED);
    ck_assert_uint_eq(r->promised, ballot(5));
    expect_verdict(probe_accept(p, "s1", 0, ballot(5), "new"), OK);
    r = probe_prepare(p, "s1", 0, ballot(6));
    expect_verdict(r, OK);
    ck_assert_uint_eq(r->accepted, ballot(5));
    ck_assert(probe_value_is(r, "new"));
    peers_end(p);
}

static void accepting_is_promising(struct cluster *c)
{
    struct peers *p = begin(c, 3);
    expect_verdict(probe_accept(p, "s1", 0, ballot(5), "a"), OK);
    const Px__ProbeReply *r = probe_prepare(p, "s1", 0, ballot(4));
    expect_verdict(r, REJECTED); // though it has promised nothing to anybody
    ck_assert_uint_eq(r->promised, ballot(5));
    expect_verdict(probe_accept(p, "s1", 0, ballot(3), "b"), REJECTED);
    r = probe_prepare(p, "s1", 0, ballot(9));
    expect_verdict(r, OK);
    ck_assert_uint_eq(r->accepted, ballot(5));
    ck_assert(probe_value_is(r, "a"));
    peers_end(p);
}

static void ballots_are_numbers(struct cluster *c)
{
    struct peers *p = begin(c, 3);
    char s[] = "s1"; // and s2
    static const uint64_t rounds[] = {9, 10, 99, 100, 127, 128, 4000};
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        for (s[1] = '1'; s[1] <= '2'; s[1]++) {
            expect_verdict(probe_prepare(p, s, 0, ballot(rounds[i])), OK);
            expect_verdict(probe_prepare(p, s, 0, ballot(rounds[i]) - 1),
                           REJECTED);
        }
    }
    peers_start(p, "s3", 0, "above"); // the others are far ahead
    eventually(c, peers_all_know(p, "s1 s2 s3", 0), SOON);
    peers_end(p);
}

static void what_is_decided_stays(struct cluster *c)
{
    struct peers *p = begin(c, 3);
    peers_start(p, "s1", 0, "value");
    eventually(c, peers_all_know(p, "s1 s2 s3", 0), SOON);
    const Px__ProbeReply *r = probe_prepare(p, "s2", 0, ballot(100));
    expect_verdict(r, DECIDED);
    ck_assert(probe_value_is(r, "value"));
    r = probe_accept(p, "s2", 0, ballot(101), "other");
    expect_verdict(r, DECIDED);
    ck_assert(probe_value_is(r, "value"));
    probe_decide(p, "s2", 0, "other"); // nobody may send that
    never(c, !peers_all_know(p, "s1 s2 s3", 0), WHILE / 4);
    peers_expect(p, 0, "value");
    peers_end(p);
}

// --- Proposers -------------------------------------------------------------

// s3 has no majority but with s1 and s2, which have accepted different values.
static void the_highest_accepted_value_is_taken(struct cluster *c)
{
    struct peers *p = begin(c, 5);
    cluster_kill(c, "s4");
    cluster_kill(c, "s5");
    expect_verdict(probe_accept(p, "s1", 0, ballot(2), "old"), OK);
    expect_verdict(probe_accept(p, "s2", 0, ballot(3), "new"), OK);
    expect_verdict(probe_accept(p, "s1", 1, ballot(3), "new"), OK);
    expect_verdict(probe_accept(p, "s2", 1, ballot(2), "old"), OK);
    expect_verdict(probe_accept(p, "s3", 2, ballot(3), "new"), OK);
    expect_verdict(probe_accept(p, "s2", 2, ballot(2), "old"), OK);
    expect_verdict(probe_accept(p, "s1", 3, ballot(9), "new"), OK);
    expect_verdict(probe_accept(p, "s2", 3, ballot(10), "newer"), OK);
    for (int64_t i = 0; i < 4; i++) {
        peers_start(p, "s3", i, "own");
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
        peers_expect(p, i, i < 3 ? "new" : "newer");
    }
    peers_end(p);
}

// A value is chosen, but who had it chosen is gone, and nobody knows.
static void what_a_majority_accepted_is_decided(struct cluster *c)
{
    struct peers *p = begin(c, 3);
    for (int64_t i = 0; i < ROUNDS; i++) {
        expect_verdict(probe_accept(p, "s1", i, ballot(1), "chosen"), OK);
        expect_verdict(probe_accept(p, "s2", i, ballot(1), "chosen"), OK);
        peers_start(p, "s3", i, "own");
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
        peers_expect(p, i, "chosen");
    }
    peers_end(p);
}

// The same without a probe: s1 dies before it can know that a majority has
// accepted, and that majority is the others.
static void a_dead_proposer_has_its_value_chosen(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_hold_at(c, "s2", CRASH_BEFORE_REPLY, "Paxos.Accept", 1);
    cluster_hold_at(c, "s3", CRASH_BEFORE_REPLY, "Paxos.Accept", 1);
    peers_start(p, "s1", 0, "chosen");
    eventually(c, cluster_is_held(c, "s2") && cluster_is_held(c, "s3"), SOON);
    cluster_kill(c, "s1");
    cluster_release(c, "s2");
    cluster_release(c, "s3");
    peers_start(p, "s2", 0, "own");
    eventually(c, peers_all_know(p, "s2 s3", 0), SOON);
    peers_expect(p, 0, "chosen");
    peers_end(p);
}

// What one peer alone has accepted may be decided or not; but something is.
static void a_round_that_was_left_is_finished(struct cluster *c)
{
    struct peers *p = begin(c, 3);
    for (int64_t i = 0; i < ROUNDS; i++) {
        expect_verdict(probe_prepare(p, "s1", i, ballot(2)), OK);
        expect_verdict(probe_prepare(p, "s2", i, ballot(2)), OK);
        expect_verdict(probe_accept(p, "s2", i, ballot(2), "left"), OK);
        peers_start(p, "s2", i, "own");
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
        peers_expect(p, i, "left"); // its own acceptor has told it
    }
    peers_end(p);
}

// Each round of s1 reaches one other peer, and not the same.
static void rounds_do_not_add_up(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    cluster_part(c, "s1", "s3 s4 s5", CUT_SILENT);
    peers_start(p, "s1", 0, "a");
    eventually(c, cluster_ran(c, "s1", "s2", NULL) > 1, SOON);
    cluster_part(c, "s1", "s2", CUT_SILENT);
    cluster_heal(c);
    cluster_part(c, "s1", "s2 s4 s5", CUT_SILENT);
    uint64_t before = cluster_ran(c, "s1", "s3", NULL);
    eventually(c, cluster_ran(c, "s1", "s3", NULL) > before + 1, SOON);
    ck_assert_uint_eq(cluster_ran(c, NULL, "s3", "Paxos.Accept"), 0);
    ck_assert_int_eq(peers_fate(p, "s1", 0), FATE_PENDING);
    cluster_heal(c);
    eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", 0), SOON);
    peers_end(p);
}

// Two that have proposed once, each for an instance of its own.
static void no_ballot_is_used_twice(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    peers_start(p, "s1", 0, "a");
    peers_start(p, "s2", 1, "b");
    peers_start(p, "s3", 2, "c");
    for (int64_t i = 0; i < 3; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    uint64_t b1 = peers_status(p, "s1").ballot;
    uint64_t b2 = peers_status(p, "s2").ballot;
    uint64_t b3 = peers_status(p, "s3").ballot;
    ck_assert_msg(b1 != b2 && b1 != b3 && b2 != b3,
                  "the ballots are %u, %u and %u", (unsigned)b1, (unsigned)b2,
                  (unsigned)b3);
    peers_end(p);
}

// Each message takes a tick, so who goes on at once meets all others again.
static void duels_end(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    cluster_spoil(c, &(struct cluster_rule){.delay_percent = 100,
                                            .delay_min_ticks = 1,
                                            .delay_max_ticks = 1});
    for (int64_t i = 0; i < ROUNDS / 2; i++)
        for (unsigned k = 0; k < 5; k++)
            peers_start(p, peer_name(k), i, peer_name(k));
    for (int64_t i = 0; i < ROUNDS / 2; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", i), SOON);
    peers_end(p);
}

// --- Late messages ---------------------------------------------------------

// A Prepare waits at s3 while all is decided, and is answered then: it is the
// first message of the round that s3 sees.
static void a_late_prepare_changes_nothing(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_hold_at(c, "s3", CRASH_BEFORE_HANDLER, "Paxos.Prepare", 1);
    cluster_spoil(c, &(struct cluster_rule){.at = "s3",
                                            .method = "Paxos.Accept",
                                            .lose_request_percent = 100});
    peers_start(p, "s1", 0, "a");
    eventually(c, cluster_is_held(c, "s3"), SOON);
    eventually(c, peers_all_know(p, "s1 s2 s3", 0), SOON);
    cluster_release(c, "s3");
    never(c, !peers_all_know(p, "s1 s2 s3", 0), WHILE / 4);
    peers_start(p, "s3", 0, "b");
    never(c, !peers_all_know(p, "s1 s2 s3", 0), WHILE / 4);
    peers_end(p);
}

// s1's Accept to s3 is late: s3 has promised and accepted more meanwhile.
static void a_late_accept_changes_nothing(struct cluster *c)
{
    struct peers *p = begin(c, 3);
    cluster_hold_at(c, "s3", CRASH_BEFORE_HANDLER, "Paxos.Accept", 1);
    cluster_cut(c, "s1", "s2", CUT_SILENT);
    peers_start(p, "s1", 0, "a");
    eventually(c, cluster_is_held(c, "s3"), SOON);
    cluster_part(c, "s1", "s2 s3", CUT_SILENT);
    peers_start(p, "s2", 0, "b");
    eventually(c, peers_all_know(p, "s2 s3", 0), SOON);
    cluster_release(c, "s3");
    cluster_heal(c);
    eventually(c, peers_all_know(p, "s1 s2 s3", 0), SOON);
    peers_end(p);
}

// --- Majorities ------------------------------------------------------------

static void no_decision_without_a_majority(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    cluster_part(c, "s1 s3", "s2 s4 s5", CUT_SILENT);
    cluster_part(c, "s2 s4", "s5", CUT_SILENT);
    peers_start(p, "s2", 1, "111");
    never(c, peers_know(p, "s1 s2 s3 s4 s5", 1) != 0, WHILE);
    cluster_heal(c);
    cluster_part(c, "s1 s5", "s2 s3 s4", CUT_SILENT);
    eventually(c, peers_all_know(p, "s2 s3 s4", 1), SOON);
    ck_assert_uint_eq(peers_know(p, "s1 s5", 1), 0);
    peers_start(p, "s1", 1, "1000");
    peers_start(p, "s5", 1, "1001");
    never(c, peers_know(p, "s1 s5", 1) != 0, WHILE / 2);
    cluster_heal(c);
    eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", 1), SOON);
    peers_expect(p, 1, "111");
    peers_end(p);
}

// Four peers: half of them is no majority.
static void half_is_no_majority(struct cluster *c)
{
    struct peers *p = peers_begin(c, 4);
    cluster_part(c, "s1 s2", "s3 s4", CUT_SILENT);
    peers_start(p, "s1", 0, "a");
    peers_start(p, "s3", 0, "b");
    never(c, peers_know(p, "s1 s2 s3 s4", 0) != 0, WHILE);
    cluster_heal(c);
    eventually(c, peers_all_know(p, "s1 s2 s3 s4", 0), SOON);
    peers_end(p);
}

static void one_peer_changes_sides(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    for (int64_t i = 0; i < ROUNDS; i++) {
        cluster_part(c, "s1 s2 s3", "s4 s5", CUT_SILENT);
        peers_start(p, "s1", i, "left");
        peers_start(p, "s4 s5", i, "right");
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
        ck_assert_uint_eq(peers_know(p, "s4 s5", i), 0);
        cluster_heal(c);
        cluster_part(c, "s1 s2", "s3 s4 s5", CUT_SILENT);
        eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", i), SOON);
        peers_expect(p, i, "left");
        cluster_heal(c);
    }
    peers_end(p);
}

// The same, and messages are lost while the first side decides.
static void sides_change_while_messages_are_lost(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    for (int64_t i = 0; i < ROUNDS / 2; i++) {
        cluster_spoil(c, &(struct cluster_rule){.lose_request_percent = 10,
                                                .lose_reply_percent = 20});
        cluster_part(c, "s1 s2 s3", "s4 s5", CUT_SILENT);
        for (unsigned k = 0; k < 5; k++)
            peers_start(p, peer_name(k), i, peer_name(k));
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
        ck_assert_uint_eq(peers_know(p, "s4 s5", i), 0);
        cluster_unspoil(c);
        cluster_heal(c);
        cluster_part(c, "s1 s2", "s3 s4 s5", CUT_SILENT);
        eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", i), SOON);
        cluster_heal(c);
    }
    peers_end(p);
}

// --- The registry ----------------------------------------------------------

#define TEST(section_, points_, kind_, name_, run_, claim_, ...)               \
    {                                                                          \
        .about = {.part = "3a",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 40,                                               \
                  __VA_ARGS__},                                                \
        .nodes = "s1 s2 s3 s4 s5 p1", .run = run_,                             \
    }

static const struct cluster_test tests[] = {
    TEST("1.5", 1, GRADED_SAFETY, "a promise is kept", a_promise_is_kept,
         "Who has promised a ballot promises and accepts none below it."),
    TEST("1.5", 1, GRADED_SAFETY, "accepting is promising",
         accepting_is_promising,
         "Who accepts a ballot promises and accepts none below it, even if it "
         "missed the Prepare."),
    TEST("1.6", 1, GRADED_SAFETY, "ballots are numbers", ballots_are_numbers,
         "Ballots are compared as numbers, and a proposer goes above what it "
         "hears of."),
    TEST("1.8", 1, GRADED_SAFETY, "what is decided stays",
         what_is_decided_stays,
         "An acceptor that knows what is decided answers with it, and stays "
         "with it."),
    TEST("1.7", 2, GRADED_SAFETY, "the highest accepted value is taken",
         the_highest_accepted_value_is_taken,
         "A proposer takes the value that was accepted with the highest ballot "
         "of those that its promises tell of."),
    TEST("1.7", 2, GRADED_SAFETY, "what a majority accepted is decided",
         what_a_majority_accepted_is_decided,
         "A value that a majority has accepted is decided, though nobody knew "
         "it."),
    TEST("1.7", 1, GRADED_SAFETY, "a dead proposer has its value chosen",
         a_dead_proposer_has_its_value_chosen,
         "A value that a majority has accepted is decided, though its proposer "
         "died."),
    TEST("1.7", 1, GRADED_PROGRESS, "a round that was left is finished",
         a_round_that_was_left_is_finished,
         "A proposer that finds an accepted value has it decided."),
    TEST("1.6", 1, GRADED_SAFETY, "rounds do not add up", rounds_do_not_add_up,
         "Promises and acceptances count in the round that they are of."),
    TEST("1.6", 1, GRADED_SAFETY, "no ballot is used twice",
         no_ballot_is_used_twice, "No two peers use the same ballot."),
    TEST("1.9", 1, GRADED_PROGRESS, "duels end", duels_end,
         "Peers that propose at the same time wait at random, and one comes "
         "through."),
    TEST("1.8", 1, GRADED_SAFETY, "a late Prepare changes nothing",
         a_late_prepare_changes_nothing,
         "A Prepare that comes after the decision changes nothing."),
    TEST("1.5", 1, GRADED_SAFETY, "a late Accept changes nothing",
         a_late_accept_changes_nothing,
         "An Accept that comes after a higher promise changes nothing."),
    TEST("1.6", 2, GRADED_SAFETY, "no decision without a majority",
         no_decision_without_a_majority,
         "Nothing is decided but by a majority, and nobody else learns "
         "anything."),
    TEST("1.6", 1, GRADED_SAFETY, "half is no majority", half_is_no_majority,
         "A majority is more than half of all peers."),
    TEST("1.7", 1, GRADED_SAFETY, "one peer changes sides",
         one_peer_changes_sides,
         "What one majority has decided the next one decides as well."),
    TEST("1.7", 1, GRADED_SAFETY, "sides change while messages are lost",
         sides_change_while_messages_are_lost,
         "What one majority has decided the next one decides as well, though "
         "messages are lost.",
         .marks = "lose-request Paxos.Accept;lose-reply Paxos.Accept"),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab3 safety", &lab3, tests,
                        sizeof tests / sizeof tests[0]);
}
