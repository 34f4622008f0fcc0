// A shard master as a machine: operations in, configurations out. There is no
// log here: the tests are the log.
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "common/kv/sessions.h"
#include "common/runtime/alloc.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/master.h"

enum {
    SHARDS = 10,
    ME = 77, // the client, unless a test says otherwise
};

static struct master *master;
static Shard__MasterAnswer *answer; // to the last operation
static uint64_t sequence;           // of the client ME

static void begin(void)
{
    master = master_new(SHARDS);
}

// A group of the servers "GID-1" to "GID-3".
static Shard__Group *group_of(uint64_t gid)
{
    Shard__Group *group = xcalloc(1, sizeof *group);
    shard__group__init(group);
    group->gid = gid;
    group->n_servers = 3;
    group->servers = xcalloc(3, sizeof *group->servers);
    for (int i = 0; i < 3; i++)
        group->servers[i] =
            xasprintf("%llu-%d", (unsigned long long)gid % 100000, i + 1);
    return group;
}

static Shard__MasterOperation operation(Shard__MasterKind kind)
{
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.kind = kind;
    op.client = ME;
    op.sequence = kind == SHARD__MASTER_KIND__QUERY ? 0 : ++sequence;
    return op;
}

static Shard__MasterStatus apply(const Shard__MasterOperation *op)
{
    if (answer != NULL)
        shard__master_answer__free_unpacked(answer, NULL);
    answer = master_apply(master, op);
    ck_assert_ptr_nonnull(answer);
    return answer->status;
}

static Shard__MasterStatus join_group(Shard__Group *group)
{
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__JOIN);
    op.groups = &group;
    op.n_groups = 1;
    Shard__MasterStatus status = apply(&op);
    shard__group__free_unpacked(group, NULL);
    return status;
}

static Shard__MasterStatus join(uint64_t gid)
{
    return join_group(group_of(gid));
}

static Shard__MasterStatus join_two(uint64_t gid, uint64_t other)
{
    Shard__Group *groups[] = {group_of(gid), group_of(other)};
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__JOIN);
    op.groups = groups;
    op.n_groups = 2;
    Shard__MasterStatus status = apply(&op);
    shard__group__free_unpacked(groups[0], NULL);
    shard__group__free_unpacked(groups[1], NULL);
    return status;
}

static Shard__MasterStatus leave_two(uint64_t gid, uint64_t other)
{
    uint64_t gids[] = {gid, other};
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__LEAVE);
    op.gids = gids;
    op.n_gids = other == 0 ? 1 : 2;
    return apply(&op);
}

static Shard__MasterStatus leave(uint64_t gid)
{
    return leave_two(gid, 0);
}

static Shard__MasterStatus move(uint32_t shard, uint64_t gid)
{
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__MOVE);
    op.shard = shard;
    op.gids = &gid;
    op.n_gids = 1;
    return apply(&op);
}

static const Shard__Config *query(uint64_t number)
{
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__QUERY);
    op.number = number;
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__OK);
    ck_assert(config_is_sound(answer->config));
    return answer->config;
}

static void expect_newest(uint64_t number, size_t groups)
{
    const Shard__Config *newest = query(CONFIG_NEWEST);
    ck_assert_uint_eq(newest->number, number);
    ck_assert_uint_eq(newest->n_groups, groups);
    ck_assert_uint_eq(newest->n_owners, SHARDS);
}

static size_t shards_of(const Shard__Config *config, uint64_t gid)
{
    size_t count = 0;
    for (size_t s = 0; s < config->n_owners; s++)
        count += config->owners[s] == gid;
    return count;
}

// --- What there is at first ------------------------------------------------

static void number_0_has_nothing(void *arg)
{
    begin();
    expect_newest(0, 0);
    ck_assert_uint_eq(shards_of(answer->config, 0), SHARDS);
    ck_assert_uint_eq(query(0)->number, 0);
}

