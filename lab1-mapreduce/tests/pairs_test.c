// The pairs of a map task: grouped, combined, sorted.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/random.h"
#include "lab1-mapreduce/apps.h"
#include "lab1-mapreduce/block.h"
#include "lab1-mapreduce/pairs.h"

// An application without a combiner, and one whose combiner is wrong.
static const struct mr_app plain = {.name = "plain"};

static void combine_to_other(struct slice key, struct values *values,
                             struct emitter *out)
{
    mr_emit(out, slice_text("other"), slice_text("1"));
}
static const struct mr_app wrong = {.name = "wrong",
                                    .combine = combine_to_other};

static void add(struct pairs *p, const char *key, const char *value)
{
    pairs_add(p, slice_text(key), slice_text(value));
}

// The i-th group as "key: value value ".
static char *group_text(const struct pairs *p, size_t i)
{
    struct group group = pairs_at(p, i);
    struct block_values values;
    block_values_init(&values, group.block);
    char *text =
        xasprintf("%.*s: ", (int)group.key.size, (const char *)group.key.data);
    struct slice value;
    while (mr_next(&values.values, &value)) {
        char *more = xasprintf("%s%.*s ", text, (int)value.size,
                               (const char *)value.data);
        free(text);
        text = more;
    }
    return text;
}

