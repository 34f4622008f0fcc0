// Part 2b: many clients at once, on keys that they share, while servers die,
// sleep, are cut off and lose messages. Whatever the clients see must be
// linearizable. The same source between processes and in simulation.
#include <stdio.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/workload.h"
#include "lab2-pbservice/api.pb-c.h"
#include "lab2-pbservice/tests/lab2.h"

enum {
    DEAD = 10, // ticks: what the view service takes for a death
    SOME = 60, // operations that must be answered in a phase
    ROUNDS = 4,
};

static const char *const servers[] = {"s1", "s2", "s3"};

// --- The cluster -----------------------------------------------------------

static bool is_well(const Pb__ViewStatusReply *r, const char *name)
{
    for (size_t i = 0; i < r->n_servers; i++)
        if (strcmp(r->servers[i]->name, name) == 0)
            return r->servers[i]->missed <= 2 && !r->servers[i]->empty;
    return false;
}

// Has it been given the data in this view?
static bool is_backup(struct cluster *c, const char *name, uint64_t view)
{
    struct rpc_answer answer;
    const Pb__ServerStatusReply *r = ask_server(c, name, &answer);
    bool is = r != NULL && r->view->number == view &&
              r->state == PB__SERVER_STATUS_REPLY__STATE__BACKUP;
    rpc_answer_release(&answer);
    return is;
}

// Is there a primary that has acknowledged its view, and a backup that has
// everything? And neither is about to be taken for dead: if one loses its
// place in the moment in which the other dies, the service stands still, and
// has to.
static bool is_settled(struct cluster *c, char primary[16], char backup[16])
{
    struct rpc_answer answer;
    const Pb__ViewStatusReply *r = ask_views(c, &answer);
    bool settled = r->acknowledged && is_well(r, r->view->primary) &&
                   is_well(r, r->view->backup) &&
                   is_backup(c, r->view->backup, r->view->number);
    snprintf(primary, 16, "%s", r->view->primary);
    snprintf(backup, 16, "%s", r->view->backup);
    rpc_answer_release(&answer);
    return settled;
}

static void await_settled(struct cluster *c, char primary[16], char backup[16])
{
    eventually(c, is_settled(c, primary, backup), SOON);
}

static void start_servers(struct cluster *c, size_t count)
{
    char primary[16];
    char backup[16];
    start_views(c);
    for (size_t i = 0; i < count; i++)
        start_server(c, servers[i]);
    cluster_start_clerks(c, "c1 c2 c3 c4", "--tick %d", (int)cluster_tick_ms());
    cluster_start_clerks(c, "c5 c6 c7 c8", "--tick %d", (int)cluster_tick_ms());
    await_settled(c, primary, backup);
}

static struct load *begin(struct cluster *c, size_t count)
{
    start_servers(c, count);
    return load_begin(
        c, &(struct load_spec){.clients = "c1 c2 c3 c4 c5 c6 c7 c8"});
}

// What was done is not at s1 alone.
static void end_without_s1(struct cluster *c, struct load *l)
{
    cluster_kill(c, "s1");
    load_run(l, SOME / 2, SOON);
    load_end(l);
}

// --- Tests -----------------------------------------------------------------

static void clients_share_keys(struct cluster *c)
{
    struct load *l = begin(c, 2);
    load_run(l, 5 * SOME, SOON);
    end_without_s1(c, l);
}

static void messages_are_lost(struct cluster *c)
{
    struct load *l = begin(c, 2);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1 s2",
                                            .lose_request_percent = 10,
                                            .lose_reply_percent = 18});
    load_run(l, 2 * SOME, SOON);
    cluster_unspoil(c);
    end_without_s1(c, l);
}

static void messages_are_late(struct cluster *c)
{
    struct load *l = begin(c, 2);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1 s2",
                                            .late_percent = 8,
                                            .late_ticks = 2 * DEAD,
                                            .delay_percent = 20,
                                            .delay_min_ticks = 0,
                                            .delay_max_ticks = 2});
    load_run(l, 2 * SOME, 2 * SOON);
    cluster_unspoil(c);
    end_without_s1(c, l);
}

static void the_primary_dies(struct cluster *c)
{
    struct load *l = begin(c, 3);
    load_run(l, SOME, SOON);
    cluster_kill(c, "s1");
    load_run(l, SOME, SOON);
    load_end(l);
}

static void the_primary_sleeps(struct cluster *c)
{
    struct load *l = begin(c, 3);
    load_run(l, SOME, SOON);
    cluster_pause(c, "s1");
    load_run(l, SOME, SOON); // by the next one
    cluster_resume(c, "s1");
    load_run(l, SOME, SOON);
    load_end(l);
}

static void the_primary_is_cut_off(struct cluster *c)
{
    struct load *l = begin(c, 3);
    load_run(l, SOME, SOON);
    cluster_part(c, "s1", "views s2 s3", CUT_SILENT); // clients reach it
    load_run(l, SOME, SOON);
    cluster_heal(c);
    load_run(l, SOME, SOON);
    load_end(l);
}

static void the_backup_is_cut_off(struct cluster *c)
{
    struct load *l = begin(c, 2);
    load_run(l, SOME, SOON);
    cluster_cut(c, "s1", "s2", CUT_SILENT); // both reach the view service
    load_drift(l, 4 * DEAD);
    cluster_heal(c);
    load_run(l, SOME, SOON);
    end_without_s1(c, l);
}