static void other_numbers_of_shards(void *arg)
{
    static const size_t counts[] = {1, 64, CONFIG_SHARDS_MAX};
    for (size_t i = 0; i < 3; i++) {
        master = master_new(counts[i]);
        sequence = 0;
        ck_assert_int_eq(join_two(1, 2), SHARD__MASTER_STATUS__OK);
        const Shard__Config *config = query(1);
        ck_assert_uint_eq(config->n_owners, counts[i]);
        ck_assert_uint_eq(shards_of(config, 1) + shards_of(config, 2),
                          counts[i]);
        master_free(master);
    }
}

// --- Changes ---------------------------------------------------------------

static void changes_make_the_next_number(void *arg)
{
    begin();
    ck_assert_int_eq(join(500), SHARD__MASTER_STATUS__OK);
    ck_assert_uint_eq(answer->config->number, 1);
    ck_assert_uint_eq(shards_of(answer->config, 500), SHARDS);
    ck_assert_int_eq(join_two(UINT64_MAX, 3), SHARD__MASTER_STATUS__OK);
    ck_assert_uint_eq(answer->config->number, 2);
    ck_assert_uint_eq(answer->config->groups[0]->gid, 3);
    ck_assert_uint_eq(answer->config->groups[1]->gid, 500);
    ck_assert_uint_eq(answer->config->groups[2]->gid, UINT64_MAX);
    char *servers = config_servers(config_group(answer->config, 3));
    ck_assert_str_eq(servers, "3-1,3-2,3-3");
    free(servers);
    ck_assert_int_eq(leave_two(500, 3), SHARD__MASTER_STATUS__OK);
    ck_assert_uint_eq(answer->config->number, 3);
    expect_newest(3, 1);
    ck_assert_uint_eq(shards_of(answer->config, UINT64_MAX), SHARDS);
}

static void old_configurations_stay_as_they_were(void *arg)
{
    enum { MANY = 20 };
    begin();
    Shard__Config *seen[2 * MANY + 1] = {config_copy(query(0))};
    for (uint64_t i = 1; i <= 2 * MANY; i++) {
        if (i <= MANY)
            ck_assert_int_eq(join(i), SHARD__MASTER_STATUS__OK);
        else
            ck_assert_int_eq(leave(i - MANY), SHARD__MASTER_STATUS__OK);
        seen[i] = config_copy(answer->config);
    }
    for (uint64_t i = 0; i <= 2 * MANY; i++) {
        char *then = config_text(seen[i]);
        char *now = config_text(query(i));
        ck_assert_str_eq(now, then);
        free(then);
        free(now);
        config_free(seen[i]);
    }
}

static void a_number_beyond_the_newest_is_the_newest(void *arg)
{
    begin();
    join(1);
    join(2);
    ck_assert_uint_eq(query(3)->number, 2);
    ck_assert_uint_eq(query(1000)->number, 2);
    ck_assert_uint_eq(query(CONFIG_NEWEST)->number, 2);
    ck_assert_uint_eq(query(1)->number, 1);
}

static void the_last_group_leaves(void *arg)
{
    begin();
    join(1);
    ck_assert_int_eq(leave(1), SHARD__MASTER_STATUS__OK);
    expect_newest(2, 0);
    ck_assert_uint_eq(shards_of(answer->config, 0), SHARDS);
    ck_assert_int_eq(join(2), SHARD__MASTER_STATUS__OK);
    ck_assert_uint_eq(shards_of(answer->config, 2), SHARDS);
}

static void a_group_comes_back(void *arg)
{
    begin();
    join_two(1, 2);
    leave(1);
    Shard__Group *group = group_of(1);
    free(group->servers[0]);
    group->servers[0] = xstrdup("elsewhere");
    ck_assert_int_eq(join_group(group), SHARD__MASTER_STATUS__OK);
    ck_assert_uint_eq(shards_of(answer->config, 1), SHARDS / 2);
    char *servers = config_servers(config_group(answer->config, 1));
    ck_assert_str_eq(servers, "elsewhere,1-2,1-3");
    free(servers);
}

