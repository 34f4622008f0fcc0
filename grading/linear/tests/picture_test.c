// The pictures: the text as it must look, and of the page that it is
// well-formed, bounded, and shows each operation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "grading/linear/picture.h"
#include "grading/linear/tests/picture_tags.h"

enum {
    PAGE_MOST = 1000 * 1000,
    NAME_MOST = 16,
    MANY = 100 * 1000,
    MANY_CLIENTS = 1000,
    HUGE_VALUE = 1024 * 1024,
    AROUND = 200, // operations that are drawn at most
};

// A history and an explanation of it, made by hand.
struct example {
    struct linear_history h;
    struct linear_explanation e;
    size_t ops[LINEAR_WITNESSES];
    struct linear_edge edges[LINEAR_WITNESSES];
    struct linear_lane lanes[LINEAR_WITNESSES];
};

static size_t add(struct linear_history *h, const char *client,
                  enum linear_kind kind, struct slice value, int64_t call,
                  int64_t ret)
{
    struct linear_op *op = linear_history_add(h);
    op->client = texts_add(&h->clients, slice_text(client), NULL);
    op->key = texts_add(&h->keys, slice_text("k"), NULL);
    op->kind = (uint8_t)kind;
    op->call = call;
    op->ret = ret;
    op->outcome = ret == LINEAR_PENDING ? LINEAR_MAYBE : LINEAR_OK;
    if (kind != LINEAR_GET) {
        op->argument = value;
    } else if (op->outcome == LINEAR_OK) {
        op->seen = LINEAR_SAW_VALUE;
        op->result = value;
    }
    return h->count - 1;
}

static void init(struct example *x)
{
    *x = (struct example){0};
    linear_history_init(&x->h);
    linear_history_init(&x->e.minimal);
    x->e.report.verdict = LINEAR_NO_ORDER;
    x->e.kind = "stale read";
    x->e.sentence = xstrdup("c4 read what was overwritten.");
    x->e.ops = x->ops;
    x->e.edges = x->edges;
    x->e.lanes = x->lanes;
}

static void release(struct example *x)
{
    linear_history_release(&x->h);
    linear_history_release(&x->e.minimal);
    free(x->e.sentence);
}

static void argue(struct example *x, const char *client, enum linear_kind kind,
                  struct slice value, int64_t call, int64_t ret)
{
    add(&x->e.minimal, client, kind, value, call, ret);
    x->ops[x->e.op_count++] = add(&x->h, client, kind, value, call, ret);
}

static void edge(struct example *x, size_t from, size_t to, const char *reason)
{
    x->edges[x->e.edge_count++] = (struct linear_edge){from, to, reason};
}

static void lane(struct example *x, struct slice value, int64_t begin,
                 int64_t end, bool solid)
{
    x->lanes[x->e.lane_count++] = (struct linear_lane){.value = value,
                                                       .begin = begin,
                                                       .end = end,
                                                       .solid = solid,
                                                       .conflict = true};
}

// Read after it was overwritten, with two values.
static void make_stale(struct example *x, struct slice a, struct slice b)
{
    init(x);
    argue(x, "c1", LINEAR_PUT, a, 100, 120);
    argue(x, "c2", LINEAR_PUT, b, 131, 160);
    argue(x, "c3", LINEAR_GET, b, 133, 140);
    argue(x, "c4", LINEAR_GET, a, 152, 170);
    edge(x, 0, 1, "returned before");
    edge(x, 1, 2, "wrote what was read by");
    edge(x, 2, 3, "returned before");
    lane(x, a, 120, 152, true);
    lane(x, b, 131, 140, false);
}

static void expect_text(const struct example *x, unsigned width,
                        const char *wanted)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    linear_picture_text(out, &x->h, &x->e, width);
    fclose(out);
    ck_assert_str_eq(text, wanted);
    free(text);
}

static char *page_of(const struct linear_history *h,
                     const struct linear_explanation *e)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    linear_picture_html(out, "a test", h, e, 0);
    fclose(out);
    ck_assert_uint_eq(strlen(text), size); // no NUL in it
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = strstr(text, part); at != NULL;
         at = strstr(at + 1, part))
        n++;
    return n;
}

