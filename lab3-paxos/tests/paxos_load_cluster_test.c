// Part 3a: many instances while messages are lost and late, and the network
// falls apart again and again. Nothing is ever decided twice, and all goes on
// when the network is whole. The same source between processes and in
// simulation.
#include <stdio.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/nemesis.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/tests/peers.h"

enum {
    PEERS = 5,
    MANY = 40,      // instances
    BESIDE = 3,     // of them at a time
    PENDING = 10,   // at most
    ROUNDS = 8,     // of a network that falls apart
    MIXED = 12,     // instances of a mixed life
    GAP = 10,       // ticks from one deed to the next, at most
    AFTER_HEAL = 60 // ticks: the longest that a round and its wait may take
};

static const char everybody[] = "s1 s2 s3 s4 s5";

// --- Helpers ---------------------------------------------------------------

// All of the first `count` propose, each its own value.
static void all_start(struct peers *p, unsigned count, int64_t instance)
{
    for (unsigned k = 0; k < count; k++)
        peers_start(p, peer_name(k), instance, peer_name(k));
}

static void lose(struct cluster *c, double percent)
{
    cluster_spoil(c, &(struct cluster_rule){.lose_request_percent = percent,
                                            .lose_reply_percent = percent});
}

// Each peer goes to one of three parts.
static void fall_apart(struct cluster *c)
{
    char parts[3][4 * PEERS] = {"", "", ""};
    for (unsigned k = 0; k < PEERS; k++) {
        char *part = parts[cluster_random(c, 3)];
        strcat(part, part[0] != '\0' ? " " : "");
        strcat(part, peer_name(k));
    }
    cluster_heal(c);
    for (unsigned a = 0; a < 3; a++)
        for (unsigned b = 0; b < a; b++)
            if (parts[a][0] != '\0' && parts[b][0] != '\0')
                cluster_part(c, parts[a], parts[b], CUT_SILENT);
}

// Agreement is checked with each answer.
static unsigned count_decided(struct peers *p, int64_t from, int64_t to)
{
    unsigned count = 0;
    for (int64_t i = from; i < to; i++)
        count += peers_know(p, everybody, i) > 0;
    return count;
}

// Asks all of all; whoever contradicts anybody ends the test.
static bool all_agree(struct peers *p, int64_t to)
{
    count_decided(p, 0, to);
    return true;
}

// --- Tests -----------------------------------------------------------------

static void messages_are_lost(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_flags(c, FAULT_FAST_LOSS);
    lose(c, 15);
    for (int64_t i = 0; i < MANY; i++) {
        all_start(p, 3, i);
        if (i >= BESIDE)
            eventually(c, peers_all_know(p, "s1 s2 s3", i - BESIDE), SOON);
    }
    for (int64_t i = MANY - BESIDE; i < MANY; i++)
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    peers_end(p);
}

// What is late is done when nobody waits for it any more.
static void messages_are_late(struct cluster *c)
{
    struct peers *p = peers_begin(c, 5);
    cluster_spoil(c, &(struct cluster_rule){.late_percent = 20,
                                            .late_ticks = 8,
                                            .delay_percent = 50,
                                            .delay_max_ticks = 1});
    for (int64_t i = 0; i < MIXED; i++)
        all_start(p, 5, i);
    for (int64_t i = 0; i < MIXED; i++)
        eventually(c, peers_all_know(p, everybody, i), SOON);
    never(c, count_decided(p, 0, MIXED) != MIXED, 10); // what is late comes
    peers_end(p);
}

static void the_network_falls_apart_again_and_again(struct cluster *c)
{
    struct peers *p = peers_begin(c, PEERS);
    int64_t next = 0;
    int64_t decided = 0; // all below are
    lose(c, 5);
    for (int i = 0; i < ROUNDS; i++) {
        fall_apart(c);
        for (unsigned k = 0; k < 3 && next - decided < PENDING; k++)
            all_start(p, PEERS, next++);
        never(c, !all_agree(p, next), 4);
        while (decided < next && count_decided(p, decided, decided + 1) > 0)
            decided++;
    }
    cluster_unspoil(c);
    cluster_heal(c);
    for (int64_t i = 0; i < next; i++)
        eventually(c, peers_all_know(p, everybody, i), SOON);
    peers_end(p);
}

