// What is said of histories that are wrong: the right name, witnesses that
// suffice, and a minimal history that is minimal.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "grading/linear/explain/private.h"
#include "grading/linear/program/program.h"
#include "grading/linear/read.h"
#include "grading/linear/tests/oracle.h"

enum {
    RUNS = 3000,
};

static void read_text(const char *text, struct linear_history *h)
{
    struct linear_reading how = {.format = LINEAR_LINES};
    linear_history_init(h);
    char *bad = linear_read_bytes("test", slice_text(text), &how, h);
    ck_assert_msg(bad == NULL, "%s", bad);
}

// --- Names -----------------------------------------------------------------

// Short for lines: client, operation, times, what came of it.
#define PUT(c, v, t0, t1)                                                      \
    "{\"c\":\"" c "\",\"op\":\"put\",\"k\":\"k\",\"v\":\"" v "\",\"t0\":" #t0  \
    ",\"t1\":" #t1 ",\"r\":\"ok\"}\n"
#define GET(c, v, t0, t1)                                                      \
    "{\"c\":\"" c "\",\"op\":\"get\",\"k\":\"k\",\"t0\":" #t0 ",\"t1\":" #t1   \
    ",\"r\":\"ok\",\"v\":\"" v "\"}\n"
#define NOTHING(c, t0, t1)                                                     \
    "{\"c\":\"" c "\",\"op\":\"get\",\"k\":\"k\",\"t0\":" #t0 ",\"t1\":" #t1   \
    ",\"r\":\"ok\"}\n"
#define APPEND(c, v, t0, t1, old)                                              \
    "{\"c\":\"" c "\",\"op\":\"appendret\",\"k\":\"k\",\"v\":\"" v             \
    "\",\"t0\":" #t0 ",\"t1\":" #t1 ",\"r\":\"ok\",\"old\":" old "}\n"
#define BLIND(c, v, t0, t1)                                                    \
    "{\"c\":\"" c "\",\"op\":\"append\",\"k\":\"k\",\"v\":\"" v                \
    "\",\"t0\":" #t0 ",\"t1\":" #t1 ",\"r\":\"ok\"}\n"
#define CAS(c, a, b, t0, t1, r)                                                \
    "{\"c\":\"" c "\",\"op\":\"cas\",\"k\":\"k\",\"a\":\"" a "\",\"b\":\"" b   \
    "\",\"t0\":" #t0 ",\"t1\":" #t1 ",\"r\":\"" r "\"}\n"

static void expect_why(const char *text, enum linear_why why, const char *says)
{
    struct linear_history h;
    struct linear_report r;
    struct linear_explanation e;
    read_text(text, &h);
    linear_check(&h, NULL, &r);
    ck_assert_msg(r.why == why, "%s\nwas %d, not %d", text, (int)r.why,
                  (int)why);
    linear_explain(&h, NULL, &r, &e);
    ck_assert_msg(strstr(e.sentence, says) != NULL,
                  "it says '%s', and should say '%s'", e.sentence, says);
    ck_assert_uint_le(e.minimal.count, 8);
    linear_explanation_release(&e);
    linear_history_release(&h);
}

