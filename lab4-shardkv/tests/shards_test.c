// The core of a group, without a log, a thread or a message: the tests say what
// is in each group's log, and hand pieces from one to another.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "common/kv/store.h"
#include "common/runtime/alloc.h"
#include "common/runtime/random.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/shards.h"

enum {
    GROUPS = 3, // gids 1, 2, 3
    SHARDS = 4,
    ANN = 11,
    BOB = 22,
};

static struct shards *groups[GROUPS + 1]; // by gid

static void begin(void)
{
    groups[1] = shards_new(1, "a1,g1,a2");
    groups[2] = shards_new(2, "g2");
    groups[3] = shards_new(3, "g3");
}

static void end(void)
{
    for (uint64_t gid = 1; gid <= GROUPS; gid++)
        shards_free(groups[gid]);
}

// --- Configurations --------------------------------------------------------

// Owned. `owners`: a digit for each shard. Groups are those that own one.
static Shard__Config *config(uint64_t number, const char *owners)
{
    Shard__Config *c = config_new(strlen(owners));
    c->number = number;
    c->groups = xcalloc(GROUPS, sizeof(Shard__Group *));
    for (size_t i = 0; i < c->n_owners; i++)
        c->owners[i] = (uint64_t)(owners[i] - '0');
    for (uint64_t gid = 1; gid <= GROUPS; gid++) {
        if (strchr(owners, '0' + (int)gid) == NULL)
            continue;
        Shard__Group *group = xcalloc(1, sizeof *group);
        shard__group__init(group);
        group->gid = gid;
        group->servers = xcalloc(1, sizeof(char *));
        group->servers[group->n_servers++] = xasprintf("g%d", (int)gid);
        c->groups[c->n_groups++] = group;
    }
    ck_assert(config_is_sound(c));
    return c;
}

static bool take(uint64_t gid, uint64_t number, const char *owners)
{
    Shard__Config *c = config(number, owners);
    bool let_in = shards_config(groups[gid], c);
    config_free(c);
    return let_in;
}

static void all_take(uint64_t number, const char *owners)
{
    for (uint64_t gid = 1; gid <= GROUPS; gid++)
        ck_assert(take(gid, number, owners));
}

static uint64_t number_of(uint64_t gid)
{
    const Shard__Config *current = shards_current(groups[gid]);
    return current == NULL ? 0 : current->number;
}

// --- Clients ---------------------------------------------------------------

// Some key of that shard.
static const char *key_of(size_t shard)
{
    static char keys[SHARDS][16];
    for (int i = 0; keys[shard][0] == '\0'; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        if (config_shard_of(slice_text(key), SHARDS) == shard)
            memcpy(keys[shard], key, sizeof key);
    }
    return keys[shard];
}

static ProtobufCBinaryData bytes(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
}

static Kv__Operation operation(Kv__Kind kind, size_t shard, const char *value,
                               uint64_t client, uint64_t sequence)
{
    Kv__Operation op = KV__OPERATION__INIT;
    op.kind = kind;
    op.key = bytes(key_of(shard));
    op.value = bytes(value);
    op.client = client;
    op.sequence = sequence;
    return op;
}

// The answer is good until the next operation.
static Kv__Answer ask(uint64_t gid, Kv__Operation op)
{
    Kv__Answer answer;
    ck_assert(shards_client(groups[gid], &op, &answer));
    return answer;
}

static Kv__Status append(uint64_t gid, size_t shard, const char *value,
                         uint64_t client, uint64_t sequence)
{
    return ask(gid, operation(KV__KIND__APPEND, shard, value, client, sequence))
        .status;
}

static void expect_value(uint64_t gid, size_t shard, const char *value)
{
    Kv__Answer answer = ask(gid, operation(KV__KIND__GET, shard, "", 0, 0));
    if (value == NULL) {
        ck_assert_int_eq(answer.status, KV__STATUS__NO_KEY);
        return;
    }
    ck_assert_int_eq(answer.status, KV__STATUS__OK);
    ck_assert_msg(answer.value.len == strlen(value) &&
                      memcmp(answer.value.data, value, answer.value.len) == 0,
                  "%.*s, not %s", (int)answer.value.len,
                  (const char *)answer.value.data, value);
}

