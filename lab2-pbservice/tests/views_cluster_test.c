// Part 2a: the view service as servers see it. They are no servers here but
// clients that ping when the test says so, and that are dead when it does not.
// The same source between processes and in simulation.
#include <string.h>

#include "lab2-pbservice/api.pb-c.h"
#include "lab2-pbservice/tests/lab2.h"

enum {
    DEAD = 10,       // ticks without a ping: section 1.2 of the text
    LONG = 3 * DEAD, // for what must not happen
    MANY = 200,      // pings of each of many
    PINGERS = 8,
    ROUNDS = 6,
};

// --- Pinging ---------------------------------------------------------------

struct seen {
    uint64_t number;
    char primary[16];
    char backup[16];
};

static struct seen seen_of(const Pb__View *view)
{
    ck_assert_ptr_nonnull(view);
    struct seen seen = {.number = view->number};
    strncpy(seen.primary, view->primary, sizeof seen.primary - 1);
    strncpy(seen.backup, view->backup, sizeof seen.backup - 1);
    return seen;
}

static void begin_ping(struct cluster *c, const char *name, uint64_t number)
{
    static const struct rpc_method method = {&pb__pinger__descriptor, "Ping"};
    Pb__PingRequest request = PB__PING_REQUEST__INIT;
    request.number = number;
    client_begin(c, name, &method, &request.base);
}

static struct seen end_ping(struct cluster *c, const char *name)
{
    const ProtobufCMessage *reply = NULL;
    ck_assert_int_eq(client_wait(c, name, SOON), CLIENT_OK);
    client_result(c, name, &reply);
    return seen_of(((const Pb__PingReply *)reply)->view);
}

// The view that it is answered.
static struct seen ping(struct cluster *c, const char *name, uint64_t number)
{
    begin_ping(c, name, number);
    return end_ping(c, name);
}

// The view as a client is told it.
static struct seen get(struct cluster *c, const char *name)
{
    static const struct rpc_method method = {&pb__pinger__descriptor, "Get"};
    Pb__GetViewRequest request = PB__GET_VIEW_REQUEST__INIT;
    const ProtobufCMessage *reply = NULL;
    client_begin(c, name, &method, &request.base);
    ck_assert_int_eq(client_wait(c, name, SOON), CLIENT_OK);
    client_result(c, name, &reply);
    return seen_of((const Pb__View *)reply);
}

static bool is(struct seen seen, uint64_t number, const char *primary,
               const char *backup)
{
    return seen.number == number && strcmp(seen.primary, primary) == 0 &&
           strcmp(seen.backup, backup) == 0;
}

static void expect(struct cluster *c, uint64_t number, const char *primary,
                   const char *backup)
{
    struct seen now = get(c, "watch");
    ck_assert_msg(is(now, number, primary, backup),
                  "the view is %u: '%s', '%s', and not %u: '%s', '%s'",
                  (unsigned)now.number, now.primary, now.backup,
                  (unsigned)number, primary, backup);
}

// Pings as these servers do, and says whether the view is this one.
struct pings {
    const char *name;
    uint64_t number;
};
static bool comes(struct cluster *c, const struct pings *pings, uint64_t number,
                  const char *primary, const char *backup)
{
    struct seen seen = {0};
    for (; pings->name != NULL; pings++)
        seen = ping(c, pings->name, pings->number);
    return is(seen, number, primary, backup);
}
#define PINGS(...)                                                             \
    (struct pings[])                                                           \
    {                                                                          \
        __VA_ARGS__,                                                           \
        {                                                                      \
            NULL, 0                                                            \
        }                                                                      \
    }

static void begin(struct cluster *c)
{
    start_views(c);
    cluster_start_clerks(c, "k1 k2 k3 watch", "--role pinger");
}

// View 2, acknowledged: k1 is primary, k2 backup.
static void begin_with_two(struct cluster *c)
{
    begin(c);
    ping(c, "k1", 0);
    ping(c, "k1", 1);
    ping(c, "k2", 0);
    ping(c, "k1", 2);
    expect(c, 2, "k1", "k2");
}

// --- Tests -----------------------------------------------------------------

static void first_server_is_primary(struct cluster *c)
{
    begin(c);
    expect(c, 0, "", "");
    ping(c, "k1", 0);
    expect(c, 1, "k1", "");
    ping(c, "k2", 0); // view 1 is not acknowledged
    expect(c, 1, "k1", "");
}

static void second_server_is_backup(struct cluster *c)
{
    begin(c);
    ping(c, "k1", 0);
    ping(c, "k1", 1);
    ping(c, "k2", 0);
    expect(c, 2, "k1", "k2");
}

