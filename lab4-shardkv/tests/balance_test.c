// The core of Join and Leave. What must hold of any result is looked at for
// many inputs, and against all results that there could be where these are few.
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "common/runtime/random.h"
#include "lab4-shardkv/balance.h"
#include "lab4-shardkv/config.h"

enum {
    SHARDS = 64,
    GROUPS = 80, // also more than shards
    RUNS = 2000,
    FEW_SHARDS = 5, // for all results
    FEW_GROUPS = 4,
};

// Who has what; owners[0 .. shards-1] are of gids[0 .. groups-1], 0, or gone.
struct input {
    uint64_t owners[SHARDS];
    size_t shards;
    uint64_t gids[GROUPS];
    size_t groups;
};

// --- What is looked at -----------------------------------------------------

static size_t count(const uint64_t *owners, size_t shards, uint64_t gid)
{
    size_t n = 0;
    for (size_t s = 0; s < shards; s++)
        n += owners[s] == gid;
    return n;
}

// B1 and B2: each shard is somebody's, and all have the same or one more.
static bool is_balanced(const uint64_t *owners, size_t shards,
                        const uint64_t *gids, size_t groups)
{
    size_t least = shards;
    size_t most = 0;
    size_t all = 0;
    for (size_t i = 0; i < groups; i++) {
        size_t n = count(owners, shards, gids[i]);
        least = n < least ? n : least;
        most = n > most ? n : most;
        all += n;
    }
    return all == shards && most <= least + 1;
}

static size_t moves(const uint64_t *before, const uint64_t *after,
                    size_t shards)
{
    size_t n = 0;
    for (size_t s = 0; s < shards; s++)
        n += before[s] != after[s];
    return n;
}

static void run(const struct input *in, uint64_t after[SHARDS])
{
    memcpy(after, in->owners, sizeof in->owners);
    balance(after, in->shards, in->gids, in->groups);
}

// --- Inputs ----------------------------------------------------------------

static struct random chance;

// Small ones, and the highest that there are.
static uint64_t some_gid(void)
{
    uint64_t small = 1 + random_below(&chance, 1000);
    switch (random_below(&chance, 3)) {
    case 0:
        return small;
    case 1:
        return UINT64_MAX - small + 1;
    default:
        return random_next(&chance) | 1;
    }
}

static bool is_among(const uint64_t *gids, size_t groups, uint64_t gid)
{
    for (size_t i = 0; i < groups; i++)
        if (gids[i] == gid)
            return true;
    return false;
}

static struct input some_input(void)
{
    struct input in = {.shards = 1 + random_below(&chance, SHARDS)};
    size_t groups = 1 + random_below(&chance, GROUPS);
    while (in.groups < groups) {
        uint64_t gid = some_gid();
        if (!is_among(in.gids, in.groups, gid))
            in.gids[in.groups++] = gid;
    }
    // Few of them have anything, some have left, and some shards are nobody's.
    size_t rich = 1 + random_below(&chance, groups);
    for (size_t s = 0; s < in.shards; s++) {
        uint64_t kind = random_below(&chance, 8);
        in.owners[s] = kind == 0   ? 0
                       : kind == 1 ? some_gid()
                                   : in.gids[random_below(&chance, rich)];
    }
    return in;
}

// --- Many inputs -----------------------------------------------------------

static void shards_are_shared_evenly(void *arg)
{
    random_init(&chance, random_seed());
    for (int i = 0; i < RUNS; i++) {
        struct input in = some_input();
        uint64_t after[SHARDS];
        run(&in, after);
        ck_assert(is_balanced(after, in.shards, in.gids, in.groups));
    }
}

