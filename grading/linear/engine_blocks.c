// engine_blocks.c - a key by its blocks: values, blocks, and if need be an
// order.
#include <assert.h>
#include <stdlib.h>

#include "grading/linear/key.h"

static enum decision find_order(struct values *v, const struct blocks *b,
                                uint32_t **witness, size_t *witness_count)
{
    uint32_t *order = NULL;
    size_t count = 0;
    enum decision d = order_find(v, b, &order, &count);
    if (d == DECIDED_YES && !replay(&v->ops, order, count)) {
        // Of those that were refused we cannot be sure; of all others we are.
        assert(v->refused_count > 0);
        d = UNDECIDED;
    }
    if (d == DECIDED_YES && witness != NULL) {
        *witness = order;
        *witness_count = count;
    } else {
        free(order);
    }
    return d;
}

enum decision engine_blocks(const struct key_ops *k, struct linear_report *r,
                            uint32_t **witness, size_t *witness_count)
{
    struct values v;
    struct blocks b = {0};
    enum decision d = UNDECIDED;
    values_init(&v, k, r);
    if (!v.traits.has_versions)
        d = values_read(&v);
    else if (v.traits.only_versions)
        d = versions_read(&v);
    if (d == DECIDED_YES)
        d = blocks_check(&v, &b);
    if (d == DECIDED_YES && (witness != NULL || v.refused_count > 0))
        d = find_order(&v, &b, witness, witness_count);
    blocks_release(&b);
    values_release(&v);
    return d;
}
