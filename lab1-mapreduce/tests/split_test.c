// Cutting the input into tasks, and reading it piece by piece.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/shell.h"
#include "common/check/unit.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"
#include "lab1-mapreduce/input.h"
#include "lab1-mapreduce/split.h"
#include "lab1-mapreduce/tests/files.h"

enum {
    KB = 1024,
    MB = 1024 * 1024,
};

// The length of each line of the files that are cut: 0 for one giant line.
static uint64_t line_length;
static uint64_t file_size;

static int fake_line_end(const char *file, uint64_t offset, uint64_t *end)
{
    if (strcmp(file, "broken") == 0)
        return ERR_DENIED;
    ck_assert_uint_lt(offset, file_size);
    *end = file_size;
    if (line_length > 0)
        *end = (offset / line_length + 1) * line_length;
    if (*end > file_size)
        *end = file_size;
    return ERR_OK;
}

// Cuts `count` files of `size` bytes each.
static struct split cut(size_t count, uint64_t size, uint64_t split)
{
    const char **files = calloc(count + 1, sizeof files[0]);
    uint64_t *sizes = calloc(count + 1, sizeof sizes[0]);
    for (size_t i = 0; i < count; i++) {
        files[i] = "file";
        sizes[i] = size;
    }
    file_size = size;
    struct split s;
    size_t wrong;
    ck_assert_int_eq(
        split_files(files, sizes, count, split, fake_line_end, &s, &wrong),
        ERR_OK);
    free(files);
    free(sizes);
    return s;
}

// Every byte of `count` files is in one piece, and cuts are at line ends.
static void expect_whole(const struct split *s, size_t count)
{
    uint64_t at = 0;
    size_t files = 0;
    for (size_t t = 0; t < s->count; t++) {
        ck_assert_uint_gt(s->tasks[t].count, 0);
        for (size_t p = 0; p < s->tasks[t].count; p++) {
            const struct piece *piece = &s->tasks[t].pieces[p];
            ck_assert_uint_eq(piece->offset, at);
            ck_assert_uint_gt(piece->length, 0);
            at += piece->length;
            if (line_length > 0 && at < file_size)
                ck_assert_uint_eq(at % line_length, 0);
            ck_assert_uint_le(at, file_size);
            if (at == file_size) {
                files++;
                at = 0;
            }
        }
    }
    ck_assert_uint_eq(files, count);
}

START_TEST(large_file_gives_many_tasks)
{
    line_length = 100;
    struct split s = cut(1, 10 * MB, 1 * MB);
    expect_whole(&s, 1);
    ck_assert_uint_ge(s.count, 9);
    ck_assert_uint_le(s.count, 10);
    split_release(&s);
}
END_TEST

START_TEST(any_sizes_lose_and_repeat_nothing)
{
    struct random r;
    random_init(&r, random_seed());
    for (int i = 0; i < 300; i++) {
        line_length = random_below(&r, 3000);
        size_t count = (size_t)random_below(&r, 9);
        uint64_t size = 1 + random_below(&r, 300 * KB);
        struct split s = cut(count, size, 1 + random_below(&r, 200 * KB));
        expect_whole(&s, count);
        split_release(&s);
    }
}
END_TEST

START_TEST(small_files_share_tasks)
{
    line_length = 10;
    struct split s = cut(10000, 100, 4 * MB);
    expect_whole(&s, 10000);
    ck_assert_uint_gt(s.count, 10); // opening files is work: not all in one
    ck_assert_uint_lt(s.count, 1000);
    split_release(&s);
}
END_TEST

START_TEST(small_split_gives_each_file_a_task)
{
    line_length = 10;
    struct split s = cut(8, 20, 20);
    ck_assert_uint_eq(s.count, 8);
    split_release(&s);
}
END_TEST

START_TEST(giant_line_stays_whole)
{
    line_length = 0;
    struct split s = cut(1, 100 * MB, 1 * MB);
    ck_assert_uint_eq(s.count, 1);
    ck_assert_uint_eq(s.tasks[0].pieces[0].length, 100 * MB);
    split_release(&s);
}
END_TEST

START_TEST(empty_files_give_nothing)
{
    struct split s = cut(3, 0, 1 * MB);
    ck_assert_uint_eq(s.count, 0);
    split_release(&s);
    s = cut(0, 0, 1 * MB);
    ck_assert_uint_eq(s.count, 0);
    split_release(&s);
}
END_TEST

START_TEST(number_of_tasks_is_bounded)
{
    line_length = 2;
    struct split s = cut(1, 100 * MB, 1);
    expect_whole(&s, 1);
    ck_assert_uint_le(s.count, SPLIT_TASKS_MAX);
    split_release(&s);
    // Two and a half files for each task, but tasks have whole files.
    size_t count = SPLIT_TASKS_MAX * 5 / 2;
    s = cut(count, 2, 1);
    expect_whole(&s, count);
    ck_assert_uint_le(s.count, SPLIT_TASKS_MAX);
    split_release(&s);
}
END_TEST

