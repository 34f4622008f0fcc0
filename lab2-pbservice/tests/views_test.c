// The core of the view service, told as stories of pings and ticks. Each is
// followed by a look at what must never change wrongly.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "common/runtime/random.h"
#include "lab2-pbservice/views.h"

static struct views *views;
static struct view before; // the view at the last look

static void begin(void)
{
    views = views_new();
    before = views_current(views);
}

// What holds between two looks, whatever happened: a step at most, to a view
// with a primary of the old one. (V1 to V5 of views.h; what pings said is
// checked where they are random.)
static void look(bool was_acknowledged)
{
    struct view now = views_current(views);
    if (now.number == before.number) {
        ck_assert_str_eq(now.primary.name, before.primary.name);
        ck_assert_str_eq(now.backup.name, before.backup.name);
        return;
    }
    ck_assert_uint_eq(now.number, before.number + 1);
    ck_assert(!is_nobody(&now.primary));
    ck_assert_str_ne(now.primary.name, now.backup.name);
    if (before.number > 0) {
        ck_assert(same_who(&now.primary, &before.primary) ||
                  same_who(&now.primary, &before.backup));
        ck_assert(!same_who(&now.primary, &before.primary) ||
                  !same_who(&now.backup, &before.backup));
        ck_assert(was_acknowledged || !views_acknowledged(views));
    }
    before = now;
}

static void ping(const char *name, uint64_t number)
{
    bool acknowledged = views_acknowledged(views);
    views_ping(views, name, number);
    look(acknowledged);
}

static void tick(void)
{
    bool acknowledged = views_acknowledged(views);
    views_tick(views);
    look(acknowledged);
}

static void expect(uint64_t number, const char *primary, const char *backup)
{
    struct view now = views_current(views);
    ck_assert_msg(now.number == number &&
                      strcmp(now.primary.name, primary) == 0 &&
                      strcmp(now.backup.name, backup) == 0,
                  "the view is %u: '%s', '%s', and not %u: '%s', '%s'",
                  (unsigned)now.number, now.primary.name, now.backup.name,
                  (unsigned)number, primary, backup);
}

// Ticks in which these ping with these numbers and nobody else does.
struct pings {
    const char *name;
    uint64_t number;
};
static void pass(int ticks, const struct pings *who_pings)
{
    for (int i = 0; i < ticks; i++) {
        tick();
        for (const struct pings *p = who_pings; p->name != NULL; p++)
            ping(p->name, p->number);
    }
}
#define PASS(ticks, ...) pass(ticks, (struct pings[]){__VA_ARGS__, {NULL, 0}})

// View 2, acknowledged: s1 is primary, s2 backup.
static void begin_with_two(void)
{
    begin();
    ping("s1", 0);
    ping("s1", 1);
    ping("s2", 0);
    ping("s1", 2);
    ping("s2", 2);
    expect(2, "s1", "s2");
}

// The same, and s3 is idle.
static void begin_with_three(void)
{
    begin_with_two();
    ping("s3", 0);
    expect(2, "s1", "s2");
}

// --- Views come about ------------------------------------------------------

static void nobody_is_primary_at_first(void *arg)
{
    begin();
    expect(0, "", "");
    for (int i = 0; i < 100; i++)
        tick();
    expect(0, "", "");
}

static void first_server_is_primary(void *arg)
{
    begin();
    ping("s1", 0);
    expect(1, "s1", "");
}

static void second_server_is_backup(void *arg)
{
    begin();
    ping("s1", 0);
    ping("s2", 0);
    expect(1, "s1", ""); // not acknowledged
    ping("s1", 1);
    expect(2, "s1", "s2");
}

static void first_primary_may_start_anew_before_it_acknowledges(void *arg)
{
    begin();
    ping("s1", 0);
    ping("s1", 0);
    expect(1, "s1", "");
    ck_assert(!views_acknowledged(views));
    ping("s1", 1); // nobody had anything: nothing is lost
    ck_assert(views_acknowledged(views));
}

static void nothing_changes_while_all_live(void *arg)
{
    begin_with_three();
    PASS(1000, {"s1", 2}, {"s2", 2}, {"s3", 2});
    expect(2, "s1", "s2");
}

// --- Deaths ----------------------------------------------------------------

static void backup_takes_over(void *arg)
{
    begin_with_two();
    PASS(VIEWS_DEAD_TICKS - 1, {"s2", 2});
    expect(2, "s1", "s2"); // one more ping would have been in time
    PASS(1, {"s2", 2});
    expect(3, "s2", "");
}

