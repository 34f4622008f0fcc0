// The checker against an oracle that tries all orders: on histories that are
// random, and on ones that are good by construction. And what it says.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/random.h"
#include "grading/linear/linear.h"

enum {
    OPS_MAX = 6,
    RANDOM_RUNS = 100000,
    TEXT_MAX = 64,
};

static const char *const texts[OPS_MAX] = {"a;", "b;", "c;", "d;", "e;", "f;"};

struct history {
    struct linear_op ops[OPS_MAX];
    char results[OPS_MAX][TEXT_MAX];
    size_t count;
};

// --- The oracle ------------------------------------------------------------

// Tries all orders: what stands next is any operation that no other one, still
// to come, precedes. One of which nobody knows may be left out.
static bool can_go_on(const struct history *h, unsigned done, bool found,
                      const char *value)
{
    bool all = true;
    for (size_t i = 0; i < h->count; i++)
        all = all && ((done >> i & 1) != 0 || !h->ops[i].known);
    if (all)
        return true;
    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];
        if ((done >> i & 1) != 0)
            continue;
        bool first = true;
        for (size_t j = 0; j < h->count; j++)
            if ((done >> j & 1) == 0 && h->ops[j].known &&
                h->ops[j].ret != LINEAR_PENDING && h->ops[j].ret < op->call)
                first = false;
        struct slice now = slice_text(value);
        if (!first ||
            (op->known && op->kind != LINEAR_PUT &&
             (op->found != found || (found && !slice_equal(op->result, now)))))
            continue;
        char next[TEXT_MAX * OPS_MAX];
        snprintf(next, sizeof next, "%s%.*s",
                 op->kind == LINEAR_PUT ? "" : value, (int)op->argument.size,
                 op->argument.size > 0 ? (const char *)op->argument.data : "");
        if (can_go_on(h, done | 1U << i, found || op->kind != LINEAR_GET, next))
            return true;
    }
    return false;
}

static bool oracle(const struct history *h)
{
    return can_go_on(h, 0, false, "");
}

// --- Histories -------------------------------------------------------------

// Calls and returns in random order; LINEAR_PENDING for some that are not
// known.
static void draw_times(struct random *r, struct history *h)
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
        h->ops[i].ret = h->ops[i].known ? time++ : LINEAR_PENDING;
    }
}

static void set_result(struct history *h, size_t i, const char *text)
{
    h->ops[i].found = text != NULL;
    snprintf(h->results[i], TEXT_MAX, "%s", text != NULL ? text : "");
    h->ops[i].result = slice_text(h->results[i]);
}

// A value that might have been: some of the texts, in some order.
static void draw_result(struct random *r, struct history *h, size_t i)
{
    char text[TEXT_MAX] = "";
    size_t parts = random_below(r, 4);
    for (size_t k = 0; k < parts; k++)
        strcat(text, texts[random_below(r, h->count)]);
    set_result(h, i, parts == 0 ? NULL : text);
}

static void draw_history(struct random *r, struct history *h)
{
    h->count = 2 + random_below(r, OPS_MAX - 1);
    for (size_t i = 0; i < h->count; i++) {
        struct linear_op *op = &h->ops[i];
        *op = (struct linear_op){.client = "c", .key = slice_text("k")};
        op->kind = (enum linear_kind)random_below(r, 3);
        op->known = random_below(r, 5) != 0;
        if (op->kind != LINEAR_GET)
            op->argument = slice_text(texts[i]);
        draw_result(r, h, i);
    }
    draw_times(r, h);
}

// Lets the operations happen, each at a moment between call and return; those
// that are not known perhaps not at all.
static void let_happen(struct random *r, struct history *h)
{
    char value[TEXT_MAX * OPS_MAX] = "";
    bool found = false;
    unsigned done = 0;
    for (int64_t time = 1; time <= 2 * OPS_MAX + 1; time++) {
        for (size_t k = 0; k < 2 * h->count; k++) {
            size_t i = random_below(r, h->count);
            struct linear_op *op = &h->ops[i];
            bool must = op->known && op->ret == time;
            if ((done >> i & 1) != 0 || op->call > time ||
                (!must && random_below(r, 3) != 0))
                continue;
            done |= 1U << i;
            set_result(h, i, found ? value : NULL);
            if (op->kind == LINEAR_PUT)
                value[0] = '\0';
            if (op->kind != LINEAR_GET)
                strcat(value, texts[i]);
            found = found || op->kind != LINEAR_GET;
        }
        for (size_t i = 0; i < h->count; i++) // whom the dice forgot
            if ((done >> i & 1) == 0 && h->ops[i].known &&
                h->ops[i].ret == time) {
                done |= 1U << i;
                set_result(h, i, found ? value : NULL);
                if (h->ops[i].kind == LINEAR_PUT)
                    value[0] = '\0';
                if (h->ops[i].kind != LINEAR_GET)
                    strcat(value, texts[i]);
                found = found || h->ops[i].kind != LINEAR_GET;
            }
    }
}