// Each group keeps what it may keep: no more can be asked for. (That this is
// the fewest is what the next test finds out.)
static void what_is_in_balance_stays(void *arg)
{
    random_init(&chance, random_seed());
    for (int i = 0; i < RUNS; i++) {
        struct input in = some_input();
        uint64_t once[SHARDS];
        run(&in, once);
        memcpy(in.owners, once, sizeof once);
        uint64_t twice[SHARDS];
        run(&in, twice);
        ck_assert_uint_eq(moves(once, twice, in.shards), 0);
    }
}

static void shuffle(uint64_t *gids, size_t groups)
{
    for (size_t i = groups; i > 1; i--) {
        size_t k = random_below(&chance, i);
        uint64_t gid = gids[i - 1];
        gids[i - 1] = gids[k];
        gids[k] = gid;
    }
}

static void the_order_of_groups_changes_nothing(void *arg)
{
    random_init(&chance, random_seed());
    for (int i = 0; i < RUNS; i++) {
        struct input in = some_input();
        uint64_t one[SHARDS];
        run(&in, one);
        shuffle(in.gids, in.groups);
        uint64_t other[SHARDS];
        run(&in, other);
        ck_assert_uint_eq(moves(one, other, in.shards), 0);
    }
}

// --- All results -----------------------------------------------------------

// The number `n`, read as `shards` digits that pick owners.
static void nth(size_t n, const uint64_t *owners, size_t choices, size_t shards,
                uint64_t *out)
{
    for (size_t s = 0; s < shards; s++, n /= choices)
        out[s] = owners[n % choices];
}

static size_t power(size_t base, size_t exponent)
{
    size_t n = 1;
    while (exponent-- > 0)
        n *= base;
    return n;
}

// All results of `groups` groups that B1 and B2 allow.
struct results {
    uint64_t owners[1024][FEW_SHARDS]; // FEW_GROUPS to the power FEW_SHARDS
    size_t count;
};

static void find_results(struct results *r, const uint64_t *gids, size_t groups,
                         size_t shards)
{
    r->count = 0;
    for (size_t n = 0; n < power(groups, shards); n++) {
        nth(n, gids, groups, shards, r->owners[r->count]);
        r->count += is_balanced(r->owners[r->count], shards, gids, groups);
    }
}

static size_t fewest_moves(const struct results *r, const uint64_t *before,
                           size_t shards)
{
    size_t fewest = shards;
    for (size_t i = 0; i < r->count; i++) {
        size_t n = moves(before, r->owners[i], shards);
        fewest = n < fewest ? n : fewest;
    }
    return fewest;
}

// From every way in which so many shards can be owned: by so many groups, by
// nobody, or by one that has left.
static void try_all(struct results *r, size_t groups, size_t shards)
{
    const uint64_t owners[] = {UINT64_MAX, 7, 1, UINT64_MAX / 2, 0, 12};
    const uint64_t gone = owners[FEW_GROUPS + 1];
    find_results(r, owners, groups, shards);
    for (size_t n = 0; n < power(groups + 2, shards); n++) {
        uint64_t choices[FEW_GROUPS + 2];
        memcpy(choices, owners, groups * sizeof *owners);
        choices[groups] = 0;
        choices[groups + 1] = gone;
        uint64_t before[FEW_SHARDS];
        nth(n, choices, groups + 2, shards, before);
        uint64_t after[FEW_SHARDS];
        memcpy(after, before, sizeof after);
        balance(after, shards, owners, groups);
        ck_assert(is_balanced(after, shards, owners, groups));
        ck_assert_uint_eq(moves(before, after, shards),
                          fewest_moves(r, before, shards));
    }
}

static void as_few_shards_move_as_can_be(void *arg)
{
    struct results *r = malloc(sizeof *r);
    for (size_t groups = 1; groups <= FEW_GROUPS; groups++)
        for (size_t shards = 1; shards <= FEW_SHARDS; shards++)
            try_all(r, groups, shards);
    free(r);
}

// --- Stories ---------------------------------------------------------------