static void expect_group(const struct pairs *p, size_t i, const char *wanted)
{
    char *text = group_text(p, i);
    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(values_of_a_key_stay_in_order)
{
    struct pairs *p = pairs_new(&plain, 1);
    add(p, "b", "1");
    add(p, "a", "x");
    add(p, "b", "");
    add(p, "b", "2");
    add(p, "", "empty");
    pairs_sort(p);
    ck_assert_uint_eq(pairs_count(p), 3);
    expect_group(p, 0, ": empty ");
    expect_group(p, 1, "a: x ");
    expect_group(p, 2, "b: 1  2 ");
    pairs_free(p);
}
END_TEST

START_TEST(counts_stay_one_number)
{
    struct pairs *p = pairs_new(&app_wc, 1);
    size_t before = pairs_bytes(p);
    for (int i = 0; i < 100000; i++) {
        add(p, "the", "1");
        add(p, i % 2 == 0 ? "odd" : "even", "1");
    }
    ck_assert_uint_lt(pairs_bytes(p) - before, 300 * 1024);
    pairs_sort(p);
    expect_group(p, 0, "even: 50000 ");
    expect_group(p, 1, "odd: 50000 ");
    expect_group(p, 2, "the: 100000 ");
    pairs_free(p);
}
END_TEST

START_TEST(keys_are_sorted_within_partitions)
{
    enum { KEYS = 5000, PARTITIONS = 7 };
    struct random r;
    random_init(&r, random_seed());
    struct pairs *p = pairs_new(&plain, PARTITIONS);
    for (int i = 0; i < KEYS; i++) {
        unsigned char key[12];
        size_t size = (size_t)random_below(&r, sizeof key);
        for (size_t k = 0; k < size; k++)
            key[k] = (unsigned char)(random_below(&r, 3) * 0x80);
        pairs_add(p, slice_of(key, size), slice_text("v"));
    }
    pairs_sort(p);
    size_t used[PARTITIONS] = {0};
    for (size_t i = 0; i < pairs_count(p); i++) {
        struct group group = pairs_at(p, i);
        ck_assert_uint_eq(group.partition,
                          key_partition(group.key, PARTITIONS));
        used[group.partition]++;
        if (i == 0)
            continue;
        struct group last = pairs_at(p, i - 1);
        ck_assert_uint_le(last.partition, group.partition);
        if (last.partition == group.partition)
            ck_assert_int_lt(slice_compare(last.key, group.key), 0);
    }
    for (size_t i = 0; i < PARTITIONS; i++)
        ck_assert_uint_gt(used[i], 0);
    pairs_free(p);
}
END_TEST

START_TEST(partition_of_a_key_is_for_good)
{
    // These are facts, not properties: outputs of other versions rely on them.
    ck_assert_uint_eq(key_partition(slice_text(""), 1000), 37);
    ck_assert_uint_eq(key_partition(slice_text("the"), 1000), 924);
    ck_assert_uint_eq(key_partition(slice_text("\xff"), 1000), 646);
    ck_assert_uint_eq(key_partition(slice_text("the"), 1), 0);
}
END_TEST

START_TEST(clearing_gives_memory_back)
{
    struct pairs *p = pairs_new(&plain, 3);
    size_t before = pairs_bytes(p);
    char key[32];
    for (int i = 0; i < 50000; i++) {
        snprintf(key, sizeof key, "key %d", i);
        add(p, key, "value");
    }
    ck_assert_uint_gt(pairs_bytes(p), before + 50000 * 20);
    pairs_clear(p);
    ck_assert_uint_eq(pairs_bytes(p), before);
    add(p, "again", "1");
    pairs_sort(p);
    ck_assert_uint_eq(pairs_count(p), 1);
    expect_group(p, 0, "again: 1 ");
    pairs_free(p);
}
END_TEST

START_TEST(large_values_are_kept)
{
    enum { SIZE = 1 << 20 };
    char *large = xmalloc(SIZE + 1);
    memset(large, 'x', SIZE);
    large[SIZE] = '\0';
    struct pairs *p = pairs_new(&plain, 1);
    for (int i = 0; i < 3; i++)
        add(p, large, large);
    pairs_sort(p);
    struct group group = pairs_at(p, 0);
    ck_assert_uint_eq(group.key.size, SIZE);
    struct block_values values;
    block_values_init(&values, group.block);
    struct slice value;
    for (int i = 0; i < 3; i++) {
        ck_assert(mr_next(&values.values, &value));
        ck_assert(slice_equal(value, slice_text(large)));
    }
    ck_assert(!mr_next(&values.values, &value));
    pairs_free(p);
    free(large);
}
END_TEST

START_TEST(combine_for_another_key_is_told)
{
    struct pairs *p = pairs_new(&wrong, 1);
    ck_assert_ptr_null(pairs_failure(p));
    add(p, "a", "1");
    add(p, "a", "1");
    pairs_sort(p);
    ck_assert_str_eq(pairs_failure(p),
                     "combine emitted a pair for another key");
    pairs_free(p);
}
END_TEST

START_TEST(varints_round_trip)
{
    const uint64_t numbers[] = {
        0, 1, 127, 128, 300, 1000, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        unsigned char bytes[VARINT_MAX];
        size_t size = varint_put(bytes, numbers[i]);
        struct slice rest = slice_of(bytes, size);
        uint64_t number = 0;
        ck_assert(varint_take(&rest, &number));
        ck_assert_uint_eq(number, numbers[i]);
        ck_assert_uint_eq(rest.size, 0);
        rest = slice_of(bytes, size - 1);
        ck_assert(!varint_take(&rest, &number));
    }
}
END_TEST

START_TEST(damaged_blocks_end)
{
    struct slice value;
    struct slice rest = slice_of("\x05"
                                 "abc",
                                 4); // says 5, has 3
    ck_assert(!block_take(&rest, &value));
    rest = slice_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11);
    ck_assert(!block_take(&rest, &value));
    rest = slice_of("\x80\x01", 2); // 128 bytes, none there
    ck_assert(!block_take(&rest, &value));
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"I", "the values of a key stay in order",
         values_of_a_key_stay_in_order, 0},
        {"I", "combined counts stay one number", counts_stay_one_number, 0},
        {"I", "keys are sorted within their partitions",
         keys_are_sorted_within_partitions, 0},
        {"I", "the partition of a key is the same for good",
         partition_of_a_key_is_for_good, 0},
        {"I", "clearing gives memory back", clearing_gives_memory_back, 0},
        {"I", "large keys and values are kept", large_values_are_kept, 0},
        {"I", "a combine for another key is told",
         combine_for_another_key_is_told, 0},
        {"I", "numbers are packed and unpacked", varints_round_trip, 0},
        {"I", "a damaged block ends", damaged_blocks_end, 0},
    };
    return unit_main(argc, argv, "lab1 pairs", tests,
                     sizeof tests / sizeof tests[0]);
}
