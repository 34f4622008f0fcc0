// Part 4b: shards on their way from one group to another, while messages are
// lost, late and repeated, servers die, sleep and are cut off, and whole groups
// do not answer. The same source between processes and in simulation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/workload.h"
#include "lab4-shardkv/tests/groups.h"

enum {
    WHILE = 30,  // ticks: for what must not happen
    PROMPT = 10, // for an operation that waits for nothing
    LATE = 20,
    AT_LAST = 100, // for what nobody waits for
    MANY = 10,     // operations of a client
    // What is in a large shard: more than three pieces.
    LARGE_VALUES = 40,
    LARGE_SIZE = 100 * 1000,
    SMALL = 10000, // bytes: all the others
};

// --- The cluster -----------------------------------------------------------

// Groups a and b serve; the first shard of a, with "1" in it.
static unsigned begin(struct cluster *c)
{
    begin_groups(c, "ab", "ab");
    start_clerks(c, "k1 k2");
    struct owners o = newest(c);
    unsigned shard = first_of(&o, 'a');
    kv_put(c, "k1", key_in(shard), "1");
    return shard;
}

static bool is_done(const Kv__Answer *answer)
{
    return answer != NULL && answer->status == KV__STATUS__OK;
}

static void lose(struct cluster *c, const char *at, const char *method,
                 double request, double reply)
{
    cluster_spoil(c, &(struct cluster_rule){.at = at,
                                            .method = method,
                                            .lose_request_percent = request,
                                            .lose_reply_percent = reply});
}

static void put_value(struct cluster *c, const char *key, char fill,
                      size_t size)
{
    char *value = malloc(size);
    memset(value, fill, size);
    kv_begin(c, "k1", KV__KIND__PUT, key, slice_of(value, size), KV_SOON);
    ck_assert(is_done(kv_end(c, "k1")));
    free(value);
}

static void expect_value(struct cluster *c, const char *client, const char *key,
                         char fill, size_t size)
{
    kv_begin_get(c, client, key);
    const Kv__Answer *answer = kv_end(c, client);
    ck_assert(is_done(answer));
    ck_assert_uint_eq(answer->value.len, size);
    ck_assert_int_eq(answer->value.data[0], fill);
    ck_assert_int_eq(answer->value.data[size - 1], fill);
}

static char fill_of(unsigned i)
{
    return (char)('a' + i % 26);
}

static void make_large(struct cluster *c, unsigned shard)
{
    for (unsigned i = 0; i < LARGE_VALUES; i++) {
        char key[KEY_SIZE];
        nth_key_in(shard, i + 1, key);
        put_value(c, key, fill_of(i), LARGE_SIZE);
    }
}

static void expect_large(struct cluster *c, unsigned shard)
{
    for (unsigned i = 0; i < LARGE_VALUES; i++) {
        char key[KEY_SIZE];
        nth_key_in(shard, i + 1, key);
        expect_value(c, "k2", key, fill_of(i), LARGE_SIZE);
    }
}

// Each in a time in which nothing that does not answer has been waited for.
static void put_promptly(struct cluster *c, const char *key)
{
    for (int i = 0; i < MANY; i++) {
        kv_begin_put(c, "k1", key, "prompt");
        eventually(c, !kv_runs(c, "k1"), PROMPT);
        ck_assert(is_done(kv_end(c, "k1")));
    }
}

// --- Meanwhile -------------------------------------------------------------

// One shard is stuck: all others of both groups are served as ever.
static void other_shards_go_on(struct cluster *c)
{
    unsigned shard = begin(c);
    struct owners before = newest(c);
    lose(c, GROUP_A, "Shards.Fetch", 100, 0);
    move(c, shard, 'b');
    eventually(c, awaits(c, "b1", shard), SOON);
    struct owners o = newest(c);
    for (unsigned s = 0; s < SHARDS; s++) // so that k1 knows all owners
        if (s != shard)
            kv_put(c, "k1", key_in(s), "1");
    put_promptly(c, key_in(first_of(&o, 'a')));
    put_promptly(c, key_in(first_of(&before, 'b')));
    never(c, serves(c, "b1", shard), WHILE);
    cluster_unspoil(c);
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key_in(shard), "1");
}

