// Files that are meant to hurt, and files that are none.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "grading/linear/tests/read_dump.h"

enum {
    DEPTH = 1000 * 1000,
    LINE_SIZE = 100 * 1000 * 1000,
    MANY = 100 * 1000,
};

static void expect_error(enum linear_format format, struct slice bytes,
                         const char *expected)
{
    struct linear_history h;
    linear_history_init(&h);
    struct linear_reading how = {.format = format};
    char *error = linear_read_bytes("f", bytes, &how, &h);
    ck_assert_ptr_nonnull(error);
    ck_assert_str_eq(error, expected);
    free(error);
    linear_history_release(&h);
}

// `before`, and DEPTH times `text`.
static void expect_deep(enum linear_format format, const char *before,
                        const char *text, const char *expected)
{
    size_t head = strlen(before);
    size_t size = strlen(text);
    char *bytes = xmalloc(head + DEPTH * size);
    memcpy(bytes, before, head);
    for (size_t i = 0; i < DEPTH; i++)
        memcpy(bytes + head + i * size, text, size);
    expect_error(format, slice_of(bytes, head + DEPTH * size), expected);
    free(bytes);
}

START_TEST(depth_is_bounded)
{
    const char deep[] = "f:1: nested too deeply";
    const char tag[] = "f:1: a tag with nothing behind it";
    expect_deep(LINEAR_LINES, "{\"z\":", "[", deep);
    expect_deep(LINEAR_LINES, "{\"z\":", "{\"a\":", deep);
    expect_deep(LINEAR_ELLE, "[{\"z\":", "[", deep);
    expect_deep(LINEAR_EDN, "", "[", deep);
    expect_deep(LINEAR_EDN, "{:z ", "#{", deep);
    expect_deep(LINEAR_EDN, "{:z ", "{(", deep);
    expect_deep(LINEAR_EDN, "", "#_", tag);
    expect_deep(LINEAR_EDN, "[", "#_ ", tag);
    expect_deep(LINEAR_EDN, "", "#t ", tag);
    expect_deep(LINEAR_EDN, "", "#_#t[", deep);
    expect_deep(LINEAR_ANY, "", "[", deep);
    expect_deep(LINEAR_ANY, "", "{\"a\":", deep);
}
END_TEST

// In any place but a string of Porcupine's.
START_TEST(nul_is_an_error)
{
    static const char *const texts[] = {"{\"c\":^}", "{:process ^0}", "INFO ^",
                                        "[^]", "[{\"a\":^1}]"};
    static const char *const errors[] = {
        "f:2: no JSON", "f:2: no line of porcupine's", "f:2: a NUL byte",
        "f:2: a NUL byte", "f:2: no JSON"};
    for (int format = LINEAR_LINES; format <= LINEAR_ELLE; format++) {
        size_t i = (size_t)(format - LINEAR_LINES);
        char *text = xasprintf("\n%s", texts[i]);
        size_t size = strlen(text);
        *strchr(text, '^') = '\0';
        expect_error((enum linear_format)format, slice_of(text, size),
                     errors[i]);
        free(text);
    }
    expect_error(LINEAR_ANY, slice_of("\0", 1), "f:1: no format that is known");
}
END_TEST

START_TEST(ends_are_missed_everywhere)
{
    static const char *const texts[] = {
        ("{\"c\":\"c1\",\"op\":\"put\",\"kb\":\"AA==\",\"v\":\"\\u00e9\","
         "\"t0\":1,\"t1\":2,\"r\":\"ok\",\"z\":[{},1.5e3,null]}"),
        "{:process 0, :type :invoke, :f :get, :key \"1\", :value nil}",
        "INFO  jepsen.util - 0 :invoke :cas [1 2]",
        "[#a{:process 0 :type :invoke #_\\x :f :cas :value [1 \"\\u0041\"]}]",
        "[{\"process\":0,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[1,2]}]"};
    for (int format = LINEAR_LINES; format <= LINEAR_ELLE; format++) {
        const char *text = texts[format - LINEAR_LINES];
        for (size_t size = strlen(text); size > 0; size--) {
            // In memory of its own, so that a sanitizer sees its end.
            unsigned char *bytes = xmemdup(text, size);
            struct linear_history h;
            linear_history_init(&h);
            struct linear_reading how = {.format = (enum linear_format)format};
            char *error =
                linear_read_bytes("f", slice_of(bytes, size), &how, &h);
            ck_assert((error == NULL) == (size == strlen(text)));
            free(error);
            linear_history_release(&h);
            free(bytes);
        }
    }
}
END_TEST