// --- Move ------------------------------------------------------------------

static void a_move_moves_one_shard(void *arg)
{
    begin();
    join_two(1, 2);
    Shard__Config *before = config_copy(answer->config);
    for (uint32_t s = 0; s < SHARDS; s++)
        ck_assert_int_eq(move(s, 1), SHARD__MASTER_STATUS__OK);
    expect_newest(1 + SHARDS / 2, 2); // half of them were there already
    ck_assert_uint_eq(shards_of(answer->config, 1), SHARDS);
    move(3, 2);
    move(SHARDS - 1, 2);
    const Shard__Config *config = query(CONFIG_NEWEST);
    ck_assert_uint_eq(shards_of(config, 2), 2);
    ck_assert_uint_eq(config->owners[3], 2);
    ck_assert_uint_eq(config->owners[SHARDS - 1], 2);
    config_free(before);
}

static void a_join_balances_what_was_moved(void *arg)
{
    begin();
    join_two(1, 2);
    for (uint32_t s = 0; s < SHARDS; s++)
        move(s, 1);
    ck_assert_int_eq(join(3), SHARD__MASTER_STATUS__OK);
    ck_assert_uint_ge(shards_of(answer->config, 1), 3);
    ck_assert_uint_ge(shards_of(answer->config, 2), 3);
    ck_assert_uint_ge(shards_of(answer->config, 3), 3);
}

// --- What changes nothing --------------------------------------------------

static Shard__MasterStatus join_named(uint64_t gid, const char *one,
                                      const char *other)
{
    Shard__Group *group = group_of(gid);
    free(group->servers[0]);
    group->servers[0] = xstrdup(one);
    free(group->servers[1]);
    group->servers[1] = xstrdup(other);
    return join_group(group);
}

static void bad_groups_are_refused(void *arg)
{
    begin();
    join(1);
    Shard__Group *empty = xcalloc(1, sizeof *empty);
    shard__group__init(empty);
    empty->gid = 2;
    ck_assert_int_eq(join_group(empty), SHARD__MASTER_STATUS__BAD_GROUP);
    ck_assert_int_eq(join(0), SHARD__MASTER_STATUS__BAD_GROUP);
    ck_assert_int_eq(join(1), SHARD__MASTER_STATUS__GROUP_EXISTS);
    ck_assert_int_eq(join_two(2, 2), SHARD__MASTER_STATUS__BAD_GROUP);
    static const char *const names[][2] = {
        {"a", "1-2"}, {"a", "a"},    {"a", ""},
        {"a", "B"},   {"a", "../a"}, {"a", "0123456789abcdef"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq(join_named(2, names[i][0], names[i][1]),
                         SHARD__MASTER_STATUS__BAD_GROUP);
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__JOIN);
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__BAD_GROUP);
    expect_newest(1, 1);
}