// c gets shards from a and from b, and b says nothing.
static void what_has_arrived_is_served(struct cluster *c)
{
    begin_groups(c, "abc", "ab");
    start_clerks(c, "k1 k2");
    struct owners before = newest(c);
    put_all(c, "k1", 1);
    lose(c, GROUP_B, "Shards.Fetch", 100, 0);
    join(c, "c");
    struct owners o = newest(c);
    unsigned from_a = SHARDS;
    unsigned from_b = SHARDS;
    for (unsigned s = 0; s < SHARDS; s++) {
        from_a =
            owner_of(&o, s) == 'c' && owner_of(&before, s) == 'a' ? s : from_a;
        from_b =
            owner_of(&o, s) == 'c' && owner_of(&before, s) == 'b' ? s : from_b;
    }
    ck_assert_uint_lt(from_a, SHARDS);
    ck_assert_uint_lt(from_b, SHARDS);
    eventually(c, serves(c, "c1", from_a), SOON);
    ck_assert(awaits(c, "c1", from_b));
    kv_put(c, "k1", key_in(from_a), "1");
    put_promptly(c, key_in(from_a));
    never(c, serves(c, "c1", from_b), WHILE / 2);
    cluster_unspoil(c);
    await_settled(c, "abc");
    kill_firsts(c, "abc");
    kv_expect(c, "k2", key_in(from_a), "prompt");
}

// A whole group is asleep: who needs none of its shards does not notice.
static void a_dead_group_holds_up_who_needs_it(struct cluster *c)
{
    begin_groups(c, "abc", "ab");
    start_clerks(c, "k1 k2");
    put_all(c, "k1", 1);
    struct owners before = newest(c);
    pause_group(c, 'b');
    join(c, "c");
    struct owners o = newest(c);
    for (unsigned s = 0; s < SHARDS; s++)
        if (owner_of(&before, s) == 'a') {
            char text[40];
            snprintf(text, sizeof text, "shard %u, round 1", s);
            kv_expect(c, "k1", key_in(s), text);
        }
    put_promptly(c, key_in(first_of(&o, 'a')));
    resume_group(c, 'b');
    await_settled(c, "abc");
    kill_firsts(c, "abc");
    kv_expect(c, "k2", key_in(first_of(&o, 'a')), "prompt");
}

// All three.
static bool all_await(struct cluster *c, char group, unsigned shard)
{
    char name[3] = {group, '1', '\0'};
    while (name[1] <= '3' && awaits(c, name, shard))
        name[1]++;
    return name[1] > '3';
}

// a waits for a shard of b, b for one of a.
static void groups_that_need_each_other_go_on(struct cluster *c)
{
    unsigned of_a = begin(c);
    struct owners o = newest(c);
    unsigned of_b = first_of(&o, 'b');
    kv_put(c, "k1", key_in(of_b), "2");
    cluster_flags(c, FAULT_FAST_LOSS);
    lose(c, GROUP_A " " GROUP_B, "Shards.Fetch", 100, 0);
    move(c, of_a, 'b');
    move(c, of_b, 'a');
    eventually(c, all_await(c, 'b', of_a) && all_await(c, 'a', of_b), SOON);
    cluster_unspoil(c);
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key_in(of_a), "1");
    kv_expect(c, "k2", key_in(of_b), "2");
}

// --- Messages --------------------------------------------------------------

static void spoil_transfers(struct cluster *c, double request, double reply)
{
    lose(c, GROUP_A " " GROUP_B, "Shards.Fetch", request, reply);
    lose(c, GROUP_A " " GROUP_B, "Shards.Delete", request, reply);
}

// There and back, with an Append at each place.
static void go_there_and_back(struct cluster *c, unsigned shard, int times)
{
    for (int i = 0; i < times; i++) {
        move(c, shard, 'b');
        kv_append(c, "k1", key_in(shard), "b");
        move(c, shard, 'a');
        kv_append(c, "k2", key_in(shard), "a");
    }
}

static void lost_transfers_are_repeated(struct cluster *c)
{
    unsigned shard = begin(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    spoil_transfers(c, 30, 30);
    go_there_and_back(c, shard, 2);
    cluster_unspoil(c);
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key_in(shard), "1baba");
}

