// Which of its tasks a replica does now: time and what comes of them are the
// tests'.
#include "common/check/graded.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/errands.h"

enum {
    TICK_MS = 10,
    TURN_MS = ERRANDS_TURN_TICKS * TICK_MS,
};

static struct errands errands;
static char *names[] = {"a1", "a2", "a3"};

static Shard__Group group_of(uint64_t gid)
{
    Shard__Group group = SHARD__GROUP__INIT;
    group.gid = gid;
    group.servers = names;
    group.n_servers = 3;
    return group;
}

static void list(uint32_t shard, bool debt, uint64_t from, uint64_t donor,
                 int64_t now_ms)
{
    Shard__Group group = group_of(donor);
    const struct shards_task task = {
        .debt = debt, .name = {7, shard}, .from = from, .donor = &group};
    errands_list(&errands, &task, now_ms);
}

// All that is to be done is that one shard comes.
static void look(uint64_t from, int64_t now_ms)
{
    errands_begin(&errands);
    list(0, false, from, 1, now_ms);
    errands_end(&errands, now_ms);
}

static void begin(size_t rank, bool acting)
{
    errands_init(&errands, rank, TICK_MS);
    errands.acting = acting;
}

static struct errand *take(int64_t now_ms)
{
    struct errand *errand = errands_take(&errands, now_ms);
    ck_assert_ptr_nonnull(errand);
    return errand;
}

static void expect_none(int64_t now_ms)
{
    ck_assert_ptr_null(errands_take(&errands, now_ms));
}

static void give_back(struct errand *errand, bool went_on, size_t items,
                      int64_t now_ms)
{
    errands_return(&errands, errand, went_on, items, now_ms);
}

static void who_is_acting_does_it_at_once(void *arg)
{
    begin(2, true);
    look(0, 100);
    struct errand *e = take(100);
    ck_assert_str_eq(e->task.donor->servers[e->server], "a1");
    expect_none(100); // it is under way
    give_back(e, true, 5, 101);
    look(5, 101); // as this replica left it
    e = take(101);
    ck_assert_uint_eq(e->task.from, 5);
    give_back(e, true, 5, 102);
    errands_begin(&errands); // nothing is left to do
    errands_end(&errands, 102);
    expect_none(1000000);
    errands_release(&errands);
}

static void others_let_it_be_while_it_goes_on(void *arg)
{
    begin(1, false);
    look(0, 0);
    expect_none(2 * TURN_MS - 1);
    look(5, 2 * TURN_MS - 1); // somebody is at it
    expect_none(4 * TURN_MS - 2);
    struct errand *e = take(4 * TURN_MS - 1); // not any more
    ck_assert_uint_eq(e->task.from, 5);
    look(5, 4 * TURN_MS);
    give_back(e, true, 0, 1000); // it was slow, that is all
    look(10, 1000);
    expect_none(1000 + 2 * TURN_MS - 1);
    give_back(take(1000 + 2 * TURN_MS), true, 5, 1200);
    look(15, 1200);
    give_back(take(1200), true, 5, 1200); // it stays with it
    errands_release(&errands);
}

// One shard comes from a donor, one has come and is to be paid for; another
// donor's shard is to be paid for as well.
static void look_at_three(bool first_comes, uint64_t from, int64_t now_ms)
{
    errands_begin(&errands);
    if (first_comes)
        list(0, false, from, 1, now_ms);
    list(1, true, 0, 1, now_ms);
    list(2, true, 0, 2, now_ms);
    errands_end(&errands, now_ms);
}

static void what_waits_behind_another_is_let_be(void *arg)
{
    begin(0, false);
    look_at_three(true, 0, 0);
    look_at_three(true, 5, TURN_MS - 1); // somebody is at the first
    struct errand *e = take(TURN_MS);
    ck_assert_uint_eq(e->task.name.shard, 2); // not at that donor's
    expect_none(2 * TURN_MS - 2);
    look_at_three(false, 0, 2 * TURN_MS - 2); // it has done it
    expect_none(3 * TURN_MS - 3);
    e = take(3 * TURN_MS - 2); // and no more
    ck_assert_uint_eq(e->task.name.shard, 1);
    errands.all->under_way = errands.all->next->under_way = false;
    errands_release(&errands);
}

