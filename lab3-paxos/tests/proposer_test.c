// The core of a proposer: which votes make which value a proposal, and a
// decision. Then, all cores together: thousands of schedules in which messages
// are lost, late and out of order, and nobody may ever disagree.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "common/runtime/random.h"
#include "lab3-paxos/acceptor.h"
#include "lab3-paxos/ballot.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/proposer.h"

static struct proposer p;

static void begin(unsigned peers, uint64_t seen)
{
    proposer_init(&p, peers, slice_text("own"), seen);
    proposer_begin(&p, 0);
}

static uint64_t ballot(uint64_t r, unsigned k)
{
    return r * PAXOS_PEERS_MAX + k;
}

static enum proposer_state hear(unsigned peer, enum vote_kind kind, uint64_t of,
                                const char *value)
{
    const struct vote vote = {kind, of, slice_text(value)};
    return proposer_hear(&p, peer, &vote);
}

static bool proposes(const char *value)
{
    return slice_equal(proposer_value(&p), slice_text(value));
}

// --- Tests -----------------------------------------------------------------

static void a_majority_of_all_peers_counts(void *arg)
{
    for (unsigned n = 1; n <= 7; n++) {
        begin(n, 0);
        for (unsigned k = 0; k < n / 2; k++)
            ck_assert_int_eq(hear(k, VOTE_YES, 0, ""), PROPOSER_PREPARES);
        ck_assert_int_eq(hear(n - 1, VOTE_YES, 0, ""), PROPOSER_ACCEPTS);
        ck_assert(proposes("own"));
        for (unsigned k = 0; k < n / 2; k++)
            ck_assert_int_eq(hear(k, VOTE_YES, 0, ""), PROPOSER_ACCEPTS);
        ck_assert_int_eq(hear(n - 1, VOTE_YES, 0, ""), PROPOSER_DECIDED);
        ck_assert(proposes("own"));
        ck_assert(!p.is_told);
        proposer_release(&p);
    }
}

static void a_peer_counts_once(void *arg)
{
    begin(5, 0);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(hear(1, VOTE_YES, 0, ""), PROPOSER_PREPARES);
    hear(2, VOTE_YES, 0, "");
    ck_assert_int_eq(hear(3, VOTE_YES, 0, ""), PROPOSER_ACCEPTS);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(hear(1, VOTE_YES, 0, ""), PROPOSER_ACCEPTS);
    proposer_release(&p);
}

static void it_fails_when_no_majority_can_come(void *arg)
{
    begin(5, 0);
    hear(0, VOTE_YES, 0, "");
    hear(1, VOTE_NO, ballot(7, 1), "");
    ck_assert_int_eq(hear(2, VOTE_SILENT, 0, ""), PROPOSER_PREPARES);
    ck_assert_int_eq(hear(3, VOTE_SILENT, 0, ""), PROPOSER_FAILED);
    ck_assert_uint_eq(p.seen, ballot(7, 1));
    proposer_begin(&p, 0);
    ck_assert_uint_gt(p.ballot, ballot(7, 1));
    for (unsigned k = 0; k < 3; k++)
        hear(k, VOTE_YES, 0, "");
    hear(0, VOTE_YES, 0, "");
    hear(1, VOTE_NO, ballot(20, 1), "");
    hear(2, VOTE_NO, ballot(9, 2), "");
    ck_assert_int_eq(hear(3, VOTE_NO, ballot(30, 3), ""), PROPOSER_FAILED);
    proposer_begin(&p, 0);
    ck_assert_uint_gt(p.ballot, ballot(30, 3));
    proposer_release(&p);
}

