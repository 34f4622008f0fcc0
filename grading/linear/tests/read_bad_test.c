// What the readers of the formats of others say of bad files.
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "grading/linear/tests/read_dump.h"

struct bad {
    const char *text;
    const char *error;
};

static const struct bad bad_porcupine[] = {
    {"{:process 0, :type :invoke,  :f :get, :key \"1\", :value nil}",
     "f:1: no line of porcupine's"},
    {"{:process 0, :type :invoke, :f :put, :key \"1\", :value nil}",
     "f:1: no line of porcupine's"},
    {"{:process 0, :type :ok, :f :get, :key \"1\", :value nil}",
     "f:1: no line of porcupine's"},
    {"{:process 0, :type :ok, :f :get, :key \"1\", :value \"x\"}",
     "f:1: process 0 returns uncalled"},
    {"{:process 0, :type :invoke, :f :get, :key \"1\", :value nil}\n{:process"
     " 0, :type :invoke, :f :get, :key \"1\", :value nil}\n",
     "f:2: process 0 calls while its last call is open"},
    {"{:process 0, :type :invoke, :f :get, :key \"1\", :value nil}\n{:process"
     " 0, :type :ok, :f :put, :key \"1\", :value \"x\"}",
     "f:2: process 0 returns from what it did not call"},
    {"{:process 0, :type :invoke, :f :get, :key \"1\", :value nil}\n{:process"
     " 0, :type :ok, :f :get, :key \"2\", :value \"x\"}",
     "f:2: it returns with another key"},
    {"{:process 0, :type :invoke, :f :get, :key \"1\", :value nil}\n{:process"
     " 0, :type :ok, :f :get, :key \"1\", :value \"x\" }",
     "f:2: no line of porcupine's"},
};

static const struct bad bad_jepsen[] = {
    {"INFO  jepsen.util - 0 :invoke :read", "f:1: no line of jepsen's"},
    {"INFO  jepsen.util - 0 :invoke :read x", "f:1: no line of jepsen's"},
    {"INFO  jepsen.util - 0 :invoke :txn nil", "f:1: no line of jepsen's"},
    {"INFO  jepsen.util - 0 :invoke :write nil", "f:1: a write of nil"},
    {"INFO  jepsen.util - 0 :invoke :cas [1]", "f:1: no line of jepsen's"},
    {"INFO  jepsen.util - 0 :invoke :cas 1",
     "f:1: the value of a cas is no [old new]"},
    {"INFO  jepsen.util - 0 :info :write :timed-out",
     "f:1: process 0 returns uncalled"},
    {"INFO  jepsen.util - 0 :invoke :write :timed-out",
     "f:1: no line of jepsen's"},
    {"INFO jepsen.core - 0 :invoke :read nil", "f:1: no line of jepsen's"},
};

static const struct bad bad_edn[] = {
    {"[{:process 0 :type :invoke", "f:1: a collection without its end"},
    {"[{:process 0 :type :invoke :f :read}", "f:1: the list has no end"},
    {"[{:process 0 :type :invoke :f :read}] x", "f:1: more behind the list"},
    {"{:process 0 :type :invoke :f :read ]",
     "f:1: a bracket that closes nothing"},
    {"{:process 0 :type :invoke :f}", "f:1: a key without its value"},
    {"{:process 0 :type :what :f :read}", "f:1: an odd :type"},
    {"{:process 1.5 :type :ok :f :read}", "f:1: an odd :process"},
    {"{:process 0 :type :ok :f 1.5}", "f:1: an odd :f"},
    {"{:type :invoke :f :read}", "f:1: no process"},
    {"{:process 0 :f :read}", "f:1: no type"},
    {"{:process 0 :type :invoke}", "f:1: no f"},
    {"{:process 0 :process 0 :type :invoke :f :read}",
     "f:1: a key that is there twice"},
    {"{:process 0 :type :invoke :f :txn :value [[:r 1 nil]]}",
     "f:1: not supported: txn"},
    {"{:process 0 :type :invoke :f :enqueue :value 1}",
     "f:1: not supported: enqueue"},
    {"[0 :invoke :acquire nil]\n[1 :invoke :read nil]",
     "f:2: locks and registers in one history"},
    {"[0 :invoke :read nil]\n[1 :invoke :release nil]",
     "f:2: locks and registers in one history"},
    {"[0 :invoke :acquire nil]\n[0 :ok :release nil]",
     "f:2: process 0 returns from what it did not call"},
    {"[0 :invoke :acquire nil]\n[0 :ok :cas [1 2]]",
     "f:2: process 0 returns from what it did not call"},
    {"{:process 0 :type :invoke :f :write}", "f:1: a write of nil"},
    {"{:process 0 :type :invoke :f :write :value [1 2 3]}",
     "f:1: a value that is a collection"},
    {"{:process 0 :type :invoke :f :cas :value [1 nil]}",
     "f:1: the value of a cas is no [old new]"},
    {"{:process 0 :type :invoke :f :cas :value [1 2 3]}",
     "f:1: the value of a cas is no [old new]"},
    {"{:process 0 :type :invoke :f :read :index 1}\n{:process 0 :type :ok :f "
     ":read :index 1}",
     "f:2: a second event of index 1"},
    {"[0 :invoke]", "f:1: no [process type f value]"},
    {"[0 :invoke :read nil nil]", "f:1: no [process type f value]"},
    {"[0 :ok :read nil]", "f:1: process 0 returns uncalled"},
    {"\n\n[0 :invoke :read nil]\n[0 :invoke :read nil]",
     "f:4: process 0 calls while its last call is open"},
    {"#{1}", "f:1: no map, and no vector"},
    {"x", "f:1: no map, and no vector"},
    {"#_", "f:1: a tag with nothing behind it"},
    {"\"x", "f:1: a string without its end"},
    {"[0 :invoke :write \"\\x\"]", "f:1: an escape that there is not"},
    {"[0 :invoke :write 007]", "f:1: no number"},
    {"[0 :invoke :write 1x]", "f:1: no number"},
    {"[0 :invoke :write 0x]", "f:1: no number"},
    {"[0 :invoke :write ##", "f:1: a collection without its end"},
    {"[0 :invoke :write :]", "f:1: a keyword without a name"},
    {"[0 :invoke :write # ]", "f:1: \"#\" without a tag"},
    {"[0 :invoke :read [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
     "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
     "]]]]]]]]]]]]]]]]",
     "f:1: nested too deeply"},
};