// Each piece is sent, and the first answers are lost.
static void repeated_transfers_change_nothing(struct cluster *c)
{
    unsigned shard = begin(c);
    make_large(c, shard);
    cluster_flags(c, FAULT_FAST_LOSS);
    spoil_transfers(c, 0, 60);
    move(c, shard, 'b');
    kv_append(c, "k1", key_in(shard), "b");
    cluster_unspoil(c);
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key_in(shard), "1b");
    expect_large(c, shard);
}

// At every server of a, so that it is held whichever is asked.
static void hold_a(struct cluster *c, const char *method, uint64_t count)
{
    cluster_hold_at(c, "a1", CRASH_BEFORE_HANDLER, method, count);
    cluster_hold_at(c, "a2", CRASH_BEFORE_HANDLER, method, count);
    cluster_hold_at(c, "a3", CRASH_BEFORE_HANDLER, method, count);
}

static void release_a(struct cluster *c)
{
    cluster_disarm(c, "a1");
    cluster_disarm(c, "a2");
    cluster_disarm(c, "a3");
}

static bool any_is_held(struct cluster *c)
{
    return cluster_is_held(c, "a1") || cluster_is_held(c, "a2") ||
           cluster_is_held(c, "a3");
}

static uint32_t donated_at(struct cluster *c, const char *server)
{
    struct rpc_answer answer;
    uint32_t donated = ask_status(c, server, &answer)->donated;
    rpc_answer_release(&answer);
    return donated;
}

// A Delete arrives when the shard has been back, and has been given away once
// more: it is about the first copy.
static void a_late_delete_deletes_nothing_new(struct cluster *c)
{
    unsigned shard = begin(c);
    hold_a(c, "Shards.Delete", 1);
    move(c, shard, 'b');
    kv_append(c, "k1", key_in(shard), "b");
    eventually(c, any_is_held(c), SOON);
    lose(c, GROUP_A, "Shards.Delete", 100, 0); // what asks again
    move(c, shard, 'a');
    eventually(c, serves(c, "a1", shard), SOON);
    kv_append(c, "k1", key_in(shard), "a");
    lose(c, GROUP_A, "Shards.Fetch", 100, 0);
    move(c, shard, 'b');
    eventually(c, donated_at(c, "a1") == 2, SOON);
    release_a(c);
    eventually(c, donated_at(c, "a1") == 1, SOON);
    cluster_unspoil(c);
    kv_append(c, "k1", key_in(shard), "b");
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k2", key_in(shard), "1bab");
}

// Pieces arrive so late that others have asked for them, and that the shard is
// elsewhere.
static void late_pieces_change_nothing(struct cluster *c)
{
    unsigned shard = begin(c);
    cluster_spoil(c, &(struct cluster_rule){.at = GROUP_A " " GROUP_B,
                                            .method = "Shards.Fetch",
                                            .delay_percent = 70,
                                            .delay_min_ticks = LATE / 2,
                                            .delay_max_ticks = LATE});
    go_there_and_back(c, shard, 2);
    never(c, false, LATE + 5);
    cluster_unspoil(c);
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key_in(shard), "1baba");
}

// --- Servers ---------------------------------------------------------------

// Each server of the donor is asleep once, each of the receiver as well.
static void any_server_gives_and_takes(struct cluster *c)
{
    begin(c);
    static const char *const of_a[] = {"a1", "a2", "a3"};
    static const char *const of_b[] = {"b1", "b2", "b3"};
    for (size_t i = 0; i < REPLICAS; i++) {
        struct owners o = newest(c);
        unsigned shard = first_of(&o, 'a');
        kv_put(c, "k1", key_in(shard), "1");
        cluster_pause(c, of_a[i]);
        cluster_pause(c, of_b[(i + 1) % REPLICAS]);
        move(c, shard, 'b');
        eventually(c, serves(c, of_b[i], shard), SOON); // which is awake
        kv_append(c, "k1", key_in(shard), "2");
        cluster_resume(c, of_a[i]);
        cluster_resume(c, of_b[(i + 1) % REPLICAS]);
        await_settled(c, "ab");
        kv_expect(c, "k2", key_in(shard), "12");
    }
    kill_firsts(c, "ab");
    struct owners o = newest(c);
    kv_append(c, "k1", key_in(first_of(&o, 'b')), "3");
}

