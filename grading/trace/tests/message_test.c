// message_test.c - messages as text, whole and cut off.
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/random.h"
#include "grading/trace/mend.h"
#include "grading/trace/print_message.h"
#include "grading/trace/tests/things.pb-c.h"

enum {
    MUTATIONS = 20000,
};

// What was printed into it, as a string; valid until the next call.
static const char *text_of(struct buf *out)
{
    static char text[5000];
    ck_assert_uint_lt(out->size, sizeof text);
    memcpy(text, out->data, out->size);
    text[out->size] = '\0';
    buf_release(out);
    return text;
}

static const char *printed(const ProtobufCMessage *message, size_t max)
{
    struct buf out;
    buf_init(&out, max);
    print_message(&out, message);
    return text_of(&out);
}

static const char *printed_packed(const ProtobufCMessageDescriptor *type,
                                  const void *bytes, size_t size,
                                  size_t true_size)
{
    struct buf out;
    buf_init(&out, 4000);
    print_packed(&out, type, slice_of(bytes, size), true_size);
    return text_of(&out);
}

static ProtobufCBinaryData binary(const char *bytes, size_t size)
{
    return (ProtobufCBinaryData){.len = size,
                                 .data = (uint8_t *)(uintptr_t)bytes};
}

START_TEST(numbers_are_always_shown)
{
    Things__Thing thing = THINGS__THING__INIT;
    ck_assert_str_eq(printed(&thing.base, 4000),
                     "{i32: 0, s64: 0, u32: 0, f64: 0, real: 0, wide: 0, "
                     "yes: false, colour: RED}");
}
END_TEST

START_TEST(each_kind_of_field_is_shown)
{
    Things__Pair pair = THINGS__PAIR__INIT;
    pair.key = "k";
    pair.value = binary("\0v\xff", 3);
    Things__Pair *pairs[] = {&pair, &pair};
    uint32_t numbers[] = {1, 2, 4000000000};
    char *words[] = {"a", ""};
    protobuf_c_boolean flags[] = {1, 1, 0};
    int64_t wides[] = {INT64_MAX, -1};
    ProtobufCBinaryData raws[] = {binary("a", 1), binary("b", 1)};
    Things__Colour colours[] = {THINGS__COLOUR__GREEN, 7};
    Things__Thing t = THINGS__THING__INIT;
    t.i32 = -1;
    t.s64 = INT64_MIN;
    t.u32 = UINT32_MAX;
    t.f64 = UINT64_MAX;
    t.real = 1.5f;
    t.wide = -0.25;
    t.yes = true;
    t.colour = THINGS__COLOUR__GREEN;
    t.text = "two\nlines \"and\" \\ more";
    t.raw = binary("plain", 5);
    t.pair = &pair;
    t.either_case = THINGS__THING__EITHER_RIGHT;
    t.right = 9;
    t.n_numbers = 3;
    t.numbers = numbers;
    t.n_words = 2;
    t.words = words;
    t.n_pairs = 2;
    t.pairs = pairs;
    t.n_flags = 3;
    t.flags = flags;
    t.n_wides = 2;
    t.wides = wides;
    t.n_raws = 2;
    t.raws = raws;
    t.n_colours = 2;
    t.colours = colours;
    ck_assert_str_eq(
        printed(&t.base, 4000),
        "{i32: -1, s64: -9223372036854775808, u32: 4294967295, "
        "f64: 18446744073709551615, real: 1.5, wide: -0.25, yes: true, "
        "colour: GREEN, text: \"two\\nlines \\\"and\\\" \\\\ more\", "
        "raw: \"plain\", pair: {key: \"k\", value: <0076ff .v.>}, "
        "right: 9, numbers: [1, 2, 4000000000], words: [\"a\", \"\"], "
        "pairs: [{key: \"k\", value: <0076ff .v.>}, "
        "{key: \"k\", value: <0076ff .v.>}], flags: [true, true, false], "
        "wides: [9223372036854775807, -1], raws: [\"a\", \"b\"], "
        "colours: [GREEN, 7]}");
}
END_TEST

START_TEST(what_is_long_is_cut_and_its_size_told)
{
    char text[101];
    memset(text, 'x', 100);
    text[100] = '\0';
    Things__Pair pair = THINGS__PAIR__INIT;
    pair.key = text;
    pair.value = binary("\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7\0\1\2\3", 20);
    ck_assert_str_eq(
        printed(&pair.base, 4000),
        "{key: \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\""
        "... (100 bytes), value: <00010203040506070001020304050607 "
        "................>... (20 bytes)}");
    ck_assert_str_eq(printed(&pair.base, 12), "{key: \"xx...");

    uint32_t numbers[100] = {0};
    Things__Thing thing = THINGS__THING__INIT;
    thing.n_numbers = 100;
    thing.numbers = numbers;
    ck_assert_ptr_nonnull(
        strstr(printed(&thing.base, 4000),
               "numbers: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ... (100 of "
               "them)]"));
}
END_TEST

START_TEST(messages_in_messages_have_an_end)
{
    static Things__Tree trees[20];
    for (int i = 0; i < 20; i++) {
        things__tree__init(&trees[i]);
        trees[i].child = i > 0 ? &trees[i - 1] : NULL;
    }
    ck_assert_str_eq(printed(&trees[2].base, 4000), "{child: {child: {}}}");
    ck_assert_ptr_nonnull(strstr(printed(&trees[19].base, 4000), "{...}"));
}
END_TEST

