// linear.c - a history, key by key.
#include "grading/linear/linear.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/linear_private.h"

struct keyed {
    struct slice key;
    size_t index;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a;
    const struct keyed *y = b;
    int order = slice_compare(x->key, y->key);
    return order != 0 ? order : x->index < y->index ? -1 : 1;
}

static bool check_key(const struct linear_op *ops, const size_t *mine,
                      size_t count, struct linear_report *r)
{
    struct key_check k = {
        .ops = ops, .mine = mine, .count = count, .report = r};
    bool ok = values_read(&k) && blocks_check(&k);
    free(k.clusters);
    free(k.tokens);
    free(k.seen);
    return ok;
}

enum linear_verdict linear_check(const struct linear_op *ops, size_t count,
                                 struct linear_report *r)
{
    *r = (struct linear_report){.verdict = LINEAR_YES};
    struct keyed *keyed = xcalloc(count + 1, sizeof keyed[0]);
    size_t *mine = xcalloc(count + 1, sizeof mine[0]);
    for (size_t i = 0; i < count; i++)
        keyed[i] = (struct keyed){ops[i].key, i};
    qsort(keyed, count, sizeof keyed[0], compare_keyed);
    for (size_t i = 0; i < count; i++)
        mine[i] = keyed[i].index;
    bool ok = true;
    for (size_t begin = 0, end = 0; begin < count && ok; begin = end) {
        while (end < count && slice_equal(keyed[end].key, keyed[begin].key))
            end++;
        ok = check_key(ops, mine + begin, end - begin, r);
    }
    free(keyed);
    free(mine);
    return r->verdict;
}