static void all_join_or_none(void *arg)
{
    begin();
    join(1);
    ck_assert_int_eq(join_two(2, 1), SHARD__MASTER_STATUS__GROUP_EXISTS);
    ck_assert_int_eq(join_two(2, 0), SHARD__MASTER_STATUS__BAD_GROUP);
    expect_newest(1, 1);
    ck_assert_int_eq(join(2), SHARD__MASTER_STATUS__OK);
    ck_assert_int_eq(leave_two(1, 3), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_int_eq(leave_two(1, 1), SHARD__MASTER_STATUS__NO_GROUP);
    expect_newest(2, 2);
}

static void what_is_not_there_is_refused(void *arg)
{
    begin();
    ck_assert_int_eq(leave(1), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_int_eq(move(0, 1), SHARD__MASTER_STATUS__NO_GROUP);
    join(1);
    join(2);
    leave(2);
    ck_assert_int_eq(leave(2), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_int_eq(move(0, 2), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_int_eq(move(0, 0), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_int_eq(move(SHARDS, 1), SHARD__MASTER_STATUS__NO_SHARD);
    ck_assert_int_eq(move(UINT32_MAX, 1), SHARD__MASTER_STATUS__NO_SHARD);
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__LEAVE);
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_ptr_null(answer->config);
    op = operation(SHARD__MASTER_KIND__MOVE);
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_int_eq(move(0, 1), SHARD__MASTER_STATUS__OK); // it is there
    ck_assert_uint_eq(answer->config->number, 3);
    expect_newest(3, 1);
}

static void groups_and_servers_have_a_limit(void *arg)
{
    begin();
    Shard__Group *group = group_of(999);
    group->servers = xrealloc(group->servers, 20 * sizeof(*group->servers));
    for (size_t i = 3; i <= CONFIG_SERVERS_MAX; i++)
        group->servers[i] = xasprintf("more-%zu", i);
    group->n_servers = CONFIG_SERVERS_MAX + 1;
    ck_assert_int_eq(join_group(group), SHARD__MASTER_STATUS__TOO_MANY);
    for (uint64_t gid = 1; gid <= CONFIG_GROUPS_MAX; gid++)
        ck_assert_int_eq(join(gid), SHARD__MASTER_STATUS__OK);
    ck_assert_int_eq(join(999), SHARD__MASTER_STATUS__TOO_MANY);
    expect_newest(CONFIG_GROUPS_MAX, CONFIG_GROUPS_MAX);
}

// --- At most once ----------------------------------------------------------

static void a_copy_is_answered_as_before(void *arg)
{
    begin();
    join_two(1, 2);
    uint64_t gid = 1;
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__LEAVE);
    op.gids = &gid;
    op.n_gids = 1;
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__OK);
    Shard__MasterOperation others = op;
    others.client = ME + 1;
    others.sequence = 1;
    ck_assert_int_eq(apply(&others), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__OK);
    ck_assert_uint_eq(answer->config->number, 2);
    join(1); // and now it could run; it has been refused, and that is that
    ck_assert_int_eq(apply(&others), SHARD__MASTER_STATUS__NO_GROUP);
    ck_assert_ptr_null(master_apply(master, &op)); // a late one by now
    expect_newest(3, 2);
}

static void what_is_not_the_next_does_not_run(void *arg)
{
    begin();
    join(1);
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__LEAVE);
    uint64_t gid = 1;
    op.gids = &gid;
    op.n_gids = 1;
    op.sequence = 5;
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__SESSION_EXPIRED);
    op.sequence = 0;
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__SESSION_EXPIRED);
    op.client = 0;
    op.sequence = 1;
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__SESSION_EXPIRED);
    expect_newest(1, 1);
    ck_assert_uint_eq(master_sessions(master), 1);
}

static void sessions_have_a_limit(void *arg)
{
    begin();
    for (uint64_t client = 1; client <= SESSIONS_MAX + 100; client++) {
        Shard__MasterOperation op = operation(SHARD__MASTER_KIND__LEAVE);
        op.client = client;
        op.sequence = 1;
        ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__NO_GROUP);
    }
    ck_assert_uint_eq(master_sessions(master), SESSIONS_MAX);
}

static void a_closed_session_is_over(void *arg)
{
    begin();
    join(1);
    Shard__MasterOperation op = operation(SHARD__MASTER_KIND__CLOSE);
    ck_assert_int_eq(apply(&op), SHARD__MASTER_STATUS__OK);
    ck_assert_int_eq(join(2), SHARD__MASTER_STATUS__SESSION_EXPIRED);
    expect_newest(1, 1);
}

static void bytes_that_are_no_operation_do_nothing(void *arg)
{
    begin();
    Shard__MasterOperation op = operation((Shard__MasterKind)99);
    ck_assert_ptr_null(master_apply(master, &op));
    expect_newest(0, 0);
}