static void expect_refused(uint64_t gid, size_t shard)
{
    Kv__Answer answer = ask(gid, operation(KV__KIND__GET, shard, "", 0, 0));
    ck_assert_int_eq(answer.status, KV__STATUS__WRONG_GROUP);
}

// --- Moving ----------------------------------------------------------------

enum {
    TASKS_MAX = 64,
};

struct tasks {
    struct shards_task of[TASKS_MAX];
    size_t count;
};

static void note(void *arg, const struct shards_task *task)
{
    struct tasks *tasks = arg;
    ck_assert_uint_lt(tasks->count, TASKS_MAX);
    tasks->of[tasks->count++] = *task;
}

static struct tasks tasks_of(uint64_t gid)
{
    struct tasks tasks = {.count = 0};
    shards_each_task(groups[gid], note, &tasks);
    return tasks;
}

static struct tasks debts_of(uint64_t gid)
{
    struct tasks all = tasks_of(gid);
    struct tasks debts = {.count = 0};
    for (size_t i = 0; i < all.count; i++)
        if (all.of[i].debt)
            debts.of[debts.count++] = all.of[i];
    return debts;
}

// The task of the shard that is coming.
static struct shards_task coming(uint64_t gid, size_t shard)
{
    struct tasks tasks = tasks_of(gid);
    for (size_t i = 0; i < tasks.count; i++)
        if (!tasks.of[i].debt && tasks.of[i].name.shard == shard)
            return tasks.of[i];
    ck_abort_msg("shard %zu does not come to group %d", shard, (int)gid);
}

static size_t bytes_of(const Kv__State *piece)
{
    size_t sum = 0;
    for (size_t i = 0; i < piece->n_pairs; i++)
        sum += piece->pairs[i]->key.len + piece->pairs[i]->value.len;
    for (size_t i = 0; i < piece->n_sessions; i++)
        sum += piece->sessions[i]->answer->value.len;
    return sum;
}

// One piece goes to `gid`. True: it was the last.
static bool fetch_one(uint64_t gid, size_t shard)
{
    struct shards_task task = coming(gid, shard);
    Kv__State piece;
    bool last = false;
    ck_assert_int_eq(shards_fetch(groups[task.donor->gid], task.name, task.from,
                                  &piece, &last),
                     SHARDS_OK);
    ck_assert(piece.n_pairs + piece.n_sessions <= 1 ||
              bytes_of(&piece) <= COPIES_PIECE_BYTES);
    ck_assert(shards_install(groups[gid], task.name, task.from, &piece, last));
    return last;
}

static int fetch_all(uint64_t gid, size_t shard)
{
    int pieces = 1;
    while (!fetch_one(gid, shard)) // ends: a shard is not endless
        pieces++;
    return pieces;
}

// The donors hear of it, and the receiver of that.
static void pay_debts(uint64_t gid)
{
    struct tasks debts = debts_of(gid);
    for (size_t i = 0; i < debts.count; i++) {
        uint64_t donor = debts.of[i].donor->gid; // borrowed until then
        shards_delete(groups[donor], debts.of[i].name);
        shards_settle(groups[gid], debts.of[i].name);
    }
}

static Shard__ShardsStatusReply counts_of(uint64_t gid)
{
    Shard__ShardsStatusReply counts = SHARD__SHARDS_STATUS_REPLY__INIT;
    shards_count(groups[gid], &counts);
    return counts;
}

// --- Who serves what -------------------------------------------------------

static void before_the_first_nothing_is_served(void *arg)
{
    begin();
    ck_assert_ptr_null(shards_current(groups[1]));
    ck_assert(shards_is_settled(groups[1]));
    for (size_t shard = 0; shard < SHARDS; shard++)
        expect_refused(1, shard);
    all_take(1, "1102");
    expect_value(1, 0, NULL); // nobody has had it: it is empty
    expect_refused(2, 0);
    expect_refused(1, 2); // nobody's
    expect_value(2, 3, NULL);
    ck_assert_uint_eq(tasks_of(1).count + tasks_of(2).count, 0);
    end();
}

