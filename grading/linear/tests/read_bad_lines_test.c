// What the reader of our lines says of bad ones.
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "grading/linear/tests/read_dump.h"

struct bad {
    const char *text;
    const char *error;
};

static const struct bad bad_any[] = {
    {"what is this", "f:1: no format that is known"},
    {"\001", "f:1: no format that is known"},
};

static const struct bad bad_lines[] = {
    {"what", "f:1: no JSON object"},
    {"{", "f:1: no name of a field"},
    {"{}", "f:1: no \"op\""},
    {"\n\n{\"c\":\"c1\"}", "f:3: no \"op\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok\""
     "} x",
     "f:1: more behind the object"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok\"",
     "f:1: no \",\" or \"}\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok\""
     ",}",
     "f:1: no name of a field"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\" \"t0\":1}",
     "f:1: no \",\" or \"}\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":01}", "f:1: no number"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k,\"t0\":1,\"t1\":2,\"r\":\"ok\"}",
     "f:1: no \",\" or \"}\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"a\tb\",\"t0\":1,\"t1\":2,\"r\":\"o"
     "k\"}",
     "f:1: a control character in a string"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"\\q\",\"t0\":1,\"t1\":2,\"r\":\"ok"
     "\"}",
     "f:1: \"k\": an escape that there is not"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"\\u12g4\",\"t0\":1,\"t1\":2,\"r\":"
     "\"ok\"}",
     "f:1: \"k\": \\u without four hexadecimal digits"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"\\ud800x\",\"t0\":1,\"t1\":2,\"r\""
     ":\"ok\"}",
     "f:1: \"k\": half of a surrogate pair"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"\\udc00\",\"t0\":1,\"t1\":2,\"r\":"
     "\"ok\"}",
     "f:1: \"k\": half of a surrogate pair"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"kb\":\"A\",\"t0\":1,\"t1\":2,\"r\":\"ok"
     "\"}",
     "f:1: \"kb\" is no base64"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"kb\":\"A*==\",\"t0\":1,\"t1\":2,\"r\":\""
     "ok\"}",
     "f:1: \"kb\" is no base64"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"kb\":1,\"t0\":1,\"t1\":2,\"r\":\"ok\"}",
     "f:1: \"kb\" is no string"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"kb\":\"\",\"t0\":1,\"t1\":2,"
     "\"r\":\"ok\"}",
     "f:1: both \"k\" and \"kb\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"k\":\"k\",\"t0\":1,\"t1\":2,"
     "\"r\":\"ok\"}",
     "f:1: a field that is there twice"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":1,\"t0\":1,\"t1\":2,\"r\":\"ok\"}",
     "f:1: \"k\" is no string"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"t0\":1,\"t1\":2,\"r\":\"ok\"}",
     "f:1: no \"k\""},
    {"{\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok\"}",
     "f:1: no \"c\""},
    {"{\"c\":\"c1\",\"op\":\"del\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok\""
     "}",
     "f:1: unknown \"op\": \"del\""},
    {"{\"c\":\"c1\",\"op\":\"puthash\",\"k\":\"k\",\"v\":\"v\",\"t0\":1,\"t1"
     "\":2,\"r\":\"ok\"}",
     "f:1: not supported: puthash"},
    {"{\"c\":\"c1\",\"op\":\"txn\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok\""
     "}",
     "f:1: not supported: txn"},
    {"{\"c\":\"c1\",\"op\":\"scan\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok"
     "\"}",
     "f:1: not supported: scan"},
    {"{\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok\""
     "}",
     "f:1: no \"v\""},
    {"{\"c\":\"c1\",\"op\":\"cas\",\"k\":\"k\",\"a\":\"x\",\"t0\":1,\"t1\":2,"
     "\"r\":\"ok\"}",
     "f:1: no \"b\""},
    {"{\"c\":\"c1\",\"op\":\"vput\",\"k\":\"k\",\"v\":\"x\",\"t0\":1,\"t1\":2"
     ",\"r\":\"ok\"}",
     "f:1: no \"ver\""},
    {"{\"c\":\"c1\",\"op\":\"vput\",\"k\":\"k\",\"v\":\"x\",\"ver\":214748364"
     "7,\"t0\":1,\"t1\":2,\"r\":\"ok\"}",
     "f:1: \"ver\" is no integer of 0 to 2147483646"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2}",
     "f:1: no \"r\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"yes"
     "\"}",
     "f:1: unknown \"r\": \"yes\""},
    {"{\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\",\"v\":\"a\",\"t0\":1,\"t1\":2,"
     "\"r\":\"no\"}",
     "f:1: only cas and vput can be refused"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":-1,\"t1\":2,\"r\":\"ok"
     "\"}",
     "f:1: \"t0\" is no integer of 0 to 9223372036854775807"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1.5,\"t1\":2,\"r\":\"ok"
     "\"}",
     "f:1: \"t0\" is no integer of 0 to 9223372036854775807"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":\"9223372036854775808\""
     ",\"t1\":2,\"r\":\"ok\"}",
     "f:1: \"t0\" is no integer of 0 to 9223372036854775807"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t1\":2,\"r\":\"ok\"}",
     "f:1: no \"t0\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":null,\"r\":\"o"
     "k\"}",
     "f:1: it has returned, but there is no \"t1\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":3,\"t1\":2,\"r\":\"ok\""
     "}",
     "f:1: \"t1\" is before \"t0\""},
    {"{\"c\":\"c1\",\"op\":\"appendnew\",\"k\":\"k\",\"v\":\"ab\",\"t0\":1,\""
     "t1\":2,\"r\":\"ok\",\"new\":\"xa\"}",
     "f:1: the value does not end with what was appended"},
    {"{\"c\":\"c1\",\"op\":\"appendnew\",\"k\":\"k\",\"v\":\"ab\",\"t0\":1,\""
     "t1\":2,\"r\":\"ok\"}",
     "f:1: no \"new\""},
    {"{\"c\":\"c1\",\"op\":\"put\",\"k\":\"k\",\"v\":\"a\",\"t0\":1,\"t1\":2,"
     "\"r\":\"ok\"}\n{\"c\":\"c1\",\"op\":\"vput\",\"k\":\"k\",\"v\":\"x\",\""
     "ver\":0,\"t0\":1,\"t1\":2,\"r\":\"ok\"}",
     "f:2: key \"k\": vput and other writes"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"k\":\"k\",\"t0\":1,\"t1\":2,\"r\":\"ok\""
     "}\n{\"e\":\"ret\",\"id\":1,\"r\":\"ok\"}",
     "f:2: events and intervals in one file"},
    {"{\"e\":\"boo\"}", "f:1: unknown \"e\": \"boo\""},
    {"{\"e\":\"ret\",\"id\":1,\"r\":\"ok\"}", "f:1: id 1 returns uncalled"},
    {"{\"e\":\"call\",\"c\":\"c1\",\"k\":\"k\",\"op\":\"get\",\"id\":1}\n{\"e"
     "\":\"call\",\"c\":\"c2\",\"k\":\"k\",\"op\":\"get\",\"id\":\"1\"}",
     "f:2: a second call of id 1"},
    {"{\"e\":\"call\",\"c\":\"c1\",\"k\":\"k\",\"op\":\"get\",\"id\":1}\n{\"e"
     "\":\"call\",\"c\":\"c1\",\"k\":\"k\",\"op\":\"get\",\"id\":2}",
     "f:2: client c1 calls while its last call is open"},
    {"{\"e\":\"call\",\"c\":\"c1\",\"k\":\"k\",\"op\":\"get\",\"id\":1}\n{\"e"
     "\":\"ret\",\"id\":1,\"r\":\"ok\"}\n{\"e\":\"ret\",\"id\":1,\"r\":\"ok\""
     "}",
     "f:3: id 1 returns twice"},
    {"{\"e\":\"call\",\"c\":\"c1\",\"k\":\"k\",\"op\":\"get\",\"id\":1}\n{\"e"
     "\":\"ret\",\"r\":\"ok\"}",
     "f:2: no \"id\""},
    {"{\"e\":\"call\",\"c\":\"c1\",\"k\":\"k\",\"op\":\"get\",\"id\":1}\n{\"e"
     "\":\"head\",\"format\":\"lin1\"}",
     "f:2: a head that is not the first line"},
    {"{\"e\":\"head\",\"format\":\"lin2\"}",
     "f:1: the \"format\" is not \"lin1\""},
    {"{\"e\":\"note\",\"who\":\"a\",\"text\":\"b\"}", "f:1: no \"t\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"z\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
     "]]]]]]]]]]]]]]]]]]]]]]]}",
     "f:1: nested too deeply"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"z\":[1 2]}", "f:1: no \",\" or \"]\""},
    {"{\"c\":\"c1\",\"op\":\"get\",\"z\":{1:2}}", "f:1: no name of a field"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"z\":{\"a\" 2}}",
     "f:1: no \":\" behind a name"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"z\":nul}", "f:1: no JSON"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"z\":1.}", "f:1: no number"},
    {"{\"c\":\"c1\",\"op\":\"get\",\"z\":}", "f:1: no JSON"},
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

START_TEST(no_format)
{
    expect(LINEAR_ANY, false, bad_any, sizeof bad_any / sizeof bad_any[0]);
}
END_TEST

START_TEST(bad_lines_are_told)
{
    expect(LINEAR_LINES, false, bad_lines,
           sizeof bad_lines / sizeof bad_lines[0]);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "what has no format is told", no_format, 0},
        {"linear", "bad lines are told", bad_lines_are_told, 0},
    };
    return unit_main(argc, argv, "linear read bad lines", tests,
                     sizeof tests / sizeof tests[0]);
}