static void all_goes_on_after_a_heal(struct cluster *c)
{
    struct peers *p = peers_begin(c, PEERS);
    cluster_part(c, "s1 s2", "s3 s4 s5", CUT_SILENT);
    cluster_part(c, "s3", "s4 s5", CUT_SILENT);
    all_start(p, PEERS, 0);
    never(c, peers_know(p, everybody, 0) > 0, 40);
    cluster_heal(c);
    eventually(c, peers_all_know(p, everybody, 0), AFTER_HEAL);
    peers_end(p);
}

// Peers that are done as they go: what some forget others may still need.
static void forgetting_goes_along(struct cluster *c)
{
    struct peers *p = peers_begin(c, 3);
    cluster_flags(c, FAULT_FAST_LOSS);
    lose(c, 10);
    for (int64_t i = 0; i < MANY; i++) {
        all_start(p, 3, i);
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
        unsigned k = (unsigned)cluster_random(c, 3);
        peers_done(p, peer_name(k), i);
    }
    cluster_unspoil(c);
    peers_done(p, "s1 s2 s3", MANY - 1);
    for (int64_t i = MANY; i < MANY + 2; i++) {
        peers_start(p, peer_name((unsigned)i % 3), i, "last");
        eventually(c, peers_all_know(p, "s1 s2 s3", i), SOON);
    }
    for (unsigned k = 0; k < 3; k++)
        eventually(c, peers_min(p, peer_name(k)) == MANY, SOON);
    peers_end(p);
}

// --- Anything --------------------------------------------------------------

struct life {
    struct cluster *c;
    struct peers *p;
    int64_t next;         // instances that have been begun
    int64_t needs[PEERS]; // the first that each is not done with
};

static void begin_instance(struct life *l)
{
    for (unsigned k = 0; k < PEERS; k++)
        if (peers_awake(l->p, peer_name(k)) && cluster_random(l->c, 2) == 0)
            peers_start(l->p, peer_name(k), l->next, peer_name(k));
    l->next++;
}

static bool is_sure(struct life *l, const char *name, int64_t instance)
{
    return peers_fate(l->p, name, instance) != FATE_PENDING;
}

// A peer is done with what it knows, up to the first that it does not.
static void be_done(struct life *l, unsigned k)
{
    int64_t before = l->needs[k];
    while (l->needs[k] < l->next && is_sure(l, peer_name(k), l->needs[k]))
        l->needs[k]++;
    if (l->needs[k] > before)
        peers_done(l->p, peer_name(k), l->needs[k] - 1);
}

static void ask_for_any(struct life *l, const char *name)
{
    if (l->next == 0)
        return;
    int64_t any = (int64_t)cluster_random(l->c, (uint64_t)l->next);
    if (!peers_start_bytes(l->p, name, any, slice_text(name)) &&
        peers_awake(l->p, name))
        cluster_mark(l->c, "a forgotten instance was asked for");
}

// Who lives and is awake knows, or has forgotten. Agreement is checked with
// each answer.
static bool are_sure(struct life *l, int64_t instance)
{
    bool sure = true;
    for (unsigned k = 0; k < PEERS; k++)
        if (peers_awake(l->p, peer_name(k)))
            sure = is_sure(l, peer_name(k), instance) && sure;
    return sure;
}

static void live(void *life)
{
    struct life *l = life;
    if (l->next < MIXED && cluster_random(l->c, 2) == 0)
        begin_instance(l);
    unsigned k = (unsigned)cluster_random(l->c, PEERS);
    if (peers_awake(l->p, peer_name(k))) {
        be_done(l, k);
        ask_for_any(l, peer_name(k));
    }
    for (int64_t i = 0; i < l->next; i++)
        are_sure(l, i);
}

static void all_finish(struct life *l)
{
    for (int64_t i = 0; i < l->next; i++) {
        for (unsigned k = 0; k < PEERS; k++)
            if (peers_awake(l->p, peer_name(k)))
                peers_start(l->p, peer_name(k), i, peer_name(k));
        eventually(l->c, are_sure(l, i), SOON);
    }
}