START_TEST(unreadable_file_is_named)
{
    const char *files[] = {"fine", "broken"};
    uint64_t sizes[] = {100, 2 * MB};
    file_size = 2 * MB;
    struct split s;
    size_t wrong = 0;
    ck_assert_int_eq(
        split_files(files, sizes, 2, MB, fake_line_end, &s, &wrong),
        ERR_DENIED);
    ck_assert_uint_eq(wrong, 1);
}
END_TEST

// --- Reading ---------------------------------------------------------------

// Reads [from, to) of file "in" and compares it with `text`.
static void expect_read(const char *text, uint64_t from, uint64_t to,
                        size_t window)
{
    struct input *in = input_new("in", from, to - from, window);
    uint64_t at = from;
    struct slice lines;
    uint64_t offset;
    int err = input_next(in, &lines, &offset);
    while (err == ERR_OK) {
        ck_assert_uint_eq(offset, at);
        ck_assert_uint_gt(lines.size, 0);
        ck_assert_mem_eq(lines.data, text + at, lines.size);
        at += lines.size;
        if (at < to)
            ck_assert_int_eq(lines.data[lines.size - 1], '\n');
        err = input_next(in, &lines, &offset);
    }
    ck_assert_int_eq(err, READ_END);
    ck_assert_uint_eq(at, to);
    input_free(in);
}

START_TEST(windows_are_whole_lines)
{
    shell_folder();
    write_words("in", random_seed(), 300);
    size_t size;
    char *text = shell_read("in", &size);
    for (size_t window = 1; window < 3000; window = window * 3 / 2 + 1)
        expect_read(text, 0, size, window);
    uint64_t end = 0;
    ck_assert_int_eq(input_line_end("in", size / 2, &end), ERR_OK);
    ck_assert_int_eq(text[end - 1], '\n');
    ck_assert_ptr_null(memchr(text + size / 2, '\n', end - 1 - size / 2));
    expect_read(text, 0, end, 100);
    expect_read(text, end, size, 100);
    free(text);
}
END_TEST

START_TEST(last_line_may_lack_its_newline)
{
    shell_folder();
    write_text("in", "one\ntwo");
    expect_read("one\ntwo", 0, 7, 4);
    uint64_t end = 0;
    ck_assert_int_eq(input_line_end("in", 5, &end), ERR_OK);
    ck_assert_uint_eq(end, 7);
    ck_assert_int_eq(input_line_end("in", 7, &end), ERR_PROTO);
}
END_TEST

START_TEST(line_beyond_the_limit_is_refused)
{
    shell_folder();
    write_text("in", "short\n");
    uint64_t size = (uint64_t)INPUT_LINE_MAX + 10 * KB;
    ck_assert_int_eq(truncate("in", (off_t)size), 0);
    struct input *in = input_new("in", 0, size, INPUT_WINDOW);
    struct slice lines;
    uint64_t offset;
    ck_assert_int_eq(input_next(in, &lines, &offset), ERR_OK);
    ck_assert_uint_eq(lines.size, 6);
    ck_assert_int_eq(input_next(in, &lines, &offset), ERR_LIMIT);
    input_free(in);
}
END_TEST

START_TEST(file_that_shrank_is_noticed)
{
    shell_folder();
    write_text("in", "one\ntwo\n");
    struct input *in = input_new("in", 0, 100, INPUT_WINDOW);
    struct slice lines;
    uint64_t offset;
    ck_assert_int_eq(input_next(in, &lines, &offset), ERR_PROTO);
    input_free(in);
}
END_TEST

START_TEST(only_regular_files_are_input)
{
    shell_folder();
    uint64_t size;
    ck_assert_int_eq(input_size(".", &size), ERR_PROTO);
    ck_assert_int_eq(input_size("/dev/null", &size), ERR_PROTO);
    ck_assert_int_eq(input_size("nothing", &size), ERR_NOT_FOUND);
    write_text("in", "four");
    ck_assert_int_eq(input_size("in", &size), ERR_OK);
    ck_assert_uint_eq(size, 4);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"I", "a large file gives many tasks", large_file_gives_many_tasks, 0},
        {"I",
         "any sizes: no byte is lost or in two tasks, cuts are at line "
         "ends",
         any_sizes_lose_and_repeat_nothing, 0},
        {"I", "10,000 small files share some tasks", small_files_share_tasks,
         0},
        {"I", "with a small split each file is a task",
         small_split_gives_each_file_a_task, 0},
        {"I", "a giant line stays whole", giant_line_stays_whole, 0},
        {"I", "empty files give no task", empty_files_give_nothing, 0},
        {"I", "the number of tasks is bounded", number_of_tasks_is_bounded, 0},
        {"I", "an unreadable file is named", unreadable_file_is_named, 0},
        {"I", "files are read by whole lines, whatever the window",
         windows_are_whole_lines, 0},
        {"I", "the last line may lack its newline",
         last_line_may_lack_its_newline, 0},
        {"I", "a line beyond the limit is refused",
         line_beyond_the_limit_is_refused, 0},
        {"I", "a file that has become shorter is noticed",
         file_that_shrank_is_noticed, 0},
        {"I", "only regular files are input", only_regular_files_are_input, 0},
    };
    return unit_main(argc, argv, "lab1 split", tests,
                     sizeof tests / sizeof tests[0]);
}
