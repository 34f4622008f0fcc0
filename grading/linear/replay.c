// replay.c - the sequential specification, and an order tried against it.
// Shares nothing with the engines: it is what they are checked by.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/key.h"

struct value {
    bool present;
    int64_t version;
    unsigned char *data; // owned
    size_t size;
    size_t room;
};

static void append(struct value *v, struct slice s)
{
    if (v->size + s.size > v->room) {
        v->room = 2 * (v->size + s.size);
        v->data = xrealloc(v->data, v->room);
    }
    if (s.size > 0)
        memcpy(v->data + v->size, s.data, s.size);
    v->size += s.size;
    v->present = true;
}

static void set(struct value *v, struct slice s)
{
    v->size = 0;
    append(v, s);
}

static bool agrees(const struct value *v, const struct linear_op *op)
{
    if (op->seen == LINEAR_SAW_UNKNOWN)
        return true;
    if (op->seen == LINEAR_SAW_ABSENT)
        return !v->present;
    return v->present && slice_equal(slice_of(v->data, v->size), op->result);
}

static bool expected(const struct value *v, const struct linear_op *op)
{
    return op->expects_absent
               ? !v->present
               : v->present &&
                     slice_equal(slice_of(v->data, v->size), op->expected);
}

// Does it, if what it says is then true. One of unknown outcome is given
// because it has an effect.
static bool apply(struct value *v, const struct linear_op *op)
{
    bool fits = op->kind == LINEAR_CAS    ? expected(v, op)
                : op->kind == LINEAR_VPUT ? v->version == op->wanted
                                          : true;
    if (op->outcome == LINEAR_NO)
        return !fits && agrees(v, op) &&
               (op->version == LINEAR_NO_VERSION || op->version == v->version);
    if (op->outcome == LINEAR_FAILED || !fits)
        return false;
    bool told = op->outcome == LINEAR_OK;
    if (told && (op->kind == LINEAR_GET || op->kind == LINEAR_APPEND) &&
        !agrees(v, op))
        return false;
    if (op->kind == LINEAR_GET)
        return !told || op->version == LINEAR_NO_VERSION ||
               op->version == v->version;
    if (op->kind == LINEAR_APPEND)
        append(v, op->argument);
    else
        set(v, op->argument);
    v->version += op->kind == LINEAR_VPUT;
    return true;
}

// Each that is known is in it, none twice; no operation stands behind one that
// was called after it had returned.
static bool is_in_time(const struct key_ops *k, const uint32_t *order,
                       size_t count)
{
    bool *in = xcalloc(k->count + 1, sizeof in[0]);
    bool ok = true;
    int64_t latest_call = -1;
    for (size_t i = 0; i < count && ok; i++) {
        const struct linear_op *op = key_op(k, order[i]);
        ok = !in[order[i]] && key_ret(op) >= latest_call;
        in[order[i]] = true;
        if (op->call > latest_call)
            latest_call = op->call;
    }
    for (uint32_t i = 0; i < k->count && ok; i++) {
        const struct linear_op *op = key_op(k, i);
        ok = in[i] || op->outcome == LINEAR_MAYBE ||
             op->outcome == LINEAR_FAILED ||
             (op->kind == LINEAR_GET && op->seen == LINEAR_SAW_UNKNOWN);
    }
    free(in);
    return ok;
}

bool replay(const struct key_ops *k, const uint32_t *order, size_t count)
{
    if (!is_in_time(k, order, count))
        return false;
    struct value v = {.present = !k->h->begins_absent};
    if (v.present)
        set(&v, k->h->init);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = apply(&v, key_op(k, order[i]));
    free(v.data);
    return ok;
}