// A peer has told the others of more instances than have its own value: so it
// has had a value chosen that it had found, of a lower ballot.
static bool has_adopted(struct life *l, unsigned k)
{
    uint64_t own = 0;
    for (int64_t i = 0; i < l->next; i++)
        own += peers_has(l->p, i, peer_name(k));
    uint64_t told =
        cluster_sent(l->c, peer_name(k), NULL, "Paxos.Decide").calls;
    return told > own * (PEERS - 1);
}

static void note_marks(struct life *l)
{
    unsigned again = 0;
    for (unsigned k = 0; k < PEERS; k++) {
        if (has_adopted(l, k))
            cluster_mark(l->c, "a value of a lower ballot was adopted");
        again += peers_awake(l->p, peer_name(k)) &&
                 peers_status(l->p, peer_name(k)).ballot >=
                     UINT64_C(3) * PAXOS_PEERS_MAX;
    }
    if (again >= 2)
        cluster_mark(l->c, "two proposers outbid each other");
}

static void anything_happens(struct cluster *c)
{
    struct life l = {.c = c, .p = peers_begin(c, PEERS)};
    const struct nemesis_spec bad_luck = {
        .servers = everybody,
        .allows = ALLOW_KILL | ALLOW_PAUSE | ALLOW_CUT,
        .may_die = 2,
        .deeds = 6,
        .gap = GAP,
        .work = live,
        .arg = &l,
    };
    nemesis_run(c, NULL, &bad_luck);
    nemesis_mend(c, &bad_luck);
    all_finish(&l);
    note_marks(&l);
    peers_end(l.p);
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
                  .limit_s = 60,                                               \
                  __VA_ARGS__},                                                \
        .nodes = "s1 s2 s3 s4 s5", .run = run_,                                \
    }

static const struct cluster_test tests[] = {
    TEST("1.9", 1, GRADED_PROGRESS, "messages are lost", messages_are_lost,
         "Instances are decided, though messages are lost.",
         .marks =
             "lose-request Paxos.Prepare;lose-reply Paxos.Prepare;lose-request "
             "Paxos.Accept;lose-reply Paxos.Accept;lose-request Paxos.Decide"),
    TEST("1.8", 1, GRADED_SAFETY, "messages are late", messages_are_late,
         "Messages that come late decide nothing anew.",
         .marks = "late Paxos.Prepare;late Paxos.Accept;wait Paxos.Accept"),
    TEST("1.7", 1, GRADED_SAFETY, "the network falls apart again and again",
         the_network_falls_apart_again_and_again,
         "No two peers ever learn different values, however the network falls "
         "apart.",
         .marks = "lose-request Paxos.Prepare;lose-reply Paxos.Accept"),
    TEST("1.9", 1, GRADED_PROGRESS, "all goes on after a heal",
         all_goes_on_after_a_heal,
         "When a majority hears each other again it decides soon."),
    TEST("1.10", 1, GRADED_SAFETY, "forgetting goes along",
         forgetting_goes_along,
         "Peers forget as they go, and none loses what it needs.",
         .marks = "lose-request Paxos.Accept;lose-reply "
                  "Paxos.Accept;lose-request Paxos.Decide"),
    {.about = {.part = "3a",
               .name = "anything happens",
               .claim = "No two peers ever learn different values, whatever "
                        "happens.",
               .section = "1.7",
               .points = 1,
               .kind = GRADED_SAFETY,
               .marks = "deed kill;deed crash;deed pause;deed hold;deed cut;"
                        "deed part;lose-request Paxos.Accept;"
                        "lose-reply Paxos.Prepare;lose-request Paxos.Decide;"
                        "late Paxos.Accept;"
                        "a value of a lower ballot was adopted;"
                        "two proposers outbid each other;"
                        "a forgotten instance was asked for",
               .repetitions = 10,
               .limit_s = 60},
     .nodes = "s1 s2 s3 s4 s5",
     .run = anything_happens},
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab3 paxos load", &lab3, tests,
                        sizeof tests / sizeof tests[0]);
}
