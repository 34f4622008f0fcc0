// related.c - of a large history, what an argument speaks of.
//
// Some operations, and the writes of all that they say they found; and of what
// those found, and so on. What is left out reads, or writes what nobody in it
// speaks of: in an order of the whole history all that is kept finds the same
// when the rest is taken out. So if the whole is linearizable, this is, too.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/explain/private.h"

enum {
    ROUNDS_MAX = 64, // each is a pass over the history
};

struct related {
    const struct linear_history *h;
    uint32_t key;
    bool chained;         // there are Appends: values have parts
    bool *kept;           // by operation; owned
    struct slice *values; // that they found; owned
    size_t count;
    size_t room;
    size_t done; // of the values: their writes are kept
};

static void add_value(struct related *r, struct slice value)
{
    for (size_t i = 0; i < r->count; i++)
        if (slice_equal(r->values[i], value))
            return;
    if (r->count == r->room) {
        r->room = 2 * r->room + 16;
        r->values = xrealloc(r->values, r->room * sizeof r->values[0]);
    }
    r->values[r->count++] = value;
}

static void keep(struct related *r, size_t i)
{
    const struct linear_op *op = &r->h->ops[i];
    r->kept[i] = true;
    if (op->seen == LINEAR_SAW_VALUE)
        add_value(r, op->result);
    if (op->kind == LINEAR_CAS && !op->expects_absent)
        add_value(r, op->expected);
}

static bool is_part(const struct related *r, const struct linear_op *op)
{
    for (size_t i = r->done; i < r->count; i++) {
        struct slice value = r->values[i];
        if (r->chained ? slice_find(value, op->argument, NULL)
                       : slice_equal(value, op->argument))
            return true;
    }
    return false;
}

// The writes of the values that are new.
static void keep_writes(struct related *r)
{
    size_t count = r->count;
    for (size_t i = 0; i < r->h->count; i++) {
        const struct linear_op *op = &r->h->ops[i];
        if (op->key == r->key && !r->kept[i] && linear_op_writes(op) &&
            is_part(r, op))
            keep(r, i);
    }
    r->done = count;
}

// Without versions. Who was refused and does not say why says what the value
// was not: that can become wrong when a write goes.
static bool can_be_cut(struct related *r, const size_t *ops, size_t count)
{
    for (size_t i = 0; i < r->h->count; i++) {
        const struct linear_op *op = &r->h->ops[i];
        if (op->key != r->key)
            continue;
        r->chained |= op->kind == LINEAR_APPEND;
        if (op->kind == LINEAR_VPUT || op->version != LINEAR_NO_VERSION)
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct linear_op *op = &r->h->ops[ops[i]];
        if (op->outcome == LINEAR_NO && op->seen == LINEAR_SAW_UNKNOWN)
            return false;
    }
    return true;
}

static void copy_kept(const struct related *r, struct linear_history *out)
{
    out->begins_absent = r->h->begins_absent;
    out->init = r->h->init;
    for (size_t i = 0; i < r->h->count; i++)
        if (r->kept[i])
            history_copy(r->h, &r->h->ops[i], out);
}

bool history_related(const struct linear_history *h, uint32_t key,
                     const size_t *ops, size_t count,
                     struct linear_history *out)
{
    struct related r = {.h = h, .key = key};
    linear_history_init(out);
    bool fine = can_be_cut(&r, ops, count);
    r.kept = xcalloc(h->count + 1, sizeof r.kept[0]);
    for (size_t i = 0; i < count && fine; i++)
        keep(&r, ops[i]);
    for (unsigned round = 0; fine && r.done < r.count; round++) {
        keep_writes(&r);
        fine = round < ROUNDS_MAX;
    }
    if (fine)
        copy_kept(&r, out);
    free(r.kept);
    free(r.values);
    return fine;
}
