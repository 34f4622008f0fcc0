// What the applications emit, called directly.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "lab1-mapreduce/apps.h"

// Prints all pairs as "key=value " into a text.
struct printer {
    struct emitter emitter;
    char text[4096];
    size_t size;
};

static void print_pair(struct emitter *e, struct slice key, struct slice value)
{
    struct printer *p = (struct printer *)e;
    int n = snprintf(p->text + p->size, sizeof p->text - p->size, "%.*s=%.*s ",
                     (int)key.size, (const char *)key.data, (int)value.size,
                     (const char *)value.data);
    p->size += (size_t)n;
    ck_assert_uint_lt(p->size, sizeof p->text);
}

static struct printer printer;

static const char *map_at(const struct mr_app *app, const char *arg,
                          const char *file, uint64_t offset, struct slice text)
{
    printer = (struct printer){.emitter.emit = print_pair};
    void *state = NULL;
    if (app->start != NULL) {
        char *why = app->start(arg, &state);
        ck_assert_msg(why == NULL, "%s", why);
    }
    struct map_input in = {file, offset, text, state};
    app->map(&in, &printer.emitter);
    if (app->stop != NULL)
        app->stop(state);
    return printer.text;
}

static const char *map(const struct mr_app *app, const char *text)
{
    return map_at(app, NULL, "f", 0, slice_text(text));
}

// Values for reduce: "1 22 333".
struct word_values {
    struct values values;
    const char *rest;
};

static bool next_word(struct values *values, struct slice *value)
{
    struct word_values *v = (struct word_values *)values;
    v->rest += strspn(v->rest, " ");
    size_t size = strcspn(v->rest, " ");
    *value = slice_of(v->rest, size);
    v->rest += size;
    return size > 0;
}

static const char *reduce(const struct mr_app *app, const char *key,
                          const char *words)
{
    printer = (struct printer){.emitter.emit = print_pair};
    struct word_values v = {{next_word}, words};
    app->reduce(slice_text(key), &v.values, &printer.emitter);
    return printer.text;
}

// --- wc --------------------------------------------------------------------

START_TEST(words_are_maximal_runs)
{
    ck_assert_str_eq(map(&app_wc, "In the"), "In=1 the=1 ");
    ck_assert_str_eq(map(&app_wc, "  don't  "), "don=1 t=1 ");
    ck_assert_str_eq(map(&app_wc, "a1b-c_d"), "a=1 b=1 c=1 d=1 ");
    ck_assert_str_eq(map(&app_wc, "the\nthe\tThe"), "the=1 the=1 The=1 ");
    ck_assert_str_eq(map(&app_wc, "@[`{AZaz"), "AZaz=1 ");
}
END_TEST

START_TEST(high_bytes_are_letters)
{
    ck_assert_str_eq(map(&app_wc, "K\xc3\xb6nig \x80\xff"),
                     "K\xc3\xb6nig=1 \x80\xff=1 ");
    ck_assert_str_eq(map(&app_wc, "\x7f\x7f"), "");
}
END_TEST

START_TEST(nothing_has_no_words)
{
    ck_assert_str_eq(map(&app_wc, ""), "");
    ck_assert_str_eq(map(&app_wc, "\n 12 34\n"), "");
    struct slice nul = slice_of("a\0b", 3);
    ck_assert_str_eq(map_at(&app_wc, NULL, "f", 0, nul), "a=1 b=1 ");
}
END_TEST

START_TEST(counts_are_added)
{
    ck_assert_str_eq(reduce(&app_wc, "the", "1"), "the=1 ");
    ck_assert_str_eq(reduce(&app_wc, "the", "1 1 1"), "the=3 ");
    ck_assert_str_eq(reduce(&app_wc, "the", "99 1 4000000000 4000000000"),
                     "the=8000000100 ");
}
END_TEST

// --- index -----------------------------------------------------------------

START_TEST(index_lists_each_file_once)
{
    ck_assert_str_eq(map(&app_index, "a b\na"), "a=f b=f a=f ");
    ck_assert_str_eq(map(&app_index, "end"), "end=f ");
    ck_assert_str_eq(reduce(&app_index, "a", "g f g g f e"), "a=e f g ");
}
END_TEST

