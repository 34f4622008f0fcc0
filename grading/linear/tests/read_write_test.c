// What the writers write, and what they refuse.
#include <stdio.h>
#include <stdlib.h>

#include "common/check/unit.h"
#include "grading/linear/linear.h"
#include "grading/linear/read/convert.h"
#include "grading/linear/tests/read_dump.h"

// --- What is written ---------------------------------------------------------

#define WRITTEN                                                                \
    "{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"i\"}\n"                    \
    "{\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\",\"v\":\"\u00e9\",\"t0\":1,"      \
    "\"t1\":2,\"r\":\"ok\"}\n"                                                 \
    "{\"c\":\"c1\",\"op\":\"append\",\"k\":\"k\",\"v\":\"a\",\"t0\":3,"        \
    "\"t1\":null,\"r\":\"maybe\"}\n"                                           \
    "{\"c\":\"c\\\"2\",\"op\":\"appendret\",\"k\":\"k\",\"v\":\"a\",\"t0\":3," \
    "\"t1\":4,\"r\":\"ok\",\"old\":\"b\"}\n"                                   \
    "{\"c\":\"c1\",\"op\":\"cas\",\"k\":\"k\",\"a\":null,\"b\":\"y\",\"t0\":"  \
    "5,"                                                                       \
    "\"t1\":6,\"r\":\"no\",\"vb\":\"/yJ4\"}\n"                                 \
    "{\"c\":\"c1\",\"op\":\"cas\",\"k\":\"k\",\"a\":\"\",\"b\":\"y\",\"t0\":"  \
    "7,"                                                                       \
    "\"t1\":8,\"r\":\"no\",\"v\":null}\n"                                      \
    "{\"c\":\"c1\",\"op\":\"vput\",\"k\":\"l\",\"v\":\"z\",\"ver\":3,\"t0\":"  \
    "9,"                                                                       \
    "\"t1\":10,\"r\":\"no\",\"sawver\":4}\n"                                   \
    "{\"c\":\"c1\",\"op\":\"get\",\"kb\":\"AQ==\",\"t0\":11,\"t1\":12,"        \
    "\"r\":\"ok\",\"v\":\"\",\"ver\":4}\n"                                     \
    "{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":13,\"t1\":14,"            \
    "\"r\":\"fail\"}\n"                                                        \
    "{\"e\":\"note\",\"t\":5,\"who\":\"n1\",\"text\":\"cut\"}\n"

START_TEST(lines_are_written_so)
{
    struct linear_history h;
    linear_history_init(&h);
    char *error = read_text(WRITTEN, (struct linear_reading){0}, &h);
    ck_assert_msg(error == NULL, "%s", error);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    linear_write(out, &h);
    fclose(out);
    ck_assert_str_eq(text, WRITTEN);
    free(text);
    linear_history_release(&h);
}
END_TEST

// A process whose call is not there has its :info kept as a note: by "1", while
// another client is number 1 in what is written.
START_TEST(notes_end_no_operation)
{
    static const enum linear_format formats[] = {LINEAR_EDN, LINEAR_ELLE};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct linear_history h;
        struct linear_history back;
        linear_history_init(&h);
        linear_history_init(&back);
        char *error = read_text("[0 :invoke :write 5] [2 :invoke :read]"
                                "[1 :info :read] [2 :ok :read 5]",
                                (struct linear_reading){0}, &h);
        ck_assert_msg(error == NULL, "%s", error);
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        error = linear_convert(out, &h, formats[i]);
        fclose(out);
        ck_assert_msg(error == NULL, "%s", error);
        error = read_text(text, (struct linear_reading){0}, &back);
        ck_assert_msg(error == NULL, "%s", error);
        char *dump = read_dump(&back);
        ck_assert_str_eq(dump, "0 put  '5' [1,-] maybe\n"
                               "1 get  [2,3] ok saw '5'\n"
                               "note 2 process-1: read");
        free(dump);
        free(text);
        linear_history_release(&h);
        linear_history_release(&back);
    }
}
END_TEST

// --- What a format cannot say
// -------------------------------------------------

static void expect_refused(const char *text, enum linear_format to,
                           const char *why)
{
    struct linear_history h;
    linear_history_init(&h);
    char *error = read_text(text, (struct linear_reading){0}, &h);
    ck_assert_msg(error == NULL, "%s", error);
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    char *refused = linear_convert(out, &h, to);
    fclose(out);
    ck_assert_ptr_nonnull(refused);
    ck_assert_str_eq(refused, why);
    ck_assert_uint_eq(size, 0);
    free(refused);
    free(written);
    linear_history_release(&h);
}

#define INTERVAL(rest)                                                         \
    "{\"c\":\"c3\",\"t0\":1,\"t1\":2,\"r\":\"ok\"," rest "}\n"

START_TEST(what_a_format_cannot_say_is_refused)
{
    const char cas[] = INTERVAL("\"op\":\"cas\",\"k\":\"k\",\"b\":\"x\"");
    const char vput[] =
        INTERVAL("\"op\":\"vput\",\"k\":\"k\",\"v\":\"x\",\"ver\":1");
    const char quote[] = INTERVAL("\"op\":\"put\",\"k\":\"k\",\"v\":\"\\\"\"");
    const char bytes[] = INTERVAL("\"op\":\"put\",\"k\":\"k\",\"vb\":\"/w==\"");
    const char keys[] = INTERVAL("\"op\":\"get\",\"k\":\"k\"")
        INTERVAL("\"op\":\"get\",\"k\":\"l\"");
    const char init[] = "{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"x\"}";
    expect_refused(cas, LINEAR_PORCUPINE,
                   "porcupine's logs have no cas (operation 1, client c3)");
    expect_refused(vput, LINEAR_EDN,
                   "edn's histories have no vput (operation 1, client c3)");
    expect_refused(quote, LINEAR_PORCUPINE,
                   "porcupine's logs have no quotes and line ends in texts "
                   "(operation 1, client c3)");
    expect_refused(quote, LINEAR_JEPSEN,
                   "jepsen's logs have no values but integers (operation 1, "
                   "client c3)");
    expect_refused(bytes, LINEAR_ELLE,
                   "elle's histories have no texts but UTF-8 (operation 1, "
                   "client c3)");
    expect_refused(keys, LINEAR_JEPSEN, "jepsen's logs have no keys");
    expect_refused(init, LINEAR_JEPSEN, "jepsen's logs begin without a value");
    expect_refused(init, LINEAR_PORCUPINE,
                   "porcupine's logs begin with empty values");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "lines are written so", lines_are_written_so, 0},
        {"linear", "notes end no operation", notes_end_no_operation, 0},
        {"linear", "what a format cannot say is refused",
         what_a_format_cannot_say_is_refused, 0},
    };
    return unit_main(argc, argv, "linear write", tests,
                     sizeof tests / sizeof tests[0]);
}
