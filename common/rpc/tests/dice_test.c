// dice_test.c - the dice of the fault page: keyed, fair, and the same for good.
#include <stdio.h>
#include <stdlib.h>

#include "common/check/unit.h"
#include "common/rpc/faults.h"
#include "common/runtime/err.h"

enum {
    S1 = 0,
    S2 = 1,
    S3 = 2,
    DRAWS = 100000,
    SEED = 12345,
};

static struct fault_page *page_of(const char *file, uint64_t seed, int me)
{
    static const char *const names[] = {"s1", "s2", "s3"};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", getenv("TMPDIR"), file);
    struct fault_page *p = NULL;
    ck_assert_int_eq(fault_page_create(path, seed, names, 3, me, &p), ERR_OK);
    return p;
}

static void add_rule(struct fault_page *p, struct fault_rule rule)
{
    ck_assert_int_eq(fault_add_rule(p, &rule), ERR_OK);
}

static enum fault_fate fate(const struct fault_page *p, int source,
                            const char *method, uint64_t k)
{
    return fault_draw(p, source, method, k).fate;
}

static const struct fault_rule MIXED = {
    .source = FAULT_ANYBODY,
    .lose_request_ppm = 200000,
    .lose_reply_ppm = 250000,
    .late_ppm = 250000,
    .late_ms = 77,
    .delay_ppm = 500000,
    .delay_min_ms = 1,
    .delay_max_ms = 9,
};

// The fates of requests 1 to 60: q request lost, r reply lost, l late, the
// delay in ms, or a dot.
struct fates {
    char text[64];
};
static struct fates fates_of(const struct fault_page *p, int source,
                             const char *method)
{
    struct fates text = {""};
    for (uint64_t k = 1; k <= 60; k++) {
        struct fault_draw draw = fault_draw(p, source, method, k);
        char shown = draw.wait_ms > 0 ? (char)('0' + draw.wait_ms % 10) : '.';
        if (draw.fate != FATE_NORMAL)
            shown = ".qrl"[draw.fate];
        if (draw.fate == FATE_LATE)
            ck_assert_uint_eq(draw.wait_ms, MIXED.late_ms);
        text.text[k - 1] = shown;
    }
    return text;
}

// Whoever changes these has changed what every seed of every test means.
START_TEST(fates_are_for_good)
{
    struct fault_page *p = page_of("p", SEED, S3);
    add_rule(p, MIXED);
    ck_assert_str_eq(
        fates_of(p, S1, "Paxos.Accept").text,
        ".r.r8.q..q.rq.r.qrrq..95.r.ql..lq4.r4lrrr3r645rrr5rl81r.r.lr");
    ck_assert_str_eq(
        fates_of(p, S2, "Paxos.Accept").text,
        "r9l.q7r.l77l1rrq9l6qrqrqr.5r.72r..4r4r6r1qq3q7..qlr...9.432.");
    ck_assert_str_eq(
        fates_of(p, -1, "Kv.Get").text,
        ".ql.6l7lll28lqq1q1rl.rqlqq.ll2.92ql.7q1.lqrrq6q86.rlr3..r.l1");
    fault_page_close(p);
}
END_TEST

// How many of DRAWS differ between two keys.
static int differences(const struct fault_page *a, int source_a,
                       const char *method_a, const struct fault_page *b,
                       int source_b, const char *method_b)
{
    int differ = 0;
    for (uint64_t k = 1; k <= DRAWS; k++)
        differ +=
            fate(a, source_a, method_a, k) != fate(b, source_b, method_b, k);
    return differ;
}

START_TEST(each_word_of_the_key_counts)
{
    struct fault_rule half = {.source = FAULT_ANYBODY,
                              .lose_request_ppm = FAULT_SURE / 2};
    struct fault_page *p = page_of("p", SEED, S3);
    struct fault_page *other_seed = page_of("seed", SEED + 1, S3);
    struct fault_page *other_target = page_of("target", SEED, S2);
    struct fault_page *same = page_of("same", SEED, S3);
    add_rule(p, half);
    add_rule(other_seed, half);
    add_rule(other_target, half);
    add_rule(same, half);

    ck_assert_int_eq(differences(p, S1, "A.B", same, S1, "A.B"), 0);
    // Two fair coins differ in half of the throws, +-5 sigma.
    int found[] = {
        differences(p, S1, "A.B", other_seed, S1, "A.B"),
        differences(p, S1, "A.B", other_target, S1, "A.B"),
        differences(p, S1, "A.B", p, S2, "A.B"),
        differences(p, S1, "A.B", p, S1, "A.C"),
    };
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        ck_assert_msg(found[i] > DRAWS / 2 - 800 && found[i] < DRAWS / 2 + 800,
                      "pair %zu: %d of %d differ", i, found[i], DRAWS);
    }
    fault_page_close(p);
    fault_page_close(other_seed);
    fault_page_close(other_target);
    fault_page_close(same);
}
END_TEST