START_TEST(a_line_may_be_long)
{
    const char before[] = "{\"c\":\"c\",\"op\":\"put\",\"k\":\"k\",\"v\":\"";
    const char behind[] = "\",\"t0\":1,\"t1\":2,\"r\":\"ok\"}";
    size_t head = strlen(before);
    size_t size = head + LINE_SIZE + strlen(behind);
    char *text = xmalloc(size);
    memcpy(text, before, head);
    memset(text + head, 'a', LINE_SIZE);
    memcpy(text + head + LINE_SIZE, behind, strlen(behind));
    struct linear_history h;
    linear_history_init(&h);
    struct linear_reading how = {0};
    ck_assert_ptr_null(linear_read_bytes("f", slice_of(text, size), &how, &h));
    ck_assert_uint_eq(h.ops[0].argument.size, LINE_SIZE);
    ck_assert_ptr_eq(h.ops[0].argument.data, text + head);
    linear_history_release(&h);
    free(text);
}
END_TEST

START_TEST(numbers_may_be_large)
{
    struct linear_history h;
    linear_history_init(&h);
    char *error =
        read_text("{\"e\":\"call\",\"id\":9007199254740992,\"c\":4294967296,"
                  "\"op\":\"get\",\"k\":\"k\"}\n"
                  "{\"e\":\"call\",\"id\":2147483648,\"c\":2147483648,"
                  "\"op\":\"get\",\"k\":\"k\"}\n"
                  "{\"e\":\"ret\",\"id\":9007199254740992,\"r\":\"ok\"}\n",
                  (struct linear_reading){0}, &h);
    ck_assert_ptr_null(error);
    char *dump = read_dump(&h);
    ck_assert_str_eq(dump, "4294967296 get k [1,3] ok saw nothing\n"
                           "2147483648 get k [2,-] maybe");
    free(dump);
    linear_history_release(&h);
}
END_TEST

// As many clients, ids and keys as there are operations, none of which
// returns; and as many lines that are skipped.
START_TEST(many_of_all_take_no_time)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0; i < MANY; i++)
        fprintf(out,
                "{\"e\":\"call\",\"id\":%d,\"c\":\"c%d\",\"op\":\"get\","
                "\"k\":\"k%d\"}\nnonsense\n",
                i, i, i);
    fclose(out);
    struct linear_history h;
    linear_history_init(&h);
    struct linear_reading how = {.lenient = true};
    ck_assert_ptr_null(linear_read_bytes("f", slice_of(text, size), &how, &h));
    ck_assert_uint_eq(h.count, MANY);
    ck_assert_uint_eq(h.clients.count, MANY);
    ck_assert_uint_eq(how.skipped, MANY);
    linear_history_release(&h);
    free(text);
}
END_TEST

// --- Files -------------------------------------------------------------------

static void expect_file(const char *path, const char *expected)
{
    struct linear_history h;
    linear_history_init(&h);
    struct linear_reading how = {0};
    char *error = linear_read_file(path, &how, &h);
    char *dump = read_dump(&h);
    ck_assert_str_eq(error != NULL ? error : dump, expected);
    free(error);
    free(dump);
    linear_history_release(&h);
}

static const char line[] = "{\"c\":\"c\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,"
                           "\"t1\":2,\"r\":\"ok\"}\n";

START_TEST(files_and_pipes_are_read)
{
    char *path = xasprintf("%s/history", getenv("TMPDIR"));
    FILE *out = fopen(path, "we");
    ck_assert_ptr_nonnull(out);
    fputs(line, out);
    fclose(out);
    expect_file(path, "c get k [1,2] ok saw nothing");
    free(path);

    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(write(ends[1], line, strlen(line)), strlen(line));
    close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    expect_file("-", "c get k [1,2] ok saw nothing");
    expect_file("/dev/null", "");
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
    expect_file("/", "/: Is a directory");
    expect_file("/none/such", "/none/such: No such file or directory");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "depth is bounded", depth_is_bounded, 60},
        {"linear", "a NUL byte is an error", nul_is_an_error, 0},
        {"linear", "files may end anywhere", ends_are_missed_everywhere, 0},
        {"linear", "a line may be long", a_line_may_be_long, 60},
        {"linear", "numbers may be large", numbers_may_be_large, 0},
        {"linear", "many of all take no time", many_of_all_take_no_time, 0},
        {"linear", "files and pipes are read", files_and_pipes_are_read, 0},
        {"linear", "what is no file is told", what_is_no_file_is_told, 0},
    };
    return unit_main(argc, argv, "linear hostile", tests,
                     sizeof tests / sizeof tests[0]);
}