static void ownership_is_judged_in_the_log(void *arg)
{
    begin();
    all_take(1, "1111");
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    ck_assert(take(1, 2, "2111"));
    ck_assert_int_eq(append(1, 0, "b", ANN, 2), KV__STATUS__WRONG_GROUP);
    expect_refused(1, 0); // a Get, too
    expect_refused(2, 0); // it has not heard of it
    ck_assert(take(2, 2, "2111"));
    expect_refused(2, 0); // nor has it the data
    fetch_all(2, 0);
    expect_value(2, 0, "a");
    expect_refused(1, 0);
    end();
}

static void what_is_refused_leaves_no_trace(void *arg)
{
    begin();
    all_take(1, "1111");
    all_take(2, "2111");
    // Both refuse it; neither has noted its number.
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__WRONG_GROUP);
    ck_assert_int_eq(append(2, 0, "a", ANN, 1), KV__STATUS__WRONG_GROUP);
    fetch_all(2, 0);
    expect_value(2, 0, NULL);
    ck_assert_int_eq(append(2, 0, "a", ANN, 1), KV__STATUS__OK);
    ck_assert_int_eq(append(2, 0, "a", ANN, 1), KV__STATUS__OK); // once more
    expect_value(2, 0, "a");
    // Nor does a Close that came to the wrong group.
    Kv__Operation close = operation(KV__KIND__CLOSE, 0, "", ANN, 2);
    ck_assert_int_eq(ask(1, close).status, KV__STATUS__WRONG_GROUP);
    ck_assert_int_eq(append(2, 0, "b", ANN, 2), KV__STATUS__OK);
    expect_value(2, 0, "ab");
    end();
}

// --- Taking configurations -------------------------------------------------

static void configurations_are_taken_one_by_one(void *arg)
{
    begin();
    ck_assert(!take(1, 2, "1111")); // 1 is next
    ck_assert(take(1, 1, "1111"));
    ck_assert(!take(1, 1, "2222")); // another replica was first
    ck_assert(!take(1, 3, "2222"));
    ck_assert_uint_eq(number_of(1), 1);
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    ck_assert(!take(1, 2, "11111")); // the number of shards is for good
    ck_assert(take(1, 2, "1111"));
    expect_value(1, 0, "a");
    end();
}

static void none_is_taken_while_a_shard_is_coming(void *arg)
{
    begin();
    all_take(1, "1111");
    all_take(2, "2211");
    ck_assert(!shards_is_settled(groups[2]));
    ck_assert(!take(2, 3, "1111"));
    fetch_all(2, 0);
    ck_assert(!take(2, 3, "1111")); // one is coming still
    fetch_all(2, 1);
    ck_assert(shards_is_settled(groups[2]));
    ck_assert(take(2, 3, "1111"));
    // Who gives does not wait for who takes.
    ck_assert(shards_is_settled(groups[1]));
    end();
}

// --- Moving ----------------------------------------------------------------

static void nothing_is_given_before_its_configuration(void *arg)
{
    begin();
    all_take(1, "1111");
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    ck_assert(take(2, 2, "2111"));
    struct shards_task task = coming(2, 0);
    Kv__State piece;
    bool last;
    ck_assert_int_eq(shards_fetch(groups[1], task.name, 0, &piece, &last),
                     SHARDS_NOT_YET);
    ck_assert_int_eq(append(1, 0, "b", ANN, 2), KV__STATUS__OK);
    ck_assert(take(1, 2, "2111"));
    fetch_all(2, 0);
    expect_value(2, 0, "ab");
    // A shard that never moved is in no copy.
    task.name.shard = 1;
    ck_assert_int_eq(shards_fetch(groups[1], task.name, 0, &piece, &last),
                     SHARDS_NONE);
    end();
}

