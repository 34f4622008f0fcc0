// Made-up histories: what is planted has its name, and a verdict is the same
// in each format that can express the history.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "grading/linear/program/program.h"

static char *text_of(const struct linear_history *h, enum linear_format to)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    char *bad = linear_convert(out, h, to);
    fclose(out);
    ck_assert_msg(bad == NULL, "%s", bad);
    return text;
}

// A made-up history keeps its verdict in each format that can express it.
START_TEST(verdicts_survive_conversion)
{
    static const struct {
        enum linear_format to;
        const char *mix;
        const char *plant;
    } cases[] = {
        {LINEAR_PORCUPINE, "get=50,put=20,append=30", NULL},
        {LINEAR_PORCUPINE, "get=50,put=20,append=30", "stale"},
        {LINEAR_EDN, "get=50,put=50", NULL},
        {LINEAR_EDN, "get=50,put=50", "stale"},
        {LINEAR_ELLE, "get=60,put=40", "future"},
        {LINEAR_ELLE, "get=60,put=40", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct linear_arguments a = {.ops = 600,
                                     .keys = 2,
                                     .clients = 5,
                                     .unknown = "5",
                                     .seed = 7,
                                     .mix = cases[i].mix,
                                     .plant = cases[i].plant};
        char *made = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&made, &size);
        char *bad = linear_gen(&a, out);
        fclose(out);
        ck_assert_msg(bad == NULL, "%s", bad);
        struct linear_history h;
        struct linear_history back;
        struct linear_reading how = {0};
        struct linear_report r;
        linear_history_init(&h);
        linear_history_init(&back);
        ck_assert_ptr_null(
            linear_read_bytes("f", slice_of(made, size), &how, &h));
        char *text = text_of(&h, cases[i].to);
        how = (struct linear_reading){0};
        ck_assert_ptr_null(
            linear_read_bytes("f", slice_text(text), &how, &back));
        ck_assert_int_eq(how.is, cases[i].to);
        ck_assert_uint_eq(back.count, h.count);
        ck_assert_int_eq(linear_check(&h, NULL, &r),
                         cases[i].plant ? LINEAR_NO_ORDER : LINEAR_YES);
        // Porcupine's keys begin empty: a Get of nothing sees that.
        ck_assert_int_eq(linear_check(&back, NULL, &r),
                         cases[i].plant ? LINEAR_NO_ORDER : LINEAR_YES);
        free(text);
        free(made);
        linear_history_release(&h);
        linear_history_release(&back);
    }
}
END_TEST

START_TEST(planted_violations_have_their_names)
{
    static const struct {
        const char *plant;
        enum linear_why why;
        enum linear_why or ;
    } cases[] = {
        {"nowhere", LINEAR_FROM_NOWHERE, LINEAR_FROM_NOWHERE},
        {"stale", LINEAR_STALE, LINEAR_LOST_WRITE},
        {"future", LINEAR_FROM_FUTURE, LINEAR_FROM_FUTURE},
        {"twice", LINEAR_TWICE, LINEAR_TWICE},
        {"fork", LINEAR_FORK, LINEAR_FORK},
    };
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct linear_arguments a = {.ops = 3000,
                                         .keys = 2,
                                         .clients = seed % 2 ? 12 : 60,
                                         .unknown = "10",
                                         .seed = seed,
                                         .plant = cases[i].plant};
            char *made = NULL;
            size_t size = 0;
            FILE *out = open_memstream(&made, &size);
            char *bad = linear_gen(&a, out);
            fclose(out);
            ck_assert_msg(bad == NULL, "%s", bad);
            struct linear_history h;
            struct linear_reading how = {0};
            struct linear_report r;
            linear_history_init(&h);
            ck_assert_ptr_null(
                linear_read_bytes("f", slice_of(made, size), &how, &h));
            ck_assert_int_eq(linear_check(&h, NULL, &r), LINEAR_NO_ORDER);
            ck_assert_msg(r.why == cases[i].why || r.why == cases[i].or,
                          "%s has the name %d", cases[i].plant, (int)r.why);
            linear_history_release(&h);
            free(made);
        }
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "verdicts survive conversion", verdicts_survive_conversion,
         0},
        {"linear", "planted violations have their names",
         planted_violations_have_their_names, 60},
    };
    return unit_main(argc, argv, "linear made up", tests,
                     sizeof tests / sizeof tests[0]);
}