// --- The registry ----------------------------------------------------------

#define GRADED(section_, points_, kind_, name_, function, claim_)              \
    {                                                                          \
        .part = "4a", .name = name_, .claim = claim_, .section = section_,     \
        .points = points_, .kind = kind_, .evidence = GRADED_SAME_PROCESS,     \
        .run = function,                                                       \
    }

static const struct graded_test tests[] = {
    GRADED("1.2", 0, GRADED_SAFETY, "number 0 has nothing",
           number_0_has_nothing,
           "Configuration 0 has no groups, and its shards are nobody's."),
    GRADED("1.2", 0, GRADED_SAFETY, "other numbers of shards",
           other_numbers_of_shards,
           "There may be one shard, or as many as the limit."),
    GRADED("1.2", 1, GRADED_SAFETY, "changes make the next number",
           changes_make_the_next_number,
           "Each change makes the configuration of the next number, of one "
           "group or several."),
    GRADED("1.2", 1, GRADED_SAFETY, "old configurations stay as they were",
           old_configurations_stay_as_they_were,
           "A configuration never changes, and none is dropped."),
    GRADED("1.3", 0, GRADED_SAFETY, "a number beyond the newest is the newest",
           a_number_beyond_the_newest_is_the_newest,
           "A Query beyond the newest configuration is answered with that."),
    GRADED("1.3", 0, GRADED_SAFETY, "the last group leaves",
           the_last_group_leaves,
           "When the last group leaves, all shards are nobody's; the next one "
           "gets them all."),
    GRADED("1.3", 0, GRADED_SAFETY, "a group comes back", a_group_comes_back,
           "A group that has left may join again, with other servers."),
    GRADED("1.3", 1, GRADED_SAFETY, "a Move moves one shard",
           a_move_moves_one_shard,
           "A Move moves that shard and no other, and makes a configuration if "
           "the shard was elsewhere."),
    GRADED("1.3", 0, GRADED_SAFETY, "a Join balances what was moved",
           a_join_balances_what_was_moved,
           "The next Join brings the shards into balance, whatever was moved."),
    GRADED("1.3", 1, GRADED_SAFETY, "bad groups are refused",
           bad_groups_are_refused,
           "A group needs a gid and servers that are its own, with names."),
    GRADED("1.3", 0, GRADED_SAFETY, "all join or none", all_join_or_none,
           "If one of several groups cannot join or leave, none does."),
    GRADED("1.3", 0, GRADED_SAFETY, "what is not there is refused",
           what_is_not_there_is_refused,
           "A group or shard that is not there changes nothing."),
    GRADED("1.8", 0, GRADED_LIMIT, "groups and servers have a limit",
           groups_and_servers_have_a_limit,
           "There are only so many groups, and servers of a group."),
    GRADED(
        "1.5", 1, GRADED_SAFETY, "a copy is answered as before",
        a_copy_is_answered_as_before,
        "What was asked twice runs once, and is answered the same; a refusal "
        "is an answer, too."),
    GRADED("1.5", 1, GRADED_SAFETY, "what is not the next does not run",
           what_is_not_the_next_does_not_run,
           "An operation that is not the next one in its session does not "
           "run."),
    GRADED("1.5", 0, GRADED_SAFETY, "a closed session is over",
           a_closed_session_is_over,
           "In a session that was closed nothing runs any more."),
    GRADED("1.8", 0, GRADED_LIMIT, "sessions have a limit",
           sessions_have_a_limit,
           "Of so many clients the last answer is kept, and of no more."),
    GRADED("1.3", 0, GRADED_SAFETY, "bytes that are no operation do nothing",
           bytes_that_are_no_operation_do_nothing,
           "What is no operation changes nothing, and is not answered."),
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab4 master", tests,
                       sizeof tests / sizeof tests[0]);
}