static void servers_crash_again_and_again(struct cluster *c)
{
    char primary[16];
    char backup[16];
    struct load *l = begin(c, 3);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1 s2 s3",
                                            .lose_request_percent = 5,
                                            .lose_reply_percent = 10});
    for (int i = 0; i < ROUNDS; i++) {
        await_settled(c, primary, backup);
        const char *victim = i % 2 == 0 ? primary : backup;
        cluster_kill(c, victim);
        load_run(l, SOME / 2, SOON);
        cluster_restart(c, victim, DISK_LOST);
        load_run(l, SOME / 2, SOON);
    }
    cluster_unspoil(c);
    load_end(l);
}

// --- Anything --------------------------------------------------------------

static void spoil_at_random(struct cluster *c)
{
    cluster_spoil(c, &(struct cluster_rule){
                         .at = "s1 s2 s3 views",
                         .lose_request_percent = (double)cluster_random(c, 8),
                         .lose_reply_percent = (double)cluster_random(c, 12),
                         .late_percent = (double)cluster_random(c, 4),
                         .late_ticks = 1 + (int)cluster_random(c, 2 * DEAD),
                         .delay_percent = (double)cluster_random(c, 20),
                         .delay_max_ticks = 1 + (int)cluster_random(c, 3)});
}

static const char *const happenings[] = {"a death",     "a sleep",
                                         "no forwards", "no pings",
                                         "no clients",  "a quick restart"};

// One thing happens to one server, for a while; the clients go on. Whatever it
// is, another server that has everything is left.
static void something_happens(struct cluster *c, struct load *l)
{
    char who[2][16];
    await_settled(c, who[0], who[1]);
    const char *victim = who[cluster_random(c, 2)];
    int ticks = 1 + (int)cluster_random(c, 2 * DEAD);
    uint64_t what = cluster_random(c, 6);
    cluster_mark(c, happenings[what]);
    switch (what) {
    case 0:
        cluster_kill(c, victim);
        load_drift(l, ticks);
        cluster_restart(c, victim, DISK_LOST);
        break;
    case 1:
        cluster_pause(c, victim);
        load_drift(l, ticks);
        cluster_resume(c, victim);
        break;
    case 2:
        cluster_cut(c, who[0], who[1], CUT_SILENT);
        load_drift(l, ticks);
        cluster_heal(c);
        break;
    case 3:
        cluster_cut(c, victim, "views", CUT_SILENT);
        load_drift(l, ticks);
        cluster_heal(c);
        break;
    case 4:
        cluster_part(c, victim, "c1 c2 c3 c4", CUT_REFUSE);
        load_drift(l, ticks);
        cluster_heal(c);
        break;
    default:
        cluster_kill(c, victim);
        cluster_restart(c, victim, DISK_LOST); // faster than a tick
        break;
    }
}

static void anything_happens(struct cluster *c)
{
    struct load *l = begin(c, 3);
    for (int i = 0; i < ROUNDS - 1; i++) {
        spoil_at_random(c);
        something_happens(c, l);
        cluster_unspoil(c);
        load_run(l, SOME / 3, SOON);
    }
    load_end(l);
}

// --- The registry ----------------------------------------------------------

#define TEST(times, section_, points_, name_, run_, claim_, ...)               \
    {                                                                          \
        .about = {.part = "2b",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = GRADED_SAFETY,                                       \
                  .repetitions = times,                                        \
                  .limit_s = 60,                                               \
                  __VA_ARGS__},                                                \
        .nodes = "views s1 s2 s3 c1 c2 c3 c4 c5 c6 c7 c8", .run = run_,        \
    }

static const struct cluster_test tests[] = {
    TEST(1, "2.1", 1, "clients share keys", clients_share_keys,
         "What clients see is linearizable."),
    TEST(1, "2.6", 2, "messages are lost", messages_are_lost,
         "What clients see is linearizable, though messages are lost.",
         .marks = "lose-request KeyValue.Append;lose-reply "
                  "KeyValue.Append;lose-request Replica.Forward;lose-reply "
                  "Replica.Forward"),
    TEST(1, "2.6", 1, "messages are late", messages_are_late,
         "What clients see is linearizable, though messages are late.",
         .marks =
             "late KeyValue.Append;late Replica.Forward;wait Replica.Forward"),
    TEST(1, "2.2", 2, "the primary dies", the_primary_dies,
         "What clients see is linearizable over the death of the primary."),
    TEST(1, "2.3", 2, "the primary sleeps", the_primary_sleeps,
         "What clients see is linearizable when a primary that has been "
         "replaced wakes up."),
    TEST(1, "2.3", 2, "the primary is cut off", the_primary_is_cut_off,
         "What clients see is linearizable, though some reach a primary that "
         "has been replaced."),
    TEST(1, "2.3", 1, "the backup is cut off", the_backup_is_cut_off,
         "What clients see is linearizable when the primary cannot reach its "
         "backup."),
    TEST(1, "2.5", 2, "servers crash again and again",
         servers_crash_again_and_again,
         "What clients see is linearizable, though servers die and come back "
         "empty, and messages are lost.",
         .marks = "lose-reply KeyValue.Append;lose-reply "
                  "Replica.Forward;lose-request Replica.Transfer"),
    TEST(20, "2.2", 3, "anything happens", anything_happens,
         "What clients see is linearizable, whatever happens, as long as one "
         "server that has everything is left.",
         .marks = "a death;a sleep;no forwards;no pings;no clients;a quick "
                  "restart;lose-reply KeyValue.Append;lose-reply "
                  "Replica.Forward;late Replica.Forward;lose-request "
                  "ViewService.Ping"),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab2 load", &lab2, tests,
                        sizeof tests / sizeof tests[0]);
}