static void expect_good(const char *page)
{
    picture_tags_check(page);
    ck_assert_uint_lt(strlen(page), PAGE_MOST);
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_null(strstr(page, "<b>&"));
    ck_assert_uint_eq(count_of(page, "<g class=\"op\">"),
                      count_of(page, "<g class=\"op\"><title>"));
}

// --- Tests -----------------------------------------------------------------

START_TEST(stale_read_as_text)
{
    struct example x;
    make_stale(&x, slice_text("a;"), slice_text("b;"));
    expect_text(&x, 0,
                "c1  |--Put 'a;'--|\n"
                "c2                  |--Put 'b;'-------------|\n"
                "c3                     |--Get = 'b;'--|\n"
                "c4                                       |--Get = 'a;'--|\n"
                "\n"
                "values: = throughout, . some moment\n"
                "                 ========================= 'a;'\n"
                "                    ................... 'b;'\n"
                "                    ^^^^^^^^^^^^^^^^^^^ no moment is left\n"
                "\n"
                "1. Put 'a;' returned before Put 'b;' was called\n"
                "2. Put 'b;' wrote what was read by Get = 'b;'\n"
                "3. Get = 'b;' returned before Get = 'a;' was called\n");
    release(&x);
}
END_TEST

START_TEST(labels_stand_below_narrow_bars)
{
    struct example x;
    make_stale(&x, slice_text("c1.1;"), slice_text("c2.7;"));
    expect_text(&x, 40,
                "c1  |---|\n"
                "    Put 'c1.1;'\n"
                "c2          |--Put 'c2.7;'----|\n"
                "c3               |---|\n"
                "                 Get = 'c2.7;'\n"
                "c4                       |--------|\n"
                "                         Get = 'c1.1;'\n"
                "\n"
                "values: = throughout, . some moment\n"
                "        ================== 'c1.1;'\n"
                "            .......... 'c2.7;'\n"
                "            ^^^^^^^^^^ no moment is left\n"
                "\n"
                "1. Put 'c1.1;' returned before Put\n"
                "   'c2.7;' was called\n"
                "2. Put 'c2.7;' wrote what was read by\n"
                "   Get = 'c2.7;'\n"
                "3. Get = 'c2.7;' returned before Get =\n"
                "   'c1.1;' was called\n");
    release(&x);
}
END_TEST

START_TEST(unknown_outcomes_are_open)
{
    struct example x;
    init(&x);
    argue(&x, "bob", LINEAR_PUT, slice_text("b;"), 1, LINEAR_PENDING);
    argue(&x, "amy", LINEAR_GET, slice_text("b;"), 2, 3);
    argue(&x, "bob", LINEAR_GET, slice_text("a;"), 4, 5);
    edge(&x, 0, 1, "wrote what was read by");
    edge(&x, 1, 2, "returned before");
    expect_text(&x, 80,
                "amy     |--Get = 'b;'--|\n"
                "bob  |--Put 'b;' - - - - - - - - - - - - - ?\n"
                "                          |--Get = 'a;'--|\n"
                "\n"
                "1. Put 'b;' wrote what was read by Get = 'b;'\n"
                "2. Get = 'b;' returned before Get = 'a;' was called\n");
    release(&x);
}
END_TEST

START_TEST(each_operation_of_the_argument_is_drawn)
{
    struct example x;
    make_stale(&x, slice_text("a;"), slice_text("b;"));
    char *page = page_of(&x.h, &x.e);
    expect_good(page);
    // To scale, by rank, and with those around.
    ck_assert_uint_eq(count_of(page, "<g class=\"op\">"), 3 * 4);
    ck_assert_uint_eq(count_of(page, "marker-end"), 2 * 3);
    ck_assert_uint_eq(count_of(page, "class=\"conflict\""), 2);
    free(page);
    release(&x);
}
END_TEST