static void sessions_go_with_their_shard(void *arg)
{
    begin();
    all_take(1, "1111");
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    ck_assert_int_eq(append(1, 0, "b", ANN, 2), KV__STATUS__OK);
    ck_assert_int_eq(append(1, 1, "x", ANN, 1), KV__STATUS__OK);
    all_take(2, "2111");
    fetch_all(2, 0);
    // Its reply was lost, and she asks again, there.
    Kv__Operation again = operation(KV__KIND__APPEND, 0, "b", ANN, 2);
    Kv__Answer answer = ask(2, again);
    ck_assert_int_eq(answer.status, KV__STATUS__OK);
    ck_assert(answer.found && answer.value.len == 1);
    expect_value(2, 0, "ab");
    again.sequence = 1; // a late copy
    ck_assert(!shards_client(groups[2], &again, &answer));
    ck_assert_int_eq(append(2, 0, "c", ANN, 3), KV__STATUS__OK);
    // Another shard's sessions are others.
    ck_assert_int_eq(append(1, 1, "y", ANN, 2), KV__STATUS__OK);
    expect_value(1, 1, "xy");
    end();
}

static void fill(uint64_t gid, size_t shard, int count, size_t size)
{
    char *value = xcalloc(1, size + 1);
    memset(value, 'v', size);
    int number = 0;
    for (int i = 0; number < count; i++) {
        char key[16];
        snprintf(key, sizeof key, "fill%d", i);
        if (config_shard_of(slice_text(key), SHARDS) != shard)
            continue;
        Kv__Operation op =
            operation(KV__KIND__PUT, shard, value, BOB, (uint64_t)++number);
        op.key = bytes(key);
        ck_assert_int_eq(ask(gid, op).status, KV__STATUS__OK);
    }
    free(value);
}

static void a_large_shard_comes_in_pieces(void *arg)
{
    begin();
    all_take(1, "1111");
    fill(1, 0, 40, 100 * 1000);
    for (uint64_t client = 100; client < 120; client++)
        ck_assert_int_eq(append(1, 0, "x", client, 1), KV__STATUS__OK);
    all_take(2, "2111");
    expect_refused(2, 0);
    ck_assert(!fetch_one(2, 0));
    expect_refused(2, 0); // half of a shard is none
    int pieces = 1 + fetch_all(2, 0);
    ck_assert_int_ge(pieces, 4);
    ck_assert_int_le(pieces, 8);
    expect_value(2, 0, "xxxxxxxxxxxxxxxxxxxx");
    Shard__ShardStatus status = SHARD__SHARD_STATUS__INIT;
    shards_describe(groups[2], 0, &status);
    ck_assert_uint_eq(status.keys, 41);
    ck_assert_uint_eq(status.sessions, 21);
    end();
}

// Pieces that are fetched twice, late, or for another configuration.
static void each_piece_is_installed_once(void *arg)
{
    begin();
    all_take(1, "1111");
    fill(1, 0, 25, 100 * 1000);
    all_take(2, "2111");
    struct shards_task task = coming(2, 0);
    Kv__State piece;
    bool last;
    shards_fetch(groups[1], task.name, 0, &piece, &last);
    struct copy_name other = {1, 0};
    ck_assert(!shards_install(groups[2], other, 0, &piece, last));
    other = (struct copy_name){2, SHARDS}; // there is no such shard
    ck_assert(!shards_install(groups[2], other, 0, &piece, last));
    ck_assert(!shards_install(groups[2], task.name, 1, &piece, last));
    ck_assert(shards_install(groups[2], task.name, 0, &piece, last));
    ck_assert(!shards_install(groups[2], task.name, 0, &piece, last)); // again
    fetch_all(2, 0);
    ck_assert_int_eq(append(2, 0, "new", ANN, 1), KV__STATUS__OK);
    ck_assert(!shards_install(groups[2], task.name, 0, &piece, last)); // late
    expect_value(2, 0, "new");
    Shard__ShardStatus status = SHARD__SHARD_STATUS__INIT;
    shards_describe(groups[2], 0, &status);
    ck_assert_uint_eq(status.keys, 26);
    ck_assert_uint_eq(debts_of(2).count, 1);
    end();
}

