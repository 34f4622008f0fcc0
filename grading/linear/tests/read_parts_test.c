// A file of lines that several threads read is read as by one: the same
// operations, the same numbers, and of what is wrong the same is said.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/random.h"
#include "grading/linear/program/program.h"
#include "grading/linear/tests/read_dump.h"

enum {
    RUNS = 80,
    LINES = 1200,
    SAMPLE = 256, // lines that lines_parts.c reads alone
};

// A text that grows.
struct text {
    char *at;
    size_t size;
    FILE *out;
};

static void begin(struct text *t)
{
    t->out = open_memstream(&t->at, &t->size);
}

static char *made(struct random *dice)
{
    static const char *const mixes[] = {"get=50,put=20,append=30",
                                        "get=50,put=30,cas=20", NULL};
    // Few are all in the sample; of many some come later.
    uint64_t many = random_below(dice, 2) == 0 ? 40 : 600;
    struct linear_arguments a = {.ops = LINES,
                                 .keys = 1 + random_below(dice, many),
                                 .clients = 1 + random_below(dice, many),
                                 .unknown = "10",
                                 .seed = random_below(dice, 1 << 30),
                                 .mix = mixes[random_below(dice, 3)]};
    struct text t;
    begin(&t);
    char *bad = linear_gen(&a, t.out);
    ck_assert_msg(bad == NULL, "%s", bad);
    fclose(t.out);
    return t.at;
}

// With notes, blank lines and values with escapes here and there, and `line`
// instead of number `at`.
static char *with_line(struct random *dice, char *text, size_t at,
                       const char *line)
{
    struct text t;
    begin(&t);
    size_t number = 0;
    for (char *next = text; *next != '\0'; number++) {
        char *end = strchr(next, '\n');
        *end = '\0';
        fprintf(t.out, "%s\n", line != NULL && number == at ? line : next);
        next = end + 1;
        if (random_below(dice, 40) == 0)
            fprintf(t.out,
                    "{\"e\":\"note\",\"t\":%zu,\"who\":\"n%zu\","
                    "\"text\":\"a\\u0041\"}\n",
                    number, number);
        if (random_below(dice, 40) == 0)
            fprintf(t.out, " \n");
    }
    if (random_below(dice, 2) == 0) // the last line without its end
        fprintf(t.out, "{\"e\":\"note\",\"t\":1,\"who\":\"x\",\"text\":\"\"}");
    fclose(t.out);
    free(text);
    return t.at;
}

static char *read_with(const char *text, unsigned threads, bool lenient,
                       struct linear_history *h, size_t *skipped)
{
    struct linear_reading how = {.threads = threads, .lenient = lenient};
    linear_history_init(h);
    char *bad = linear_read_bytes("f", slice_text(text), &how, h);
    *skipped = how.skipped;
    return bad;
}

static void same_numbers(const struct linear_history *a,
                         const struct linear_history *b)
{
    size_t same = 0; // an assertion costs more than all of this
    while (same < a->count && a->ops[same].client == b->ops[same].client &&
           a->ops[same].key == b->ops[same].key)
        same++;
    ck_assert_uint_eq(same, a->count);
}

static void same(const char *text, unsigned threads, bool lenient)
{
    struct linear_history one;
    struct linear_history all;
    size_t skipped;
    size_t skipped_by_all;
    char *bad = read_with(text, 1, lenient, &one, &skipped);
    char *bad_of_all = read_with(text, threads, lenient, &all, &skipped_by_all);
    if (bad != NULL) {
        ck_assert_str_eq(bad_of_all, bad);
    } else {
        char *dump = read_dump(&one);
        char *dump_of_all = read_dump(&all);
        ck_assert_msg(bad_of_all == NULL, "%s", bad_of_all);
        ck_assert_str_eq(dump_of_all, dump);
        same_numbers(&one, &all);
        ck_assert_uint_eq(skipped_by_all, skipped);
        free(dump);
        free(dump_of_all);
    }
    free(bad);
    free(bad_of_all);
    linear_history_release(&one);
    linear_history_release(&all);
}

START_TEST(all_is_read)
{
    struct random dice;
    random_init(&dice, 1);
    for (size_t i = 0; i < RUNS; i++) {
        char *text = with_line(&dice, made(&dice), 0, NULL);
        same(text, 2 + (unsigned)random_below(&dice, 6), false);
        free(text);
    }
}
END_TEST

// Whoever comes to the line: strict or lenient.
START_TEST(odd_lines_are_told)
{
    static const char *const odd[] = {
        "garbage",
        "{\"c\":\"c1\"",
        "{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"a\"}",
        "{\"e\":\"call\",\"id\":1,\"c\":\"c1\",\"op\":\"get\",\"k\":\"k0\"}",
        "{\"c\":\"c1\",\"op\":\"vput\",\"k\":\"k0\",\"v\":\"x\",\"ver\":0,"
        "\"t0\":1,\"t1\":4,\"r\":\"ok\"}",
        "{\"c\":\"c1\",\"op\":\"vput\",\"k\":\"k-new\",\"v\":\"x\",\"ver\":0,"
        "\"t0\":1,\"t1\":4,\"r\":\"ok\"}",
        "{\"c\":\"new\",\"op\":\"put\",\"k\":\"new\",\"v\":\"x\",\"t0\":1,"
        "\"t1\":4,\"r\":\"fail\"}",
        "{\"c\":\"c1\",\"op\":\"txn\",\"k\":\"k0\",\"t0\":1,\"r\":\"ok\"}",
    };
    struct random dice;
    random_init(&dice, 2);
    for (size_t i = 0; i < RUNS; i++) {
        const char *line = odd[i % (sizeof odd / sizeof odd[0])];
        size_t at = random_below(&dice, LINES);
        char *text = with_line(&dice, made(&dice), at, line);
        same(text, 2 + (unsigned)random_below(&dice, 6), i % 3 == 0);
        free(text);
    }
}
END_TEST

