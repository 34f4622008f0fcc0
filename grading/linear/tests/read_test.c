// Files: what is in them, and what is wrong with them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "grading/linear/program/program.h"
#include "grading/linear/read.h"
#include "grading/linear/tests/oracle.h"

// What the reader makes of a text: the history as lines, or the error.
static char *dump(const char *text, struct linear_reading how)
{
    struct linear_history h;
    linear_history_init(&h);
    char *bad = linear_read_bytes("f", slice_text(text), &how, &h);
    char *out = bad;
    if (bad == NULL) {
        size_t size = 0;
        FILE *file = open_memstream(&out, &size);
        linear_write(file, &h);
        fclose(file);
    }
    linear_history_release(&h);
    return out;
}

static void expect_how(const char *text, struct linear_reading how,
                       const char *wanted)
{
    char *out = dump(text, how);
    ck_assert_msg(strcmp(out, wanted) == 0, "of\n%s\nit makes\n%s\nand not\n%s",
                  text, out, wanted);
    free(out);
}

static void expect(const char *text, const char *wanted)
{
    expect_how(text, (struct linear_reading){0}, wanted);
}

// --- What is in them -------------------------------------------------------

START_TEST(lines_are_read)
{
    // What is written as it was read.
    static const char *const same[] = {
        "",
        "{\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\",\"v\":\"a\",\"t0\":1,\"t1\":"
        "2,"
        "\"r\":\"ok\"}\n",
        "{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":"
        "\"ok\",\"v\":\"\"}\n",
        "{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":"
        "\"ok\"}\n",
        "{\"c\":\"c1\",\"op\":\"append\",\"k\":\"k\",\"v\":\"a\",\"t0\":1,"
        "\"t1\":2,\"r\":\"ok\"}\n",
        "{\"c\":\"c1\",\"op\":\"appendret\",\"k\":\"k\",\"v\":\"a\",\"t0\":1,"
        "\"t1\":null,\"r\":\"maybe\"}\n",
        "{\"c\":\"c1\",\"op\":\"cas\",\"k\":\"k\",\"a\":null,\"b\":\"x\","
        "\"t0\":1,\"t1\":2,\"r\":\"no\",\"v\":\"y\"}\n",
        "{\"c\":\"c1\",\"op\":\"cas\",\"k\":\"k\",\"a\":\"q\",\"b\":\"x\","
        "\"t0\":1,\"t1\":2,\"r\":\"no\",\"v\":null}\n",
        "{\"c\":\"c1\",\"op\":\"vput\",\"k\":\"k\",\"v\":\"x\",\"ver\":3,"
        "\"t0\":1,\"t1\":2,\"r\":\"no\",\"sawver\":4}\n",
        "{\"c\":\"c1\",\"op\":\"put\",\"kb\":\"AA==\",\"vb\":\"/yJ4\",\"t0\":1,"
        "\"t1\":2,\"r\":\"fail\"}\n",
        "{\"e\":\"head\",\"init\":\"0\"}\n{\"e\":\"note\",\"t\":5,\"who\":"
        "\"s\\\"1\",\"text\":\"killed\"}\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        expect(same[i], same[i]);
    expect("{ \"t1\" : \"2\", \"r\":\"ok\" ,\"c\":7,\"op\":\"write\","
           "\"x\":[{\"y\":\"]\"}],\"k\":\"\\u00e9\\ud83d\\ude00\",\"t0\":1,"
           "\"v\":3}",
           "{\"c\":\"7\",\"op\":\"put\",\"kb\":\"w6nwn5iA\",\"v\":\"3\","
           "\"t0\":1,\"t1\":2,\"r\":\"ok\"}\n");
    expect("{\"c\":\"c\",\"op\":\"appendnew\",\"k\":\"k\",\"v\":\"b\",\"t0\":1,"
           "\"t1\":2,\"r\":\"ok\",\"new\":\"ab\"}",
           "{\"c\":\"c\",\"op\":\"appendret\",\"k\":\"k\",\"v\":\"b\",\"t0\":1,"
           "\"t1\":2,\"r\":\"ok\",\"old\":\"a\"}\n");
}
END_TEST

START_TEST(events_are_read)
{
    expect(
        "{\"e\":\"call\",\"id\":1,\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\","
        "\"v\":\"a\",\"t\":100}\n"
        "{\"e\":\"call\",\"id\":\"x\",\"c\":\"c2\",\"op\":\"appendret\","
        "\"k\":\"k\",\"v\":\"b\"}\n"
        "{\"e\":\"ret\",\"id\":\"x\",\"r\":\"ok\",\"old\":\"a\"}\r\n"
        "{\"e\":\"call\",\"id\":3,\"c\":\"c2\",\"op\":\"get\",\"k\":\"k\"}\n",
        "{\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\",\"v\":\"a\",\"t0\":1,"
        "\"t1\":null,\"r\":\"maybe\"}\n"
        "{\"c\":\"c2\",\"op\":\"appendret\",\"k\":\"k\",\"v\":\"b\","
        "\"t0\":2,\"t1\":3,\"r\":\"ok\",\"old\":\"a\"}\n"
        "{\"c\":\"c2\",\"op\":\"get\",\"k\":\"k\",\"t0\":4,\"t1\":null,"
        "\"r\":\"maybe\"}\n");
}
END_TEST

START_TEST(porcupine_is_read)
{
    expect("{:process 0, :type :invoke, :f :put, :key \"1\", :value \"x 0 0 "
           "y\"}\n"
           "{:process 1, :type :invoke, :f :get, :key \"1\", :value nil}\n"
           "{:process 1, :type :ok, :f :get, :key \"1\", :value \"\"}\n"
           "{:process 2, :type :invoke, :f :append, :key \"1\", :value \"z\"}\n"
           "{:process 0, :type :ok, :f :put, :key \"1\", :value \"x 0 0 y\"}\n",
           "{\"e\":\"head\",\"init\":\"\"}\n"
           "{\"c\":\"0\",\"op\":\"put\",\"k\":\"1\",\"v\":\"x 0 0 y\",\"t0\":1,"
           "\"t1\":5,\"r\":\"ok\"}\n"
           "{\"c\":\"1\",\"op\":\"get\",\"k\":\"1\",\"t0\":2,\"t1\":3,\"r\":"
           "\"ok\",\"v\":\"\"}\n"
           "{\"c\":\"2\",\"op\":\"appendret\",\"k\":\"1\",\"v\":\"z\",\"t0\":4,"
           "\"t1\":null,\"r\":\"maybe\"}\n");
}
END_TEST

START_TEST(jepsen_is_read)
{
    expect("INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"
           "INFO  jepsen.util - 1   :invoke :write  3\n"
           "INFO  jepsen.util - 0\t:ok\t:read\tnil\n"
           "INFO  jepsen.util - 2   :invoke :cas    [3 4]\n"
           "INFO  jepsen.util - 2   :fail :cas    [3 4]\n"
           "INFO  jepsen.util - 1   :info :write  :timed-out\n"
           "INFO  jepsen.util - 3   :invoke :read   nil\n"
           "INFO  jepsen.util - 3   :fail :read   :timed-out\n",
           "{\"c\":\"0\",\"op\":\"get\",\"k\":\"\",\"t0\":1,\"t1\":3,\"r\":"
           "\"ok\"}\n"
           "{\"c\":\"1\",\"op\":\"put\",\"k\":\"\",\"v\":\"3\",\"t0\":2,\"t1\":"
           "null,\"r\":\"maybe\"}\n"
           "{\"c\":\"2\",\"op\":\"cas\",\"k\":\"\",\"a\":\"3\",\"b\":\"4\","
           "\"t0\":4,\"t1\":5,\"r\":\"no\"}\n"
           "{\"c\":\"3\",\"op\":\"get\",\"k\":\"\",\"t0\":7,\"t1\":8,\"r\":"
           "\"fail\"}\n");
}
END_TEST

static const char edn_means[] =
    "{\"c\":\"0\",\"op\":\"put\",\"k\":\"\",\"v\":\"1\",\"t0\":1,\"t1\":2,"
    "\"r\":\"ok\"}\n"
    "{\"c\":\"1\",\"op\":\"cas\",\"k\":\"\",\"a\":\"1\",\"b\":\"2\",\"t0\":3,"
    "\"t1\":4,\"r\":\"fail\"}\n";

START_TEST(edn_is_read)
{
    static const char *const same[] = {
        "{:process 0, :type :invoke, :f :write, :value 1}\n"
        "{:process 0, :type :ok, :f :write, :value 1}\n"
        "{:process 1, :type :invoke, :f :cas, :value [1 2]}\n"
        "{:process 1, :type :fail, :f :cas, :value [1 2]}\n",
        "[{:process 0 :type :invoke :f :write :value 1 :index 0}\n"
        " {:process 0 :type :ok :f :write :value 1N}, ; and so on\n"
        " #_ {:process 7} {:type :invoke :f :cas :error [:a {:b \"]\"}]\n"
        "  :value [+1 2] :process 1}\n"
        " #jepsen.history.Op{:process 1 :type :fail :f :cas :value [1 2]}]",
        "([0 :invoke :write 1] [0 :ok :write 1] [1 :invoke :cas [1 2]]"
        "[1 :fail :cas [1 2]])",
        "[0 :invoke :write 1]\n[0 :ok :write 1]\n[1 :invoke :cas [1 2]]\n"
        "[1 :fail :cas [1 2]]\n",
        "[{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1},\n"
        "{\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":1},\n"
        "{\"process\":1,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[1,2]},\n"
        "{\"process\":1,\"type\":\"fail\",\"f\":\"cas\",\"value\":[1,2]}]",
        "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1}\n"
        "{\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":1}\n"
        "{\"process\":1,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[1,2]}\n"
        "{\"process\":1,\"type\":\"fail\",\"f\":\"cas\",\"value\":[1,2]}\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        expect(same[i], edn_means);
}
END_TEST