static void what_has_arrived_serves(void *arg)
{
    begin();
    all_take(1, "1113");
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    ck_assert_int_eq(append(3, 3, "d", ANN, 1), KV__STATUS__OK);
    all_take(2, "2213");
    // What does not move goes on, at all of them.
    ck_assert_int_eq(append(1, 2, "c", ANN, 1), KV__STATUS__OK);
    ck_assert_int_eq(append(3, 3, "d", ANN, 2), KV__STATUS__OK);
    fetch_all(2, 0);
    ck_assert_int_eq(append(2, 0, "b", ANN, 2), KV__STATUS__OK);
    expect_value(2, 0, "ab");
    expect_refused(2, 1);
    end();
}

static void two_groups_exchange_shards(void *arg)
{
    begin();
    all_take(1, "1122");
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    ck_assert_int_eq(append(2, 2, "b", ANN, 1), KV__STATUS__OK);
    all_take(2, "2112"); // each waits for the other
    fetch_all(1, 2);
    fetch_all(2, 0);
    expect_value(2, 0, "a");
    expect_value(1, 2, "b");
    expect_refused(1, 0);
    expect_refused(2, 2);
    end();
}

static void a_shard_comes_back(void *arg)
{
    begin();
    all_take(1, "1111");
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    all_take(2, "2111");
    ck_assert(take(1, 3, "1111")); // before anybody has fetched it
    expect_refused(1, 0);          // it has a copy, and that is old
    fetch_all(2, 0);
    ck_assert_int_eq(append(2, 0, "b", ANN, 2), KV__STATUS__OK);
    struct shards_task task = coming(1, 0);
    Kv__State piece;
    bool last;
    ck_assert_int_eq(shards_fetch(groups[2], task.name, 0, &piece, &last),
                     SHARDS_NOT_YET);
    ck_assert(take(2, 3, "1111"));
    fetch_all(1, 0);
    expect_value(1, 0, "ab");
    // The old copy is there still, as it was; and goes without the new one.
    struct copy_name old = {2, 0};
    ck_assert_int_eq(shards_fetch(groups[1], old, 0, &piece, &last), SHARDS_OK);
    ck_assert_uint_eq(piece.pairs[0]->value.len, 1);
    pay_debts(2);
    ck_assert_int_eq(shards_fetch(groups[1], old, 0, &piece, &last),
                     SHARDS_NONE);
    expect_value(1, 0, "ab");
    ck_assert_int_eq(append(1, 0, "c", ANN, 3), KV__STATUS__OK);
    expect_value(1, 0, "abc");
    end();
}

// --- Deleting --------------------------------------------------------------

static void a_copy_is_kept_until_it_has_come(void *arg)
{
    begin();
    all_take(1, "1111");
    fill(1, 0, 15, 100 * 1000);
    all_take(2, "2111");
    ck_assert_uint_eq(counts_of(1).donated, 1);
    ck_assert_uint_gt(counts_of(1).donated_bytes, 15 * 100 * 1000);
    fetch_one(2, 0);
    ck_assert_uint_eq(debts_of(2).count, 0); // not all of it has come
    fetch_all(2, 0);
    ck_assert_uint_eq(counts_of(2).debts, 1);
    ck_assert_uint_eq(counts_of(1).donated, 1);
    struct shards_task debt = debts_of(2).of[0];
    ck_assert_uint_eq(debt.donor->gid, 1);
    struct copy_name name = debt.name;
    shards_delete(groups[1], name);
    ck_assert_uint_eq(counts_of(1).donated, 0);
    ck_assert_uint_eq(counts_of(1).donated_bytes, 0);
    ck_assert_uint_eq(counts_of(2).debts, 1); // until it knows
    shards_delete(groups[1], name);           // another replica asks as well
    shards_settle(groups[2], name);
    shards_settle(groups[2], name);
    ck_assert_uint_eq(tasks_of(2).count, 0);
    end();
}

// --- Groups that leave -----------------------------------------------------