static void who_asks_is_no_server(struct cluster *c)
{
    begin(c);
    never(c, get(c, "watch").number != 0, DEAD);
    ping(c, "k1", 0);
    ping(c, "k1", 1);
    never(c, !is(get(c, "watch"), 1, "k1", ""), DEAD / 2);
}

static void backup_takes_over(struct cluster *c)
{
    begin_with_two(c);
    eventually(c, comes(c, PINGS({"k2", 2}), 3, "k2", ""), SOON);
    expect(c, 3, "k2", "");
}

static void a_living_primary_stays(struct cluster *c)
{
    begin_with_two(c);
    never(c, !comes(c, PINGS({"k1", 2}, {"k2", 2}), 2, "k1", "k2"), LONG);
}

static void promotion_and_refill_are_one_step(struct cluster *c)
{
    begin_with_two(c);
    ping(c, "k3", 0);
    eventually(c, comes(c, PINGS({"k2", 2}, {"k3", 2}), 3, "k2", "k3"), SOON);
}

static void dead_backup_is_replaced(struct cluster *c)
{
    begin_with_two(c);
    ping(c, "k3", 0);
    eventually(c, comes(c, PINGS({"k1", 2}, {"k3", 2}), 3, "k1", "k3"), SOON);
    ping(c, "k1", 3);
    eventually(c, comes(c, PINGS({"k1", 3}), 4, "k1", ""), SOON);
}

static void restarted_primary_is_as_good_as_dead(struct cluster *c)
{
    begin_with_two(c);
    ping(c, "k1", 0); // without a gap
    struct seen now = get(c, "watch");
    ck_assert_uint_eq(now.number, 3);
    ck_assert_str_eq(now.primary, "k2");
}

static void restarted_backup_is_given_all_anew(struct cluster *c)
{
    begin_with_two(c);
    ping(c, "k2", 0);
    expect(c, 3, "k1", "");
    ping(c, "k1", 3);
    expect(c, 4, "k1", "k2");
}

static void old_primary_comes_back_as_backup(struct cluster *c)
{
    begin_with_two(c);
    eventually(c, comes(c, PINGS({"k2", 2}), 3, "k2", ""), SOON);
    ping(c, "k2", 3);
    ping(c, "k1", 2); // it had been asleep
    expect(c, 4, "k2", "k1");
}

static void view_waits_for_its_primary(struct cluster *c)
{
    begin(c);
    ping(c, "k1", 0);
    ping(c, "k1", 1);
    ping(c, "k2", 0);
    expect(c, 2, "k1", "k2");
    never(c, !comes(c, PINGS({"k2", 2}), 2, "k1", "k2"), LONG);
    ping(c, "k1", 1); // an old number
    never(c, !comes(c, PINGS({"k2", 2}, {"k3", 0}), 2, "k1", "k2"), LONG);
    ping(c, "k1", 2);
    eventually(c, comes(c, PINGS({"k2", 2}, {"k3", 2}), 3, "k2", "k3"), SOON);
}

static void empty_server_is_never_primary(struct cluster *c)
{
    begin_with_two(c);
    ping(c, "k3", 0);
    ping(c, "k1", 2);
    // k1 and k2 are gone, and come back empty; k3 never had anything.
    never(c, get(c, "watch").number != 2, 1);
    cluster_tell(c, "k1 and k2 start anew");
    begin_ping(c, "k1", 0);
    end_ping(c, "k1");
    struct seen now = get(c, "watch");
    ck_assert_str_eq(now.primary, "k2");
    ping(c, "k2", 0); // before it has acknowledged
    never(c, strcmp(ping(c, "k3", now.number).primary, "k2") != 0, LONG);
}

// k1 went on alone and is dead, too; k2 and k3 have nothing.
static void who_has_nothing_is_not_promoted(struct cluster *c)
{
    begin_with_two(c);
    eventually(c, comes(c, PINGS({"k1", 2}), 3, "k1", ""), LONG);
    ping(c, "k1", 3);
    never(c, get(c, "watch").number != 3, 2 * DEAD); // k1 pings no more
    never(c, strcmp(ping(c, "k3", 0).primary, "k1") != 0, LONG);
    never(c, strcmp(ping(c, "k2", 2).primary, "k1") != 0, LONG);
    expect(c, 3, "k1", "");
}

