// What the readers make of good files, format by format: see read_dump.h.
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "grading/linear/tests/read_dump.h"

struct good {
    const char *text;
    const char *dump;
    struct linear_reading how;
    enum linear_format is;
};

static void expect(const struct good *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct linear_history h;
        linear_history_init(&h);
        struct linear_reading how = rows[i].how;
        char *error =
            linear_read_bytes("f", slice_text(rows[i].text), &how, &h);
        ck_assert_msg(error == NULL, "row %zu: %s", i, error);
        char *dump = read_dump(&h);
        ck_assert_msg(strcmp(dump, rows[i].dump) == 0,
                      "row %zu: it reads\n%s\nnot\n%s", i, dump, rows[i].dump);
        ck_assert_int_eq(how.is, rows[i].is);
        free(dump);
        linear_history_release(&h);
    }
}

#define C1 "{\"c\":\"c1\",\"op\":"
#define OK "\"t0\":1,\"t1\":2,\"r\":\"ok\""
#define CAS "\"cas\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"b\":\"y\","

static const struct good interval_rows[] = {
    {C1 "\"put\",\"k\":\"k\",\"v\":\"a\"," OK "}\n",
     "c1 put k 'a' [1,2] ok",
     {0},
     LINEAR_LINES},
    {" { \"v\" : \"a\" , \"k\":\"k\",\"op\":\"put\",\"c\":7," OK " } \r\n\n",
     "7 put k 'a' [1,2] ok",
     {0},
     LINEAR_LINES},
    {C1 "\"get\",\"k\":\"\"," OK "}",
     "c1 get  [1,2] ok saw nothing",
     {0},
     LINEAR_LINES},
    {C1 "\"get\",\"k\":\"k\"," OK ",\"v\":null}",
     "c1 get k [1,2] ok saw nothing",
     {0},
     LINEAR_LINES},
    {C1 "\"get\",\"k\":\"k\"," OK ",\"v\":\"\",\"ver\":2147483646}",
     "c1 get k [1,2] ok saw '' ver 2147483646",
     {0},
     LINEAR_LINES},
    {C1 "\"get\",\"k\":\"k\",\"t0\":\"9223372036854775807\",\"t1\":null,"
        "\"r\":\"maybe\",\"v\":\"x\"}",
     "c1 get k [9223372036854775807,-] maybe",
     {0},
     LINEAR_LINES},
    {C1 "\"append\",\"k\":\"k\",\"v\":\"a\"," OK ",\"old\":\"b\"}",
     "c1 append k 'a' [1,2] ok",
     {0},
     LINEAR_LINES},
    {C1 "\"appendret\",\"k\":\"k\",\"v\":\"a\"," OK ",\"old\":\"b\"}",
     "c1 append k 'a' [1,2] ok saw 'b'",
     {0},
     LINEAR_LINES},
    {C1 "\"appendret\",\"k\":\"k\",\"v\":\"a\"," OK "}",
     "c1 append k 'a' [1,2] ok saw nothing",
     {0},
     LINEAR_LINES},
    {C1 "\"appendnew\",\"k\":\"k\",\"v\":\"a\"," OK ",\"new\":\"ba\"}",
     "c1 append k 'a' [1,2] ok saw 'b'",
     {0},
     LINEAR_LINES},
    {C1 "\"appendnew\",\"k\":\"k\",\"v\":\"a\"," OK ",\"new\":\"a\"}",
     "c1 append k 'a' [1,2] ok saw nothing",
     {0},
     LINEAR_LINES},
    {C1 "\"appendnew\",\"k\":\"k\",\"v\":\"a\"," OK ",\"new\":\"a\"}",
     "init ''\nc1 append k 'a' [1,2] ok saw ''",
     {.init = ""},
     LINEAR_LINES},
    {C1 CAS "\"a\":null,\"r\":\"ok\"}",
     "c1 cas k nothing->'y' [1,2] ok",
     {0},
     LINEAR_LINES},
    {C1 CAS "\"a\":\"x\",\"r\":\"no\"}",
     "c1 cas k 'x'->'y' [1,2] no",
     {0},
     LINEAR_LINES},
    {C1 CAS "\"a\":\"x\",\"r\":\"no\",\"v\":null}",
     "c1 cas k 'x'->'y' [1,2] no saw nothing",
     {0},
     LINEAR_LINES},
    {C1 CAS "\"ab\":\"AQI=\",\"r\":\"no\",\"vb\":\"Ig==\"}",
     "c1 cas k '<01><02>'->'y' [1,2] no saw '<22>'",
     {0},
     LINEAR_LINES},
    {C1 CAS "\"a\":\"x\",\"r\":\"fail\"}",
     "c1 cas k 'x'->'y' [1,2] failed",
     {0},
     LINEAR_LINES},
    {C1 "\"vput\",\"k\":\"k\",\"v\":\"a\",\"ver\":3,\"sawver\":4,"
        "\"t0\":5,\"t1\":5,\"r\":\"no\"}",
     "c1 vput k 'a' if 3 [5,5] no ver 4",
     {0},
     LINEAR_LINES},
    {C1 "\"put\",\"k\":\"k\",\"v\":\"\\u00e9\\ud83d\\ude00\\n\\/\"," OK "}",
     "c1 put k '\u00e9\U0001f600<0a>/' [1,2] ok",
     {0},
     LINEAR_LINES},
    {"{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"x\",\"tok\":\"\"}\n"
     "{\"e\":\"note\",\"t\":7,\"who\":\"n1\",\"text\":\"dead\"}\n",
     "init 'x'\nnote 7 n1: dead",
     {0},
     LINEAR_LINES},
    {"{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"x\"}",
     "",
     {.init = "nil"},
     LINEAR_LINES},
    {"{\"e\":\"head\",\"format\":\"lin1\",\"init\":null}",
     "init '5'",
     {.init = "5"},
     LINEAR_LINES},
    {"", "", {0}, LINEAR_LINES},
    {" \n\n", "", {0}, LINEAR_LINES},
    {C1 "\"get\",\"k\":\"k\"," OK ",\"z\":[{\"a\":[-1.5e+3,true]},{}]}",
     "c1 get k [1,2] ok saw nothing",
     {0},
     LINEAR_LINES},
};