// A head counts for all parts; and so does what an append has left.
START_TEST(a_head_is_for_all_parts)
{
    struct text t;
    begin(&t);
    fprintf(t.out, "{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"\"}\n");
    for (size_t i = 0; i < 2 * (size_t)SAMPLE; i++)
        fprintf(t.out,
                "{\"c\":\"c1\",\"op\":\"appendnew\",\"k\":\"k%zu\","
                "\"v\":\"x\",\"t0\":%zu,\"t1\":%zu,\"r\":\"ok\","
                "\"new\":\"x\"}\n",
                i, 2 * i, 2 * i + 1);
    fclose(t.out);
    same(t.at, 2, false);
    same(t.at, 5, false);
    free(t.at);
}
END_TEST

// What is wrong only for a file as a whole: each line is in order, and so is
// each half.
START_TEST(halves_that_do_not_fit)
{
    static const char *const second[] = {
        "{\"c\":\"c1\",\"op\":\"vput\",\"k\":\"k\",\"v\":\"x\",\"ver\":0,"
        "\"t0\":%zu,\"t1\":9999,\"r\":\"ok\"}\n",
        "{\"e\":\"call\",\"id\":%1$zu,\"c\":\"c%1$zu\",\"op\":\"get\","
        "\"k\":\"k\"}\n",
        "{\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\",\"v\":\"x\",\"t0\":%zu,"
        "\"t1\":9999,\"r\":\"ok\"}\n",
    };
    enum { ALL = SAMPLE + 100 };
    size_t puts = 2;
    for (size_t change = SAMPLE; change < ALL; change++)
        for (size_t way = 0; way < sizeof second / sizeof second[0]; way++) {
            struct text t;
            begin(&t);
            for (size_t i = 0; i < ALL; i++)
                fprintf(t.out, second[i < change ? puts : way], i);
            fclose(t.out);
            same(t.at, 2, false);
            free(t.at);
        }
}
END_TEST

// A head where a part begins, wherever that is.
START_TEST(a_head_in_the_middle)
{
    struct random dice;
    random_init(&dice, 4);
    char *text = made(&dice);
    size_t size = strlen(text);
    text[size / 3] = '\0';
    *(strrchr(text, '\n') + 1) = '\0';
    for (size_t at = SAMPLE; at < LINES / 3; at++) {
        char *with =
            with_line(&dice, xstrdup(text), at,
                      "{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"a\"}");
        same(with, 2, false);
        free(with);
    }
    free(text);
}
END_TEST

// Events are for one thread; notes among them are there once.
START_TEST(events_are_read)
{
    struct text t;
    begin(&t);
    for (size_t i = 0; i < 2 * (size_t)SAMPLE; i++)
        fprintf(t.out,
                "{\"e\":\"call\",\"id\":%1$zu,\"c\":\"c1\",\"op\":\"get\","
                "\"k\":\"k\"}\n"
                "{\"e\":\"note\",\"t\":1,\"who\":\"x\",\"text\":\"%1$zu\"}\n"
                "{\"e\":\"ret\",\"id\":%1$zu,\"r\":\"ok\",\"v\":null}\n",
                i);
    fclose(t.out);
    same(t.at, 3, false);
    free(t.at);
}
END_TEST

// Fewer lines than threads, or than are read alone; and none.
START_TEST(short_files)
{
    same("", 4, false);
    same("\n", 4, false);
    same("{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"v\":null,\"t0\":1,"
         "\"t1\":2,\"r\":\"ok\"}",
         4, false);
    struct random dice;
    random_init(&dice, 3);
    char *text = made(&dice);
    char *end = text;
    for (size_t i = 0; i < SAMPLE + 3; i++) {
        end = strchr(end, '\n') + 1;
        char kept = *end;
        *end = '\0';
        if (i + 5 > SAMPLE)
            same(text, 8, false);
        *end = kept;
    }
    free(text);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "threads read what one reads", all_is_read, 0},
        {"linear", "odd lines are told by threads, too", odd_lines_are_told, 0},
        {"linear", "a head is for all parts", a_head_is_for_all_parts, 0},
        {"linear", "halves that do not fit", halves_that_do_not_fit, 0},
        {"linear", "a head in the middle", a_head_in_the_middle, 0},
        {"linear", "events are read though threads are there", events_are_read,
         0},
        {"linear", "short files in parts", short_files, 0},
    };
    return unit_main(argc, argv, "linear read parts", tests,
                     sizeof tests / sizeof tests[0]);
}