static void lost_pings_are_no_death(struct cluster *c)
{
    begin_with_two(c);
    for (int i = 0; i < ROUNDS; i++) {
        never(c, get(c, "watch").number != 2, DEAD / 2); // and no ping comes
        begin_ping(c, "k1", 2);
        begin_ping(c, "k2", 2);
        ck_assert_uint_eq(end_ping(c, "k1").number, 2);
        ck_assert_uint_eq(end_ping(c, "k2").number, 2);
    }
}

// Many at once, among them a primary and a backup that must stay what they are.
static void many_ping_at_once(struct cluster *c)
{
    static const char *const names[PINGERS] = {"m1", "m2", "m3", "m4",
                                               "m5", "m6", "m7", "m8"};
    start_views(c);
    cluster_start_clerks(c, "m1 m2 m3 m4", "--role pinger");
    cluster_start_clerks(c, "m5 m6 m7 m8 watch", "--role pinger");
    ping(c, "m1", 0);
    ping(c, "m1", 1);
    ping(c, "m2", 0);
    ping(c, "m1", 2);
    uint64_t number[PINGERS] = {2, 2};
    for (int i = 0; i < MANY; i++) {
        for (size_t k = 0; k < PINGERS; k++)
            begin_ping(c, names[k], number[k]);
        for (size_t k = 0; k < PINGERS; k++)
            number[k] = end_ping(c, names[k]).number;
    }
    expect(c, 2, "m1", "m2");
}

// --- The registry ----------------------------------------------------------

#define TEST(section_, points_, kind_, name_, run_, claim_)                    \
    {                                                                          \
        .about = {.part = "2a",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 30},                                              \
        .nodes = "views k1 k2 k3 watch m1 m2 m3 m4 m5 m6 m7 m8", .run = run_,  \
    }

static const struct cluster_test tests[] = {
    TEST("1.1", 2, GRADED_PROGRESS, "the first server is primary",
         first_server_is_primary,
         "The server that pings first is the primary of view 1, and view 2 "
         "waits until it has acknowledged that."),
    TEST("1.1", 1, GRADED_PROGRESS, "the second server is backup",
         second_server_is_backup,
         "A server that is idle becomes backup as soon as the view has been "
         "acknowledged."),
    TEST("1.1", 1, GRADED_SAFETY, "who asks is no server",
         who_asks_is_no_server, "Who only asks for the view is no server."),
    TEST("1.2", 2, GRADED_PROGRESS, "the backup takes over", backup_takes_over,
         "The backup of a primary that is dead becomes primary."),
    TEST("1.3", 2, GRADED_SAFETY, "a living primary stays",
         a_living_primary_stays, "While all live the view stays as it is."),
    TEST("1.2", 2, GRADED_PROGRESS, "promotion and refill are one step",
         promotion_and_refill_are_one_step,
         "When the backup is promoted an idle server becomes backup in the "
         "same step."),
    TEST("1.2", 2, GRADED_PROGRESS, "a dead backup is replaced",
         dead_backup_is_replaced,
         "An idle server takes the place of a dead backup; if there is none, "
         "the primary goes on alone."),
    TEST("1.4", 2, GRADED_SAFETY, "a restarted primary is as good as dead",
         restarted_primary_is_as_good_as_dead,
         "A primary that starts anew loses its place at once."),
    TEST("1.4", 1, GRADED_SAFETY, "a restarted backup is given all anew",
         restarted_backup_is_given_all_anew,
         "A backup that starts anew loses its place, and may get it back in "
         "the view after."),
    TEST("1.2", 1, GRADED_PROGRESS, "an old primary comes back as backup",
         old_primary_comes_back_as_backup,
         "A server that had been taken for dead is idle when it pings again."),
    TEST("1.5", 2, GRADED_SAFETY, "a view waits for its primary",
         view_waits_for_its_primary,
         "A view ends only after its primary has acknowledged it, whoever "
         "dies."),
    TEST("1.4", 1, GRADED_SAFETY, "an empty server is never primary",
         empty_server_is_never_primary,
         "A server that has started anew in a view is not primary of the "
         "next."),
    TEST("1.4", 0, GRADED_SAFETY, "who has nothing is not promoted",
         who_has_nothing_is_not_promoted,
         "If nobody is left that has been given the data the view stays as it "
         "is."),
    TEST("1.2", 1, GRADED_SAFETY, "lost pings are no death",
         lost_pings_are_no_death,
         "A server that misses fewer ticks in a row than the limit lives."),
    TEST("1.6", 1, GRADED_SAFETY, "many ping at once", many_ping_at_once,
         "Any number of servers may ping at the same time."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab2 views", &lab2, tests,
                        sizeof tests / sizeof tests[0]);
}