START_TEST(intervals)
{
    expect(interval_rows, sizeof interval_rows / sizeof interval_rows[0]);
}
END_TEST

#define CALL "{\"e\":\"call\",\"c\":\"c1\",\"k\":\"k\",\"op\":"

START_TEST(events)
{
    const struct good rows[] = {
        {CALL "\"put\",\"v\":\"a\",\"id\":1}\n{\"e\":\"ret\",\"id\":\"1\","
              "\"r\":\"ok\"}\n" CALL "\"get\",\"id\":2}\n",
         "c1 put k 'a' [1,2] ok\nc1 get k [3,-] maybe",
         {0},
         LINEAR_LINES},
        {"{\"e\":\"note\",\"t\":99,\"who\":\"n\",\"text\":\"before\"}\n" CALL
         "\"get\",\"id\":2,\"t\":10}\n"
         "{\"e\":\"note\",\"t\":99,\"who\":\"n\",\"text\":\"behind\"}\n"
         "{\"e\":\"ret\",\"id\":2,\"r\":\"ok\",\"ver\":0,\"t\":20}",
         "c1 get k [1,2] ok saw nothing ver 0 at 10,20\nnote 0 n: before\n"
         "note 1 n: behind",
         {0},
         LINEAR_LINES},
        {CALL "\"appendnew\",\"v\":\"a\",\"id\":1}\n"
              "{\"e\":\"ret\",\"id\":1,\"r\":\"ok\",\"v\":\"ba\"}\n",
         "c1 append k 'a' [1,2] ok saw 'b'",
         {0},
         LINEAR_LINES},
        {CALL "\"vput\",\"v\":\"a\",\"ver\":1,\"id\":1}\n"
              "{\"e\":\"ret\",\"id\":1,\"r\":\"no\",\"ver\":2}\n",
         "c1 vput k 'a' if 1 [1,2] no ver 2",
         {0},
         LINEAR_LINES},
        {CALL "\"put\",\"v\":\"a\",\"id\":1}\n"
              "{\"e\":\"ret\",\"id\":1,\"r\":\"maybe\"}\n" CALL
              "\"put\",\"v\":\"b\",\"id\":2}\n"
              "{\"e\":\"ret\",\"id\":2,\"r\":\"fail\"}\n",
         "c1 put k 'a' [1,-] maybe\nc1 put k 'b' [3,4] failed",
         {0},
         LINEAR_LINES},
    };
    expect(rows, sizeof rows / sizeof rows[0]);
}
END_TEST