static void a_ping_in_time_is_enough(void *arg)
{
    begin_with_two();
    for (int i = 0; i < 10; i++) {
        PASS(VIEWS_DEAD_TICKS - 1, {"s2", 2});
        ping("s1", 2);
    }
    expect(2, "s1", "s2");
}

static void dead_backup_is_replaced_in_one_step(void *arg)
{
    begin_with_three();
    PASS(VIEWS_DEAD_TICKS, {"s1", 2}, {"s3", 2});
    expect(3, "s1", "s3");
}

static void dead_backup_goes_though_nobody_is_idle(void *arg)
{
    begin_with_two();
    PASS(VIEWS_DEAD_TICKS, {"s1", 2});
    expect(3, "s1", "");
}

static void promotion_and_refill_are_one_step(void *arg)
{
    begin_with_three();
    PASS(VIEWS_DEAD_TICKS, {"s2", 2}, {"s3", 2});
    expect(3, "s2", "s3");
}

static void dead_idle_server_is_not_taken(void *arg)
{
    begin_with_three();
    PASS(VIEWS_DEAD_TICKS, {"s1", 2}, {"s2", 2}); // s3 dies
    PASS(VIEWS_DEAD_TICKS, {"s2", 2});            // and then s1
    expect(3, "s2", "");
}

static void old_primary_comes_back_as_backup(void *arg)
{
    begin_with_two();
    PASS(VIEWS_DEAD_TICKS, {"s2", 2});
    ping("s2", 3);
    ping("s1", 0);
    expect(4, "s2", "s1");
}

static void paused_primary_comes_back_as_backup(void *arg)
{
    begin_with_two();
    PASS(VIEWS_DEAD_TICKS, {"s2", 2});
    ping("s2", 3);
    ping("s1", 2); // it thinks that it is primary still
    expect(4, "s2", "s1");
}

static void primary_without_backup_stays_while_it_is_silent(void *arg)
{
    begin();
    ping("s1", 0);
    ping("s1", 1);
    for (int i = 0; i < 3 * VIEWS_DEAD_TICKS; i++)
        tick();
    expect(1, "s1", "");
    ping("s2", 0);
    expect(1, "s1", ""); // s1 would have to give it the data
    ping("s1", 1);
    expect(2, "s1", "s2");
}

// --- Starts anew -----------------------------------------------------------

static void restarted_primary_is_as_good_as_dead(void *arg)
{
    begin_with_three();
    ping("s1", 0); // without a gap
    struct view now = views_current(views);
    ck_assert_uint_eq(now.number, 3);
    ck_assert_str_eq(now.primary.name, "s2");
    ck_assert(!is_nobody(&now.backup));
}

static void restarted_backup_has_to_be_given_the_data(void *arg)
{
    begin_with_two();
    ping("s2", 0);
    expect(3, "s1", "");
    ping("s1", 3);
    expect(4, "s1", "s2");
}

static void restarted_backup_is_replaced_in_one_step(void *arg)
{
    begin_with_three();
    ping("s2", 0);
    expect(3, "s1", "s3");
}

static void lone_restarted_primary_stays_and_is_never_both(void *arg)
{
    begin();
    ping("s1", 0);
    ping("s1", 1);
    for (int i = 0; i < 5; i++) {
        ping("s1", 0);
        tick();
        expect(1, "s1", "");
    }
    ping("s2", 0);
    expect(1, "s1", ""); // there is nothing that s1 could give it
}

static void restarted_idle_server_is_known_once(void *arg)
{
    begin_with_three();
    ping("s3", 0);
    ping("s3", 0);
    struct views_server s;
    ck_assert(views_server(views, 2, &s));
    ck_assert(!views_server(views, 3, &s));
    PASS(VIEWS_DEAD_TICKS, {"s1", 2}, {"s3", 2});
    expect(3, "s1", "s3");
    PASS(VIEWS_DEAD_TICKS, {"s1", 3});
    expect(4, "s1", "");
}

static void empty_server_is_never_primary(void *arg)
{
    begin_with_three();
    ping("s2", 0);
    ping("s1", 0); // both have lost everything, and s3 never had it
    uint64_t number = views_current(views).number;
    for (int i = 0; i < 10 * VIEWS_DEAD_TICKS; i++) {
        tick();
        ping("s2", 0);
        ping("s3", number);
    }
    struct view now = views_current(views);
    ck_assert_str_eq(now.primary.name, "s1");
}

static void all_members_die_and_an_idle_server_is_not_promoted(void *arg)
{
    begin_with_three();
    PASS(10 * VIEWS_DEAD_TICKS, {"s3", 2});
    ck_assert_str_ne(views_current(views).primary.name, "s3");
    PASS(10 * VIEWS_DEAD_TICKS, {"s3", 0});
    ck_assert_str_ne(views_current(views).primary.name, "s3");
}

