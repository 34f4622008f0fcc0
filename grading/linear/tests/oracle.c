#include "grading/linear/tests/oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_MAX = 64,
};

// --- One server with one thread --------------------------------------------

struct state {
    bool present;
    int version;
    char value[TEXT_MAX];
};

static bool is(struct slice s, const char *text)
{
    return slice_equal(s, slice_text(text));
}

static void write_value(struct state *s, struct slice v, bool append)
{
    size_t size = append && s->present ? strlen(s->value) : 0;
    s->present = true;
    if (v.size > 0)
        memcpy(s->value + size, v.data, v.size);
    s->value[size + v.size] = '\0';
}

// Does the server, in this state, do what it is asked for?
static bool accepts(const struct state *s, const struct linear_op *op)
{
    if (op->kind == LINEAR_CAS && op->expects_absent)
        return !s->present;
    if (op->kind == LINEAR_CAS)
        return s->present && is(op->expected, s->value);
    return op->kind != LINEAR_VPUT || s->version == op->wanted;
}

static bool saw(const struct state *s, const struct linear_op *op)
{
    if (op->version != LINEAR_NO_VERSION && op->version != s->version)
        return false;
    switch (op->seen) {
    case LINEAR_SAW_ABSENT:
        return !s->present;
    case LINEAR_SAW_VALUE:
        return s->present && is(op->result, s->value);
    default:
        return true;
    }
}

static void happen(struct state *s, const struct linear_op *op)
{
    if (op->kind == LINEAR_GET)
        return;
    write_value(s, op->argument, op->kind == LINEAR_APPEND);
    s->version += op->kind == LINEAR_VPUT;
}

static struct state beginning(const struct linear_history *h)
{
    struct state s = {.present = false};
    if (!h->begins_absent)
        write_value(&s, h->init, false);
    return s;
}

// --- All orders ------------------------------------------------------------

static bool known(const struct linear_op *op)
{
    return op->outcome == LINEAR_OK || op->outcome == LINEAR_NO;
}

static bool can_be_next(const struct linear_history *h, unsigned done, size_t i)
{
    for (size_t j = 0; j < h->count; j++)
        if ((done >> j & 1) == 0 && known(&h->ops[j]) &&
            h->ops[j].ret != LINEAR_PENDING && h->ops[j].ret < h->ops[i].call)
            return false;
    return true;
}

static bool goes_on(const struct linear_history *h, unsigned done,
                    const struct state *s)
{
    bool all = true;
    for (size_t i = 0; i < h->count; i++)
        all = all && ((done >> i & 1) != 0 || !known(&h->ops[i]));
    if (all)
        return true;
    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];
        if ((done >> i & 1) != 0 || op->outcome == LINEAR_FAILED ||
            !can_be_next(h, done, i))
            continue;
        bool refused = op->outcome == LINEAR_NO;
        if (accepts(s, op) == refused || (known(op) && !saw(s, op)))
            continue;
        struct state next = *s;
        if (!refused)
            happen(&next, op);
        if (goes_on(h, done | 1U << i, &next))
            return true;
    }
    return false;
}

bool oracle(const struct linear_history *h)
{
    struct state s = beginning(h);
    return goes_on(h, 0, &s);
}

// --- Made up ---------------------------------------------------------------

static const char *const tokens[] = {"a;", "b;", "c;", "d;", "e;",
                                     "f;", "g;", "h;", "i;", "j;"};

static struct slice draw_token(struct random *r, unsigned with, size_t i)
{
    return slice_text(
        tokens[(with & WITH_REPEATS) != 0 ? random_below(r, 2) : i % 10]);
}

static void draw_op(struct random *r, unsigned with, size_t i,
                    struct linear_op *op)
{
    uint64_t dice = random_below(r, 8);
    op->kind = LINEAR_GET;
    if (dice < 3)
        return;
    op->kind = (with & WITH_VERSIONS) != 0 ? LINEAR_VPUT : LINEAR_PUT;
    op->argument = draw_token(r, with, i);
    if (op->kind == LINEAR_VPUT)
        op->wanted = 0; // until it happens
    if ((with & WITH_APPEND) != 0 && dice < 6)
        op->kind = LINEAR_APPEND;
    if ((with & WITH_CAS) != 0 && dice == 6) {
        op->kind = LINEAR_CAS;
        op->expects_absent = random_below(r, 5) == 0;
        op->expected = draw_token(r, with, random_below(r, 10));
    }
}

static void draw_times(struct random *r, struct linear_history *h)
{
    int64_t time = 1;
    size_t begun = 0;
    unsigned open = 0;
    while (begun < h->count || open != 0) {
        if (begun < h->count && (open == 0 || random_below(r, 2) == 0)) {
            h->ops[begun].call = time++;
            open |= 1U << begun++;
            continue;
        }
        size_t i = random_below(r, h->count);
        if ((open >> i & 1) == 0)
            continue;
        open &= ~(1U << i);
        // Equal times now and then: they overlap.
        h->ops[i].ret = time - (random_below(r, 8) == 0 && time > 1 &&
                                h->ops[i].call < time - 1);
        time++;
    }
}