START_TEST(porcupine)
{
    const struct good rows[] = {
        {"{:process 0, :type :invoke, :f :put, :key \"1\", :value \"x\\y\"}\n"
         "{:process 1, :type :invoke, :f :get, :key \"1\", :value nil}\n"
         "{:process 1, :type :ok, :f :get, :key \"1\", :value \"\"}\n"
         "{:process 0, :type :ok, :f :put, :key \"1\", :value \"x\\y\"}\n"
         "{:process 0, :type :invoke, :f :get, :key \"1\", :value nil}\n"
         "{:process 1, :type :invoke, :f :append, :key \"2\", :value \"z\"}",
         "init ''\n0 put 1 'x\\y' [1,4] ok\n1 get 1 [2,3] ok saw ''\n"
         "0 get 1 [5,-] maybe\n1 append 2 'z' [6,-] maybe",
         {0},
         LINEAR_PORCUPINE},
        {"", "init ''", {.format = LINEAR_PORCUPINE}, LINEAR_PORCUPINE},
        {"what\n",
         "",
         {.format = LINEAR_PORCUPINE, .lenient = true, .init = "nil"},
         LINEAR_PORCUPINE},
    };
    expect(rows, sizeof rows / sizeof rows[0]);
}
END_TEST

#define INFO "INFO  jepsen.util - "

START_TEST(jepsen)
{
    const struct good rows[] = {
        {INFO "0\t:invoke\t:read\tnil\n" INFO "1\t:invoke\t:cas\t[1 4]\n" INFO
              "0  :ok     :read  nil\n" INFO "1\t:fail\t:cas\t[1 4]\n" INFO
              ":nemesis\t:info\t:start\tnil\n",
         "0 get  [1,3] ok saw nothing\n1 cas  '1'->'4' [2,4] no\n"
         "note 4 nemesis: start",
         {0},
         LINEAR_JEPSEN},
        {INFO "0 :invoke :write 3\n" INFO "0 :info :write :timed-out\n" INFO
              "1 :invoke :read nil\n" INFO "1 :fail :read :timed-out\n",
         "0 put  '3' [1,-] maybe\n1 get  [3,4] failed",
         {0},
         LINEAR_JEPSEN},
        {INFO "0 :invoke :read nil\n" INFO "0 :ok :read nil",
         "0 get  [1,2] ok",
         {.nil = LINEAR_NIL_UNKNOWN},
         LINEAR_JEPSEN},
        {INFO "0 :invoke :cas [1 2]\r\n" INFO "0 :ok :cas [1 2]",
         "0 cas  '1'->'2' [1,2] ok",
         {0},
         LINEAR_JEPSEN},
    };
    expect(rows, sizeof rows / sizeof rows[0]);
}
END_TEST