static void nobodys_shards_wait_with_their_last_owner(void *arg)
{
    begin();
    all_take(1, "1122");
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    ck_assert_int_eq(append(1, 1, "b", ANN, 1), KV__STATUS__OK);
    all_take(2, "0022");
    all_take(3, "0000");
    expect_refused(1, 0);
    ck_assert_uint_eq(tasks_of(1).count + tasks_of(2).count, 0);
    all_take(4, "1333");
    expect_value(1, 0, "a"); // its own, once more, and at once
    ck_assert_int_eq(append(1, 0, "!", ANN, 2), KV__STATUS__OK);
    struct shards_task task = coming(3, 1);
    ck_assert_uint_eq(task.donor->gid, 1); // who had left
    ck_assert_str_eq(task.donor->servers[0], "g1");
    ck_assert_uint_eq(task.name.number, 2); // by the configuration that took it
    for (size_t shard = 1; shard < SHARDS; shard++)
        fetch_all(3, shard);
    expect_value(3, 1, "b");
    ck_assert_int_eq(append(3, 1, "b", ANN, 1), KV__STATUS__OK); // it was
    expect_value(3, 1, "b");
    pay_debts(3);
    ck_assert_uint_eq(counts_of(1).donated + counts_of(2).donated, 0);
    end();
}

static void who_has_left_gives_all_and_may_come_back(void *arg)
{
    begin();
    all_take(1, "1111");
    for (size_t shard = 0; shard < SHARDS; shard++)
        ck_assert_int_eq(append(1, shard, "a", ANN, 1), KV__STATUS__OK);
    all_take(2, "2233");
    ck_assert(take(1, 3, "1333")); // 2 leaves, before it has anything
    fetch_all(2, 0);
    fetch_all(2, 1);
    fetch_all(3, 2);
    fetch_all(3, 3);
    ck_assert(take(2, 3, "1333"));
    ck_assert(take(3, 3, "1333"));
    fetch_all(1, 0);
    fetch_all(3, 1);
    expect_value(1, 0, "a");
    expect_value(3, 1, "a");
    all_take(4, "2333");
    fetch_all(2, 0);
    ck_assert_int_eq(append(2, 0, "b", ANN, 2), KV__STATUS__OK);
    expect_value(2, 0, "ab");
    for (uint64_t gid = 1; gid <= GROUPS; gid++)
        pay_debts(gid);
    for (uint64_t gid = 1; gid <= GROUPS; gid++)
        ck_assert_uint_eq(counts_of(gid).donated, 0);
    end();
}

static void another_group_may_have_the_gid(void *arg)
{
    begin();
    shards_free(groups[3]);
    groups[3] = shards_new(1, "d1,xg1,g11"); // before it has joined
    Shard__Config *first = config(1, "1112");
    Shard__Config *second = config(2, "0002");
    Shard__Config *third = config(3, "1112");
    free(third->groups[0]->servers[0]);
    third->groups[0]->servers[0] = xstrdup("d1");
    for (uint64_t gid = 1; gid <= GROUPS; gid++)
        ck_assert(shards_config(groups[gid], first));
    ck_assert_int_eq(append(1, 0, "a", ANN, 1), KV__STATUS__OK);
    expect_refused(3, 0);
    for (uint64_t gid = 1; gid <= GROUPS; gid++)
        ck_assert(shards_config(groups[gid], second) &&
                  shards_config(groups[gid], third));
    expect_refused(1, 0); // it has a copy, and no shard
    struct shards_task task = coming(3, 0);
    ck_assert_str_eq(task.donor->servers[0], "g1");
    Kv__State piece;
    bool last;
    ck_assert_int_eq(shards_fetch(groups[1], task.name, 0, &piece, &last),
                     SHARDS_OK);
    ck_assert(shards_install(groups[3], task.name, 0, &piece, last));
    expect_value(3, 0, "a");
    config_free(first);
    config_free(second);
    config_free(third);
    end();
}

// --- All of it, at random --------------------------------------------------

enum {
    STEPS = 6000,
    CONFIGS = 60,
    CLIENTS = 4,
};

struct model {
    char owners[CONFIGS + 1][SHARDS + 1]; // of each configuration
    char values[SHARDS][STEPS + 1];
    uint64_t sequences[CLIENTS][SHARDS];
};

