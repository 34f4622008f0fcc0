// Part 3a: what agreements cost, in messages and bytes, as both ends have
// counted them. The same source between processes and in simulation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "lab3-paxos/tests/peers.h"

enum {
    WHILE = 40, // ticks: for what must not happen
    SERIAL = 10,
    SIZE = 100 * 1000, // bytes of a value that is to be seen in the sums
    HEAD = 200,        // bytes that a message and its reply may have besides
    MANY = 100,
};

static uint64_t calls(struct cluster *c, const char *method)
{
    return cluster_sent(c, NULL, NULL, method).calls;
}

static uint64_t bytes(struct cluster *c, const char *method)
{
    return cluster_sent(c, NULL, NULL, method).bytes;
}

// Peers who propose `SERIAL` times, one after the other, without contention.
static struct peers *agree_one_by_one(struct cluster *c, unsigned count,
                                      const char *list)
{
    struct peers *p = peers_begin(c, count);
    for (int64_t i = 0; i < SERIAL; i++) {
        ck_assert(peers_propose(p, i % 2 ? "s1" : "s2", i, "value", SOON));
        eventually(c, peers_all_know(p, list, i), SOON);
    }
    return p;
}

static void expect_three_rounds(struct cluster *c, unsigned peers)
{
    uint64_t most = SERIAL * peers;
    ck_assert_uint_le(calls(c, "Paxos.Prepare"), most);
    ck_assert_uint_le(calls(c, "Paxos.Accept"), most);
    ck_assert_uint_le(calls(c, "Paxos.Decide"), most);
    ck_assert_uint_le(calls(c, NULL), 3 * most);
}

static void three_rounds_for_three(struct cluster *c)
{
    struct peers *p = agree_one_by_one(c, 3, "s1 s2 s3");
    expect_three_rounds(c, 3);
    peers_end(p);
}

static void three_rounds_for_five(struct cluster *c)
{
    struct peers *p = agree_one_by_one(c, 5, "s1 s2 s3 s4 s5");
    expect_three_rounds(c, 5);
    peers_end(p);
}

static void own_acceptor_is_no_message(struct cluster *c)
{
    struct peers *p = agree_one_by_one(c, 3, "s1 s2 s3");
    for (unsigned k = 0; k < 3; k++)
        ck_assert_uint_eq(
            cluster_sent(c, peer_name(k), peer_name(k), NULL).calls, 0);
    peers_end(p);
}

// Five that want the same instances at the same time, and each message takes a
// tick.
static void contention_costs_little(struct cluster *c)
{
    enum { INSTANCES = 5, PEERS = 5, MOST = 60 };
    struct peers *p = peers_begin(c, PEERS);
    cluster_spoil(c, &(struct cluster_rule){.delay_percent = 100,
                                            .delay_min_ticks = 1,
                                            .delay_max_ticks = 1});
    for (int64_t i = 0; i < INSTANCES; i++)
        for (unsigned k = 0; k < PEERS; k++)
            peers_start(p, peer_name(k), i, peer_name(k));
    for (int64_t i = 0; i < INSTANCES; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3 s4 s5", i), SOON);
    ck_assert_uint_le(calls(c, NULL), INSTANCES * PEERS * MOST);
    peers_end(p);
}

// Nobody says anything when there is nothing to say.
static void nobody_talks_when_all_is_decided(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    for (int64_t i = 0; i < SERIAL; i++)
        peers_start(p, "s1 s2 s3", i, "value");
    for (int64_t i = 0; i < SERIAL; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    never(c, false, WHILE / 4); // what is under way comes to its end
    uint64_t before = calls(c, NULL);
    never(c, false, WHILE);
    ck_assert_uint_eq(calls(c, NULL), before);
    peers_done(p, "s1 s2 s3", SERIAL - 1);
    never(c, false, WHILE / 4);
    ck_assert_uint_eq(calls(c, NULL), before);
    peers_end(p);
}

// What was left alone is left alone: nobody goes on with what Propose gave up.
static void nobody_goes_on_for_propose(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_part(c, "s1", "s2 s3", CUT_REFUSE);
    ck_assert(!peers_propose(p, "s1", 0, "a", 4));
    cluster_heal(c);
    uint64_t before = calls(c, NULL);
    never(c, peers_know(p, "s1 s2 s3", 0) != 0, WHILE / 2);
    ck_assert_uint_eq(calls(c, NULL), before);
    peers_end(p);
}

static void values_travel_twice(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    char *value = malloc(SIZE);
    for (int64_t i = 0; i < SERIAL; i++) {
        memset(value, 'a' + (int)i, SIZE);
        ck_assert(peers_start_bytes(p, "s1", i, slice_of(value, SIZE)));
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    }
    free(value);
    ck_assert_uint_le(bytes(c, "Paxos.Prepare"), SERIAL * 2 * HEAD);
    ck_assert_uint_le(bytes(c, "Paxos.Accept"), SERIAL * 2 * (SIZE + HEAD));
    ck_assert_uint_le(bytes(c, "Paxos.Decide"), SERIAL * 2 * (SIZE + HEAD));
    peers_end(p);
}

// A message tells of one instance, however many there are.
static void messages_do_not_grow(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    uint64_t at_first = 0;
    for (int64_t i = 0; i < MANY; i++) { // nobody is done: nothing is forgotten
        ck_assert(peers_propose(p, "s1", i, "a value that is seen", SOON));
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
        if (i == MANY / 10 - 1)
            at_first = bytes(c, NULL);
    }
    // A few bytes more: numbers grow.
    ck_assert_uint_le(bytes(c, NULL), at_first * 10 + at_first);
    peers_end(p);
}

// --- The registry ----------------------------------------------------------

#define TEST(section_, points_, name_, run_, claim_)                           \
    {                                                                          \
        .about = {.part = "3a",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = GRADED_LIMIT,                                        \
                  .limit_s = 30},                                              \
        .nodes = "s1 s2 s3 s4 s5", .run = run_,                                \
    }

static const struct cluster_test tests[] = {
    TEST("1.12", 1, "three rounds for three", three_rounds_for_three,
         "An agreement of N peers without contention takes three messages to "
         "each, at most."),
    TEST("1.12", 1, "three rounds for five", three_rounds_for_five,
         "An agreement of N peers without contention takes three messages to "
         "each, at most."),
    TEST("1.12", 1, "its own acceptor is no message",
         own_acceptor_is_no_message,
         "A peer calls its own acceptor as a function."),
    TEST("1.12", 1, "contention costs little", contention_costs_little,
         "Proposers that get into each other's way wait before they go on."),
    TEST("1.12", 1, "nobody talks when all is decided",
         nobody_talks_when_all_is_decided,
         "When nothing is to be decided there are no messages."),
    TEST("1.12", 1, "nobody goes on for Propose", nobody_goes_on_for_propose,
         "After its deadline Propose has ended."),
    TEST("1.12", 1, "values travel twice", values_travel_twice,
         "A value is in Accept and Decide, and in no other message."),
    TEST("1.12", 1, "messages do not grow", messages_do_not_grow,
         "The size of a message does not depend on how many instances there "
         "are."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab3 cost", &lab3, tests,
                        sizeof tests / sizeof tests[0]);
}