START_TEST(edn)
{
    const struct good rows[] = {
        {"; a comment\n[{:process 0, :type :invoke, :f :write, :value +3, "
         ":time 5}\n{:process :nemesis :type :info :f :start :value {:a #{b}}}"
         "#_{:x \\} [1]} #jepsen.history.Op{:process 0, :type :ok, :f :write,"
         ":value 3N, :index 12}]",
         "0 put  '3' [1,2] ok at 5,-1\nnote 1 nemesis: start {:a #{b}}",
         {0},
         LINEAR_EDN},
        {"[0 :invoke :cas [nil \"a\\n\\u0041\"]][0 :fail :cas [nil 1]]",
         "0 cas  nothing->'a<0a>A' [1,2] failed",
         {0},
         LINEAR_EDN},
        {"([0 :invoke :r nil][0 :ok :read nil][1 :invoke :read][1 :ok :r 1.5])",
         "0 get  [1,2] ok\n1 get  [3,4] ok saw '1.5'",
         {0},
         LINEAR_EDN},
        {"[0 :invoke :r nil][0 :ok :read nil]",
         "0 get  [1,2] ok saw nothing",
         {.nil = LINEAR_NIL_ABSENT},
         LINEAR_EDN},
        {"{:process 0 :type :invoke :f :cas :value [x [1 2]]}"
         "{:process 0 :type :ok :f :cas :value [x [1 3]]}"
         "{:process 0 :type :invoke :f :read :value [\"y\" nil]}"
         "{:process 0 :type :ok :f :read :value [y 7]}",
         "init '0'\n0 cas x '1'->'3' [1,2] ok\n0 get y [3,4] ok saw '7'",
         {.independent = true, .init = "0"},
         LINEAR_EDN},
        {"{:process 0 :type :invoke :f :append :key k :value :kw}",
         "0 append k ':kw' [1,-] maybe",
         {0},
         LINEAR_EDN},
        {"[0 :invoke :write 1][0 :info :write 1][0 :invoke :write 2]"
         "[1 :info :crash]",
         "0 put  '1' [1,-] maybe\n0 put  '2' [3,-] maybe\nnote 3 1: crash",
         {0},
         LINEAR_EDN},
        {"[]", "", {0}, LINEAR_EDN},
        {"#_ #_ a b () ; end", "", {0}, LINEAR_EDN},
    };
    expect(rows, sizeof rows / sizeof rows[0]);
}
END_TEST

START_TEST(edn_of_locks_and_names)
{
    const struct good rows[] = {
        {"{:process 0 :type :invoke :f :read :index -1}"
         "{:process 0 :type :info :f :read :index -1 :rate ##NaN :error"
         " [:x #object[java.io.IOException 0x3f2aB9 \"x\"] ##-Inf]}"
         "{:process 1 :type :invoke :f :read :index nil :r ##Inf :value nil}"
         "{:process 1 :type :ok :f :read :index nil :value ##Inf}",
         "0 get  [1,-] maybe\n1 get  [3,4] ok saw '##Inf'",
         {0},
         LINEAR_EDN},
        {"[0 :invoke :acquire nil][1 :invoke :acquire nil][0 :ok :acquire 7]"
         "[1 :fail :acquire nil][0 :invoke :release][0 :info :release nil]",
         "init 'free'\n0 cas  'free'->'held' [1,3] ok\n"
         "1 cas  'free'->'held' [2,4] failed\n"
         "0 cas  'held'->'free' [5,-] maybe",
         {0},
         LINEAR_EDN},
        {"[0 :invoke :acquire [k nil]][0 :ok :acquire [k nil]]",
         "init 'held'\n0 cas k 'free'->'held' [1,2] ok",
         {.init = "held"},
         LINEAR_EDN},
        {"[:info :info :read][:a :invoke :write 1][:a :info :write 1]"
         "[\"b c\" :invoke :read][\"b c\" :ok :read 2]"
         "[:nemesis :invoke :cut][:nemesis :ok :cut]",
         "a put  '1' [1,-] maybe\nb c get  [3,4] ok saw '2'\n"
         "note 0 info: read\nnote 4 nemesis: cut\nnote 4 nemesis: cut",
         {0},
         LINEAR_EDN},
    };
    expect(rows, sizeof rows / sizeof rows[0]);
}
END_TEST