START_TEST(edn_has_keys_nil_and_nemeses)
{
    static const char keys[] = "{:process 0 :type :invoke :f :read :value [x "
                               "nil]}{:process 0 :type :ok :f :read :value [x "
                               "nil]}{:process :nemesis :type :info :f :kill}";
    expect(keys, "{\"e\":\"note\",\"t\":2,\"who\":\"nemesis\",\"text\":"
                 "\"kill\"}\n"
                 "{\"c\":\"0\",\"op\":\"get\",\"k\":\"x\",\"t0\":1,\"t1\":null,"
                 "\"r\":\"maybe\"}\n");
    expect_how(keys, (struct linear_reading){.nil = LINEAR_NIL_ABSENT},
               "{\"e\":\"note\",\"t\":2,\"who\":\"nemesis\",\"text\":"
               "\"kill\"}\n"
               "{\"c\":\"0\",\"op\":\"get\",\"k\":\"x\",\"t0\":1,\"t1\":2,"
               "\"r\":\"ok\"}\n");
    expect_how("[0 :invoke :write [7 8]]",
               (struct linear_reading){.independent = true, .init = "0"},
               "{\"e\":\"head\",\"init\":\"0\"}\n"
               "{\"c\":\"0\",\"op\":\"put\",\"k\":\"7\",\"v\":\"8\",\"t0\":1,"
               "\"t1\":null,\"r\":\"maybe\"}\n");
}
END_TEST

