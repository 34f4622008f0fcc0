// The cores of a peer, by themselves: an acceptor, and how far each peer is.
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "lab3-paxos/acceptor.h"
#include "lab3-paxos/ballot.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/progress.h"

static struct acceptor a;

static void begin(void)
{
    acceptor_init(&a);
}

// Round r of peer k.
static uint64_t ballot(uint64_t r, unsigned k)
{
    return r * PAXOS_PEERS_MAX + k;
}

static bool says(struct vote vote, enum vote_kind kind, uint64_t of,
                 const char *value)
{
    return vote.kind == kind && vote.ballot == of &&
           slice_equal(vote.value, slice_text(value));
}

static struct vote accept(uint64_t b, const char *value)
{
    return acceptor_accept(&a, b, slice_text(value));
}

// --- Ballots ---------------------------------------------------------------

static void ballots_are_unique_and_rise(void *arg)
{
    for (unsigned k = 0; k < PAXOS_PEERS_MAX; k++) {
        uint64_t seen = BALLOT_NONE;
        for (unsigned i = 0; i < 300; i++) {
            unsigned other = (k + i) % PAXOS_PEERS_MAX;
            uint64_t b = ballot_above(seen, k);
            ck_assert_uint_gt(b, seen);
            ck_assert_uint_eq(ballot_peer(b), k);
            ck_assert(ballot_is_valid(b));
            ck_assert_uint_eq(ballot_round(b), ballot_round(seen) + 1);
            ck_assert_uint_ne(b, ballot_above(seen, k ^ 1));
            seen = ballot(ballot_round(b), other);
        }
    }
    ck_assert(!ballot_is_valid(BALLOT_NONE));
    ck_assert(ballot_is_valid(ballot(BALLOT_ROUND_MAX, 0)));
    ck_assert(!ballot_is_valid(ballot(BALLOT_ROUND_MAX + 1, 0)));
    ck_assert(!ballot_is_valid(UINT64_MAX));
}

// --- Acceptors -------------------------------------------------------------

static void promises_only_rise(void *arg)
{
    begin();
    ck_assert(says(acceptor_prepare(&a, ballot(5, 1)), VOTE_YES, 0, ""));
    ck_assert(
        says(acceptor_prepare(&a, ballot(5, 0)), VOTE_NO, ballot(5, 1), ""));
    ck_assert(says(acceptor_prepare(&a, ballot(5, 1)), VOTE_NO, ballot(5, 1),
                   "")); // once
    ck_assert(says(acceptor_prepare(&a, ballot(5, 2)), VOTE_YES, 0, ""));
    ck_assert_uint_eq(a.promised, ballot(5, 2));
    acceptor_release(&a);
}

static void accepts_what_is_promised_or_above(void *arg)
{
    begin();
    acceptor_prepare(&a, ballot(5, 1));
    ck_assert(says(accept(ballot(4, 7), "low"), VOTE_NO, ballot(5, 1), ""));
    ck_assert_uint_eq(a.accepted, BALLOT_NONE);
    ck_assert_int_eq(accept(ballot(5, 1), "a").kind, VOTE_YES);
    ck_assert_int_eq(accept(ballot(7, 0), "b").kind, VOTE_YES); // no Prepare
    ck_assert(
        says(acceptor_prepare(&a, ballot(6, 0)), VOTE_NO, ballot(7, 0), ""));
    ck_assert(
        says(acceptor_prepare(&a, ballot(8, 0)), VOTE_YES, ballot(7, 0), "b"));
    ck_assert(says(accept(ballot(7, 0), "b"), VOTE_NO, ballot(8, 0), ""));
    acceptor_release(&a);
}

static void the_last_accepted_value_is_told(void *arg)
{
    begin();
    accept(ballot(1, 0), "a long value, to be replaced");
    accept(ballot(2, 0), "");
    ck_assert(
        says(acceptor_prepare(&a, ballot(3, 0)), VOTE_YES, ballot(2, 0), ""));
    accept(ballot(3, 0), "c");
    ck_assert(
        says(acceptor_prepare(&a, ballot(4, 0)), VOTE_YES, ballot(3, 0), "c"));
    acceptor_release(&a);
}