static struct slice keep(struct linear_history *h, const char *text)
{
    return linear_history_keep(h, text, strlen(text));
}

static void note_seen(struct random *r, unsigned with, struct state *s,
                      struct linear_history *h, struct linear_op *op)
{
    bool blind = op->kind == LINEAR_PUT || op->kind == LINEAR_VPUT ||
                 op->kind == LINEAR_CAS;
    if (op->outcome == LINEAR_NO)
        blind = (with & WITH_REFUSALS) != 0 && random_below(r, 2) == 0;
    if (op->kind == LINEAR_APPEND)
        blind = (with & WITH_BLIND) != 0 && random_below(r, 2) == 0;
    if (blind)
        return;
    bool versions = (with & WITH_VERSIONS) != 0;
    if (versions && (op->kind == LINEAR_VPUT || random_below(r, 8) != 0))
        op->version = s->version;
    if (op->kind == LINEAR_VPUT)
        return;
    op->seen = s->present ? LINEAR_SAW_VALUE : LINEAR_SAW_ABSENT;
    op->result = keep(h, s->value);
}

static void let_happen(struct random *r, unsigned with, struct state *s,
                       struct linear_history *h, struct linear_op *op)
{
    if (op->kind == LINEAR_VPUT)
        op->wanted =
            random_below(r, 3) != 0 ? s->version : (int)random_below(r, 4);
    if (op->kind == LINEAR_CAS && !op->expects_absent && s->present &&
        random_below(r, 2) == 0)
        op->expected = keep(h, s->value);
    bool yes = accepts(s, op);
    if (op->outcome == LINEAR_OK && !yes)
        op->outcome = LINEAR_NO;
    if (known(op))
        note_seen(r, with, s, h, op);
    if (yes)
        happen(s, op);
}

void draw_good(struct random *r, unsigned with, size_t count,
               unsigned unknown_percent, struct linear_history *h)
{
    linear_history_init(h);
    texts_add(&h->keys, slice_text("k"), NULL);
    texts_add(&h->clients, slice_text("c"), NULL);
    if ((with & WITH_INIT) != 0) {
        h->begins_absent = false;
        h->init = slice_text(random_below(r, 2) == 0 ? "" : "0;");
    }
    for (size_t i = 0; i < count; i++) {
        struct linear_op *op = linear_history_add(h);
        draw_op(r, with, i, op);
        if (random_below(r, 100) < unknown_percent)
            op->outcome = LINEAR_MAYBE;
    }
    draw_times(r, h);
    struct state s = beginning(h);
    unsigned done = 0;
    for (int64_t time = 1; time <= (int64_t)(2 * count) + 1; time++) {
        size_t first = random_below(r, count);
        for (size_t k = 0; k < count; k++) {
            size_t i = (first + k) % count;
            struct linear_op *op = &h->ops[i];
            bool last = op->ret == time && known(op);
            if ((done >> i & 1) != 0 || op->call > time ||
                (!last && random_below(r, 4) != 0))
                continue;
            done |= 1U << i;
            let_happen(r, with, &s, h, op);
        }
    }
    for (size_t i = 0; i < count; i++)
        if (h->ops[i].outcome == LINEAR_MAYBE && random_below(r, 4) != 0)
            h->ops[i].ret = LINEAR_PENDING; // else: its client gave up
}

static void change_seen(struct random *r, struct linear_history *h,
                        struct linear_op *op)
{
    const struct linear_op *other = &h->ops[random_below(r, h->count)];
    char text[TEXT_MAX];
    switch (random_below(r, 5)) {
    case 0: // what another has seen
        op->seen = other->seen != LINEAR_SAW_UNKNOWN ? other->seen : op->seen;
        op->result = other->result;
        break;
    case 1: // what another has written
        if (other->argument.size > 0) {
            op->seen = LINEAR_SAW_VALUE;
            op->result = other->argument;
        }
        break;
    case 2: // one more, or one less
        if (op->result.size == 0 || other->argument.size == 0)
            break;
        snprintf(text, sizeof text, "%.*s%.*s", (int)op->result.size,
                 (const char *)op->result.data, (int)other->argument.size,
                 (const char *)other->argument.data);
        op->result = keep(h, text);
        break;
    case 3:
        if (op->result.size > 2)
            op->result.size -= 2;
        break;
    default:
        op->seen = LINEAR_SAW_ABSENT;
        op->result = (struct slice){0};
    }
}

void draw_change(struct random *r, unsigned with, struct linear_history *h)
{
    struct linear_op *op = &h->ops[random_below(r, h->count)];
    if (op->seen != LINEAR_SAW_UNKNOWN && random_below(r, 4) != 0) {
        change_seen(r, h, op);
        return;
    }
    if ((with & WITH_VERSIONS) != 0 && op->version != LINEAR_NO_VERSION &&
        random_below(r, 2) == 0) {
        op->version = (int32_t)random_below(r, 4);
        return;
    }
    if (op->ret > op->call) // shorter
        op->ret = op->call +
                  (int64_t)random_below(r, (uint64_t)(op->ret - op->call) + 1);
}

void print_small(const struct linear_history *h)
{
    linear_write(stderr, h);
}