START_TEST(each_reason_has_its_name)
{
    expect_why(GET("c1", "x;", 1, 2), LINEAR_FROM_NOWHERE,
               "c1's Get saw 'x;', which nobody wrote");
    expect_why("{\"c\":\"c2\",\"op\":\"put\",\"k\":\"k\",\"v\":\"x;\","
               "\"t0\":1,\"t1\":2,\"r\":\"fail\"}\n" GET("c1", "x;", 3, 4),
               LINEAR_FROM_NOWHERE, "whose write was reported failed");
    expect_why("{\"c\":\"c2\",\"op\":\"put\",\"k\":\"k\",\"v\":\"2\","
               "\"t0\":1,\"t1\":2,\"r\":\"fail\"}\n" GET("c1", "12", 3, 4),
               LINEAR_FROM_NOWHERE, "which nobody wrote");
    expect_why(PUT("c1", "a;", 1, 2) BLIND("c1", "b;", 3, 4)
                   GET("c2", "a;b;b;", 5, 6),
               LINEAR_TWICE, "c1's Append 'b;' took effect twice");
    expect_why(PUT("c1", "a;", 1, 2) BLIND("c1", "b;", 3, 8)
                   BLIND("c2", "c;", 3, 8) GET("c3", "a;b;", 3, 8)
                       GET("c4", "a;c;", 3, 8),
               LINEAR_FORK, "two values disagree");
    expect_why(CAS("c1", "x;", "y;", 1, 2, "ok"), LINEAR_FROM_NOWHERE,
               "c1's CAS 'x;' -> 'y;' saw 'x;', which nobody wrote");
    expect_why(GET("c1", "a;", 1, 2) PUT("c2", "a;", 3, 4), LINEAR_FROM_FUTURE,
               "c1's Get had ended before c2's Put 'a;', whose value it saw");
    expect_why(BLIND("c1", "a;", 1, 2) BLIND("c2", "b;", 3, 4)
                   GET("c3", "b;a;", 5, 6),
               LINEAR_CHAIN_ORDER,
               "c1's Append 'a;' had ended before c2's Append 'b;' began");
    expect_why(PUT("c1", "a;", 1, 2) PUT("c1", "b;", 3, 4) GET("c2", "b;", 5, 6)
                   GET("c3", "a;", 7, 8),
               LINEAR_STALE, "c3's Get saw 'a;' when that had certainly");
    expect_why(APPEND("c1", "a;", 1, 3, "null")
                   APPEND("c2", "b;", 2, 4, "null"),
               LINEAR_LOST_UPDATE,
               "c1's Append 'a;' and c2's Append 'b;' found, and replaced");
    expect_why(PUT("c1", "a;", 1, 2) PUT("c1", "b;", 3, 4)
                   GET("c2", "a;", 5, 6),
               LINEAR_LOST_WRITE, "c2's Get saw 'a;', and what was written");
    expect_why(PUT("c1", "a;", 1, 2) NOTHING("c2", 5, 6), LINEAR_LOST_WRITE,
               "c2's Get saw nothing");
    expect_why(PUT("c1", "a;", 1, 2) CAS("c2", "a;", "b;", 3, 4, "no")
                   GET("c3", "a;", 5, 6),
               LINEAR_UNJUST_REFUSAL, "refused although");
    expect_why(PUT("c1", "0", 1, 2) PUT("c1", "1", 3, 4) PUT("c1", "0", 5, 6)
                   GET("c2", "1", 7, 8),
               LINEAR_NO_ORDER_FITS, "when c2's Get returned");
}
END_TEST

// Before a search, which may not come to an end.
START_TEST(values_from_nowhere_have_their_name_without_a_search)
{
    static const char *const reads[] = {GET("c2", "7", 5, 6),
                                        CAS("c2", "7", "1", 5, 6, "ok")};
    static const char *const says[] = {"c2's Get", "c2's CAS '7' -> '1'"};
    for (size_t i = 0; i < 2; i++) {
        char text[2048];
        char sentence[128];
        const char *equal = PUT("c1", "0", 1, 2) PUT("c1", "0", 3, 4);
        snprintf(text, sizeof text, "%s%s", equal, reads[i]);
        snprintf(sentence, sizeof sentence, "%s saw '7', which nobody wrote",
                 says[i]);
        expect_why(text, LINEAR_FROM_NOWHERE, sentence);
        snprintf(text, sizeof text, "%s%s%s%s", equal, reads[i],
                 PUT("c3", "7", 9, 10), PUT("c1", "7", 8, 11));
        snprintf(sentence, sizeof sentence,
                 "%s had ended before c1's Put '7', whose value it saw, began",
                 says[i]);
        expect_why(text, LINEAR_FROM_FUTURE, sentence);
    }
}
END_TEST

// --- Minimal histories -----------------------------------------------------

static bool is_read(const struct linear_op *op)
{
    return !linear_op_writes(op);
}

// Whatever only reads can be taken away, and a write that nobody speaks of; not
// one of a version, on which the next stands.
static bool can_be_taken(const struct linear_history *h, size_t i)
{
    const struct linear_op *op = &h->ops[i];
    if (op->kind == LINEAR_VPUT && !is_read(op))
        return false;
    for (size_t j = 0; j < h->count && !is_read(op); j++) {
        const struct linear_op *other = &h->ops[j];
        if (other->outcome == LINEAR_NO && other->seen == LINEAR_SAW_UNKNOWN)
            return false;
        struct slice spoken[] = {other->result, other->expected};
        for (size_t k = 0; k < 2 && j != i; k++)
            if (spoken[k].size > 0 && slice_find(spoken[k], op->argument, NULL))
                return false;
    }
    return true;
}

static void expect_minimal(struct linear_history *h)
{
    ck_assert_uint_gt(h->count, 0);
    ck_assert_uint_le(h->count, SMALL_MAX);
    if (oracle(h))
        print_small(h);
    ck_assert_msg(!oracle(h), "the minimal history is linearizable");
    for (size_t i = 0; i < h->count; i++) {
        struct linear_op taken = h->ops[i];
        if (!can_be_taken(h, i))
            continue;
        h->ops[i].outcome = LINEAR_FAILED;
        bool good = oracle(h);
        h->ops[i] = taken;
        if (!good)
            print_small(h);
        ck_assert_msg(good, "without its operation %zu it is wrong still", i);
    }
}