// --- What is wrong with them -----------------------------------------------

#define OP "{\"c\":\"c\",\"op\":\"put\",\"k\":\"k\",\"v\":\"v\","
#define CALL                                                                   \
    "{\"e\":\"call\",\"id\":1,\"c\":\"c\",\"op\":\"get\",\"k\":\"k\"}\n"

static const char *const bad_files[][2] = {
    {"hello", "f:1: this is no format that is known; --format names it"},
    {"{\"c\"", "f:1: not an object of JSON"},
    {"{\"c\":", "f:1: a value is missing"},
    {"{\"c\":\"x", "f:1: a string does not end"},
    {"{\"c\":1", "f:1: the object does not end"},
    {"{\"c\":1} x", "f:1: something stands behind the object"},
    {"{\"c\":1,\"c\":2}", "f:1: \"c\" is there twice"},
    {"{\"c\":1}", "f:1: \"op\" is missing"},
    {"{\"e\":\"cal\"}", "f:1: \"e\" must be call, ret, note or head"},
    {"{\"c\":\"c\",\"op\":\"puthash\",\"k\":\"k\"}",
     "f:1: no operation that is known: \"puthash\""},
    {"{\"c\":\"c\",\"op\":\"get\"}", "f:1: \"k\" is missing"},
    {"{\"c\":\"c\",\"op\":\"get\",\"k\":[1]}", "f:1: \"k\" is no text"},
    {"{\"c\":\"c\",\"op\":\"put\",\"k\":\"k\"}", "f:1: \"v\" is missing"},
    {OP "\"t1\":1,\"r\":\"ok\"}", "f:1: \"t0\" is missing"},
    {OP "\"t0\":-1,\"t1\":1,\"r\":\"ok\"}",
     "f:1: \"t0\" is no number from 0 on"},
    {OP "\"t0\":1.5,\"t1\":2,\"r\":\"ok\"}",
     "f:1: \"t0\" is no number from 0 on"},
    {OP "\"t0\":99999999999999999999,\"t1\":2,\"r\":\"ok\"}",
     "f:1: \"t0\" is no number from 0 on"},
    {OP "\"t0\":3,\"t1\":2,\"r\":\"ok\"}",
     "f:1: it returns before it is called"},
    {OP "\"t0\":1,\"t1\":null,\"r\":\"ok\"}",
     "f:1: it has not returned, and its outcome is known"},
    {OP "\"t0\":1,\"t1\":2}",
     "f:1: \"r\" must be ok, maybe, fail, or of cas and vput no"},
    {OP "\"t0\":1,\"t1\":2,\"r\":\"no\"}",
     "f:1: \"r\" must be ok, maybe, fail, or of cas and vput no"},
    {"{\"c\":\"c\",\"op\":\"put\",\"k\":\"k\",\"v\":\"\\q\"}",
     "f:1: a string has an escape that is none"},
    {"{\"c\":\"c\",\"op\":\"put\",\"k\":\"k\",\"v\":\"\\ud800\"}",
     "f:1: a string has an escape that is none"},
    {"{\"c\":\"c\",\"op\":\"put\",\"k\":\"k\",\"vb\":\"A\"}",
     "f:1: base64 is cut off"},
    {"{\"c\":\"c\",\"op\":\"put\",\"k\":\"k\",\"vb\":\"A!==\"}",
     "f:1: base64 has a byte that is none of it"},
    {"{\"c\":\"c\",\"op\":\"vput\",\"k\":\"k\",\"v\":\"v\"}",
     "f:1: \"ver\" is missing"},
    {"{\"c\":\"c\",\"op\":\"vput\",\"k\":\"k\",\"v\":\"v\",\"ver\":"
     "4000000000}",
     "f:1: \"ver\" is too large"},
    {OP "\"t0\":1,\"t1\":2,\"r\":\"ok\"}\n{\"c\":\"c\",\"op\":\"vput\","
        "\"k\":\"k\",\"v\":\"v\",\"ver\":1}",
     "f:2: vput and other writes of one key"},
    {"{\"c\":\"c\",\"op\":\"appendnew\",\"k\":\"k\",\"v\":\"b\",\"t0\":1,"
     "\"t1\":2,\"r\":\"ok\",\"new\":\"a\"}",
     "f:1: the new value does not end with what was appended"},
    {CALL CALL, "f:2: id 1 is called a second time"},
    {CALL "{\"e\":\"call\",\"id\":2,\"c\":\"c\",\"op\":\"get\",\"k\":"
          "\"k\"}",
     "f:2: client c calls, and has an operation open"},
    {"{\"e\":\"ret\",\"id\":2,\"r\":\"ok\"}",
     "f:1: id 2 returns, and was not called"},
    {CALL "{\"e\":\"ret\",\"id\":1,\"r\":\"ok\"}\n"
          "{\"e\":\"ret\",\"id\":1,\"r\":\"ok\"}",
     "f:3: id 1 returns, and has returned before"},
    {CALL OP "\"t0\":1,\"t1\":2,\"r\":\"ok\"}",
     "f:2: an operation, in a file of events"},
    {OP "\"t0\":1,\"t1\":2,\"r\":\"ok\"}\n" CALL,
     "f:2: an event, in a file of operations"},
    {OP "\"t0\":1,\"t1\":2,\"r\":\"ok\"}\n{\"e\":\"head\"}",
     "f:2: the head must be the first line"},
    {"{\"e\":\"note\",\"text\":\"x\"}", "f:1: \"t\" is missing"},
    {"{:process 0, :type :invoke, :f :get, :key \"1\", :value \"x\"}\n"
     "{:process 0, :type :ok, :f :get, :key \"1\"}",
     "f:2: not a line of a Porcupine log"},
    {"{:process 0, :type :invoke, :f :put, :key \"1\", :value nil}",
     "f:1: not a line of a Porcupine log"},
    {"{:process 0, :type :ok, :f :get, :key \"1\", :value \"\"}",
     "f:1: client 0 returns, and has not called"},
    {"{:process 0, :type :invoke, :f :get, :key \"1\", :value nil}\n"
     "{:process 0, :type :ok, :f :put, :key \"1\", :value \"\"}",
     "f:2: process 0 returns from what it did not call"},
    {"INFO jepsen.util - 0 :invoke :read", "f:1: not a line of such a "
                                           "Jepsen log"},
    {"INFO jepsen.util - 0 :invoke :cas [1]",
     "f:1: :cas of [1] makes no sense"},
    {"INFO jepsen.util - 0 :ok :read 1",
     "f:1: client 0 returns, and has not called"},
    {"INFO jepsen.util - 0 :invoke :read nil\n"
     "INFO jepsen.util - 0 :invoke :read nil",
     "f:2: client 0 calls, and has an operation open"},
    {"{:process 0 :type :invoke", "f:1: a '}' is missing"},
    {"[{:process 0 :type :invoke :f :read\n]", "f:2: there is a ']' where "
                                               "a '}' should be"},
    {"[0 :invoke :read nil]\n]", "f:2: a ']' too many"},
    {"{:process 0 :f :read}", "f:1: an operation without process or type"},
    {"{:process 0 :type :invok}", "f:1: a type that is none: :invok"},
    {"{:process}", "f:1: a key without a value"},
    {"[0 :invoke :txn [[:r 1]]]", "f:1: not an operation of a register: :txn"},
    {"\n\n[0 :invoke :write nil]", "f:3: a value is nil"},
    {"[0 :invoke :cas 1]", "f:1: a vector of two is needed"},
    {"[0 :invoke :cas [1 2 3]]", "f:1: a vector of two is needed"},
    {"[0 :invoke :write {1 2}]", "f:1: a value is no number and no text"},
    {"[0 :ok :read 1]", "f:1: client 0 returns, and has not called"},
    {"[0 :invoke :read nil]\n[0 :invoke :read nil]",
     "f:2: client 0 calls, and has an operation open"},
    {"[0 :invoke :read nil]\n[0 :ok :write 1]",
     "f:2: it returns from what it did not call"},
    {"[0 :invoke :read \"x]", "f:1: a string does not end"},
    {"#_", "f:1: nothing stands behind '#_'"},
    {"(1 2)", "f:1: an operation is a map, or a vector of four"},
};