// The only one of a whom b reaches dies when it has been asked for a piece.
static void a_donor_dies_in_the_midst(struct cluster *c)
{
    unsigned shard = begin(c);
    make_large(c, shard);
    cluster_cut(c, GROUP_B, "a2 a3", CUT_REFUSE);
    cluster_crash_at(c, "a1", CRASH_BEFORE_REPLY, "Shards.Fetch", 2);
    move(c, shard, 'b');
    cluster_expect_crash(c, "a1", SOON);
    cluster_heal(c);
    kv_append(c, "k1", key_in(shard), "2");
    await_settled(c, "ab");
    kill_firsts(c, "b");
    kv_expect(c, "k2", key_in(shard), "12");
    expect_large(c, shard);
}

// Until it is in the midst of a large shard: a piece has been given, and the
// next one waits.
static unsigned begin_in_the_midst(struct cluster *c)
{
    unsigned shard = begin(c);
    make_large(c, shard);
    hold_a(c, "Shards.Fetch", 2);
    move(c, shard, 'b');
    eventually(c, any_is_held(c), SOON);
    return shard;
}

static void end_in_the_midst(struct cluster *c, unsigned shard)
{
    release_a(c);
    kv_append(c, "k1", key_in(shard), "2");
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k2", key_in(shard), "12");
    expect_large(c, shard);
}

static void a_receiver_dies_in_the_midst(struct cluster *c)
{
    unsigned shard = begin_in_the_midst(c);
    cluster_kill(c, "b1");
    end_in_the_midst(c, shard);
}

static void groups_are_parted_in_the_midst(struct cluster *c)
{
    unsigned shard = begin_in_the_midst(c);
    cluster_part(c, GROUP_A, GROUP_B, CUT_SILENT);
    never(c, serves(c, "b2", shard), WHILE / 2);
    cluster_heal(c);
    end_in_the_midst(c, shard);
}

static void a_group_sleeps_in_the_midst(struct cluster *c)
{
    unsigned shard = begin_in_the_midst(c);
    pause_group(c, 'b');
    never(c, false, WHILE / 2);
    resume_group(c, 'b');
    end_in_the_midst(c, shard);
}

// b1 alone gets what a has, and cannot tell the others of b: as far as their
// log goes it has not come. Then b1 is dead.
static void what_one_has_got_the_group_has_not(struct cluster *c)
{
    unsigned shard = begin(c);
    hold_a(c, "Shards.Fetch", 1);
    cluster_cut(c, "b2 b3", GROUP_A, CUT_REFUSE);
    move(c, shard, 'b');
    eventually(c, any_is_held(c), SOON); // b1 has asked
    cluster_part(c, "b1", "b2 b3", CUT_SILENT);
    uint64_t gone = cluster_sent(c, "b1", NULL, "Shards.Delete").calls;
    release_a(c);
    never(c, serves(c, "b2", shard), WHILE);
    ck_assert_uint_eq(cluster_sent(c, "b1", NULL, "Shards.Delete").calls, gone);
    cluster_kill(c, "b1");
    cluster_heal(c);
    kv_append(c, "k1", key_in(shard), "2");
    await_settled(c, "ab");
    kv_expect(c, "k2", key_in(shard), "12");
}

// --- What is kept ----------------------------------------------------------

static void moved_shards_are_deleted(struct cluster *c)
{
    unsigned shard = begin(c);
    make_large(c, shard);
    uint64_t large = LARGE_VALUES * LARGE_SIZE;
    ck_assert_uint_ge(bytes_at(c, "a1"), large);
    static const char *const names[] = {"a1", "a2", "a3", "b1", "b2", "b3"};
    for (int i = 0; i < 3; i++) {
        char to = i % 2 == 0 ? 'b' : 'a';
        move(c, shard, to);
        for (size_t k = 0; k < 6; k++)
            if (names[k][0] == to)
                eventually(c, bytes_at(c, names[k]) >= large, SOON);
        for (size_t k = 0; k < 6; k++)
            if (names[k][0] != to)
                eventually(c, bytes_at(c, names[k]) <= SMALL, AT_LAST);
    }
    kill_firsts(c, "ab");
    expect_large(c, shard);
}

