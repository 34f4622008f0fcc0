// shrink.c - the least that is still wrong.
//
// Only what cannot make a linearizable history wrong is taken away:
//   - what only reads;
//   - a write whose value nobody speaks of;
//   - all that writes or reads a value, or the values of a chain;
//   - an Append, and its text in each value;
//   - a CAS a -> b with those that read b; who expects b then expects a.
// Whatever says only what a value was not is taken first; while some of that
// is left, only what reads is taken.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "grading/linear/explain/private.h"

struct shrinking {
    struct linear_history *h;
    const struct linear_options *options;
    int64_t deadline_ms;
    bool *gone; // of h->ops, in the trial at hand; owned
    size_t gone_room;
};

static bool has_time(const struct shrinking *s)
{
    return clock_now_ms() < s->deadline_ms;
}

static bool is_read(const struct linear_op *op)
{
    return !linear_op_writes(op);
}

static bool begins(struct slice text, struct slice with)
{
    return text.size >= with.size &&
           (with.size == 0 || memcmp(text.data, with.data, with.size) == 0);
}

// --- Trials ----------------------------------------------------------------

// A value without the first `tag` in it.
static struct slice without(struct linear_history *h, struct slice value,
                            struct slice tag)
{
    size_t at;
    if (tag.size == 0 || !slice_find(value, tag, &at))
        return value;
    unsigned char *out = linear_history_reserve(h, value.size);
    memcpy(out, value.data, at);
    memcpy(out + at, value.data + at + tag.size, value.size - at - tag.size);
    return slice_of(out, value.size - tag.size);
}

// What is not gone, with `tag` out of all values, and with `to` for whoever
// expects `from` (a CAS; NULL: nobody).
static bool try(struct shrinking *s, struct slice tag,
                const struct linear_op *cas)
{
    struct linear_history trial;
    linear_history_init(&trial);
    trial.begins_absent = s->h->begins_absent;
    trial.init = s->h->init;
    for (size_t i = 0; i < s->h->count; i++) {
        if (s->gone[i])
            continue;
        struct linear_op *op = history_copy(s->h, &s->h->ops[i], &trial);
        op->result = without(s->h, op->result, tag);
        if (tag.size > 0 && op->result.size == 0 && s->h->begins_absent &&
            op->seen == LINEAR_SAW_VALUE)
            op->seen = LINEAR_SAW_ABSENT;
        if (cas != NULL && op->kind == LINEAR_CAS && !op->expects_absent &&
            slice_equal(op->expected, cas->argument)) {
            op->expected = cas->expected;
            op->expects_absent = cas->expects_absent;
        }
    }
    bool wrong = trial.count > 0 && is_violation(&trial, s->options);
    if (wrong) { // it is the history now
        size_t n = 0;
        for (size_t i = 0; i < s->h->count; i++)
            if (!s->gone[i]) {
                uint32_t client = s->h->ops[i].client;
                s->h->ops[n] = trial.ops[n];
                s->h->ops[n].client = client;
                s->h->ops[n++].key = 0;
            }
        s->h->count = n;
    }
    memset(s->gone, 0, s->gone_room);
    linear_history_release(&trial);
    return wrong;
}

static bool try_gone(struct shrinking *s)
{
    return try(s, (struct slice){0}, NULL);
}

// --- What reads, and what nobody speaks of ---------------------------------

// Is its value nowhere in what is seen or expected?
static bool is_unread(const struct shrinking *s, const struct linear_op *op)
{
    for (size_t i = 0; i < s->h->count; i++) {
        const struct linear_op *other = &s->h->ops[i];
        if (other == op || other->outcome == LINEAR_FAILED)
            continue;
        if (other->seen == LINEAR_SAW_VALUE &&
            slice_find(other->result, op->argument, NULL))
            return false;
        if (other->kind == LINEAR_CAS && !other->expects_absent &&
            slice_find(other->expected, op->argument, NULL))
            return false;
    }
    return op->kind != LINEAR_VPUT;
}

typedef bool picks(const struct shrinking *s, const struct linear_op *op);

static bool picks_read(const struct shrinking *s, const struct linear_op *op)
{
    (void)s;
    return is_read(op);
}

static bool picks_refused(const struct shrinking *s, const struct linear_op *op)
{
    (void)s;
    return op->outcome == LINEAR_NO;
}

static bool picks_unread(const struct shrinking *s, const struct linear_op *op)
{
    return !is_read(op) && is_unread(s, op);
}

// In halves, quarters, ... of what it picks: as much as can go.
static bool take(struct shrinking *s, picks *pick)
{
    bool any = false;
    for (size_t part = s->h->count; part > 0; part /= 2) {
        size_t begin = 0;
        while (begin < s->h->count && has_time(s)) {
            size_t taken = 0;
            size_t i = begin;
            for (; i < s->h->count && taken < part; i++) {
                s->gone[i] = pick(s, &s->h->ops[i]);
                taken += s->gone[i];
            }
            if (taken == 0)
                break;
            if (try_gone(s))
                any = true;
            else
                begin = i;
        }
    }
    memset(s->gone, 0, s->gone_room);
    return any;
}

// --- Values ----------------------------------------------------------------

static bool has_kind(const struct shrinking *s, enum linear_kind kind)
{
    for (size_t i = 0; i < s->h->count; i++)
        if (s->h->ops[i].kind == kind)
            return true;
    return false;
}

static bool speaks_of(const struct linear_op *op, struct slice root,
                      bool chained)
{
    if (op->kind == LINEAR_PUT && slice_equal(op->argument, root))
        return true;
    if (op->seen != LINEAR_SAW_VALUE)
        return false;
    return chained ? begins(op->result, root) : slice_equal(op->result, root);
}

