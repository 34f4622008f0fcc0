// All engines against an oracle that tries all orders: on histories that are
// good by construction, and on ones in which something was changed.
#include <stdio.h>
#include <stdlib.h>

#include "common/check/unit.h"
#include "grading/linear/tests/oracle.h"

enum {
    RUNS = 6250, // of each profile
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

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "all engines accept what happened",
         what_happened_is_linearizable, 120},
        {"linear", "all engines say what an oracle says that tries all orders",
         verdicts_are_the_oracles, 120},
    };
    return unit_main(argc, argv, "linear", tests,
                     sizeof tests / sizeof tests[0]);
}