START_TEST(fates_do_not_depend_on_the_order_of_draws)
{
    struct fault_page *p = page_of("p", SEED, S3);
    add_rule(p, MIXED);
    static enum fault_fate first[1000];
    for (uint64_t k = 1; k <= 1000; k++)
        first[k - 1] = fate(p, S1, "A.B", k);

    int differ = 0;
    for (uint64_t k = 1000; k >= 1; k--) {
        fault_draw(p, S2, "A.B", k);
        fault_draw(p, S1, "C.D", k);
        differ += fate(p, S1, "A.B", k) != first[k - 1];
    }
    ck_assert_int_eq(differ, 0);
    fault_page_close(p);
}
END_TEST

// Within 5 sigma of n * share.
static void expect_share(const char *what, int hits, int n, double share)
{
    double mean = n * share;
    double square = 25 * n * share * (1 - share);
    ck_assert_msg((hits - mean) * (hits - mean) <= square,
                  "%s: %d of %d, not about %.0f", what, hits, n, mean);
}

// Each kind is drawn among those that the kinds before it have left.
START_TEST(rates_are_as_ordered)
{
    struct fault_page *p = page_of("p", SEED, S3);
    add_rule(p, MIXED);
    int hits[4] = {0};
    int delays[10] = {0};
    int delayed = 0;
    for (uint64_t k = 1; k <= DRAWS; k++) {
        struct fault_draw draw = fault_draw(p, S1, "A.B", k);
        hits[draw.fate]++;
        if (draw.fate == FATE_NORMAL && draw.wait_ms > 0) {
            ck_assert_uint_le(draw.wait_ms, MIXED.delay_max_ms);
            delays[draw.wait_ms]++;
            delayed++;
        }
    }
    expect_share("requests lost", hits[FATE_LOSE_REQUEST], DRAWS, 0.2);
    expect_share("replies lost", hits[FATE_LOSE_REPLY], DRAWS, 0.8 * 0.25);
    expect_share("late", hits[FATE_LATE], DRAWS, 0.8 * 0.75 * 0.25);
    expect_share("delayed", delayed, hits[FATE_NORMAL], 0.5);
    for (int ms = 1; ms <= 9; ms++)
        expect_share("each delay", delays[ms], delayed, 1.0 / 9);
    fault_page_close(p);
}
END_TEST

// Of this key the first of these rolls the lowest number of all, the second
// the highest.
enum {
    ROLLS_0 = 151628,
    ROLLS_999999 = 1336102,
};

START_TEST(never_is_never_and_sure_is_sure)
{
    struct fault_page *p = page_of("p", SEED, S3);
    struct fault_rule rule = {.source = FAULT_ANYBODY};
    int hits = 0;
    add_rule(p, rule);
    for (uint64_t k = 1; k <= DRAWS; k++)
        hits += fate(p, S1, "A.B", k) != FATE_NORMAL;
    ck_assert_int_eq(hits, 0);
    ck_assert_int_eq(fate(p, S1, "A.B", ROLLS_0), FATE_NORMAL);

    rule.late_ppm = FAULT_SURE;
    add_rule(p, rule);
    for (uint64_t k = 1; k <= DRAWS; k++)
        hits += fate(p, S1, "A.B", k) == FATE_LATE;
    ck_assert_int_eq(hits, DRAWS);

    rule.lose_request_ppm = FAULT_SURE;
    add_rule(p, rule);
    ck_assert_int_eq(fate(p, S1, "A.B", ROLLS_999999), FATE_LOSE_REQUEST);
    rule.lose_request_ppm = FAULT_SURE - 1;
    add_rule(p, rule);
    ck_assert_int_eq(fate(p, S1, "A.B", ROLLS_999999), FATE_LATE);
    rule.lose_request_ppm = 1;
    add_rule(p, rule);
    ck_assert_int_eq(fate(p, S1, "A.B", ROLLS_0), FATE_LOSE_REQUEST);
    fault_page_close(p);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"rpc", "the fates of a seed are the same for good", fates_are_for_good,
         0},
        {"rpc", "seed, source, target and method each key the dice",
         each_word_of_the_key_counts, 0},
        {"rpc", "fates do not depend on the order of draws",
         fates_do_not_depend_on_the_order_of_draws, 0},
        {"rpc", "losses and delays come at the rates ordered",
         rates_are_as_ordered, 0},
        {"rpc", "probability 0 is never, 1 is always",
         never_is_never_and_sure_is_sure, 0},
    };
    return unit_main(argc, argv, "rpc dice", tests,
                     sizeof tests / sizeof tests[0]);
}