START_TEST(bytes_that_are_no_message_are_shown_as_bytes)
{
    const ProtobufCMessageDescriptor *type = &things__pair__descriptor;
    ck_assert_str_eq(printed_packed(type, "\x0a\x7f", 2, 2), "<0a7f ..>");
    ck_assert_str_eq(printed_packed(type, "\x0f", 1, 1), "<0f .>");
    ck_assert_str_eq(printed_packed(NULL, "hello", 5, 5), "\"hello\"");
    ck_assert_str_eq(printed_packed(NULL, "hello", 5, 500),
                     "\"hello\"... (500 bytes)");
    ck_assert_str_eq(printed_packed(NULL, "\x0a\1x", 3, 3), "<0a0178 ..x>");
    ck_assert_str_eq(printed_packed(type, "", 0, 0), "{}");
    ck_assert_str_eq(printed_packed(type, "\x20\1\x28\1", 4, 4),
                     "{2 unknown fields}");
}
END_TEST

// --- Messages without their end ----------------------------------------------

static unsigned char packed[5000];

static size_t pack_thing(void)
{
    Things__Pair pair = THINGS__PAIR__INIT;
    pair.key = "key";
    pair.value = binary("some value", 10);
    Things__Pair *pairs[] = {&pair, &pair};
    uint32_t numbers[] = {1, 2, 300};
    Things__Thing thing = THINGS__THING__INIT;
    thing.i32 = 70000;
    thing.f64 = 7;
    thing.real = 1.5f;
    thing.text = "a text of some length";
    thing.n_numbers = 3;
    thing.numbers = numbers;
    thing.n_pairs = 2;
    thing.pairs = pairs;
    return protobuf_c_message_pack(&thing.base, packed);
}

START_TEST(of_a_message_cut_off_the_beginning_is_read)
{
    const ProtobufCMessageDescriptor *pair = &things__pair__descriptor;
    const char cut_value[] = "\x0a\3key\x12\x64"
                             "some";
    ck_assert_str_eq(printed_packed(pair, cut_value, sizeof cut_value - 1, 107),
                     "{key: \"key\", value: \"some\"}... (11 of 107 bytes)");
    ck_assert_str_eq(printed_packed(pair, cut_value, 6, 107),
                     "{key: \"key\"}... (6 of 107 bytes)");
    ck_assert_str_eq(printed_packed(pair, cut_value, 3, 107),
                     "{key: \"k\"}... (3 of 107 bytes)");
    ck_assert_str_eq(printed_packed(pair, cut_value, 1, 107),
                     "{}... (1 of 107 bytes)");
    ck_assert_str_eq(printed_packed(pair, "\x0f", 1, 107),
                     "<0f .>... (107 bytes)");
}
END_TEST

START_TEST(a_message_cut_off_anywhere_is_read)
{
    size_t size = pack_thing();
    const ProtobufCMessageDescriptor *type = &things__thing__descriptor;
    for (size_t cut = 0; cut < size; cut++) {
        const char *text = printed_packed(type, packed, cut, size);
        ck_assert_msg(text[0] == '{', "cut at %zu: %s", cut, text);
        if (cut > 3)
            ck_assert_ptr_nonnull(strstr(text, "i32: 70000"));
    }
    // The message that is cut in two is there with what is there of it.
    ck_assert_ptr_nonnull(strstr(printed_packed(type, packed, size - 5, size),
                                 "{key: \"key\", value: \"some \"}]}"));
}
END_TEST

START_TEST(nonsense_does_no_harm)
{
    struct random random;
    random_init(&random, strtoull(getenv("LAB_SEED"), NULL, 0));
    for (int i = 0; i < MUTATIONS; i++) {
        size_t size = pack_thing();
        for (uint64_t n = random_below(&random, 5); n < 5; n++)
            packed[random_below(&random, size)] =
                (unsigned char)random_next(&random);
        size_t cut = random_below(&random, size + 1);
        // In memory of its own, so that a sanitizer sees what is behind it.
        unsigned char *copy = xmemdup(packed, cut);
        const char *text =
            printed_packed(&things__thing__descriptor, copy, cut, size);
        ck_assert_uint_gt(strlen(text), 0);
        free(copy);
    }
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"grading", "numbers are always shown", numbers_are_always_shown, 0},
        {"grading", "each kind of field is shown", each_kind_of_field_is_shown,
         0},
        {"grading", "what is long is cut, and its size told",
         what_is_long_is_cut_and_its_size_told, 0},
        {"grading", "messages in messages have an end",
         messages_in_messages_have_an_end, 0},
        {"grading", "bytes that are no message are shown as bytes",
         bytes_that_are_no_message_are_shown_as_bytes, 0},
        {"grading", "of a message cut off, the beginning is read",
         of_a_message_cut_off_the_beginning_is_read, 0},
        {"grading", "a message cut off anywhere is read",
         a_message_cut_off_anywhere_is_read, 0},
        {"grading", "nonsense does no harm", nonsense_does_no_harm, 0},
    };
    return unit_main(argc, argv, "messages as text", tests,
                     sizeof tests / sizeof tests[0]);
}