// --- The acknowledgement ---------------------------------------------------

static void view_waits_for_its_primary(void *arg)
{
    begin();
    ping("s1", 0);
    ping("s1", 1);
    ping("s2", 0);
    expect(2, "s1", "s2");
    PASS(3 * VIEWS_DEAD_TICKS, {"s2", 2}); // s1 has not acknowledged 2
    expect(2, "s1", "s2");
    ping("s1", 1); // nor does it now: an old number
    PASS(3 * VIEWS_DEAD_TICKS, {"s2", 2}, {"s3", 0});
    expect(2, "s1", "s2");
    ping("s1", 2);
    PASS(VIEWS_DEAD_TICKS, {"s2", 2}, {"s3", 2});
    expect(3, "s2", "s3");
}

static void only_the_primary_acknowledges(void *arg)
{
    begin();
    ping("s1", 0);
    ping("s1", 1);
    ping("s2", 0);
    ping("s2", 2);
    ping("s3", 2);
    ck_assert(!views_acknowledged(views));
    ping("s1", 2);
    ck_assert(views_acknowledged(views));
}

static void primary_of_an_unacknowledged_view_that_starts_anew_cannot(void *arg)
{
    begin();
    ping("s1", 0);
    ping("s1", 1);
    ping("s2", 0);
    expect(2, "s1", "s2");
    ping("s1", 0); // s2 may not have its data yet, and now nobody has
    expect(2, "s1", "s2");
    ping("s1", 2); // a late message of its earlier life
    ck_assert(!views_acknowledged(views));
    PASS(3 * VIEWS_DEAD_TICKS, {"s2", 2}, {"s3", 0});
    expect(2, "s1", "s2");
}

static void nonsense_is_passed_over(void *arg)
{
    begin_with_two();
    ping("s1", 77);
    ping("s2", 1);
    ping("", 2);
    ping("a-name-that-is-too-long", 0);
    ping("s3", 4000000000u);
    expect(2, "s1", "s2");
    char name[NODE_NAME_MAX + 1];
    for (int i = 0; i < 2 * VIEWS_SERVERS_MAX; i++) {
        snprintf(name, sizeof name, "x%d", i);
        ping(name, 0);
    }
    expect(2, "s1", "s2");
    struct views_server s;
    ck_assert(!views_server(views, VIEWS_SERVERS_MAX, &s));
    PASS(VIEWS_DEAD_TICKS, {"s1", 2}, {"s2", 2});
    ck_assert(!views_server(views, 2, &s)); // the dead have been forgotten
}

// --- Anything --------------------------------------------------------------

enum {
    RUNS = 100,
    STEPS = 2000,
    SERVERS = 4,
};

// A server as it should be: it takes a view up when it hears of it.
struct life {
    char name[8];
    uint64_t number; // 0: it has just started
    uint64_t empty;  // it started anew in this view, in which it has a place
    bool silent;
};

static bool has_place(const struct view *v, const char *name)
{
    return strcmp(v->primary.name, name) == 0 ||
           strcmp(v->backup.name, name) == 0;
}

static void step(struct random *r, struct life *lives)
{
    struct life *l = &lives[random_below(r, SERVERS)];
    struct view old = views_current(views);
    bool first = old.number == 1 && !views_acknowledged(views);
    switch (random_below(r, 100)) {
    case 0:
        l->silent = !l->silent;
        return;
    case 1:
        l->number = 0;
        l->silent = false;
        l->empty = has_place(&old, l->name) && !first ? old.number : 0;
        break;
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        tick();
        break;
    default:
        break;
    }
    if (!l->silent) {
        ping(l->name, l->number);
        if (random_below(r, 4) != 0) // sometimes the answer is lost
            l->number = views_current(views).number;
    }
    struct view now = views_current(views);
    for (int i = 0; i < SERVERS; i++) // V3
        ck_assert(now.number == old.number || lives[i].empty != old.number ||
                  old.number == 0 ||
                  strcmp(lives[i].name, now.primary.name) != 0);
}

static void rules_hold_whatever_happens(void *arg)
{
    struct random r;
    random_init(&r, random_seed());
    uint64_t views_seen = 0;
    for (int run = 0; run < RUNS; run++) {
        begin();
        struct life lives[SERVERS] = {{"s0", 0, 0, false},
                                      {"s1", 0, 0, false},
                                      {"s2", 0, 0, false},
                                      {"s3", 0, 0, false}};
        for (int i = 0; i < STEPS; i++)
            step(&r, lives);
        views_seen += views_current(views).number;
        views_free(views);
    }
    ck_assert_uint_gt(views_seen, 3 * RUNS); // something did happen
}