START_TEST(hostile_texts_are_only_text)
{
    struct example x;
    struct slice bad = slice_text("</script><b>&\"'\x01\xff");
    make_stale(&x, bad, slice_text("b;"));
    add(&x.h, "Zo\xc3\xab <i>&\xff", LINEAR_GET, bad, 150, 151);
    linear_history_note(&x.h, 125, bad, bad);
    free(x.e.sentence);
    x.e.sentence = xstrdup("it said </script><b>&\"'");
    char *page = page_of(&x.h, &x.e);
    expect_good(page);
    ck_assert_ptr_nonnull(
        strstr(page, "<h1>it said &lt;/script&gt;&lt;b&gt;&amp;&quot;'</h1>"));
    ck_assert_ptr_nonnull(strstr(page, "Zo\xc3\xab &lt;i&gt;&amp;\\xff"));
    ck_assert_ptr_nonnull(strstr(page, "'\\x01\\xff</text>")); // the note
    free(page);
    release(&x);
}
END_TEST

START_TEST(pages_are_bounded)
{
    struct example x;
    unsigned char *huge = xmalloc(HUGE_VALUE);
    memset(huge, '<', HUGE_VALUE);
    make_stale(&x, slice_of(huge, HUGE_VALUE), slice_text("b;"));
    linear_history_keep_times(&x.h);
    for (size_t i = 0; i < MANY; i++) {
        char client[NAME_MOST];
        snprintf(client, sizeof client, "%zu", i % MANY_CLIENTS);
        struct slice kept = linear_history_keep(&x.h, client, strlen(client));
        int64_t call = (int64_t)(200 + 2 * i);
        size_t op = add(&x.h, "", LINEAR_PUT, slice_text("&&&&"), call,
                        i % 9 == 0 ? LINEAR_PENDING : call + 51);
        x.h.ops[op].client = texts_add(&x.h.clients, kept, NULL);
        x.h.times[op][0] = call * 1000;
        x.h.times[op][1] = call * 1000 + 51000;
        linear_history_note(&x.h, call, kept, slice_of(huge, 1000));
    }
    char *page = page_of(&x.h, &x.e);
    expect_good(page);
    ck_assert_uint_eq(count_of(page, "<g class=\"op\">"), 2 * 4 + AROUND);
    free(page);
    page = page_of(&x.h, NULL);
    expect_good(page);
    ck_assert_uint_eq(count_of(page, "<g class=\"op\">"), 2 * AROUND);
    free(page);
    release(&x);
    free(huge);
}
END_TEST

START_TEST(good_histories_show_an_order)
{
    struct linear_history h;
    linear_history_init(&h);
    add(&h, "c1", LINEAR_PUT, slice_text("a;"), 1, 4);
    add(&h, "c2", LINEAR_GET, slice_text("a;"), 2, 3);
    add(&h, "c2", LINEAR_PUT, slice_text("b;"), 5, LINEAR_PENDING);
    char *page = page_of(&h, NULL);
    expect_good(page);
    // Twice; the last is never seen, and need not have happened.
    ck_assert_uint_eq(count_of(page, "class=\"point\""), 2 * 2);
    free(page);
    linear_history_release(&h);
}
END_TEST

START_TEST(what_is_unknown_has_no_argument)
{
    struct example x;
    init(&x);
    x.e.report.verdict = LINEAR_UNKNOWN;
    add(&x.h, "c1", LINEAR_PUT, slice_text("a;"), 1, 4);
    char *page = page_of(&x.h, &x.e);
    expect_good(page);
    ck_assert_ptr_nonnull(strstr(page, "<h1>c4 read what was overwritten."));
    ck_assert_ptr_null(strstr(page, "marker-end"));
    free(page);
    expect_text(&x, 80, "");
    release(&x);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "a stale read as text", stale_read_as_text, 0},
        {"linear", "labels stand below narrow bars",
         labels_stand_below_narrow_bars, 0},
        {"linear", "unknown outcomes are open", unknown_outcomes_are_open, 0},
        {"linear", "each operation of the argument is drawn",
         each_operation_of_the_argument_is_drawn, 0},
        {"linear", "hostile texts are only text", hostile_texts_are_only_text,
         0},
        {"linear", "pages are bounded", pages_are_bounded, 0},
        {"linear", "good histories show an order", good_histories_show_an_order,
         0},
        {"linear", "what is unknown has no argument",
         what_is_unknown_has_no_argument, 0},
    };
    return unit_main(argc, argv, "pictures", tests,
                     sizeof tests / sizeof tests[0]);
}