static void without_groups_shards_are_nobodys(void *arg)
{
    uint64_t owners[] = {5, 0, 5, 6};
    balance(owners, 4, NULL, 0);
    ck_assert_uint_eq(count(owners, 4, 0), 4);
    const uint64_t gids[] = {9};
    balance(owners, 4, gids, 1);
    ck_assert_uint_eq(count(owners, 4, 9), 4);
}

static void groups_may_be_more_than_shards(void *arg)
{
    const uint64_t gids[] = {50, 40, 30, 20, 10};
    uint64_t owners[] = {30, 30, 0};
    balance(owners, 3, gids, 5);
    ck_assert(is_balanced(owners, 3, gids, 5));
    ck_assert_uint_eq(count(owners, 3, 30), 1);
    uint64_t before[3];
    memcpy(before, owners, sizeof before);
    balance(owners, 3, gids, 5);
    ck_assert_uint_eq(moves(before, owners, 3), 0);
}

// Shards go to who comes, and go away from who goes; none besides.
static void expect_one_side(const uint64_t *before, const uint64_t *after,
                            uint64_t gid, bool joins)
{
    for (size_t s = 0; s < SHARDS; s++)
        if (before[s] != after[s])
            ck_assert_uint_eq(joins ? after[s] : before[s], gid);
}

static void only_who_comes_and_goes_is_touched(void *arg)
{
    uint64_t gids[] = {900, 3, UINT64_MAX, 77, 4, 1, 512, 33, 2, 6, 1000, 34};
    enum { COUNT = sizeof gids / sizeof gids[0] };
    uint64_t owners[SHARDS] = {0};
    uint64_t before[SHARDS];
    balance(owners, SHARDS, gids, 1);
    for (size_t n = 2; n <= COUNT; n++) {
        memcpy(before, owners, sizeof before);
        balance(owners, SHARDS, gids, n);
        expect_one_side(before, owners, gids[n - 1], true);
        ck_assert(is_balanced(owners, SHARDS, gids, n));
    }
    for (size_t n = COUNT - 1; n >= 1; n--) {
        memcpy(before, owners, sizeof before);
        balance(owners, SHARDS, gids, n);
        expect_one_side(before, owners, gids[n], false);
        ck_assert(is_balanced(owners, SHARDS, gids, n));
    }
}

// --- The registry ----------------------------------------------------------

#define GRADED(points_, kind_, name_, function, claim_)                        \
    {                                                                          \
        .part = "4a", .name = name_, .claim = claim_, .section = "1.4",        \
        .points = points_, .kind = kind_, .evidence = GRADED_SAME_PROCESS,     \
        .run = function,                                                       \
    }

static const struct graded_test tests[] = {
    GRADED(1, GRADED_SAFETY, "shards are shared evenly",
           shards_are_shared_evenly,
           "No group has more than one shard more than another."),
    GRADED(0, GRADED_SAFETY, "what is in balance stays",
           what_is_in_balance_stays,
           "If the shards are in balance, none moves."),
    GRADED(1, GRADED_SAFETY, "the order of groups changes nothing",
           the_order_of_groups_changes_nothing,
           "The result follows from what is there, not from how it is listed."),
    GRADED(2, GRADED_SAFETY, "as few shards move as can be",
           as_few_shards_move_as_can_be,
           "No other result in balance moves fewer shards."),
    GRADED(1, GRADED_SAFETY, "without groups shards are nobody's",
           without_groups_shards_are_nobodys,
           "When the last group has left, all shards are nobody's; the next "
           "one gets them all."),
    GRADED(1, GRADED_SAFETY, "groups may be more than shards",
           groups_may_be_more_than_shards,
           "If there are more groups than shards, some have none."),
    GRADED(0, GRADED_SAFETY, "only who comes and goes is touched",
           only_who_comes_and_goes_is_touched,
           "A Join moves shards to who joins alone, a Leave those of who "
           "leaves alone."),
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab4 balance", tests,
                       sizeof tests / sizeof tests[0]);
}