static void a_new_round_begins_from_nothing(void *arg)
{
    begin(5, ballot(3, 0));
    hear(0, VOTE_YES, 0, "");
    hear(1, VOTE_YES, ballot(2, 3), "old");
    hear(2, VOTE_SILENT, 0, "");
    hear(3, VOTE_SILENT, 0, "");
    ck_assert_int_eq(hear(4, VOTE_SILENT, 0, ""), PROPOSER_FAILED);
    proposer_begin(&p, 0);
    hear(0, VOTE_YES, 0, "");
    ck_assert_int_eq(hear(2, VOTE_YES, 0, ""), PROPOSER_PREPARES);
    ck_assert_int_eq(hear(3, VOTE_YES, 0, ""), PROPOSER_ACCEPTS);
    ck_assert(proposes("own")); // peer 1 has not promised in this round
    hear(0, VOTE_YES, 0, "");
    hear(2, VOTE_YES, 0, "");
    hear(1, VOTE_SILENT, 0, "");
    hear(3, VOTE_SILENT, 0, "");
    hear(4, VOTE_SILENT, 0, "");
    proposer_begin(&p, 0);
    hear(1, VOTE_YES, 0, "");
    hear(3, VOTE_YES, 0, "");
    ck_assert_int_eq(hear(4, VOTE_YES, 0, ""), PROPOSER_ACCEPTS);
    ck_assert_int_eq(hear(1, VOTE_YES, 0, ""), PROPOSER_ACCEPTS);
    proposer_release(&p);
}

static void expect_choice(const uint64_t of[3], const char *const values[3],
                          const char *choice)
{
    begin(5, ballot(50, 0));
    for (unsigned k = 0; k < 3; k++)
        hear(k, VOTE_YES, of[k], values[k]);
    ck_assert_int_eq(p.state, PROPOSER_ACCEPTS);
    ck_assert(proposes(choice));
    proposer_release(&p);
}

static void the_value_of_the_highest_ballot_is_proposed(void *arg)
{
    expect_choice((uint64_t[]){ballot(2, 0), ballot(3, 0), ballot(1, 0)},
                  (const char *[]){"b", "c", "a"}, "c");
    expect_choice((uint64_t[]){ballot(10, 0), ballot(9, 3), 0},
                  (const char *[]){"ten", "nine", ""}, "ten");
    expect_choice((uint64_t[]){0, ballot(3, 1), ballot(3, 2)},
                  (const char *[]){"", "one", "two"}, "two");
    expect_choice((uint64_t[]){0, ballot(3, 1), 0},
                  (const char *[]){"", "", ""}, ""); // an empty one is a value
    expect_choice((uint64_t[]){0, 0, 0}, (const char *[]){"", "", ""}, "own");
}

static void what_it_is_told_is_decided(void *arg)
{
    begin(5, ballot(3, 0));
    hear(0, VOTE_YES, ballot(2, 1), "other");
    ck_assert_int_eq(hear(3, VOTE_DECIDED, 0, "told"), PROPOSER_DECIDED);
    ck_assert(proposes("told"));
    ck_assert(p.is_told);
    proposer_release(&p);
    begin(3, 0);
    hear(0, VOTE_YES, 0, "");
    hear(1, VOTE_YES, 0, "");
    ck_assert_int_eq(hear(2, VOTE_DECIDED, 0, ""), PROPOSER_DECIDED);
    ck_assert(proposes("")); // and not its own
    proposer_release(&p);
    begin(3, 0);
    ck_assert_int_eq(hear(2, VOTE_FORGOTTEN, 0, ""), PROPOSER_FORGOTTEN);
    proposer_release(&p);
}

// --- All together ----------------------------------------------------------

enum {
    PEERS = 5,
    ROUNDS = 6, // of each proposer
    SCHEDULES = 3000,
};

// A peer: its acceptor, and a proposer that asks one peer after the other, in
// some order, while others do the same.
struct peer {
    struct acceptor acceptor;
    struct proposer proposer;
    char wish[8];
    unsigned asked; // a bit for each, in this phase
    unsigned rounds;
};

static struct peer peers[PEERS];
static char decided[8]; // what was, first; "" nothing yet

static void check_decided(struct slice value)
{
    char text[8];
    snprintf(text, sizeof text, "%.*s", (int)value.size,
             (const char *)value.data);
    if (decided[0] == '\0')
        strcpy(decided, text);
    ck_assert_str_eq(text, decided);
    ck_assert_msg(text[0] == 'v' && text[1] - '0' < PEERS,
                  "'%s' was decided: nobody proposed it", text);
}

