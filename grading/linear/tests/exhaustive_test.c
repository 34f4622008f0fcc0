// All small histories: each shape of calls and returns, each kind, each value
// that somebody may have seen. All engines must say what the oracle says.
//
// How far is in LINEAR_DEEP: 0 (or nothing) for `make test`; 1, 2: `make
// linear-exhaustive DEEP=...`. Beyond 0, of histories that differ in names or
// in the order of what happens side by side there is one: values that nobody
// writes are one value, and neighbouring returns are in the order of calls.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "grading/linear/tests/oracle.h"

enum {
    OPS_MAX = 7,
    SEEN_MAX = 400,
    DEPTHS = 3,
};

// What is gone through: the kinds of operations, and what they may see.
struct domain {
    const char *name;
    const char
        *kinds; // g get, p put, a append, b blind append, c cas, r refused
                // cas that tells, n one that does not, v vput, w refused
    size_t ops[DEPTHS]; // up to so many
    bool repeats;       // only two values
    bool appends;       // values are sequences
    bool versions;
};

struct walk {
    const struct domain *d;
    struct linear_history h;
    size_t ops;
    bool one_of_like;            // as at the top
    struct slice seen[SEEN_MAX]; // what may be seen; the first: nothing
    unsigned made_of[SEEN_MAX];  // bits of its tokens
    size_t seen_count;
    bool may_see[SEEN_MAX]; // in the histories with these kinds
    bool blind[OPS_MAX];    // those that do not tell what they found
    unsigned long checked;
    unsigned long good;
};

static const char *const tokens[] = {"a;", "b;", "c;", "d;", "e;", "f;", "g;"};

static struct slice token(const struct walk *w, size_t i)
{
    return slice_text(tokens[w->d->repeats ? i % 2 : i]);
}

// --- One history -----------------------------------------------------------

static void check_engine(const struct walk *w, enum linear_engine engine,
                         bool good)
{
    struct linear_report r;
    struct linear_options o = {.engine = engine, .threads = 1};
    enum linear_verdict verdict = linear_check(&w->h, &o, &r);
    if (engine == LINEAR_BLOCKS && verdict == LINEAR_UNKNOWN)
        return;
    if (verdict == (good ? LINEAR_YES : LINEAR_NO_ORDER))
        return;
    print_small(&w->h);
    ck_abort_msg("engine %d says %d of this one", (int)engine, (int)verdict);
}

static void check(struct walk *w)
{
    bool good = oracle(&w->h);
    w->checked++;
    w->good += good;
    check_engine(w, LINEAR_BLOCKS, good);
    check_engine(w, LINEAR_FRONTIER, good);
    check_engine(w, LINEAR_DEPTH, good);
}

// --- What is seen ----------------------------------------------------------

static void fill_seen(struct walk *w, size_t i);

static void see(struct walk *w, size_t i)
{
    struct linear_op *op = &w->h.ops[i];
    for (size_t s = 0; s < w->seen_count; s++) {
        if (!w->may_see[s])
            continue;
        op->seen = s == 0 ? LINEAR_SAW_ABSENT : LINEAR_SAW_VALUE;
        op->result = w->seen[s];
        fill_seen(w, i + 1);
    }
    op->seen = LINEAR_SAW_UNKNOWN;
    op->result = (struct slice){0};
}

// What a Get of a key with versions may see: any version, and its value or
// any other.
static void see_version(struct walk *w, size_t i)
{
    struct linear_op *op = &w->h.ops[i];
    for (size_t s = 0; s < w->seen_count; s++)
        for (int32_t version = 0; version <= 2; version++) {
            if (!w->may_see[s])
                break;
            op->seen = s == 0 ? LINEAR_SAW_ABSENT : LINEAR_SAW_VALUE;
            op->result = w->seen[s];
            op->version = version;
            fill_seen(w, i + 1);
        }
    op->seen = LINEAR_SAW_UNKNOWN;
    op->version = LINEAR_NO_VERSION;
    op->result = (struct slice){0};
}