static void make_configs(struct model *m, struct random *r)
{
    memcpy(m->owners[0], "0000", SHARDS + 1);
    for (int n = 1; n <= CONFIGS; n++) {
        memcpy(m->owners[n], m->owners[n - 1], SHARDS + 1);
        for (uint64_t i = 0; i <= random_below(r, SHARDS); i++)
            m->owners[n][random_below(r, SHARDS)] =
                (char)('0' + random_below(r, GROUPS + 1));
    }
}

// A client asks every group; at most one may run it, once.
static void any_client(struct model *m, struct random *r)
{
    uint64_t client = random_below(r, CLIENTS);
    size_t shard = random_below(r, SHARDS);
    uint64_t *sequence = &m->sequences[client][shard];
    bool again = *sequence > 0 && random_below(r, 3) == 0;
    char letter[2] = {(char)('a' + random_below(r, 26)), '\0'};
    int ran = 0;
    for (uint64_t gid = 1; gid <= GROUPS; gid++) {
        Kv__Status status =
            append(gid, shard, letter, client + 1, *sequence + (again ? 0 : 1));
        ran += status == KV__STATUS__OK;
        if (status == KV__STATUS__OK && !again)
            strcat(m->values[shard], letter);
        ck_assert(status == KV__STATUS__OK ||
                  status == KV__STATUS__WRONG_GROUP);
        if (status == KV__STATUS__OK)
            expect_value(gid, shard, m->values[shard]);
    }
    ck_assert_int_le(ran, 1);
    *sequence += ran > 0 && !again;
}

// One of a group's tasks, if it has any: a piece, a deletion, twice.
static void any_task(struct random *r, uint64_t gid)
{
    struct tasks tasks = tasks_of(gid);
    if (tasks.count == 0)
        return;
    struct shards_task task = tasks.of[random_below(r, tasks.count)];
    struct shards *donor = groups[task.donor->gid];
    if (task.debt) {
        shards_delete(donor, task.name);
        if (random_below(r, 2) == 0)
            shards_settle(groups[gid], task.name);
        return;
    }
    Kv__State piece;
    bool last;
    if (shards_fetch(donor, task.name, task.from, &piece, &last) != SHARDS_OK)
        return;
    ck_assert(shards_install(groups[gid], task.name, task.from, &piece, last));
    ck_assert(!shards_install(groups[gid], task.name, task.from, &piece, last));
}

static void any_step(struct model *m, struct random *r)
{
    uint64_t gid = 1 + random_below(r, GROUPS);
    uint64_t next = number_of(gid) + 1;
    switch (random_below(r, 8)) {
    case 0:
        if (next <= CONFIGS)
            take(gid, next, m->owners[next]);
        return;
    case 1:
    case 2:
        any_task(r, gid);
        return;
    default:
        any_client(m, r);
    }
}

// All goes on until nothing is left to do.
static void come_to_rest(struct model *m, struct random *r)
{
    for (int i = 0; i < STEPS; i++)
        for (uint64_t gid = 1; gid <= GROUPS; gid++) {
            any_task(r, gid);
            if (number_of(gid) < CONFIGS)
                take(gid, number_of(gid) + 1, m->owners[number_of(gid) + 1]);
        }
}

static void nothing_is_lost_whatever_happens(void *arg)
{
    struct random r;
    random_init(&r, random_seed());
    struct model *m = xcalloc(1, sizeof *m);
    begin();
    make_configs(m, &r);
    memcpy(m->owners[CONFIGS], "1231", SHARDS + 1);
    for (int i = 0; i < STEPS; i++)
        any_step(m, &r);
    come_to_rest(m, &r);
    for (size_t shard = 0; shard < SHARDS; shard++) {
        uint64_t gid = (uint64_t)(m->owners[CONFIGS][shard] - '0');
        if (m->values[shard][0] != '\0')
            expect_value(gid, shard, m->values[shard]);
    }
    for (uint64_t gid = 1; gid <= GROUPS; gid++) {
        ck_assert_uint_eq(number_of(gid), CONFIGS);
        ck_assert_uint_eq(counts_of(gid).donated, 0);
        ck_assert_uint_eq(tasks_of(gid).count, 0);
    }
    end();
    free(m);
}

// --- The registry ----------------------------------------------------------