START_TEST(bad_files_are_told)
{
    for (size_t i = 0; i < sizeof bad_files / sizeof bad_files[0]; i++)
        expect(bad_files[i][0], bad_files[i][1]);
}
END_TEST

static void expect_bytes(const char *text, size_t size, const char *wanted)
{
    struct linear_history h;
    struct linear_reading how = {0};
    linear_history_init(&h);
    char *bad = linear_read_bytes("f", slice_of(text, size), &how, &h);
    ck_assert_msg(bad != NULL && strcmp(bad, wanted) == 0, "it says %s", bad);
    free(bad);
    linear_history_release(&h);
}

START_TEST(hostile_files_are_told)
{
    enum { MANY = 1000000 };
    char *text = malloc(MANY);
    memset(text, '[', MANY);
    expect_bytes(text, MANY, "f:1: nested deeper than 64");
    memset(text, 'x', MANY);
    memcpy(text, "{\"c\":\"", 6);
    expect_bytes(text, MANY, "f:1: a string does not end");
    memset(text, '[', MANY);
    memcpy(text, "{\"z\":", 5);
    expect_bytes(text, MANY, "f:1: nested deeper than 64");
    memcpy(text, "[0 :invoke :read \0]", 19);
    expect_bytes(text, 19, "f:1: a NUL byte");
    free(text);
}
END_TEST