static void explain_random(struct random *r, unsigned with)
{
    for (int run = 0; run < RUNS; run++) {
        struct linear_history h;
        struct linear_report report;
        draw_good(r, with, 2 + random_below(r, 7), 20, &h);
        draw_change(r, with, &h);
        draw_change(r, with, &h);
        if (linear_check(&h, NULL, &report) == LINEAR_NO_ORDER) {
            struct linear_explanation e;
            linear_explain(&h, NULL, &report, &e);
            expect_minimal(&e.minimal);
            ck_assert(e.sentence[0] != '\0' && e.op_count > 0);
            ck_assert_int_ge(e.certain, 0);
            linear_explanation_release(&e);
        }
        linear_history_release(&h);
    }
}

START_TEST(minimal_histories_are_minimal)
{
    struct random r;
    random_init(&r, random_seed());
    explain_random(&r, 0);
    explain_random(&r, WITH_APPEND);
    explain_random(&r, WITH_APPEND | WITH_BLIND);
    explain_random(&r, WITH_CAS);
    explain_random(&r, WITH_REPEATS);
    explain_random(&r, WITH_REPEATS | WITH_APPEND);
    explain_random(&r, WITH_VERSIONS);
}
END_TEST

// What some operations speak of is no violation, if the whole is none.
START_TEST(what_is_related_is_sound)
{
    static const unsigned profiles[] = {
        0,
        WITH_APPEND,
        WITH_APPEND | WITH_BLIND,
        WITH_CAS | WITH_INIT,
        WITH_CAS | WITH_REFUSALS,
        WITH_REPEATS | WITH_CAS | WITH_REFUSALS,
        WITH_REPEATS | WITH_APPEND | WITH_BLIND,
        WITH_VERSIONS,
    };
    struct random r;
    random_init(&r, random_seed());
    size_t smaller = 0;
    for (size_t run = 0; run < 8 * (size_t)RUNS; run++) {
        struct linear_history h;
        struct linear_history related;
        draw_good(&r, profiles[run % 8], 2 + random_below(&r, 7), 20, &h);
        if (run % 3 == 0)
            draw_change(&r, profiles[run % 8], &h);
        size_t ops[2] = {random_below(&r, h.count), random_below(&r, h.count)};
        bool cut = history_related(&h, h.ops[0].key, ops, 2, &related);
        if (cut && oracle(&h)) {
            smaller += related.count < h.count;
            if (!oracle(&related)) {
                print_small(&h);
                print_small(&related);
                ck_abort_msg("what is related is a violation, the whole not");
            }
        }
        linear_history_release(&related);
        linear_history_release(&h);
    }
    ck_assert_uint_gt(smaller, RUNS);
}
END_TEST

static bool is_wrong_at(const struct linear_history *h, uint32_t key,
                        int64_t position)
{
    struct linear_history prefix;
    history_prefix(h, key, position, &prefix);
    bool wrong = is_violation(&prefix, NULL);
    linear_history_release(&prefix);
    return wrong;
}

// What is told is not always what was certain first.
START_TEST(it_may_be_certain_earlier)
{
    struct linear_history h;
    struct linear_report r;
    struct linear_explanation e;
    read_text(GET("c1", "x;", 9, 10) GET("c1", "y;", 1, 2), &h);
    linear_check(&h, NULL, &r);
    ck_assert_uint_eq(r.witnesses[0], 0);
    linear_explain(&h, NULL, &r, &e);
    ck_assert_int_eq(e.certain, 2);
    linear_explanation_release(&e);
    linear_history_release(&h);
}
END_TEST

// In a large history as in a small one.
START_TEST(one_violation_among_many_operations)
{
    static const char *const plants[] = {"nowhere", "stale", "future", "twice",
                                         "fork"};
    for (size_t i = 0; i < sizeof plants / sizeof plants[0]; i++) {
        struct linear_arguments a = {.ops = 100000,
                                     .keys = 2,
                                     .clients = 12,
                                     .unknown = "10",
                                     .seed = 3,
                                     .plant = plants[i]};
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        ck_assert_ptr_null(linear_gen(&a, out));
        fclose(out);
        struct linear_history h;
        struct linear_report r;
        struct linear_explanation e;
        read_text(text, &h);
        ck_assert_int_eq(linear_check(&h, NULL, &r), LINEAR_NO_ORDER);
        linear_explain(&h, NULL, &r, &e);
        ck_assert(is_wrong_at(&h, r.key, e.certain));
        ck_assert(!is_wrong_at(&h, r.key, e.certain - 1));
        expect_minimal(&e.minimal);
        linear_explanation_release(&e);
        linear_history_release(&h);
        free(text);
    }
}
END_TEST