static void decided_is_for_good(void *arg)
{
    begin();
    accept(ballot(1, 0), "a");
    ck_assert(acceptor_decide(&a, slice_text("b")));
    ck_assert(acceptor_decide(&a, slice_text("b"))); // again
    ck_assert(!acceptor_decide(&a, slice_text("c")));
    ck_assert(says(acceptor_prepare(&a, ballot(9, 0)), VOTE_DECIDED, 0, "b"));
    ck_assert(says(accept(ballot(9, 0), "c"), VOTE_DECIDED, 0, "b"));
    ck_assert(says(accept(ballot(1, 0), "a"), VOTE_DECIDED, 0, "b"));
    acceptor_release(&a);
    begin(); // one that has heard nothing before
    ck_assert(acceptor_decide(&a, slice_text("")));
    ck_assert(says(acceptor_prepare(&a, ballot(1, 0)), VOTE_DECIDED, 0, ""));
    acceptor_release(&a);
}

// --- Progress --------------------------------------------------------------

static struct progress p; // of peer 1 of 3

static bool merge(uint64_t b0, uint64_t b1, uint64_t b2)
{
    const uint64_t below[] = {b0, b1, b2};
    return progress_merge(&p, below, 3);
}

static void min_is_the_lowest_of_all(void *arg)
{
    progress_init(&p, 3, 1);
    ck_assert_int_eq(progress_min(&p), 0);
    ck_assert(!progress_done(&p, 9));
    ck_assert(!merge(8, 0, 0));
    ck_assert_int_eq(progress_min(&p), 0); // nothing is known of peer 2
    ck_assert(merge(0, 0, 4));
    ck_assert_int_eq(progress_min(&p), 4);
    ck_assert(merge(8, 0, 20));
    ck_assert_int_eq(progress_min(&p), 8);
    ck_assert(merge(30, 0, 0));
    ck_assert_int_eq(progress_min(&p), 10);
    ck_assert(progress_done(&p, 50));
    ck_assert_int_eq(progress_min(&p), 20);
}

static void progress_never_goes_back(void *arg)
{
    progress_init(&p, 3, 1);
    progress_done(&p, 9);
    ck_assert(merge(10, 10, 10));
    ck_assert(!progress_done(&p, 5));
    ck_assert(!merge(3, 3, 3)); // late
    ck_assert_int_eq(progress_min(&p), 10);
}

static void nobody_else_knows_better(void *arg)
{
    progress_init(&p, 3, 1);
    ck_assert(!merge(10, 10, 10));
    ck_assert_int_eq(progress_min(&p), 0);
    const uint64_t two[] = {10, 10};
    ck_assert(!progress_merge(&p, two, 2)); // no message of ours
    progress_done(&p, 4);
    ck_assert_int_eq(progress_min(&p), 5);
    ck_assert(!merge(UINT64_MAX, 0, UINT64_MAX)); // makes no sense
    progress_done(&p, 20);
    ck_assert_int_eq(progress_min(&p), 10);
}

// --- The registry ----------------------------------------------------------

#define GRADED(section_, points_, name_, run_, claim_)                         \
    {                                                                          \
        .part = "3a", .name = name_, .claim = claim_, .section = section_,     \
        .points = points_, .kind = GRADED_SAFETY,                              \
        .evidence = GRADED_SAME_PROCESS, .run = run_,                          \
    }

static const struct graded_test tests[] = {
    GRADED("1.6", 1, "ballots are unique, and rise",
           ballots_are_unique_and_rise,
           "A peer has a ballot of its own above each that it has heard of."),
    GRADED("1.5", 1, "promises only rise", promises_only_rise,
           "A ballot is promised once, and none below it after that."),
    GRADED("1.5", 1, "accepts what is promised, or above",
           accepts_what_is_promised_or_above,
           "What is accepted is at least what was promised, and is a promise "
           "itself."),
    GRADED("1.5", 1, "the last accepted value is told",
           the_last_accepted_value_is_told,
           "A promise tells of the value that was accepted last."),
    GRADED("1.8", 1, "decided is for good", decided_is_for_good,
           "An acceptor that knows what is decided says so, whatever it is "
           "asked."),
    GRADED("1.10", 1, "Min is the lowest of all", min_is_the_lowest_of_all,
           "Min is what all peers, as far as is known, are done with."),
    GRADED("1.10", 1, "progress never goes back", progress_never_goes_back,
           "What is known of a peer only rises."),
    GRADED("1.10", 1, "nobody else knows better", nobody_else_knows_better,
           "How far a peer is it says itself."),
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab3 acceptor", tests,
                       sizeof tests / sizeof tests[0]);
}
