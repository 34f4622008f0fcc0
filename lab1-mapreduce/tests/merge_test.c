// Segments, the files between map and reduce, and merging them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/check/shell.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"
#include "lab1-mapreduce/block.h"
#include "lab1-mapreduce/input.h"
#include "lab1-mapreduce/merge.h"
#include "lab1-mapreduce/segment.h"
#include "lab1-mapreduce/tests/files.h"

enum {
    MEMORY = 1 << 20,
};

// Adds one value for a key.
static void add(struct segment_writer *w, uint32_t partition, const char *key,
                const char *value)
{
    unsigned char block[256];
    struct slice text = slice_text(value);
    ck_assert_uint_lt(block_size(text), sizeof block);
    block_put(block, text);
    int err = segment_add(w, partition, slice_text(key),
                          slice_of(block, block_size(text)));
    ck_assert_int_eq(err, ERR_OK);
}

static struct segment_writer *begin_segment(const char *name, uint32_t reduces)
{
    struct segment_writer *w = NULL;
    ck_assert_int_eq(segment_begin("draft", name, reduces, &w), ERR_OK);
    return w;
}

// Merges partition `partition` of `count` files named "0", "1", ...
static struct merge *open_merge(size_t count, uint32_t partition)
{
    char **paths = xcalloc(count + 1, sizeof paths[0]);
    for (size_t i = 0; i < count; i++)
        paths[i] = xasprintf("%zu", i);
    struct merge *m = NULL;
    size_t wrong = 0;
    ck_assert_int_eq(merge_open(paths, count, partition, MEMORY, &m, &wrong),
                     ERR_OK);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
    return m;
}

// All that a merge brings, as "key: value value; ".
static char *merged(size_t count, uint32_t partition)
{
    struct merge *m = open_merge(count, partition);
    char *text = xstrdup("");
    struct slice key;
    while (merge_next(m, &key) == ERR_OK) {
        char *more =
            xasprintf("%s%.*s:", text, (int)key.size, (const char *)key.data);
        struct slice value;
        while (mr_next(merge_values(m), &value)) {
            char *longer = xasprintf("%s %.*s", more, (int)value.size,
                                     (const char *)value.data);
            free(more);
            more = longer;
        }
        free(text);
        text = xasprintf("%s; ", more);
        free(more);
    }
    merge_close(m);
    return text;
}

static void expect_merged(size_t count, uint32_t partition, const char *wanted)
{
    char *text = merged(count, partition);
    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(partitions_are_kept_apart)
{
    shell_folder();
    struct segment_writer *w = begin_segment("0", 4);
    add(w, 1, "a", "1");
    add(w, 1, "b", "2");
    add(w, 3, "a", "3");
    ck_assert_int_eq(segment_commit(w), ERR_OK);
    expect_merged(1, 0, "");
    expect_merged(1, 1, "a: 1; b: 2; ");
    expect_merged(1, 2, "");
    expect_merged(1, 3, "a: 3; ");
}
END_TEST

START_TEST(values_come_in_the_order_of_files)
{
    shell_folder();
    const char *const names[] = {"0", "1", "2"};
    for (int i = 0; i < 3; i++) {
        struct segment_writer *w = begin_segment(names[i], 1);
        if (i != 1)
            add(w, 0, "all", "x");
        add(w, 0, "all", names[i]);
        add(w, 0, i == 1 ? "b" : "c", "y");
        ck_assert_int_eq(segment_commit(w), ERR_OK);
    }
    expect_merged(3, 0, "all: x 0 1 x 2; b: y; c: y y; ");
    expect_merged(0, 0, "");
}
END_TEST

START_TEST(values_may_be_passed_over)
{
    shell_folder();
    for (int i = 0; i < 2; i++) {
        struct segment_writer *w = begin_segment(i == 0 ? "0" : "1", 1);
        add(w, 0, "a", "1");
        add(w, 0, "a", "2");
        add(w, 0, "b", "3");
        ck_assert_int_eq(segment_commit(w), ERR_OK);
    }
    struct merge *m = open_merge(2, 0);
    struct slice key;
    struct slice value;
    ck_assert_int_eq(merge_next(m, &key), ERR_OK);
    ck_assert(mr_next(merge_values(m), &value));
    ck_assert_int_eq(merge_next(m, &key), ERR_OK);
    ck_assert(slice_equal(key, slice_text("b")));
    ck_assert_int_eq(merge_next(m, &key), READ_END);
    ck_assert_int_eq(merge_next(m, &key), READ_END);
    merge_close(m);
}
END_TEST

START_TEST(long_blocks_are_cut_into_records)
{
    shell_folder();
    enum { VALUES = 3000, VALUE = 50 };
    struct buf block;
    buf_init(&block, SIZE_MAX);
    for (int i = 0; i < VALUES; i++) {
        char text[VALUE + 1];
        snprintf(text, sizeof text, "%050d", i);
        struct slice value = slice_text(text);
        block_put(buf_reserve(&block, block_size(value)), value);
        block.size += block_size(value);
    }
    struct segment_writer *w = begin_segment("0", 1);
    ck_assert_int_eq(segment_add(w, 0, slice_text("key"), buf_slice(&block)),
                     ERR_OK);
    ck_assert_int_eq(segment_commit(w), ERR_OK);
    buf_release(&block);

    struct segment_reader *r = NULL;
    ck_assert_int_eq(segment_open("0", 0, 100, &r), ERR_OK);
    struct slice key;
    struct slice values;
    int records = 0;
    for (; segment_next(r, &key, &values) == ERR_OK; records++)
        ck_assert_uint_le(values.size, SEGMENT_BLOCK_MAX);
    ck_assert_int_gt(records, VALUES * VALUE / SEGMENT_BLOCK_MAX);
    segment_close(r);

    struct merge *m = open_merge(1, 0);
    ck_assert_int_eq(merge_next(m, &key), ERR_OK);
    struct slice value;
    int count = 0;
    for (; mr_next(merge_values(m), &value); count++) {
        char wanted[VALUE + 1];
        snprintf(wanted, sizeof wanted, "%050d", count);
        ck_assert(slice_equal(value, slice_text(wanted)));
    }
    ck_assert_int_eq(count, VALUES);
    merge_close(m);
}
END_TEST

START_TEST(many_files_need_few_descriptors)
{
    shell_folder();
    enum { FILES = 150, DESCRIPTORS = 32 };
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = DESCRIPTORS; // the hard limit is valgrind's to keep
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int i = 0; i < FILES; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        struct segment_writer *w = begin_segment(name, 1);
        add(w, 0, i % 2 == 0 ? "even" : "odd", "1");
        ck_assert_int_eq(segment_commit(w), ERR_OK);
    }
    struct merge *m = open_merge(FILES, 0);
    struct slice key;
    struct slice value;
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(merge_next(m, &key), ERR_OK);
        int count = 0;
        while (mr_next(merge_values(m), &value))
            count++;
        ck_assert_int_eq(count, FILES / 2);
    }
    merge_close(m);
}
END_TEST