START_TEST(odd_names_stay_one_word)
{
    struct buf out;
    buf_init(&out, 100);
    app_print_name(&out, slice_text("a b\n\\\x7f\xc3"));
    buf_append(&out, "", 1);
    ck_assert_str_eq((const char *)out.data, "a\\x20b\\x0a\\x5c\\x7f\xc3");
    buf_release(&out);
}
END_TEST

// --- grep ------------------------------------------------------------------

START_TEST(grep_finds_lines_and_where)
{
    const char *found =
        map_at(&app_grep, "b+", "f", 1000, slice_text("abba\ncc\nb"));
    ck_assert_str_eq(found, "f:000000001000=abba f:000000001008=b ");
    ck_assert_str_eq(map_at(&app_grep, "^$", "f", 0, slice_text("a\n\nb\n")),
                     "f:000000000002= ");
}
END_TEST

START_TEST(grep_matches_binary_lines)
{
    struct slice text = slice_of("x\0yes\nno\n", 9);
    map_at(&app_grep, "y", "f", 0, text);
    ck_assert_uint_eq(printer.size, strlen("f:000000000000=x") + 1);
}
END_TEST

START_TEST(arguments_are_checked)
{
    ck_assert_ptr_null(app_check(&app_wc, NULL));
    ck_assert_ptr_null(app_check(&app_grep, "a|b"));
    char *why = app_check(&app_wc, "what");
    ck_assert_str_eq(why, "application wc takes no --arg");
    free(why);
    why = app_check(&app_grep, NULL);
    ck_assert_str_eq(why, "application grep needs --arg PATTERN");
    free(why);
    why = app_check(&app_grep, "a(");
    ck_assert_ptr_nonnull(strstr(why, "no regular expression"));
    free(why);
}
END_TEST

int main(int argc, char **argv)
{
    const struct graded_test tests[] = {
        {.part = "I",
         .name = "words are maximal runs of letters",
         .claim =
             "A word is a maximal run of letters, and nothing else is one.",
         .section = "1.1",
         .points = 2,
         .kind = GRADED_SAFETY,
         .evidence = GRADED_SAME_PROCESS,
         .limit_s = 2,
         .test = words_are_maximal_runs},
        {.part = "I",
         .name = "bytes from 0x80 up are letters",
         .claim = "Bytes from 0x80 up are letters, whatever the sign of char.",
         .section = "1.1",
         .points = 1,
         .kind = GRADED_SAFETY,
         .evidence = GRADED_SAME_PROCESS,
         .limit_s = 2,
         .test = high_bytes_are_letters},
        {.part = "I",
         .name = "text without letters has no words",
         .claim = "Text without letters has no words.",
         .section = "1.1",
         .points = 1,
         .kind = GRADED_SAFETY,
         .evidence = GRADED_SAME_PROCESS,
         .limit_s = 2,
         .test = nothing_has_no_words},
        {.part = "I",
         .name = "reduce adds counts up",
         .claim = "reduce adds the values of a word up: they may be counts "
                  "that a combiner has made.",
         .section = "1.3",
         .points = 2,
         .kind = GRADED_SAFETY,
         .evidence = GRADED_SAME_PROCESS,
         .limit_s = 2,
         .test = counts_are_added},
        {.part = "I",
         .name = "the index lists each file once, sorted",
         .test = index_lists_each_file_once},
        {.part = "I",
         .name = "a file with an odd name stays one word",
         .test = odd_names_stay_one_word},
        {.part = "I",
         .name = "grep finds lines and says where",
         .test = grep_finds_lines_and_where},
        {.part = "I",
         .name = "grep matches lines with a NUL",
         .test = grep_matches_binary_lines},
        {.part = "I",
         .name = "arguments of applications are checked",
         .test = arguments_are_checked},
    };
    return graded_main(argc, argv, "lab1 apps", tests,
                       sizeof tests / sizeof tests[0]);
}