static void what_is_kept_is_kept_until_told(struct cluster *c)
{
    unsigned shard = begin(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    lose(c, GROUP_A, "Shards.Delete", 100, 0);
    move(c, shard, 'b');
    eventually(c, serves(c, "b1", shard), SOON);
    kv_append(c, "k1", key_in(shard), "2");
    never(c, donated_at(c, "a1") == 0, WHILE);
    cluster_unspoil(c);
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key_in(shard), "12");
}

// It has left and given everything away, and is dead before it was told to
// delete: the others have more to do than to tell it.
static void who_died_need_not_be_told(struct cluster *c)
{
    begin_groups(c, "abc", "ab");
    start_clerks(c, "k1 k2");
    put_all(c, "k1", 1);
    cluster_flags(c, FAULT_FAST_LOSS);
    lose(c, GROUP_A, "Shards.Delete", 100, 0);
    leave(c, "a");
    for (unsigned s = 0; s < SHARDS; s++)
        eventually(c, serves(c, "b1", s), SOON);
    kill_group(c, 'a');
    cluster_unspoil(c);
    join(c, "c");
    await_settled(c, "bc");
    expect_all(c, "k2", 1);
    leave(c, "b");
    await_settled(c, "bc");
    kill_firsts(c, "bc");
    expect_all(c, "k1", 1);
}

// --- What it costs ---------------------------------------------------------

// Counted from when the donor has it ready: before, it is asked in vain.
static void large_shards_come_in_pieces(struct cluster *c)
{
    unsigned shard = begin(c);
    make_large(c, shard);
    put_value(c, key_in(shard), 'z', 1 << 20);
    uint64_t large = LARGE_VALUES * LARGE_SIZE + (1 << 20);
    cluster_cut(c, GROUP_B, GROUP_A, CUT_REFUSE);
    move(c, shard, 'b');
    eventually(c,
               donated_at(c, "a1") == 1 && donated_at(c, "a2") == 1 &&
                   donated_at(c, "a3") == 1 && all_await(c, 'b', shard),
               SOON);
    struct cluster_count before = cluster_sent(c, NULL, NULL, "Shards.Fetch");
    cluster_heal(c);
    await_settled(c, "ab");
    struct cluster_count after = cluster_sent(c, NULL, NULL, "Shards.Fetch");
    ck_assert_uint_ge(after.bytes - before.bytes, large);
    ck_assert_uint_le(2 * (after.bytes - before.bytes), 3 * large);
    ck_assert_uint_ge(after.calls - before.calls, 4);
    kill_firsts(c, "ab");
    expect_large(c, shard);
    expect_value(c, "k2", key_in(shard), 'z', 1 << 20);
}

// While a shard is waited for in vain, the donor is asked again and again, but
// not at once.
static void nobody_asks_without_a_pause(struct cluster *c)
{
    unsigned shard = begin(c);
    cluster_cut(c, GROUP_A, MASTERS, CUT_SILENT);
    move(c, shard, 'b');
    eventually(c, awaits(c, "b1", shard), SOON);
    uint64_t before = cluster_sent(c, NULL, NULL, "Shards.Fetch").calls;
    never(c, serves(c, "b1", shard), WHILE);
    uint64_t after = cluster_sent(c, NULL, NULL, "Shards.Fetch").calls;
    ck_assert_uint_le(after - before, 3 * WHILE);
    cluster_heal(c);
    await_settled(c, "ab");
    kill_firsts(c, "ab");
    kv_expect(c, "k1", key_in(shard), "1");
}

// One of three fetches, as long as that goes well.
static void a_piece_is_fetched_once(struct cluster *c)
{
    unsigned shard = begin(c);
    make_large(c, shard);
    move(c, shard, 'b');
    await_settled(c, "ab");
    uint64_t bytes = cluster_sent(c, NULL, NULL, "Shards.Fetch").bytes;
    uint64_t large = LARGE_VALUES * LARGE_SIZE;
    ck_assert_uint_ge(bytes, large);
    ck_assert_uint_le(2 * bytes, 3 * large);
    kill_firsts(c, "ab");
    expect_large(c, shard);
}

// --- The registry ----------------------------------------------------------