START_TEST(elle)
{
    const struct good rows[] = {
        {"[{\"process\":0,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[3,4],"
         "\"index\":0},\n{\"process\":0,\"type\":\"fail\",\"f\":\"cas\","
         "\"value\":[3,4],\"index\":1},{\"process\":\"nemesis\",\"type\":"
         "\"info\",\"f\":\"cut\",\"value\":{\"a\":null}}]",
         "0 cas  '3'->'4' [1,2] failed\nnote 2 nemesis: cut {<22>a<22>:null}",
         {0},
         LINEAR_ELLE},
        {"{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n"
         "{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":\"\\t\"}\n",
         "0 get  [1,2] ok saw '<09>'",
         {0},
         LINEAR_ELLE},
        {"[{\"f\":\"w\",\"process\":0,\"type\":\"invoke\",\"value\":[1,true]}]",
         "0 put 1 'true' [1,-] maybe",
         {.independent = true},
         LINEAR_ELLE},
        {"[{\"f\":\"r\",\"process\":1,\"type\":\"invoke\",\"index\":null},"
         "{\"f\":\"r\",\"process\":1,\"type\":\"ok\",\"value\":3,\"index\":-1},"
         "{\"f\":\"r\",\"process\":1,\"type\":\"invoke\",\"index\":-1}]",
         "1 get  [1,2] ok saw '3'\n1 get  [3,-] maybe",
         {0},
         LINEAR_ELLE},
        {"[{\"f\":\"w\",\"process\":\"a\",\"type\":\"invoke\",\"value\":1},"
         "{\"f\":\"w\",\"process\":\"a\",\"type\":\"fail\",\"value\":1}]",
         "a put  '1' [1,2] failed",
         {0},
         LINEAR_ELLE},
        {"[]", "", {.format = LINEAR_ELLE}, LINEAR_ELLE},
    };
    expect(rows, sizeof rows / sizeof rows[0]);
}
END_TEST

START_TEST(lenient_reading_skips_lines)
{
    const char text[] = "what\n" C1 "\"get\",\"k\":\"k\"," OK "}\n"
                        "{\"c\":1}\n" C1 "\"get\",\"k\":\"k\",\"v";
    struct linear_reading how = {.format = LINEAR_LINES, .lenient = true};
    struct linear_history h;
    linear_history_init(&h);
    char *error = linear_read_bytes("f", slice_text(text), &how, &h);
    ck_assert_ptr_null(error);
    ck_assert_uint_eq(how.skipped, 3);
    ck_assert_uint_eq(h.count, 1);
    linear_history_release(&h);
}
END_TEST

START_TEST(formats_have_names)
{
    ck_assert_int_eq(linear_format_named("jepsen"), LINEAR_JEPSEN);
    ck_assert_int_eq(linear_format_named("csv"), -1);
    ck_assert_str_eq(linear_format_name(LINEAR_ELLE), "elle");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "our intervals are read", intervals, 0},
        {"linear", "our events are read", events, 0},
        {"linear", "porcupine's logs are read", porcupine, 0},
        {"linear", "jepsen's logs are read", jepsen, 0},
        {"linear", "histories in EDN are read", edn, 0},
        {"linear", "locks, names and odd words in EDN are read",
         edn_of_locks_and_names, 0},
        {"linear", "elle's histories are read", elle, 0},
        {"linear", "lenient reading skips lines", lenient_reading_skips_lines,
         0},
        {"linear", "formats have names", formats_have_names, 0},
    };
    return unit_main(argc, argv, "linear read", tests,
                     sizeof tests / sizeof tests[0]);
}