static void expect(struct walk *w, size_t i, bool tells)
{
    struct linear_op *op = &w->h.ops[i];
    for (size_t s = 0; s < w->seen_count; s++) {
        if (!w->may_see[s])
            continue;
        op->expects_absent = s == 0;
        op->expected = w->seen[s];
        if (tells)
            see(w, i);
        else
            fill_seen(w, i + 1);
    }
    op->expects_absent = false;
    op->expected = (struct slice){0};
}

static void fill_seen(struct walk *w, size_t i)
{
    if (i == w->ops) {
        check(w);
        return;
    }
    struct linear_op *op = &w->h.ops[i];
    bool ok = op->outcome == LINEAR_OK;
    if (op->kind == LINEAR_GET && ok && w->d->versions)
        see_version(w, i);
    else if ((op->kind == LINEAR_GET && ok) ||
             (op->kind == LINEAR_APPEND && ok && !w->blind[i]))
        see(w, i);
    else if (op->kind == LINEAR_CAS)
        expect(w, i, op->outcome == LINEAR_NO && !w->blind[i]);
    else if (op->kind == LINEAR_VPUT)
        for (op->wanted = 0; op->wanted <= 2; op->wanted++)
            fill_seen(w, i + 1);
    else
        fill_seen(w, i + 1);
}

// --- Kinds -----------------------------------------------------------------

static void set_kind(struct linear_op *op, char kind)
{
    static const char letters[] = "gpabcrnvw";
    static const uint8_t kinds[] = {LINEAR_GET,    LINEAR_PUT,  LINEAR_APPEND,
                                    LINEAR_APPEND, LINEAR_CAS,  LINEAR_CAS,
                                    LINEAR_CAS,    LINEAR_VPUT, LINEAR_VPUT};
    op->kind = kinds[strchr(letters, kind) - letters];
    op->outcome = strchr("rnw", kind) != NULL ? LINEAR_NO : LINEAR_OK;
}

// Of the values with a token that nobody writes, the first.
static void choose_values(struct walk *w)
{
    unsigned written = 0;
    bool has_stranger = false;
    for (size_t i = 0; i < w->ops; i++)
        if (w->h.ops[i].kind != LINEAR_GET)
            written |= 1U << (w->d->repeats ? i % 2 : i);
    for (size_t s = 0; s < w->seen_count; s++) {
        bool strange = (w->made_of[s] & ~written) != 0;
        w->may_see[s] = !w->one_of_like || !strange || !has_stranger;
        has_stranger = has_stranger || strange;
    }
}

static void fill_kinds(struct walk *w, size_t i, const bool *is_open)
{
    if (i == w->ops) {
        choose_values(w);
        fill_seen(w, 0);
        return;
    }
    struct linear_op *op = &w->h.ops[i];
    for (const char *k = w->d->kinds; *k != '\0'; k++) {
        // What nobody knows: a read is no matter, nor whether it was refused.
        if (is_open[i] && strchr("gbrnw", *k) != NULL)
            continue;
        set_kind(op, *k);
        w->blind[i] = strchr("bn", *k) != NULL;
        op->argument = *k == 'g' ? (struct slice){0} : token(w, i);
        if (is_open[i])
            op->outcome = LINEAR_MAYBE;
        fill_kinds(w, i + 1, is_open);
    }
}

// --- Shapes ----------------------------------------------------------------

// At each moment the next one is called, or one that is open returns; those
// that are open at the end have not returned. Behind a return, those of `after`
// and later may return.
static void shape(struct walk *w, size_t called, int64_t time, unsigned open,
                  size_t after)
{
    if (called == w->ops) {
        bool is_open[OPS_MAX];
        for (size_t i = 0; i < w->ops; i++) {
            is_open[i] = (open >> i & 1) != 0;
            w->h.ops[i].ret = is_open[i] ? LINEAR_PENDING : w->h.ops[i].ret;
        }
        int64_t rets[OPS_MAX];
        for (size_t i = 0; i < w->ops; i++)
            rets[i] = w->h.ops[i].ret;
        fill_kinds(w, 0, is_open);
        for (size_t i = 0; i < w->ops; i++)
            w->h.ops[i].ret = rets[i];
    }
    for (size_t i = w->one_of_like ? after : 0; i < w->ops; i++)
        if ((open >> i & 1) != 0) {
            w->h.ops[i].ret = time;
            shape(w, called, time + 1, open & ~(1U << i), i);
        }
    if (called < w->ops) {
        w->h.ops[called].call = time;
        shape(w, called + 1, time + 1, open | 1U << called, 0);
    }
}