#define NODES MASTERS " " GROUP_A " " GROUP_B " " GROUP_C " adm k1 k2"
#define TEST(section_, points_, kind_, name_, run_, claim_)                    \
    {                                                                          \
        .about = {.part = "4b",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 40},                                              \
        .nodes = NODES, .run = run_,                                           \
    }

static const struct cluster_test tests[] = {
    TEST("2.4", 1, GRADED_PROGRESS, "other shards go on", other_shards_go_on,
         "While a shard is on its way all others are served as ever."),
    TEST("2.4", 1, GRADED_PROGRESS, "what has arrived is served",
         what_has_arrived_is_served,
         "A shard that has arrived is served before the others have."),
    TEST("2.7", 1, GRADED_PROGRESS, "a dead group holds up who needs it",
         a_dead_group_holds_up_who_needs_it,
         "A group that does not answer holds up nothing but its own shards."),
    TEST("2.4", 1, GRADED_PROGRESS, "groups that need each other go on",
         groups_that_need_each_other_go_on,
         "Two groups that wait for each other's shards get them."),
    TEST("2.4", 1, GRADED_SAFETY, "lost transfers are repeated",
         lost_transfers_are_repeated,
         "Shards arrive, whole, though messages between groups are lost."),
    TEST("2.4", 1, GRADED_SAFETY, "repeated transfers change nothing",
         repeated_transfers_change_nothing,
         "A piece that comes twice counts once."),
    TEST("2.5", 1, GRADED_SAFETY, "a late Delete deletes nothing new",
         a_late_delete_deletes_nothing_new,
         "Delete is about the copy of one configuration, and no other."),
    TEST("2.4", 1, GRADED_SAFETY, "late pieces change nothing",
         late_pieces_change_nothing,
         "A piece that comes when it is not waited for changes nothing."),
    TEST("2.4", 1, GRADED_PROGRESS, "any server gives and takes",
         any_server_gives_and_takes,
         "A shard is fetched from any server of the donor, by any of the "
         "receiver."),
    TEST("2.4", 1, GRADED_SAFETY, "a donor dies in the midst",
         a_donor_dies_in_the_midst,
         "When a server of the donor dies, another goes on where it was."),
    TEST("2.4", 1, GRADED_SAFETY, "a receiver dies in the midst",
         a_receiver_dies_in_the_midst,
         "When a server of the receiver dies, another goes on where it was."),
    TEST("2.4", 1, GRADED_SAFETY, "groups are parted in the midst",
         groups_are_parted_in_the_midst,
         "A transfer that was cut off goes on afterwards."),
    TEST("2.4", 1, GRADED_SAFETY, "a group sleeps in the midst",
         a_group_sleeps_in_the_midst,
         "A transfer goes on when a group wakes up."),
    TEST("2.4", 1, GRADED_SAFETY, "what one has got the group has not",
         what_one_has_got_the_group_has_not,
         "A shard has arrived when it is in the receiver's log, and not "
         "before."),
    TEST("2.5", 1, GRADED_LIMIT, "moved shards are deleted",
         moved_shards_are_deleted,
         "Nothing is left of a shard at a group that had it."),
    TEST("2.5", 1, GRADED_SAFETY, "what is kept is kept until told",
         what_is_kept_is_kept_until_told,
         "A donor keeps its copy until it is told that the receiver has it."),
    TEST("2.5", 1, GRADED_PROGRESS, "who died need not be told",
         who_died_need_not_be_told,
         "A group that has left, given everything away and died holds up "
         "nobody."),
    TEST("2.8", 1, GRADED_LIMIT, "large shards come in pieces",
         large_shards_come_in_pieces,
         "A large shard travels in pieces of about 1 MiB, and once."),
    TEST("2.8", 1, GRADED_LIMIT, "nobody asks without a pause",
         nobody_asks_without_a_pause,
         "A shard that is not to be had yet is asked for at most three times a "
         "tick by a group."),
    TEST("2.8", 1, GRADED_LIMIT, "a piece is fetched once",
         a_piece_is_fetched_once,
         "As long as all goes well one server of the receiver fetches."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab4 moves", &lab4, tests,
                        sizeof tests / sizeof tests[0]);
}
