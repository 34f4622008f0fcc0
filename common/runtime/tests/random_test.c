// random_test.c - numbers that are the same in each run, on each machine.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/check/unit.h"
#include "common/runtime/random.h"
#include "common/runtime/self.h"
#include "common/runtime/tests/child.h"

START_TEST(the_generator_is_splitmix64)
{
    // As published with the generator, for seed 1234567.
    struct random r;
    random_init(&r, 1234567);
    ck_assert_uint_eq(random_next(&r), 6457827717110365317u);
    ck_assert_uint_eq(random_next(&r), 3203168211198807973u);
    ck_assert_uint_eq(random_next(&r), 9817491932198370423u);
}
END_TEST

START_TEST(generators_do_not_disturb_each_other)
{
    struct random alone;
    struct random a;
    struct random b;
    random_init(&alone, 7);
    random_init(&a, 7);
    random_init(&b, 8);
    for (int i = 0; i < 100; i++) {
        (void)random_next(&b);
        ck_assert_uint_eq(random_next(&a), random_next(&alone));
    }
}
END_TEST

START_TEST(each_number_below_comes_equally_often)
{
    enum {
        SIDES = 6,
        EACH = 10000,
    };
    int seen[SIDES] = {0};
    struct random r;
    random_init(&r, 1);
    for (int i = 0; i < SIDES * EACH; i++)
        seen[random_below(&r, SIDES)]++;
    for (int i = 0; i < SIDES; i++) { // 5 standard deviations
        ck_assert_int_gt(seen[i], EACH - 500);
        ck_assert_int_lt(seen[i], EACH + 500);
    }
}
END_TEST

START_TEST(numbers_below_a_huge_bound_are_fair)
{
    // Of 3 * 2^62, a plain remainder hits the lowest third twice as often.
    const uint64_t third = (uint64_t)1 << 62;
    struct random r;
    random_init(&r, 1);
    int low = 0;
    for (int i = 0; i < 30000; i++)
        low += random_below(&r, 3 * third) < third;
    ck_assert_int_gt(low, 9500);
    ck_assert_int_lt(low, 10500);

    ck_assert_uint_eq(random_below(&r, 1), 0);
}
END_TEST

START_TEST(hashes_are_for_good)
{
    // Seeds in handouts and reports rest on these: they may never change.
    ck_assert_uint_eq(random_mix(0, 0), 5197578548964807871u);
    ck_assert_uint_eq(random_mix(1, 2), 583880340377267059u);
    ck_assert_uint_eq(random_mix(2, 1), 17474652204475260503u);
    ck_assert_uint_eq(random_hash("", 0), 17665956581633026203u);
    ck_assert_uint_eq(random_hash("s1", 2), 5501500337938426366u);
    ck_assert_uint_eq(random_hash("a\0b", 3), 16949517343777446270u);
}
END_TEST

START_TEST(each_bit_of_a_hash_depends_on_each_bit_of_its_input)
{
    int flips = 0;
    for (int bit = 0; bit < 64; bit++) {
        uint64_t one = (uint64_t)1 << bit;
        flips +=
            __builtin_popcountll(random_mix(5, 9) ^ random_mix(5 ^ one, 9));
        flips +=
            __builtin_popcountll(random_mix(5, 9) ^ random_mix(5, 9 ^ one));
        uint64_t input = 5 ^ one;
        uint64_t changed = random_hash(&input, sizeof input);
        input = 5;
        flips +=
            __builtin_popcountll(random_hash(&input, sizeof input) ^ changed);
    }
    int average = flips / (3 * 64);
    ck_assert_int_ge(average, 30); // of 64 bits, half should turn
    ck_assert_int_le(average, 34);
}
END_TEST

START_TEST(a_node_draws_the_same_seeds_in_each_run)
{
    setenv("LAB_SEED", "7", 1);
    self_set_name("s1");
    uint64_t first = random_seed();
    uint64_t second = random_seed();
    ck_assert_uint_ne(first, second);

    atomic_store(&self_get()->seeds, 0); // the next run
    ck_assert_uint_eq(random_seed(), first);
    ck_assert_uint_eq(random_seed(), second);

    atomic_store(&self_get()->seeds, 0);
    self_set_name("s2"); // nodes draw different ones
    ck_assert_uint_ne(random_seed(), first);

    atomic_store(&self_get()->seeds, 0);
    self_set_name("s1");
    setenv("LAB_SEED", "8", 1);
    ck_assert_uint_ne(random_seed(), first);
}
END_TEST

START_TEST(a_seed_may_be_decimal_or_hexadecimal)
{
    setenv("LAB_SEED", "255", 1);
    uint64_t expected = random_seed();
    const char *const same[] = {"0xff", "0XFF", "0x00ff", "0255"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        atomic_store(&self_get()->seeds, 0);
        setenv("LAB_SEED", same[i], 1);
        ck_assert_uint_eq(random_seed(), expected);
    }
    setenv("LAB_SEED", "18446744073709551615", 1);
    (void)random_seed();
}
END_TEST

START_TEST(by_hand_each_seed_is_another)
{
    unsetenv("LAB_SEED");
    ck_assert_uint_ne(random_seed(), random_seed());
}
END_TEST

static void seed_from(const void *arg)
{
    setenv("LAB_SEED", arg, 1);
    (void)random_seed();
}

START_TEST(a_seed_that_is_no_number_ends_the_program)
{
    const char *const wrong[] = {
        "",    "x",      "-1", "+1",  " 1",  "1 ",
        "12a", "0x0x12", "0x", "0xg", "1e3", "18446744073709551616",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct child_end end = child_run(seed_from, wrong[i]);
        ck_assert_msg(WIFEXITED(end.status), "LAB_SEED='%s'", wrong[i]);
        ck_assert_msg(WEXITSTATUS(end.status) == 2, "LAB_SEED='%s' passes",
                      wrong[i]);
        ck_assert_ptr_nonnull(strstr(end.text, "LAB_SEED"));
    }
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "the generator is splitmix64, as published",
         the_generator_is_splitmix64, 0},
        {"runtime", "generators do not disturb each other",
         generators_do_not_disturb_each_other, 0},
        {"runtime", "each number below a bound comes equally often",
         each_number_below_comes_equally_often, 0},
        {"runtime", "numbers below a huge bound are fair as well",
         numbers_below_a_huge_bound_are_fair, 0},
        {"runtime", "hashes are the same for good", hashes_are_for_good, 0},
        {"runtime", "each bit of a hash depends on its whole input",
         each_bit_of_a_hash_depends_on_each_bit_of_its_input, 0},
        {"runtime", "a node draws the same seeds in each run of LAB_SEED",
         a_node_draws_the_same_seeds_in_each_run, 0},
        {"runtime", "LAB_SEED may be decimal or hexadecimal",
         a_seed_may_be_decimal_or_hexadecimal, 0},
        {"runtime", "without LAB_SEED each seed is another",
         by_hand_each_seed_is_another, 0},
        {"runtime", "a LAB_SEED that is no number ends the program",
         a_seed_that_is_no_number_ends_the_program, 0},
    };
    return unit_main(argc, argv, "random numbers", tests,
                     sizeof tests / sizeof tests[0]);
}