// Done by this replica, its tasks are not taken for another's.
static void who_has_begun_goes_on(void *arg)
{
    begin(0, false);
    look_at_three(true, 0, 0);
    struct errand *e = take(TURN_MS);
    ck_assert_uint_eq(e->task.name.shard, 0);
    give_back(e, true, 5, TURN_MS);
    look_at_three(false, 0, TURN_MS);
    ck_assert_uint_eq(take(TURN_MS)->task.name.shard, 1);
    errands.all->under_way = errands.all->next->under_way = false;
    errands_release(&errands);
}

// How long after a failure it is due again.
static int64_t pause_after_failure(struct errand *e, int64_t *now_ms)
{
    give_back(e, false, 0, *now_ms);
    int64_t from_ms = *now_ms;
    while (errands_take(&errands, *now_ms) == NULL) // ends: it is due some day
        ++*now_ms;
    return *now_ms - from_ms;
}

static void servers_are_asked_in_turn(void *arg)
{
    begin(0, true);
    look(0, 0);
    int64_t now_ms = 0;
    struct errand *e = take(0);
    const int64_t wanted[] = {0, 0, 1, 0, 0, 2, 0, 0, 4, 0, 0, 8, 0, 0, 8};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        ck_assert_uint_eq(e->server, i % 3);
        ck_assert_int_eq(pause_after_failure(e, &now_ms), wanted[i] * TICK_MS);
    }
    give_back(e, true, 1, now_ms);
    look(1, now_ms);
    e = take(now_ms);
    size_t good = e->server;
    give_back(e, true, 1, now_ms);
    look(2, now_ms);
    e = take(now_ms);
    ck_assert_uint_eq(e->server, good); // it stays with who answers
    ck_assert_int_eq(pause_after_failure(e, &now_ms), 0);
    errands.all->under_way = false;
    errands_release(&errands);
}

static void a_donor_is_asked_one_thing_at_a_time(void *arg)
{
    begin(0, true);
    errands_begin(&errands);
    list(1, true, 0, 1, 0);
    list(3, false, 0, 1, 0);
    list(2, false, 0, 1, 0);
    list(9, true, 0, 2, 0);
    errands_end(&errands, 0);
    struct errand *first = take(0);
    ck_assert_uint_eq(first->task.name.shard, 2); // what comes, in order
    struct errand *second = take(0);
    ck_assert_uint_eq(second->task.name.shard, 9); // at another donor
    expect_none(0);
    give_back(first, false, 0, 0);
    give_back(take(0), false, 0, 0);
    first = take(0);
    give_back(first, false, 0, 0); // it has to pause: the next one
    struct errand *third = take(0);
    ck_assert_uint_eq(third->task.name.shard, 3);
    give_back(third, true, 0, 0);
    give_back(second, true, 0, 0);
    errands_release(&errands);
}

#define TEST(kind_, name_, function, claim_)                                   \
    {                                                                          \
        .part = "4b", .name = name_, .claim = claim_, .section = "2.4",        \
        .kind = kind_, .evidence = GRADED_SAME_PROCESS, .run = function,       \
    }

static const struct graded_test tests[] = {
    TEST(GRADED_PROGRESS, "who is acting does it at once",
         who_is_acting_does_it_at_once,
         "The replica that took the configuration does its tasks at once, "
         "piece after piece."),
    TEST(GRADED_LIMIT, "others let it be while it goes on",
         others_let_it_be_while_it_goes_on,
         "A replica does another's task when that has not gone on for a "
         "while, and leaves it to who is faster."),
    TEST(GRADED_LIMIT, "what waits behind another is let be",
         what_waits_behind_another_is_let_be,
         "A task that waits for another one at its donor is not taken for "
         "abandoned."),
    TEST(GRADED_PROGRESS, "who has begun goes on", who_has_begun_goes_on,
         "A replica that does another's tasks does them one after the other."),
    TEST(GRADED_PROGRESS, "servers are asked in turn",
         servers_are_asked_in_turn,
         "The donor's servers are asked in turn, with pauses that grow to a "
         "limit; one that answers is asked again."),
    TEST(GRADED_PROGRESS, "a donor is asked one thing at a time",
         a_donor_is_asked_one_thing_at_a_time,
         "A donor that does not answer holds up no other; what comes goes "
         "before what goes."),
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab4 errands", tests,
                       sizeof tests / sizeof tests[0]);
}
