// buf_test.c - bytes, memory and error numbers.
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/buf.h"
#include "common/runtime/err.h"
#include "common/runtime/tests/child.h"

static const struct slice NOTHING = {.data = NULL, .size = 0};

START_TEST(a_prefix_comes_first)
{
    struct slice a = slice_text("a");
    struct slice ab = slice_text("ab");
    struct slice high = slice_of("\xff", 1);

    ck_assert_int_lt(slice_compare(a, ab), 0);
    ck_assert_int_gt(slice_compare(ab, a), 0);
    ck_assert_int_lt(slice_compare(NOTHING, a), 0);
    ck_assert_int_gt(slice_compare(a, NOTHING), 0);
    ck_assert_int_gt(slice_compare(high, ab), 0); // bytes have no sign
    ck_assert_int_eq(slice_compare(ab, ab), 0);
}
END_TEST

START_TEST(equal_is_bytewise)
{
    ck_assert(slice_equal(slice_of("a\0b", 3), slice_of("a\0b", 3)));
    ck_assert(!slice_equal(slice_of("a\0b", 3), slice_of("a\0c", 3)));
    ck_assert(!slice_equal(slice_of("a", 1), slice_of("a\0", 2)));
    ck_assert(slice_equal(NOTHING, slice_text("")));
}
END_TEST

START_TEST(the_first_place_is_found)
{
    struct slice text = slice_of("a\0bab", 5);
    size_t at = 7;
    ck_assert(slice_find(text, slice_text("b"), &at) && at == 2);
    ck_assert(slice_find(text, slice_text("ab"), &at) && at == 3);
    ck_assert(slice_find(text, text, &at) && at == 0);
    ck_assert(slice_find(text, NOTHING, &at) && at == 0);
    ck_assert(slice_find(NOTHING, NOTHING, &at) && at == 0);
    ck_assert(slice_find(text, slice_of("\0b", 2), NULL));
    ck_assert(!slice_find(text, slice_text("bb"), &at));
    ck_assert(!slice_find(slice_text("a"), text, &at));
    ck_assert(!slice_find(NOTHING, text, &at));
}
END_TEST

START_TEST(what_was_appended_is_there)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    int failures = 0; // one assertion costs more than all the appends
    for (int i = 0; i < 100000; i++) {
        unsigned char byte = (unsigned char)(i % 251);
        failures += buf_append(&b, &byte, 1) != ERR_OK;
    }
    ck_assert_int_eq(failures, 0);

    ck_assert_uint_eq(b.size, 100000);
    for (int i = 0; i < 100000; i++)
        failures += b.data[i] != i % 251;
    ck_assert_int_eq(failures, 0);
    buf_release(&b);
}
END_TEST

START_TEST(memory_grows_by_doubling)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    size_t room = 0;
    int growths = 0;
    while (buf_append(&b, "x", 1) == ERR_OK) { // ends: at the limit
        growths += b.room != room;
        room = b.room;
    }

    ck_assert_uint_eq(b.size, 1 << 20);
    ck_assert_int_le(growths, 20);
    ck_assert_uint_eq(b.room, 1 << 20); // and not beyond the limit
    buf_release(&b);
}
END_TEST

START_TEST(a_large_reserve_takes_no_more_than_asked)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    ck_assert_ptr_nonnull(buf_reserve(&b, 1000000));
    ck_assert_uint_eq(b.room, 1000000);
    ck_assert_uint_eq(b.size, 0); // the caller adds what it writes
    buf_release(&b);
}
END_TEST

// So that what one has freed is what the next one needs.
START_TEST(small_rooms_have_few_sizes)
{
    size_t last = 0;
    int sizes = 0;
    for (size_t size = 1; size <= 4096; size++) {
        struct buf b;
        buf_init(&b, SIZE_MAX);
        ck_assert_ptr_nonnull(buf_reserve(&b, size));
        ck_assert_uint_ge(b.room, size);
        ck_assert_uint_le(b.room, size < 64 ? 64 : 2 * size - 1);
        sizes += b.room != last;
        last = b.room;
        buf_release(&b);
    }
    ck_assert_int_eq(sizes, 7); // 64 to 4096
}
END_TEST

START_TEST(nothing_is_appended_beyond_the_limit)
{
    struct buf b;
    buf_init(&b, 5);
    ck_assert_int_eq(buf_append(&b, "abc", 3), ERR_OK);
    ck_assert_int_eq(buf_append(&b, "def", 3), ERR_LIMIT);
    ck_assert(slice_equal(buf_slice(&b), slice_text("abc")));
    ck_assert_int_eq(buf_append(&b, "de", 2), ERR_OK);
    ck_assert(slice_equal(buf_slice(&b), slice_text("abcde")));
    ck_assert_uint_eq(b.room, 5); // nor is more allocated

    // A size from outside, close to the largest there is, must not wrap.
    ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
    ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX - 4));
    buf_release(&b);
}
END_TEST