// Sequences of different tokens, as long as there are operations.
static void add_values(struct walk *w, struct slice before, unsigned used)
{
    for (size_t i = 0; i < w->ops; i++) {
        if ((used >> i & 1) != 0 || w->seen_count == SEEN_MAX ||
            (w->d->repeats && i > 1))
            continue;
        char text[2 * OPS_MAX + 1];
        int size = snprintf(text, sizeof text, "%.*s%s", (int)before.size,
                            before.size > 0 ? (const char *)before.data : "",
                            tokens[i]);
        struct slice value = linear_history_keep(&w->h, text, (size_t)size);
        w->made_of[w->seen_count] = used | 1U << i;
        w->seen[w->seen_count++] = value;
        if (w->d->appends)
            add_values(w, value, used | 1U << i);
    }
}

static size_t how_deep(void)
{
    const char *text = getenv("LINEAR_DEEP");
    if (text == NULL)
        return 0;
    ck_assert_msg(strlen(text) == 1 && *text >= '0' && *text < '0' + DEPTHS,
                  "LINEAR_DEEP=%s: 0, 1 or 2", text);
    return (size_t)(*text - '0');
}

static void go_through(const struct domain *d)
{
    size_t depth = how_deep();
    struct walk w = {.d = d, .one_of_like = depth > 0};
    for (w.ops = 1; w.ops <= d->ops[depth]; w.ops++) {
        linear_history_init(&w.h);
        texts_add(&w.h.keys, slice_text("k"), NULL);
        texts_add(&w.h.clients, slice_text("c"), NULL);
        for (size_t i = 0; i < w.ops; i++)
            linear_history_add(&w.h);
        w.seen_count = 1;
        add_values(&w, (struct slice){0}, 0);
        shape(&w, 0, 1, 0, 0);
        linear_history_release(&w.h);
    }
    printf("%s: %lu histories, %lu of them linearizable\n", d->name, w.checked,
           w.good);
    ck_assert_uint_gt(w.good, 0);
    ck_assert_uint_lt(w.good, w.checked);
}

START_TEST(registers)
{
    go_through(
        &(struct domain){.name = "get, put", .kinds = "gp", .ops = {4, 6, 7}});
    go_through(&(struct domain){.name = "get, put, repeated",
                                .kinds = "gp",
                                .ops = {4, 5, 6},
                                .repeats = true});
}
END_TEST

START_TEST(appends)
{
    go_through(&(struct domain){
        .name = "append", .kinds = "gpa", .ops = {3, 3, 4}, .appends = true});
    go_through(&(struct domain){.name = "blind append",
                                .kinds = "gpb",
                                .ops = {3, 4, 5},
                                .appends = true});
}
END_TEST

START_TEST(conditional_writes)
{
    go_through(
        &(struct domain){.name = "cas", .kinds = "gpc", .ops = {3, 4, 5}});
    go_through(&(struct domain){
        .name = "refused cas", .kinds = "gpcrn", .ops = {3, 3, 4}});
    go_through(&(struct domain){.name = "cas, repeated",
                                .kinds = "gpcn",
                                .ops = {3, 4, 5},
                                .repeats = true});
}
END_TEST

START_TEST(versions)
{
    go_through(&(struct domain){.name = "versions",
                                .kinds = "gvw",
                                .ops = {3, 4, 5},
                                .versions = true});
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "all small histories of registers", registers, 900},
        {"linear", "all small histories with appends", appends, 900},
        {"linear", "all small histories with cas", conditional_writes, 900},
        {"linear", "all small histories with versions", versions, 900},
    };
    return unit_main(argc, argv, "linear exhaustive", tests,
                     sizeof tests / sizeof tests[0]);
}
