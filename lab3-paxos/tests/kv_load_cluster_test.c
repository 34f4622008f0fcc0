// Part 3b: many clients at once, at all servers, on keys that they share, while
// servers die, sleep, are cut off and lose messages. Whatever the clients see
// must be linearizable. The same source between processes and in simulation.
#include <stdio.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/nemesis.h"
#include "grading/workload.h"
#include "lab3-paxos/api.pb-c.h"
#include "lab3-paxos/tests/kvs.h"

enum {
    SOME = 60,  // operations that must be answered in a phase
    SHORT = 20, // ticks of a fault
    ROUNDS = 4,
    FAR = 10, // slots
};

#define CLIENTS "c1 c2 c3 c4 c5 c6 c7 c8"

// --- The cluster -----------------------------------------------------------

// Half of the clients ask s1 first, the others s2 or s3.
static struct load *begin_at(struct cluster *c, int count)
{
    start_servers(c, count);
    start_clerks(c, "c1 c2 c3 c4", count == 3 ? "s1,s2,s3" : "s1,s2,s3,s4,s5");
    start_clerks(c, "c5 c6", count == 3 ? "s2,s3,s1" : "s2,s3,s4,s5,s1");
    start_clerks(c, "c7 c8", count == 3 ? "s3,s1,s2" : "s3,s4,s5,s1,s2");
    return load_begin(c, &(struct load_spec){.clients = CLIENTS});
}

static struct load *begin(struct cluster *c)
{
    return begin_at(c, 3);
}

// What was done is not at s1 alone.
static void end_without_s1(struct cluster *c, struct load *l)
{
    cluster_kill(c, "s1");
    load_run(l, SOME / 2, SOON);
    load_end(l);
}

static bool are_alike(struct cluster *c, const char *one, const char *other)
{
    Px__ServerStatusReply a = server_status(c, one);
    Px__ServerStatusReply b = server_status(c, other);
    return a.next == b.next && a.applied == b.applied && a.keys == b.keys &&
           a.bytes == b.bytes && a.sessions == b.sessions;
}

// --- Tests -----------------------------------------------------------------

static void clients_share_keys(struct cluster *c)
{
    struct load *l = begin(c);
    load_run(l, 5 * SOME, SOON);
    end_without_s1(c, l);
    eventually(c, are_alike(c, "s2", "s3"), SOON);
}

static void messages_are_lost(struct cluster *c)
{
    struct load *l = begin(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1 s2 s3",
                                            .lose_request_percent = 10,
                                            .lose_reply_percent = 18});
    load_run(l, 2 * SOME, SOON);
    cluster_unspoil(c);
    end_without_s1(c, l);
}

static void messages_are_late(struct cluster *c)
{
    struct load *l = begin(c);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1 s2 s3",
                                            .late_percent = 8,
                                            .late_ticks = SHORT,
                                            .delay_percent = 20,
                                            .delay_min_ticks = 0,
                                            .delay_max_ticks = 2});
    load_run(l, 2 * SOME, 2 * SOON);
    cluster_unspoil(c);
    end_without_s1(c, l);
}

static void servers_die(struct cluster *c)
{
    struct load *l = begin_at(c, 5);
    load_run(l, SOME, SOON);
    cluster_kill(c, "s1");
    load_run(l, SOME, SOON);
    cluster_kill(c, "s3");
    load_run(l, SOME, SOON);
    load_end(l);
}

static void servers_sleep(struct cluster *c)
{
    struct load *l = begin(c);
    const char *const names[] = {"s1", "s2", "s3"};
    for (size_t i = 0; i < 3; i++) {
        cluster_pause(c, names[i]);
        load_run(l, SOME / 2, SOON);
        cluster_resume(c, names[i]);
        load_run(l, SOME / 2, SOON);
    }
    end_without_s1(c, l);
}

// A hung server, and clients that begin with others, at the speed of one that
// does not hang.
static void a_hung_server_costs_no_time(struct cluster *c)
{
    struct load *l = begin(c);
    load_run(l, SOME, SOON);
    cluster_pause(c, "s3"); // c7 and c8 find out, and go on
    load_run(l, 2, SOON);
    load_run(l, 5 * SOME, SOON / 4);
    cluster_resume(c, "s3");
    end_without_s1(c, l);
}

static void a_server_is_cut_off(struct cluster *c)
{
    struct load *l = begin(c);
    load_run(l, SOME, SOON);
    cluster_part(c, "s1", "s2 s3", CUT_SILENT); // clients reach it
    load_run(l, SOME, SOON);
    cluster_heal(c);
    load_run(l, SOME, SOON);
    cluster_cut(c, "s2", "s1 s3", CUT_SILENT); // it hears, and is not heard
    load_run(l, SOME, SOON);
    cluster_heal(c);
    cluster_cut(c, "s1 s3", "s2", CUT_SILENT);
    load_run(l, SOME, SOON);
    cluster_heal(c);
    end_without_s1(c, l);
}

// In the midst of what they do, the two at which most clients are lose the
// others; who asks the others is served at once.
static void holes_are_left(struct cluster *c)
{
    struct load *l = begin_at(c, 5);
    start_clerks(c, "d1", "s4,s5");
    for (int i = 0; i < ROUNDS; i++) {
        load_run(l, SOME / 2, SOON);
        cluster_part(c, "s1 s2", "s3 s4 s5", CUT_SILENT);
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        kv_put(c, "d1", "other", text);
        kv_expect(c, "d1", "other", text);
        load_drift(l, SHORT / 2);
        cluster_heal(c);
    }
    load_run(l, SOME, SOON);
    end_without_s1(c, l);
}