// --- The registry ----------------------------------------------------------

#define GRADED(section_, points_, kind_, name_, test_, claim_)                 \
    {                                                                          \
        .part = "2a", .name = name_, .claim = claim_, .section = section_,     \
        .points = points_, .kind = kind_, .evidence = GRADED_SAME_PROCESS,     \
        .run = test_,                                                          \
    }
#define UNGRADED(name_, test_)                                                 \
    {                                                                          \
        .part = "2a", .name = name_, .run = test_,                             \
    }

static const struct graded_test tests[] = {
    UNGRADED("nobody is primary at first", nobody_is_primary_at_first),
    GRADED("1.1", 0, GRADED_PROGRESS, "the first server is primary",
           first_server_is_primary,
           "The server that pings first is the primary of view 1."),
    GRADED("1.1", 0, GRADED_PROGRESS, "the second server is backup",
           second_server_is_backup,
           "A server that is idle becomes backup as soon as the view has been "
           "acknowledged."),
    GRADED("1.4", 1, GRADED_SAFETY,
           "the first primary may start anew before it acknowledges",
           first_primary_may_start_anew_before_it_acknowledges,
           "In view 1, until it is acknowledged, nobody has anything to lose."),
    GRADED("1.3", 1, GRADED_SAFETY, "nothing changes while all live",
           nothing_changes_while_all_live,
           "The view's number grows only when the view changes."),
    GRADED("1.2", 1, GRADED_PROGRESS, "the backup takes over",
           backup_takes_over,
           "A primary that has missed the number of ticks is replaced by its "
           "backup, and no earlier."),
    UNGRADED("a ping in time is enough", a_ping_in_time_is_enough),
    GRADED("1.2", 0, GRADED_PROGRESS, "a dead backup is replaced in one step",
           dead_backup_is_replaced_in_one_step,
           "An idle server takes the place of a dead backup, in one step."),
    UNGRADED("a dead backup goes though nobody is idle",
             dead_backup_goes_though_nobody_is_idle),
    GRADED("1.2", 0, GRADED_PROGRESS, "promotion and refill are one step",
           promotion_and_refill_are_one_step,
           "When the backup is promoted an idle server becomes backup in the "
           "same step."),
    GRADED("1.2", 1, GRADED_SAFETY, "a dead idle server is not taken",
           dead_idle_server_is_not_taken,
           "Only a server that is alive is given a place."),
    UNGRADED("an old primary comes back as backup",
             old_primary_comes_back_as_backup),
    UNGRADED("a paused primary comes back as backup",
             paused_primary_comes_back_as_backup),
    UNGRADED("a primary without backup stays while it is silent",
             primary_without_backup_stays_while_it_is_silent),
    GRADED("1.4", 1, GRADED_SAFETY, "a restarted primary is as good as dead",
           restarted_primary_is_as_good_as_dead,
           "A primary that starts anew loses its place at once."),
    GRADED("1.4", 1, GRADED_SAFETY,
           "a restarted backup has to be given the data",
           restarted_backup_has_to_be_given_the_data,
           "A backup that starts anew loses its place, and may get it back in "
           "the view after."),
    UNGRADED("a restarted backup is replaced in one step",
             restarted_backup_is_replaced_in_one_step),
    UNGRADED("a lone restarted primary stays and is never both",
             lone_restarted_primary_stays_and_is_never_both),
    UNGRADED("a restarted idle server is known once",
             restarted_idle_server_is_known_once),
    GRADED("1.4", 1, GRADED_SAFETY, "an empty server is never primary",
           empty_server_is_never_primary,
           "A server that has started anew in a view is not primary of the "
           "next."),
    UNGRADED("all members die and an idle server is not promoted",
             all_members_die_and_an_idle_server_is_not_promoted),
    GRADED("1.5", 1, GRADED_SAFETY, "a view waits for its primary",
           view_waits_for_its_primary,
           "A view ends only after its primary has acknowledged it, whoever "
           "dies."),
    GRADED("1.5", 1, GRADED_SAFETY, "only the primary acknowledges",
           only_the_primary_acknowledges,
           "Only the primary's ping with the view's number acknowledges it."),
    UNGRADED("the primary of an unacknowledged view that starts anew cannot",
             primary_of_an_unacknowledged_view_that_starts_anew_cannot),
    UNGRADED("nonsense is passed over", nonsense_is_passed_over),
    {.part = "2a",
     .name = "the rules hold whatever happens",
     .run = rules_hold_whatever_happens,
     .limit_s = 20},
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab2 core", tests,
                       sizeof tests / sizeof tests[0]);
}