START_TEST(strange_lines_are_skipped_if_one_wants)
{
    expect_how("INFO jepsen.util - 0 :invoke :read nil\nWARN something\n",
               (struct linear_reading){.lenient = true},
               "{\"c\":\"0\",\"op\":\"get\",\"k\":\"\",\"t0\":1,\"t1\":null,"
               "\"r\":\"maybe\"}\n");
}
END_TEST

// --- There and back --------------------------------------------------------

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

START_TEST(what_is_written_is_read)
{
    static const unsigned with[] = {
        WITH_APPEND | WITH_BLIND | WITH_INIT, WITH_CAS | WITH_REFUSALS,
        WITH_VERSIONS | WITH_REFUSALS, WITH_REPEATS};
    struct random r;
    random_init(&r, random_seed());
    for (int run = 0; run < 4000; run++) {
        struct linear_history h;
        draw_good(&r, with[run % 4], 1 + random_below(&r, 6), 30, &h);
        char *text = text_of(&h, LINEAR_LINES);
        expect(text, text);
        free(text);
        linear_history_release(&h);
    }
}
END_TEST

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
                                         .clients = 12,
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
        {"linear", "our lines are read", lines_are_read, 0},
        {"linear", "events are read", events_are_read, 0},
        {"linear", "Porcupine's logs are read", porcupine_is_read, 0},
        {"linear", "Jepsen's logs are read", jepsen_is_read, 0},
        {"linear", "EDN and elle's JSON are read", edn_is_read, 0},
        {"linear", "EDN has keys, nil and nemeses",
         edn_has_keys_nil_and_nemeses, 0},
        {"linear", "what is wrong with a file is told with its line",
         bad_files_are_told, 0},
        {"linear", "hostile files are told, too", hostile_files_are_told, 0},
        {"linear", "strange lines are skipped if one wants",
         strange_lines_are_skipped_if_one_wants, 0},
        {"linear", "what is written is read", what_is_written_is_read, 0},
        {"linear", "verdicts survive conversion", verdicts_survive_conversion,
         0},
        {"linear", "planted violations have their names",
         planted_violations_have_their_names, 60},
    };
    return unit_main(argc, argv, "linear files", tests,
                     sizeof tests / sizeof tests[0]);
}