START_TEST(no_bytes_cost_no_memory)
{
    struct buf b;
    buf_init(&b, 0);
    ck_assert_int_eq(buf_append(&b, NULL, 0), ERR_OK);
    ck_assert_ptr_null(b.data);
    ck_assert_uint_eq(buf_slice(&b).size, 0);

    ck_assert_ptr_nonnull(buf_reserve(&b, 0)); // NULL would say "too much"
    ck_assert_int_eq(buf_append(&b, "x", 1), ERR_LIMIT);
    buf_release(&b);
}
END_TEST

START_TEST(a_cleared_buf_keeps_its_memory_and_a_released_one_its_limit)
{
    struct buf b;
    buf_init(&b, 3);
    ck_assert_int_eq(buf_append(&b, "abc", 3), ERR_OK);
    buf_clear(&b);
    ck_assert_uint_eq(b.size, 0);
    ck_assert_uint_eq(b.room, 3);
    ck_assert_int_eq(buf_append(&b, "xyz", 3), ERR_OK);

    buf_release(&b);
    ck_assert_ptr_null(b.data);
    ck_assert_int_eq(buf_append(&b, "abcd", 4), ERR_LIMIT);
    ck_assert_int_eq(buf_append(&b, "abc", 3), ERR_OK);
    buf_release(&b);
    buf_release(&b);
}
END_TEST

START_TEST(copies_are_copies)
{
    char *text = xstrdup("text");
    char *bytes = xmemdup("a\0b", 3);
    char *printed = xasprintf("%s-%d", text, 7);
    ck_assert_str_eq(text, "text");
    ck_assert_mem_eq(bytes, "a\0b", 3);
    ck_assert_str_eq(printed, "text-7");
    free(text);
    free(bytes);
    free(printed);

    void *empty = xmemdup(NULL, 0);
    ck_assert_ptr_nonnull(empty);
    free(empty);
    free(xrealloc(xmalloc(0), 0));
    free(xcalloc(0, 0));
}
END_TEST

static void ask_for_too_much(const void *arg)
{
    (void)arg;
    volatile size_t size = SIZE_MAX / 2;
    free(xmalloc(size));
}

START_TEST(without_memory_the_program_ends)
{
    struct child_end end = child_run(ask_for_too_much, NULL);
    // Sanitizers end it before we do, in their own way, but it ends.
    ck_assert_int_ne(end.status, 0);
    ck_assert_str_ne(end.text, "");
}
END_TEST

START_TEST(each_error_has_words_of_its_own)
{
    for (int a = ERR_IO; a <= ERR_OK; a++) {
        ck_assert_str_ne(err_text(a), err_text(ERR_IO - 1));
        for (int b = ERR_IO; b < a; b++)
            ck_assert_str_ne(err_text(a), err_text(b));
    }
    ck_assert_str_eq(err_text(1), "unknown error");
}
END_TEST

START_TEST(no_errno_becomes_success)
{
    for (int number = -1; number < 200; number++)
        ck_assert_int_lt(err_from_errno(number), ERR_OK);
    ck_assert_int_eq(err_from_errno(ENOSPC), ERR_FULL);
    ck_assert_int_eq(err_from_errno(EDQUOT), ERR_FULL);
    ck_assert_int_eq(err_from_errno(EFBIG), ERR_FULL);
    ck_assert_int_eq(err_from_errno(EROFS), ERR_DENIED);
    ck_assert_int_eq(err_from_errno(ENOENT), ERR_NOT_FOUND);
    ck_assert_int_eq(err_from_errno(EMFILE), ERR_LIMIT);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "a slice's prefix comes first, bytes have no sign",
         a_prefix_comes_first, 0},
        {"runtime", "slices are equal if all bytes are", equal_is_bytewise, 0},
        {"runtime", "a part of a slice is found at its first place",
         the_first_place_is_found, 0},
        {"runtime", "what was appended to a buf is there",
         what_was_appended_is_there, 0},
        {"runtime", "a buf grows by doubling, up to its limit",
         memory_grows_by_doubling, 0},
        {"runtime", "a large reserve takes no more than was asked",
         a_large_reserve_takes_no_more_than_asked, 0},
        {"runtime", "small rooms of bufs have few sizes",
         small_rooms_have_few_sizes, 0},
        {"runtime", "nothing is appended beyond a buf's limit",
         nothing_is_appended_beyond_the_limit, 0},
        {"runtime", "appending no bytes takes no memory",
         no_bytes_cost_no_memory, 0},
        {"runtime", "clear keeps a buf's memory, release its limit",
         a_cleared_buf_keeps_its_memory_and_a_released_one_its_limit, 0},
        {"runtime", "xstrdup and its like copy", copies_are_copies, 0},
        {"runtime", "without memory the program ends with a sentence",
         without_memory_the_program_ends, 0},
        {"runtime", "each error has words of its own",
         each_error_has_words_of_its_own, 0},
        {"runtime", "no errno becomes success", no_errno_becomes_success, 0},
    };
    return unit_main(argc, argv, "bytes and errors", tests,
                     sizeof tests / sizeof tests[0]);
}
