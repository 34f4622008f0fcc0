// All engines against an oracle that tries all orders: on histories that are
// good by construction, and on ones in which something was changed.
#include <stdio.h>
#include <stdlib.h>

#include "common/check/unit.h"
#include "grading/linear/tests/oracle.h"

enum {
    RUNS = 6250, // of each profile
    WIDE_RUNS = 4000,
};

static const unsigned profiles[] = {
    0,
    WITH_APPEND,
    WITH_APPEND | WITH_BLIND,
    WITH_CAS,
    WITH_APPEND | WITH_CAS | WITH_INIT,
    WITH_CAS | WITH_REFUSALS,
    WITH_APPEND | WITH_BLIND | WITH_CAS | WITH_REFUSALS,
    WITH_VERSIONS,
    WITH_VERSIONS | WITH_REFUSALS,
    WITH_REPEATS,
    WITH_REPEATS | WITH_APPEND | WITH_BLIND,
    WITH_REPEATS | WITH_CAS | WITH_REFUSALS | WITH_INIT,
    WITH_REPEATS | WITH_APPEND | WITH_CAS | WITH_REFUSALS,
    WITH_REPEATS | WITH_VERSIONS | WITH_REFUSALS,
    WITH_APPEND | WITH_INIT,
    WITH_REPEATS | WITH_APPEND | WITH_BLIND | WITH_CAS | WITH_INIT,
};
enum {
    PROFILES = sizeof profiles / sizeof profiles[0],
};

static void expect_verdict(const struct linear_history *h,
                           enum linear_engine engine,
                           enum linear_verdict wanted)
{
    struct linear_report r;
    struct linear_options o = {.engine = engine, .threads = 1};
    enum linear_verdict verdict = linear_check(h, &o, &r);
    if (engine == LINEAR_BLOCKS && verdict == LINEAR_UNKNOWN)
        return; // it may say so
    if (verdict != wanted)
        print_small(h);
    ck_assert_msg(verdict == wanted, "engine %d says %d, the oracle %d",
                  (int)engine, (int)verdict, (int)wanted);
    ck_assert((verdict == LINEAR_YES) == (r.why == LINEAR_FINE));
    ck_assert(verdict == LINEAR_YES || r.witness_count > 0);
}

static void check_all(const struct linear_history *h, bool good)
{
    enum linear_verdict wanted = good ? LINEAR_YES : LINEAR_NO_ORDER;
    for (enum linear_engine e = LINEAR_AUTO; e <= LINEAR_DEPTH; e++) {
        expect_verdict(h, e, wanted);
        // It asserts that the order, replayed, is right.
        struct linear_options o = {.engine = e};
        size_t count;
        size_t *order = linear_witness(h, 0, &o, &count);
        if (e != LINEAR_BLOCKS)
            ck_assert((order != NULL) == good);
        free(order);
    }
}

static size_t run_profile(struct random *r, unsigned with, bool change)
{
    size_t good_count = 0;
    for (int run = 0; run < RUNS; run++) {
        struct linear_history h;
        size_t count = 1 + random_below(r, 6);
        draw_good(r, with, count, run % 3 == 0 ? 0 : 30, &h);
        for (int i = run % 3; change && i >= 0; i--)
            draw_change(r, with, &h);
        bool good = !change || oracle(&h);
        good_count += good;
        check_all(&h, good);
        linear_history_release(&h);
    }
    return good_count;
}

START_TEST(what_happened_is_linearizable)
{
    struct random r;
    random_init(&r, random_seed());
    for (size_t i = 0; i < PROFILES; i++)
        run_profile(&r, profiles[i], false);
}
END_TEST

START_TEST(verdicts_are_the_oracles)
{
    struct random r;
    random_init(&r, random_seed());
    for (size_t i = 0; i < PROFILES; i++) {
        size_t good = run_profile(&r, profiles[i], true);
        ck_assert_uint_gt(good, RUNS / 10);
        ck_assert_uint_lt(good, RUNS - RUNS / 20);
    }
}
END_TEST

// Too many for the oracle: wide frontiers, in which much is left out, and the
// search in depth must agree.
START_TEST(wide_frontiers_say_what_depth_says)
{
    struct random r;
    random_init(&r, random_seed());
    size_t good = 0;
    for (int run = 0; run < WIDE_RUNS; run++) {
        struct linear_history h;
        struct linear_report a;
        struct linear_report b;
        struct linear_options frontier = {.engine = LINEAR_FRONTIER};
        struct linear_options depth = {.engine = LINEAR_DEPTH};
        unsigned with = run % 2 == 0 ? WITH_REPEATS : WITH_REPEATS | WITH_CAS;
        draw_good(&r, with, 12 + random_below(&r, 12), 40, &h);
        for (int i = run % 4; i > 0; i--)
            draw_change(&r, with, &h);
        linear_check(&h, &frontier, &a);
        linear_check(&h, &depth, &b);
        if (a.verdict != b.verdict)
            print_small(&h);
        ck_assert_int_eq(a.verdict, b.verdict);
        ck_assert(a.verdict != LINEAR_UNKNOWN);
        ck_assert(run % 4 != 0 || a.verdict == LINEAR_YES);
        // The first moment at which it is certain is the same, too.
        ck_assert(a.verdict == LINEAR_YES || a.witnesses[0] == b.witnesses[0]);
        good += a.verdict == LINEAR_YES;
        linear_history_release(&h);
    }
    ck_assert_uint_gt(good, WIDE_RUNS / 4);
    ck_assert_uint_lt(good, WIDE_RUNS);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "all engines accept what happened",
         what_happened_is_linearizable, 120},
        {"linear", "all engines say what an oracle says that tries all orders",
         verdicts_are_the_oracles, 120},
        {"linear", "wide frontiers say what the search in depth says",
         wide_frontiers_say_what_depth_says, 120},
    };
    return unit_main(argc, argv, "linear", tests,
                     sizeof tests / sizeof tests[0]);
}