static const struct bad bad_edn_independent[] = {
    {"{:process 0 :type :invoke :f :read :value 1}",
     "f:1: the value is no [key value]"},
};

static const struct bad bad_elle[] = {
    {"[{]", "f:1: no name of a field"},
    {"[{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}",
     "f:1: no \",\" or \"]\""},
    {"[{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}] 1",
     "f:1: more behind the array"},
    {"{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"} 1",
     "f:1: no JSON object"},
    {"{\"process\":0,\"type\":\"invoke\",\"f\":\"append\",\"value\":null}",
     "f:1: a write of nil"},
    {"{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":{}}",
     "f:1: a value that is a collection"},
    {"{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"f\":\"read\"}",
     "f:1: a field that is there twice"},
    {"{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"index\":\"x\"}",
     "f:1: an odd \"index\""},
    {"{\"process\":0,\"type\":\"invoke\",\"f\":1}", "f:1: an odd \"f\""},
    {"{\"process\":1.5}", "f:1: an odd \"process\""},
    {"{\"type\":\"no\"}", "f:1: an odd \"type\""},
    {"{}", "f:1: no process"},
    {"{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"value\":\"\\u\"}",
     "f:1: \\u without four hexadecimal digits"},
    {"{\"process\":0,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[1,2,3]}",
     "f:1: the value of a cas is no [old new]"},
};

static void expect(enum linear_format format, bool independent,
                   const struct bad *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct linear_history h;
        linear_history_init(&h);
        struct linear_reading how = {.format = format,
                                     .independent = independent};
        char *error = read_text(rows[i].text, how, &h);
        ck_assert_msg(error != NULL, "row %zu is fine", i);
        ck_assert_msg(strcmp(error, rows[i].error) == 0, "row %zu: %s\nnot %s",
                      i, error, rows[i].error);
        free(error);
        linear_history_release(&h);
    }
}

START_TEST(porcupine)
{
    expect(LINEAR_PORCUPINE, false, bad_porcupine,
           sizeof bad_porcupine / sizeof bad_porcupine[0]);
}
END_TEST

START_TEST(jepsen)
{
    expect(LINEAR_JEPSEN, false, bad_jepsen,
           sizeof bad_jepsen / sizeof bad_jepsen[0]);
}
END_TEST

START_TEST(edn)
{
    expect(LINEAR_EDN, false, bad_edn, sizeof bad_edn / sizeof bad_edn[0]);
}
END_TEST

START_TEST(edn_independent)
{
    expect(LINEAR_EDN, true, bad_edn_independent,
           sizeof bad_edn_independent / sizeof bad_edn_independent[0]);
}
END_TEST

START_TEST(elle)
{
    expect(LINEAR_ELLE, false, bad_elle, sizeof bad_elle / sizeof bad_elle[0]);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "bad logs of porcupine are told", porcupine, 0},
        {"linear", "bad logs of jepsen are told", jepsen, 0},
        {"linear", "bad EDN is told", edn, 0},
        {"linear", "values without keys are told", edn_independent, 0},
        {"linear", "bad histories of elle are told", elle, 0},
    };
    return unit_main(argc, argv, "linear read bad", tests,
                     sizeof tests / sizeof tests[0]);
}