// However long a search for each of its parts would take.
START_TEST(explanations_come_in_time)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; i < 210; i++) // no two do the same
        fprintf(out,
                "{\"c\":\"c%d\",\"op\":\"cas\",\"k\":\"k\",\"a\":\"%d\","
                "\"b\":\"%d\",\"t0\":%d,\"t1\":%d,\"r\":\"ok\"}\n",
                i, i % 15, (i % 15 + 1 + i / 15) % 15, i, 1000 + i);
    fprintf(out, "%s%s", PUT("x", "0", 0, 2000), GET("x", "99", 3000, 3001));
    fclose(out);
    struct linear_history h;
    struct linear_report r;
    struct linear_explanation e;
    read_text(text, &h);
    ck_assert_int_eq(linear_check(&h, NULL, &r), LINEAR_NO_ORDER);
    linear_explain(&h, NULL, &r, &e);
    ck_assert_int_eq(e.certain, 3001);
    ck_assert_uint_eq(e.minimal.count, 1);
    linear_explanation_release(&e);
    linear_history_release(&h);
    free(text);
}
END_TEST

START_TEST(it_says_what_would_have_been_right)
{
    struct linear_history h;
    struct linear_report r;
    struct linear_explanation e;
    read_text(PUT("c1", "a;", 1, 2) PUT("c1", "b;", 3, 9) GET("c2", "c;", 4, 5)
                  NOTHING("c3", 10, 11),
              &h);
    linear_check(&h, NULL, &r);
    linear_explain(&h, NULL, &r, &e);
    ck_assert_int_eq(r.why, LINEAR_FROM_NOWHERE);
    ck_assert_int_eq(e.certain, 5);
    ck_assert(!e.allowed_absent);
    ck_assert_uint_eq(e.allowed_count, 2);
    ck_assert(slice_equal(e.allowed[0], slice_text("b;")));
    ck_assert(slice_equal(e.allowed[1], slice_text("a;")));
    linear_explanation_release(&e);
    linear_history_release(&h);

    // What nobody has said, but what an Append has left.
    read_text(PUT("c1", "a;", 1, 2) APPEND("c1", "b;", 3, 4, "\"a;\"")
                  GET("c2", "c;", 5, 6),
              &h);
    linear_check(&h, NULL, &r);
    linear_explain(&h, NULL, &r, &e);
    ck_assert_uint_eq(e.allowed_count, 1);
    ck_assert(slice_equal(e.allowed[0], slice_text("a;b;")));
    linear_explanation_release(&e);
    linear_history_release(&h);
}
END_TEST

static void expect_allowed(const char *text, const char *first,
                           const char *second)
{
    struct linear_history h;
    struct linear_report r;
    struct linear_explanation e;
    read_text(text, &h);
    linear_check(&h, NULL, &r);
    linear_explain(&h, NULL, &r, &e);
    ck_assert_uint_eq(e.allowed_count, second != NULL ? 2 : 1);
    ck_assert(slice_equal(e.allowed[0], slice_text(first)));
    if (second != NULL)
        ck_assert(slice_equal(e.allowed[1], slice_text(second)));
    linear_explanation_release(&e);
    linear_history_release(&h);
}

#define BEGINS(v) "{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"" v "\"}\n"

START_TEST(what_keys_begin_with_would_have_been_right)
{
    expect_allowed(BEGINS("q") GET("c1", "z;", 1, 2) PUT("c2", "a;", 3, 4), "q",
                   NULL);
    expect_allowed(BEGINS("") GET("c1", "z;", 1, 2) PUT("c2", "a;", 1, 4), "",
                   "a;");
    // Two operations at the same times.
    expect_allowed(BEGINS("q") GET("c1", "z;", 1, 2) PUT("c2", "a;", 1, 2), "q",
                   "a;");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "each reason has its name", each_reason_has_its_name, 0},
        {"linear", "values from nowhere have their name without a search",
         values_from_nowhere_have_their_name_without_a_search, 0},
        {"linear", "minimal histories are minimal",
         minimal_histories_are_minimal, 120},
        {"linear", "what is related is sound", what_is_related_is_sound, 60},
        {"linear", "it may be certain earlier", it_may_be_certain_earlier, 0},
        {"linear", "one violation among many operations",
         one_violation_among_many_operations, 60},
        {"linear", "what keys begin with would have been right",
         what_keys_begin_with_would_have_been_right, 0},
        {"linear", "explanations come in time", explanations_come_in_time, 30},
        {"linear", "it says what would have been right",
         it_says_what_would_have_been_right, 0},
    };
    return unit_main(argc, argv, "linear explanations", tests,
                     sizeof tests / sizeof tests[0]);
}