// --- Anything --------------------------------------------------------------

static const struct nemesis_spec bad_luck = {
    .servers = "s1 s2 s3 s4 s5",
    .clients = CLIENTS,
    .allows = ALLOW_KILL | ALLOW_PAUSE | ALLOW_CUT,
    .may_die = 2,
    .gap = SHORT / 2,
    .lasts = SHORT,
};

// What the servers that live say of themselves, together.
struct survey {
    int64_t least; // slots that one has applied
    int64_t most;
    uint64_t operations;
};

static struct survey survey(struct cluster *c)
{
    static const char *const five[] = {"s1", "s2", "s3", "s4", "s5"};
    struct survey all = {.least = INT64_MAX};
    for (size_t i = 0; i < 5; i++) {
        if (cluster_has_ended(c, five[i]))
            continue;
        Px__ServerStatusReply s = server_status(c, five[i]);
        all.least = s.next < all.least ? s.next : all.least;
        if (s.next < all.most)
            continue;
        all.most = s.next;
        all.operations = s.applied;
    }
    return all;
}

static bool all_have_all(struct cluster *c)
{
    struct survey now = survey(c);
    return now.least == now.most;
}

static bool asked(struct cluster *c, const char *client, const char *server)
{
    return cluster_ran(c, client, server, "KeyValue.Put") > 0;
}

// That the test has come to what it is there for.
static void note_marks(struct cluster *c, int64_t behind)
{
    struct survey now = survey(c);
    if (behind >= FAR)
        cluster_mark(c, "one lagged behind and caught up");
    if (now.operations > (uint64_t)now.most)
        cluster_mark(c, "operations shared a slot");
    if (asked(c, "c1", "s2"))
        cluster_mark(c, "a client went on at its second server");
    if (asked(c, "c1", "s3"))
        cluster_mark(c, "a client went on at its third server");
}

static void anything_happens(struct cluster *c)
{
    struct load *l = begin_at(c, 5);
    nemesis_run(c, l, &bad_luck);
    struct survey then = survey(c);
    nemesis_mend(c, &bad_luck);
    load_run(l, SOME, SOON);
    load_end(l);
    eventually(c, all_have_all(c), SOON);
    note_marks(c, then.most - then.least);
}

// --- The registry ----------------------------------------------------------

#define NODES "s1 s2 s3 s4 s5 d1 " CLIENTS
#define TEST(section_, points_, name_, run_, claim_, ...)                      \
    {                                                                          \
        .about = {.part = "3b",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = GRADED_SAFETY,                                       \
                  .limit_s = 60,                                               \
                  __VA_ARGS__},                                                \
        .nodes = NODES, .run = run_,                                           \
    }

static const struct cluster_test tests[] = {
    TEST("2.2", 2, "clients share keys", clients_share_keys,
         "What clients see at all servers is linearizable, and the servers are "
         "alike in the end."),
    TEST("2.5", 2, "messages are lost", messages_are_lost,
         "What clients see is linearizable, though messages are lost.",
         .marks = "lose-request KeyValue.Append;lose-reply "
                  "KeyValue.Append;lose-request Paxos.Accept;lose-reply "
                  "Paxos.Accept;lose-request Paxos.Decide"),
    TEST("2.5", 1, "messages are late", messages_are_late,
         "What clients see is linearizable, though messages are late.",
         .marks = "late KeyValue.Append;late Paxos.Accept;wait Paxos.Accept"),
    TEST("2.4", 2, "servers die", servers_die,
         "What clients see is linearizable over the death of two of five."),
    TEST("2.2", 2, "servers sleep", servers_sleep,
         "What clients see is linearizable, though servers sleep and wake up."),
    TEST("2.4", 1, "a hung server costs no time", a_hung_server_costs_no_time,
         "With one server hung, the others serve as before."),
    TEST("2.2", 2, "a server is cut off", a_server_is_cut_off,
         "What clients see is linearizable, though some reach a server that "
         "reaches no other."),
    TEST("2.3", 2, "holes are left", holes_are_left,
         "A cut in the midst of agreements stops only who is on the wrong "
         "side, and only as long as it lasts."),
    {.about = {.part = "3b",
               .name = "anything happens",
               .claim = "What clients see is linearizable, whatever happens, "
                        "and all goes on as soon as more than half of the "
                        "servers hear each other.",
               .section = "2.4",
               .points = 3,
               .kind = GRADED_SAFETY,
               .marks = "deed kill;deed crash;deed pause;deed hold;deed cut;"
                        "deed part;lose-reply KeyValue.Append;"
                        "lose-request Paxos.Accept;lose-reply Paxos.Prepare;"
                        "lose-request Paxos.Decide;late Paxos.Accept;"
                        "one lagged behind and caught up;"
                        "operations shared a slot;"
                        "a client went on at its second server;"
                        "a client went on at its third server",
               .repetitions = 8,
               .limit_s = 60},
     .nodes = NODES,
     .simulated = 20,
     .run = anything_happens},
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab3 load", &lab3, tests,
                        sizeof tests / sizeof tests[0]);
}