// Reads all of a file that may be damaged: it may not crash or hang.
static int read_damaged(uint32_t partition)
{
    char *paths[] = {(char[]){"0"}, NULL};
    struct merge *m = NULL;
    size_t wrong = 7;
    int err = merge_open(paths, 1, partition, MEMORY, &m, &wrong);
    if (err != ERR_OK) {
        ck_assert_uint_eq(wrong, 0);
        return err;
    }
    struct slice key;
    struct slice value;
    err = merge_next(m, &key);
    while (err == ERR_OK) {
        while (mr_next(merge_values(m), &value))
            continue;
        err = merge_next(m, &key);
    }
    ck_assert_uint_eq(merge_wrong(m), 0);
    merge_close(m);
    return err;
}

START_TEST(damaged_files_are_told)
{
    shell_folder();
    struct segment_writer *w = begin_segment("0", 2);
    for (int i = 0; i < 50; i++) {
        char key[16];
        snprintf(key, sizeof key, "key-%03d", i);
        add(w, 1, key, "some value");
    }
    ck_assert_int_eq(segment_commit(w), ERR_OK);
    ck_assert_int_eq(read_damaged(1), READ_END);
    ck_assert_int_eq(read_damaged(2), ERR_PROTO); // no such partition

    size_t size;
    char *whole = shell_read("0", &size);
    for (size_t cut = 0; cut < size; cut += 7) { // shorter
        write_bytes("0", whole, cut);
        ck_assert_int_eq(read_damaged(1), ERR_PROTO);
    }
    struct random r;
    random_init(&r, random_seed());
    for (int i = 0; i < 300; i++) { // other bytes
        size_t at = (size_t)random_below(&r, size);
        char old = whole[at];
        whole[at] = (char)random_next(&r);
        write_bytes("0", whole, size);
        read_damaged(1);
        whole[at] = old;
    }
    free(whole);
    unlink("0");
    ck_assert_int_eq(read_damaged(1), ERR_NOT_FOUND);
}
END_TEST

START_TEST(second_commit_changes_nothing)
{
    shell_folder();
    struct segment_writer *first = NULL;
    struct segment_writer *second = NULL;
    ck_assert_int_eq(segment_begin("d1", "0", 1, &first), ERR_OK);
    ck_assert_int_eq(segment_begin("d2", "0", 1, &second), ERR_OK);
    add(first, 0, "a", "1");
    add(second, 0, "b", "2");
    ck_assert_int_eq(segment_commit(first), ERR_OK);
    ck_assert_int_eq(segment_commit(second), ERR_EXISTS);
    expect_merged(1, 0, "a: 1; ");
    ck_assert_uint_eq(count_names("."), 1);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"I", "partitions of a segment are kept apart",
         partitions_are_kept_apart, 0},
        {"I", "the values of a key come in the order of the files",
         values_come_in_the_order_of_files, 0},
        {"I", "values that are not asked for are passed over",
         values_may_be_passed_over, 0},
        {"I", "long blocks are cut into records",
         long_blocks_are_cut_into_records, 0},
        {"I", "150 files are merged with 32 descriptors",
         many_files_need_few_descriptors, 0},
        {"I", "a damaged segment is told, never believed",
         damaged_files_are_told, 0},
        {"I", "the second commit of a segment changes nothing",
         second_commit_changes_nothing, 0},
    };
    return unit_main(argc, argv, "lab1 merge", tests,
                     sizeof tests / sizeof tests[0]);
}
