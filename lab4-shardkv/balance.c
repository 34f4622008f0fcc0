#include "lab4-shardkv/balance.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"

// SOLUTION BEGIN 4a
// What a group has, and what it shall have.
struct share {
    uint64_t gid;
    size_t has;
    size_t target;
};

static struct share *find(struct share *shares, size_t groups, uint64_t gid)
{
    for (size_t i = 0; i < groups; i++)
        if (shares[i].gid == gid)
            return &shares[i];
    return NULL;
}

// Those that have most in front; among equals, the lowest gid.
static int by_wealth(const void *one, const void *other)
{
    const struct share *a = one;
    const struct share *b = other;
    if (a->has != b->has)
        return a->has > b->has ? -1 : 1;
    return a->gid < b->gid ? -1 : 1;
}

// B2 leaves one thing open: who has one more, if they cannot all have the same.
// By B3 those who have most keep it.
static void set_targets(struct share *shares, size_t groups, size_t shards)
{
    qsort(shares, groups, sizeof *shares, by_wealth);
    for (size_t i = 0; i < groups; i++)
        shares[i].target = shards / groups + (i < shards % groups);
}

// Takes from who has left, and from who has more than its target.
static void take(uint64_t *owners, size_t shards, struct share *shares,
                 size_t groups)
{
    for (size_t s = 0; s < shards; s++) {
        struct share *owner = find(shares, groups, owners[s]);
        if (owner != NULL && owner->has > owner->target)
            owner->has--;
        else if (owner != NULL)
            continue;
        owners[s] = 0;
    }
}

static void give(uint64_t *owners, size_t shards, struct share *shares,
                 size_t groups)
{
    size_t i = 0;
    for (size_t s = 0; s < shards; s++) {
        if (owners[s] != 0)
            continue;
        while (i < groups && shares[i].has == shares[i].target)
            i++; // ends: the targets' sum is the number of shards
        if (i < groups) {
            owners[s] = shares[i].gid;
            shares[i].has++;
        }
    }
}
// SOLUTION END

void balance(uint64_t *owners, size_t shards, const uint64_t *gids,
             size_t groups)
{
    // SOLUTION BEGIN 4a; stub: not_implemented("4a balance");
    struct share *shares = xcalloc(groups + 1, sizeof *shares);
    for (size_t i = 0; i < groups; i++)
        shares[i].gid = gids[i];
    for (size_t s = 0; s < shards; s++) {
        struct share *owner = find(shares, groups, owners[s]);
        if (owner != NULL)
            owner->has++;
    }
    if (groups > 0)
        set_targets(shares, groups, shards);
    take(owners, shards, shares, groups);
    give(owners, shards, shares, groups);
    free(shares);
    // SOLUTION END
}