// Is something that is gone spoken of by what is left?
static bool is_torn(const struct shrinking *s)
{
    for (size_t i = 0; i < s->h->count; i++) {
        const struct linear_op *op = &s->h->ops[i];
        for (size_t j = 0; j < s->h->count && s->gone[i] && !is_read(op); j++)
            if (!s->gone[j] && s->h->ops[j].seen == LINEAR_SAW_VALUE &&
                slice_find(s->h->ops[j].result, op->argument, NULL))
                return true;
    }
    return false;
}

// All that has to do with what a Put has left; with Appends, if these say
// what they found (or else are unread, and gone before).
static bool take_values(struct shrinking *s)
{
    if (has_kind(s, LINEAR_CAS) || has_kind(s, LINEAR_VPUT))
        return false;
    bool any = false;
    bool chained = has_kind(s, LINEAR_APPEND);
    for (size_t i = 0; i < s->h->count && has_time(s);) {
        struct slice root = s->h->ops[i].argument;
        bool is_root =
            s->h->ops[i].kind == LINEAR_PUT && (root.size > 0 || !chained);
        for (size_t j = 0; j < s->h->count && is_root; j++)
            s->gone[j] = speaks_of(&s->h->ops[j], root, chained);
        // Appends that are in these values only, and do not say so.
        for (size_t j = 0; j < s->h->count && is_root && chained; j++) {
            const struct linear_op *op = &s->h->ops[j];
            if (op->kind != LINEAR_APPEND || s->gone[j])
                continue;
            bool in = false;
            bool out = false;
            for (size_t k = 0; k < s->h->count; k++) {
                const struct linear_op *seen = &s->h->ops[k];
                bool has = seen->seen == LINEAR_SAW_VALUE &&
                           slice_find(seen->result, op->argument, NULL);
                in = in || (has && s->gone[k]);
                out = out || (has && !s->gone[k]);
            }
            s->gone[j] = in && !out && op->seen == LINEAR_SAW_UNKNOWN;
        }
        if (is_root && !(chained && is_torn(s)) && try_gone(s))
            any = true;
        else
            i++;
        memset(s->gone, 0, s->gone_room);
    }
    return any;
}

// Is its text in one place only, of each value, and written once?
static bool is_single(const struct shrinking *s, const struct linear_op *op)
{
    for (size_t i = 0; i < s->h->count; i++) {
        const struct linear_op *other = &s->h->ops[i];
        if (other != op && !is_read(other) &&
            slice_find(other->argument, op->argument, NULL))
            return false;
        if (other->seen != LINEAR_SAW_VALUE)
            continue;
        struct slice v = other->result;
        size_t at;
        if (op->argument.size > 0 && slice_find(v, op->argument, &at) &&
            slice_find(slice_of(v.data + at + 1, v.size - at - 1), op->argument,
                       NULL))
            return false;
    }
    return op->argument.size > 0;
}

// Then a value without its last Append could be empty, or none.
static bool writes_nothing(const struct shrinking *s)
{
    for (size_t i = 0; i < s->h->count; i++)
        if (s->h->ops[i].kind == LINEAR_PUT && s->h->ops[i].argument.size == 0)
            return true;
    return false;
}

static bool take_appends(struct shrinking *s)
{
    bool any = false;
    if (has_kind(s, LINEAR_CAS) || has_kind(s, LINEAR_VPUT) ||
        writes_nothing(s))
        return false;
    for (size_t i = 0; i < s->h->count && has_time(s);) {
        struct linear_op op = s->h->ops[i];
        s->gone[i] = true;
        if (op.kind == LINEAR_APPEND && !is_read(&s->h->ops[i]) &&
            is_single(s, &s->h->ops[i]) && try(s, op.argument, NULL))
            any = true;
        else
            i++;
        memset(s->gone, 0, s->gone_room);
    }
    return any;
}

static bool take_cas(struct shrinking *s)
{
    bool any = false;
    if (has_kind(s, LINEAR_APPEND))
        return false;
    for (size_t i = 0; i < s->h->count && has_time(s);) {
        struct linear_op op = s->h->ops[i];
        bool fits = op.kind == LINEAR_CAS && op.outcome == LINEAR_OK;
        for (size_t j = 0; j < s->h->count && fits; j++) {
            const struct linear_op *other = &s->h->ops[j];
            s->gone[j] =
                j == i || (is_read(other) && other->seen == LINEAR_SAW_VALUE &&
                           slice_equal(other->result, op.argument));
            fits = j == i || is_read(other) ||
                   !slice_equal(other->argument, op.argument);
        }
        if (fits && try(s, (struct slice){0}, &op))
            any = true;
        else
            i++;
        memset(s->gone, 0, s->gone_room);
    }
    return any;
}

void shrink(struct linear_history *h, const struct linear_options *options,
            int64_t budget_ms)
{
    struct shrinking s = {.h = h,
                          .options = options,
                          .deadline_ms = clock_now_ms() + budget_ms,
                          .gone = xcalloc(h->count + 1, 1),
                          .gone_room = h->count + 1};
    bool any = true;
    while (any && has_time(&s)) {
        any = take(&s, picks_refused);
        any |= take(&s, picks_read);
        bool refused = false;
        for (size_t i = 0; i < h->count; i++)
            refused = refused || (h->ops[i].outcome == LINEAR_NO &&
                                  h->ops[i].seen == LINEAR_SAW_UNKNOWN &&
                                  h->ops[i].version == LINEAR_NO_VERSION);
        if (refused)
            continue;
        any |= take(&s, picks_unread);
        any |= take_values(&s);
        any |= take_appends(&s);
        any |= take_cas(&s);
    }
    free(s.gone);
}