static enum linear_verdict check(const struct history *h)
{
    struct linear_report r;
    enum linear_verdict verdict = linear_check(h->ops, h->count, &r);
    ck_assert((verdict == LINEAR_YES) == (r.text == NULL));
    ck_assert(verdict == LINEAR_YES || r.witness_count > 0);
    linear_report_release(&r);
    return verdict;
}

static void print_history(const struct history *h)
{
    for (size_t i = 0; i < h->count; i++)
        printf("%d %s %d-%d known %d found %d '%s'\n", h->ops[i].kind, texts[i],
               (int)h->ops[i].call, (int)h->ops[i].ret, h->ops[i].known,
               h->ops[i].found, h->results[i]);
    fflush(stdout);
}

START_TEST(verdicts_are_the_oracles)
{
    struct random r;
    random_init(&r, random_seed());
    static struct history h;
    size_t good = 0;
    for (int run = 0; run < RANDOM_RUNS; run++) {
        draw_history(&r, &h);
        if (run % 2 == 0) { // nearly good: one result is another
            let_happen(&r, &h);
            if (random_below(&r, 3) != 0)
                draw_result(&r, &h, random_below(&r, h.count));
        }
        bool wanted = oracle(&h);
        enum linear_verdict verdict = check(&h);
        if (verdict != (wanted ? LINEAR_YES : LINEAR_NO))
            print_history(&h);
        ck_assert_int_eq(verdict, wanted ? LINEAR_YES : LINEAR_NO);
        good += wanted;
    }
    ck_assert_uint_gt(good, RANDOM_RUNS / 10);
    ck_assert_uint_lt(good, RANDOM_RUNS - RANDOM_RUNS / 10);
}
END_TEST

START_TEST(what_happened_is_linearizable)
{
    struct random r;
    random_init(&r, random_seed());
    static struct history h;
    for (int run = 0; run < RANDOM_RUNS; run++) {
        draw_history(&r, &h);
        let_happen(&r, &h);
        if (check(&h) != LINEAR_YES)
            print_history(&h);
        ck_assert_int_eq(check(&h), LINEAR_YES);
    }
}
END_TEST

// --- What it says ----------------------------------------------------------

static struct linear_op op(const char *client, enum linear_kind kind,
                           const char *argument, int64_t call, int64_t ret,
                           const char *result)
{
    return (struct linear_op){
        .client = client,
        .kind = kind,
        .key = slice_text("k"),
        .argument = slice_text(argument),
        .call = call,
        .ret = ret,
        .known = ret != LINEAR_PENDING,
        .found = result != NULL,
        .result = slice_text(result != NULL ? result : ""),
    };
}

static void expect_why(const struct linear_op *ops, size_t count,
                       enum linear_why why, const char *text)
{
    struct linear_report r;
    linear_check(ops, count, &r);
    ck_assert_int_eq(r.why, why);
    ck_assert_msg(text == NULL || strcmp(r.text, text) == 0, "it says:\n%s",
                  r.text);
    linear_report_release(&r);
}

START_TEST(each_reason_has_its_name)
{
    const struct linear_op stale[] = {
        op("c1", LINEAR_PUT, "a;", 1, 2, NULL),
        op("c1", LINEAR_PUT, "b;", 3, 6, NULL),
        op("c2", LINEAR_GET, "", 4, 5, "b;"),
        op("c3", LINEAR_GET, "", 7, 8, "a;"),
    };
    expect_why(stale, 4, LINEAR_STALE,
               "key 'k': what had been overwritten was seen again, or what was "
               "done is missing\n"
               "  c1            1 - 2      Put 'a;'\n"
               "  c1            3 - 6      Put 'b;'\n"
               "  c2            4 - 5      Get = 'b;'\n"
               "  c3            7 - 8      Get = 'a;'\n");
    const struct linear_op nowhere[] = {
        op("c1", LINEAR_GET, "", 1, 2, "a;"),
    };
    expect_why(nowhere, 1, LINEAR_FROM_NOWHERE, NULL);
    const struct linear_op future[] = {
        op("c1", LINEAR_GET, "", 1, 2, "a;"),
        op("c2", LINEAR_PUT, "a;", 3, 4, NULL),
    };
    expect_why(future, 2, LINEAR_FROM_FUTURE, NULL);
    const struct linear_op lost[] = {
        op("c1", LINEAR_APPEND, "a;", 1, 3, NULL),
        op("c2", LINEAR_APPEND, "b;", 2, 4, NULL),
    };
    expect_why(lost, 2, LINEAR_LOST_UPDATE, NULL);
    const struct linear_op chain[] = {
        op("c1", LINEAR_APPEND, "a;", 1, 2, "b;"),
        op("c2", LINEAR_APPEND, "b;", 3, 4, NULL),
    };
    expect_why(chain, 2, LINEAR_CHAIN_ORDER, NULL);
    const struct linear_op twice[] = {
        op("c1", LINEAR_APPEND, "a;", 1, LINEAR_PENDING, NULL),
        op("c2", LINEAR_GET, "", 2, 3, "a;a;"),
    };
    expect_why(twice, 2, LINEAR_FORK, NULL);
}
END_TEST