#define GRADED(section_, points_, kind_, name_, function, claim_)              \
    {                                                                          \
        .part = "4b", .name = name_, .claim = claim_, .section = section_,     \
        .points = points_, .kind = kind_, .evidence = GRADED_SAME_PROCESS,     \
        .run = function,                                                       \
    }

static const struct graded_test tests[] = {
    GRADED("2.2", 1, GRADED_SAFETY, "before the first, nothing is served",
           before_the_first_nothing_is_served,
           "A group serves the shards of its configuration; those that nobody "
           "has had are empty."),
    GRADED("2.2", 1, GRADED_SAFETY, "ownership is judged in the log",
           ownership_is_judged_in_the_log,
           "Whether a group serves a shard is judged at the operation's place "
           "in the log, of a Get as well."),
    GRADED("2.2", 1, GRADED_SAFETY, "what is refused leaves no trace",
           what_is_refused_leaves_no_trace,
           "An operation that was answered with WRONG_GROUP has not run, and "
           "its number has not been noted."),
    GRADED("2.3", 1, GRADED_SAFETY, "configurations are taken one by one",
           configurations_are_taken_one_by_one,
           "A group takes the configuration that is next, once, and no other."),
    GRADED("2.3", 1, GRADED_SAFETY, "none is taken while a shard is coming",
           none_is_taken_while_a_shard_is_coming,
           "The next configuration is taken when all shards of this one have "
           "come; who gives does not wait."),
    GRADED("2.4", 1, GRADED_SAFETY, "nothing is given before its configuration",
           nothing_is_given_before_its_configuration,
           "A donor gives a shard only when its own log has come to the "
           "configuration that takes it away."),
    GRADED("2.4", 1, GRADED_SAFETY, "sessions go with their shard",
           sessions_go_with_their_shard,
           "What was run at the donor is not run again at the receiver, and is "
           "answered as it was."),
    GRADED("2.4", 1, GRADED_LIMIT, "a large shard comes in pieces",
           a_large_shard_comes_in_pieces,
           "A shard comes in pieces of bounded size, and is served when it is "
           "whole."),
    GRADED("2.4", 1, GRADED_SAFETY, "each piece is installed once",
           each_piece_is_installed_once,
           "A piece that comes again, late, or for another configuration "
           "changes nothing."),
    GRADED("2.4", 1, GRADED_PROGRESS, "what has arrived serves",
           what_has_arrived_serves,
           "A shard that has arrived is served while others are coming, and "
           "what does not move is served all the time."),
    GRADED("2.4", 1, GRADED_PROGRESS, "two groups exchange shards",
           two_groups_exchange_shards,
           "Two groups that need shards of each other both get them."),
    GRADED("2.4", 1, GRADED_SAFETY, "a shard comes back", a_shard_comes_back,
           "A shard that comes back is as its last owner had it, not as the "
           "copy that was kept."),
    GRADED("2.5", 1, GRADED_LIMIT, "a copy is kept until it has come",
           a_copy_is_kept_until_it_has_come,
           "A donor keeps a copy until its receiver has it all, and then "
           "deletes it."),
    GRADED("2.7", 1, GRADED_SAFETY, "nobody's shards wait",
           nobodys_shards_wait_with_their_last_owner,
           "What is given to nobody waits with its last owner for the next."),
    GRADED("2.7", 1, GRADED_SAFETY, "who has left gives all",
           who_has_left_gives_all_and_may_come_back,
           "A group that is in the configuration no more hands over all that "
           "it has, and may come back."),
    GRADED("2.7", 0, GRADED_SAFETY, "another group may have the gid",
           another_group_may_have_the_gid,
           "Servers that join under a gid that others had are another group."),
    {
        .part = "4b",
        .name = "nothing is lost, whatever happens",
        .claim = "In any order of configurations, pieces and deletions each "
                 "operation runs once, at one group, and is kept.",
        .section = "2.4",
        .points = 2,
        .kind = GRADED_SAFETY,
        .evidence = GRADED_SAME_PROCESS,
        .repetitions = 5,
        .run = nothing_is_lost_whatever_happens,
    },
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab4 shards", tests,
                       sizeof tests / sizeof tests[0]);
}