static struct vote ask(struct peer *from, struct acceptor *to, unsigned luck)
{
    struct vote silent = {.kind = VOTE_SILENT};
    if (luck < 2)
        return silent; // the request is lost
    struct vote vote = from->proposer.state == PROPOSER_PREPARES
                           ? acceptor_prepare(to, from->proposer.ballot)
                           : acceptor_accept(to, from->proposer.ballot,
                                             proposer_value(&from->proposer));
    return luck < 4 ? silent : vote; // or the reply
}

// One message from peer `k` to one that it has not asked in this phase.
static void step(struct random *r, unsigned k)
{
    struct peer *peer = &peers[k];
    enum proposer_state before = peer->proposer.state;
    if (before != PROPOSER_PREPARES && before != PROPOSER_ACCEPTS) {
        if (before == PROPOSER_DECIDED || peer->rounds++ == ROUNDS)
            return;
        proposer_begin(&peer->proposer, k);
        peer->asked = 0;
        return;
    }
    unsigned to = (unsigned)random_below(r, PEERS);
    if (peer->asked & 1u << to)
        return;
    peer->asked |= 1u << to;
    struct vote vote =
        ask(peer, &peers[to].acceptor, (unsigned)random_below(r, 20));
    enum proposer_state now = proposer_hear(&peer->proposer, to, &vote);
    if (now != before)
        peer->asked = 0;
    if (now == PROPOSER_DECIDED) {
        check_decided(proposer_value(&peer->proposer));
        if (random_below(r, 2) == 0) // its own acceptor learns; or it dies
            ck_assert(acceptor_decide(&peer->acceptor,
                                      proposer_value(&peer->proposer)));
    }
}

static bool run_schedule(uint64_t seed)
{
    struct random r;
    random_init(&r, seed);
    decided[0] = '\0';
    for (unsigned k = 0; k < PEERS; k++) {
        peers[k] = (struct peer){.asked = 0};
        snprintf(peers[k].wish, sizeof peers[k].wish, "v%u", k);
        acceptor_init(&peers[k].acceptor);
        proposer_init(&peers[k].proposer, PEERS, slice_text(peers[k].wish), 0);
    }
    for (unsigned i = 0; i < 400; i++)
        step(&r, (unsigned)random_below(&r, PEERS));
    for (unsigned k = 0; k < PEERS; k++) {
        acceptor_release(&peers[k].acceptor);
        proposer_release(&peers[k].proposer);
    }
    return decided[0] != '\0';
}

static void no_schedule_decides_twice(void *arg)
{
    unsigned some = 0;
    uint64_t seed = random_seed();
    for (unsigned i = 0; i < SCHEDULES; i++)
        some += run_schedule(random_mix(seed, i));
    ck_assert_uint_gt(some, SCHEDULES / 2); // it is no proof of nothing
}

// --- The registry ----------------------------------------------------------

#define GRADED(section_, points_, name_, run_, claim_)                         \
    {                                                                          \
        .part = "3a", .name = name_, .claim = claim_, .section = section_,     \
        .points = points_, .kind = GRADED_SAFETY,                              \
        .evidence = GRADED_SAME_PROCESS, .run = run_,                          \
    }

static const struct graded_test tests[] = {
    GRADED("1.6", 1, "a majority of all peers counts",
           a_majority_of_all_peers_counts,
           "More than half of all peers must promise, and accept."),
    GRADED("1.6", 1, "a peer counts once", a_peer_counts_once,
           "A vote counts once for each peer."),
    GRADED("1.9", 1, "it fails when no majority can come",
           it_fails_when_no_majority_can_come,
           "A round ends as soon as no majority can come, and the next one is "
           "above all that was heard of."),
    GRADED("1.6", 1, "a new round begins from nothing",
           a_new_round_begins_from_nothing,
           "Promises and acceptances count in the round that they are of."),
    GRADED("1.7", 1, "the value of the highest ballot is proposed",
           the_value_of_the_highest_ballot_is_proposed,
           "A proposer takes the value that was accepted with the highest "
           "ballot of those that its promises tell of, if any."),
    GRADED("1.8", 1, "what it is told is decided", what_it_is_told_is_decided,
           "A proposer that is told what was decided is done."),
    GRADED("1.7", 1, "no schedule decides twice", no_schedule_decides_twice,
           "Whatever is lost, late or out of order, one value is decided."),
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab3 proposer", tests,
                       sizeof tests / sizeof tests[0]);
}