START_TEST(what_is_not_distinct_is_not_known)
{
    const struct linear_op same[] = {
        op("c1", LINEAR_PUT, "a;", 1, 2, NULL),
        op("c2", LINEAR_PUT, "a;", 3, 4, NULL),
    };
    expect_why(same, 2, LINEAR_NOT_DISTINCT, NULL);
    const struct linear_op begins[] = {
        op("c1", LINEAR_PUT, "a", 1, 2, NULL),
        op("c2", LINEAR_PUT, "ab", 3, 4, NULL),
    };
    expect_why(begins, 2, LINEAR_NOT_DISTINCT, NULL);
    const struct linear_op empty[] = {op("c1", LINEAR_PUT, "", 1, 2, NULL)};
    expect_why(empty, 1, LINEAR_NOT_DISTINCT, NULL);
}
END_TEST

START_TEST(keys_are_judged_one_by_one)
{
    struct linear_op ops[] = {
        op("c1", LINEAR_PUT, "a;", 1, 2, NULL),
        op("c2", LINEAR_PUT, "a;", 3, 4, NULL),
        op("c3", LINEAR_GET, "", 5, 6, NULL),
    };
    ops[1].key = slice_text("j");
    ops[2].key = slice_text("i");
    expect_why(ops, 3, LINEAR_FINE, NULL);
    ops[2].key = slice_text("j");
    expect_why(ops, 3, LINEAR_STALE, NULL);
}
END_TEST

START_TEST(many_operations_take_no_time)
{
    enum { MANY = 200000 };
    struct linear_op *ops = calloc(MANY, sizeof *ops);
    char(*names)[16] = calloc(MANY, sizeof *names);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "%zu;", i - i % 2);
        ops[i] = op("c", i % 2 == 0 ? LINEAR_PUT : LINEAR_GET,
                    i % 2 == 0 ? names[i] : "", (int64_t)(2 * i + 1),
                    (int64_t)(2 * i + 2), i % 2 == 0 ? NULL : names[i]);
    }
    expect_why(ops, MANY, LINEAR_FINE, NULL);
    ops[MANY - 1].result = slice_text(names[0]);
    expect_why(ops, MANY, LINEAR_STALE, NULL);
    free(ops);
    free(names);
}
END_TEST

START_TEST(histories_are_written)
{
    const struct linear_op ops[] = {
        op("c1", LINEAR_PUT, "a;", 1, 2, NULL),
        op("c2", LINEAR_APPEND, "b;", 3, LINEAR_PENDING, NULL),
        op("c1", LINEAR_APPEND, "c;", 4, 5, "a;"),
        op("c3", LINEAR_GET, "", 6, 7, "\xff\"x"),
        op("c3", LINEAR_GET, "", 8, 9, NULL),
        op("c3", LINEAR_GET, "", 10, 11, "\x01"),
        op("c3", LINEAR_GET, "", 12, 13, "\x01\x02"),
    };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    linear_write(out, ops, sizeof ops / sizeof ops[0]);
    fclose(out);
    ck_assert_str_eq(
        text, "{\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\",\"v\":\"a;\","
              "\"t0\":1,\"t1\":2,\"r\":\"ok\"}\n"
              "{\"c\":\"c2\",\"op\":\"appendret\",\"k\":\"k\",\"v\":\"b;\","
              "\"t0\":3,\"t1\":null,\"r\":\"maybe\"}\n"
              "{\"c\":\"c1\",\"op\":\"appendret\",\"k\":\"k\",\"v\":\"c;\","
              "\"t0\":4,\"t1\":5,\"r\":\"ok\",\"old\":\"a;\"}\n"
              "{\"c\":\"c3\",\"op\":\"get\",\"k\":\"k\",\"t0\":6,\"t1\":7,"
              "\"r\":\"ok\",\"vb\":\"/yJ4\"}\n"
              "{\"c\":\"c3\",\"op\":\"get\",\"k\":\"k\",\"t0\":8,\"t1\":9,"
              "\"r\":\"ok\"}\n"
              "{\"c\":\"c3\",\"op\":\"get\",\"k\":\"k\",\"t0\":10,\"t1\":11,"
              "\"r\":\"ok\",\"vb\":\"AQ==\"}\n"
              "{\"c\":\"c3\",\"op\":\"get\",\"k\":\"k\",\"t0\":12,\"t1\":13,"
              "\"r\":\"ok\",\"vb\":\"AQI=\"}\n");
    free(text);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "verdicts are those of an oracle that tries all orders",
         verdicts_are_the_oracles, 60},
        {"linear", "what happened is linearizable",
         what_happened_is_linearizable, 60},
        {"linear", "each reason has its name", each_reason_has_its_name, 0},
        {"linear", "what is not distinct is not known",
         what_is_not_distinct_is_not_known, 0},
        {"linear", "keys are judged one by one", keys_are_judged_one_by_one, 0},
        {"linear", "histories are written", histories_are_written, 0},
        {"linear", "many operations take no time", many_operations_take_no_time,
         0},
    };
    return unit_main(argc, argv, "linear", tests,
                     sizeof tests / sizeof tests[0]);
}
