// machine_test.c - the key/value machine against a model of a few lines, and
// what at most once means.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/kv/machine.h"
#include "common/kv/sessions.h"
#include "common/kv/store.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"

enum {
    ANN = 11,
    BOB = 22,
};

static ProtobufCBinaryData text(const char *t)
{
    return (ProtobufCBinaryData){.len = strlen(t), .data = (uint8_t *)t};
}

static Kv__Operation op(Kv__Kind kind, const char *key, const char *value,
                        uint64_t client, uint64_t sequence)
{
    Kv__Operation o = KV__OPERATION__INIT;
    o.kind = kind;
    o.key = text(key);
    o.value = text(value);
    o.client = client;
    o.sequence = sequence;
    return o;
}

static Kv__Answer apply(struct kv *kv, Kv__Operation o)
{
    Kv__Answer answer;
    ck_assert(kv_apply(kv, &o, &answer));
    return answer;
}

static void expect_text(const ProtobufCBinaryData *data, const char *wanted)
{
    ck_assert_uint_eq(data->len, strlen(wanted));
    ck_assert_msg(memcmp(data->data, wanted, data->len) == 0, "%.*s, not %s",
                  (int)data->len, (const char *)data->data, wanted);
}

static void expect_value(struct kv *kv, const char *key, const char *wanted)
{
    Kv__Answer answer = apply(kv, op(KV__KIND__GET, key, "", 0, 0));
    if (wanted == NULL) {
        ck_assert_int_eq(answer.status, KV__STATUS__NO_KEY);
        return;
    }
    ck_assert_int_eq(answer.status, KV__STATUS__OK);
    expect_text(&answer.value, wanted);
}

START_TEST(absent_and_empty_differ)
{
    struct kv *kv = kv_new();
    expect_value(kv, "k", NULL);
    apply(kv, op(KV__KIND__PUT, "k", "", ANN, 1));
    expect_value(kv, "k", "");
    Kv__Answer answer = apply(kv, op(KV__KIND__APPEND, "k", "x", ANN, 2));
    ck_assert(answer.found);
    ck_assert_uint_eq(answer.value.len, 0);
    answer = apply(kv, op(KV__KIND__APPEND, "l", "y", ANN, 3));
    ck_assert(!answer.found);
    expect_value(kv, "l", "y");
    kv_free(kv);
}
END_TEST

START_TEST(append_tells_what_it_found)
{
    struct kv *kv = kv_new();
    apply(kv, op(KV__KIND__PUT, "k", "one ", ANN, 1));
    Kv__Answer answer = apply(kv, op(KV__KIND__APPEND, "k", "two ", ANN, 2));
    ck_assert(answer.found);
    expect_text(&answer.value, "one ");
    answer = apply(kv, op(KV__KIND__APPEND, "k", "three", BOB, 1));
    expect_text(&answer.value, "one two ");
    expect_value(kv, "k", "one two three");
    ck_assert_uint_eq(kv_bytes(kv), 1 + strlen("one two three"));
    kv_free(kv);
}
END_TEST

START_TEST(all_bytes_are_allowed)
{
    struct kv *kv = kv_new();
    Kv__Operation o = op(KV__KIND__PUT, "", "", ANN, 1);
    o.key = (ProtobufCBinaryData){3, (uint8_t *)"a\0b"};
    o.value = (ProtobufCBinaryData){4, (uint8_t *)"\0\xff\0x"};
    apply(kv, o);
    expect_value(kv, "a", NULL);
    o.kind = KV__KIND__GET;
    Kv__Answer answer = apply(kv, o);
    ck_assert_uint_eq(answer.value.len, 4);
    ck_assert_int_eq(memcmp(answer.value.data, "\0\xff\0x", 4), 0);
    kv_free(kv);
}
END_TEST

START_TEST(what_is_too_large_changes_nothing)
{
    struct kv *kv = kv_new();
    char *much = xcalloc(1, STORE_VALUE_MAX + 2);
    memset(much, 'x', STORE_VALUE_MAX + 1);
    Kv__Answer answer = apply(kv, op(KV__KIND__PUT, "k", much, ANN, 1));
    ck_assert_int_eq(answer.status, KV__STATUS__TOO_LARGE);
    expect_value(kv, "k", NULL);
    much[STORE_VALUE_MAX] = '\0';
    answer = apply(kv, op(KV__KIND__PUT, "k", much, ANN, 2));
    ck_assert_int_eq(answer.status, KV__STATUS__OK);
    answer = apply(kv, op(KV__KIND__APPEND, "k", "y", ANN, 3));
    ck_assert_int_eq(answer.status, KV__STATUS__TOO_LARGE);
    expect_value(kv, "k", much);
    // It has been run, with this answer, and counts as run.
    answer = apply(kv, op(KV__KIND__APPEND, "k", "y", ANN, 3));
    ck_assert_int_eq(answer.status, KV__STATUS__TOO_LARGE);

    much[STORE_KEY_MAX + 1] = '\0';
    answer = apply(kv, op(KV__KIND__PUT, much, "v", ANN, 4));
    ck_assert_int_eq(answer.status, KV__STATUS__TOO_LARGE);
    answer = apply(kv, op(KV__KIND__PUT, "", "v", ANN, 5));
    ck_assert_int_eq(answer.status, KV__STATUS__BAD_KEY);
    answer = apply(kv, op(KV__KIND__GET, "", "", 0, 0));
    ck_assert_int_eq(answer.status, KV__STATUS__BAD_KEY);
    much[STORE_KEY_MAX] = '\0';
    answer = apply(kv, op(KV__KIND__PUT, much, "v", ANN, 6));
    ck_assert_int_eq(answer.status, KV__STATUS__OK);
    free(much);
    kv_free(kv);
}
END_TEST

START_TEST(an_operation_asked_twice_runs_once)
{
    struct kv *kv = kv_new();
    apply(kv, op(KV__KIND__PUT, "k", "a", ANN, 1));
    Kv__Operation again = op(KV__KIND__APPEND, "k", "b", ANN, 2);
    apply(kv, again);
    apply(kv, op(KV__KIND__PUT, "k", "c", BOB, 1)); // somebody else, between
    Kv__Answer answer = apply(kv, again);
    ck_assert_int_eq(answer.status, KV__STATUS__OK);
    ck_assert(answer.found);
    expect_text(&answer.value, "a"); // as it was then
    expect_value(kv, "k", "c");

    Kv__Answer late;
    Kv__Operation first = op(KV__KIND__PUT, "k", "a", ANN, 1);
    ck_assert(!kv_apply(kv, &first, &late)); // nobody waits for it
    expect_value(kv, "k", "c");
    kv_free(kv);
}
END_TEST

START_TEST(a_gap_in_a_session_is_not_run)
{
    struct kv *kv = kv_new();
    Kv__Answer answer = apply(kv, op(KV__KIND__PUT, "k", "a", ANN, 2));
    ck_assert_int_eq(answer.status, KV__STATUS__SESSION_EXPIRED);
    apply(kv, op(KV__KIND__PUT, "k", "b", ANN, 1));
    answer = apply(kv, op(KV__KIND__PUT, "k", "c", ANN, 3));
    ck_assert_int_eq(answer.status, KV__STATUS__SESSION_EXPIRED);
    answer = apply(kv, op(KV__KIND__PUT, "k", "c", 0, 1));
    ck_assert_int_eq(answer.status, KV__STATUS__SESSION_EXPIRED);
    answer = apply(kv, op(KV__KIND__PUT, "k", "c", ANN, 0));
    ck_assert_int_eq(answer.status, KV__STATUS__SESSION_EXPIRED);
    expect_value(kv, "k", "b");
    kv_free(kv);
}
END_TEST

START_TEST(a_closed_session_knows_its_late_messages)
{
    struct kv *kv = kv_new();
    Kv__Operation first = op(KV__KIND__APPEND, "k", "a", ANN, 1);
    apply(kv, first);
    apply(kv, op(KV__KIND__CLOSE, "", "", ANN, 2));
    Kv__Answer answer;
    ck_assert(!kv_apply(kv, &first, &answer));
    expect_value(kv, "k", "a");
    answer = apply(kv, op(KV__KIND__APPEND, "k", "b", ANN, 3));
    ck_assert_int_eq(answer.status, KV__STATUS__SESSION_EXPIRED);
    apply(kv, op(KV__KIND__CLOSE, "", "", BOB, 1)); // never heard of
    ck_assert_uint_eq(kv_sessions(kv), 1);
    kv_free(kv);
}
END_TEST

START_TEST(the_session_unused_longest_goes)
{
    struct kv *kv = kv_new();
    for (uint64_t i = 1; i <= SESSIONS_MAX; i++)
        apply(kv, op(KV__KIND__PUT, "k", "v", i, 1));
    ck_assert_uint_eq(kv_sessions(kv), SESSIONS_MAX);
    apply(kv, op(KV__KIND__PUT, "k", "v", 1, 2)); // it is used: 2 is next to go
    apply(kv, op(KV__KIND__PUT, "k", "v", SESSIONS_MAX + 1, 1));
    ck_assert_uint_eq(kv_sessions(kv), SESSIONS_MAX);
    Kv__Answer answer = apply(kv, op(KV__KIND__PUT, "k", "v", 1, 3));
    ck_assert_int_eq(answer.status, KV__STATUS__OK);
    answer = apply(kv, op(KV__KIND__PUT, "k", "v", 2, 2));
    ck_assert_int_eq(answer.status, KV__STATUS__SESSION_EXPIRED);
    kv_free(kv);
}
END_TEST

START_TEST(kept_answers_are_bounded)
{
    struct kv *kv = kv_new();
    char *much = xcalloc(1, STORE_VALUE_MAX + 1);
    memset(much, 'x', STORE_VALUE_MAX);
    apply(kv, op(KV__KIND__PUT, "k", much, 1000, 1));
    uint64_t fit = SESSIONS_BYTES_MAX / STORE_VALUE_MAX;
    for (uint64_t i = 1; i <= 2 * fit; i++)
        apply(kv, op(KV__KIND__APPEND, "k", "", i, 1));
    ck_assert_uint_eq(kv_sessions(kv), fit);
    free(much);
    kv_free(kv);
}
END_TEST

// --- Replicas --------------------------------------------------------------

// Two machines in the same state, byte for byte.
static void expect_same(struct kv *a, struct kv *b)
{
    Kv__State x;
    Kv__State y;
    kv_fill(a, &x);
    kv_fill(b, &y);
    size_t size = kv__state__get_packed_size(&x);
    ck_assert_uint_eq(kv__state__get_packed_size(&y), size);
    uint8_t *packed_x = xmalloc(size + 1);
    uint8_t *packed_y = xmalloc(size + 1);
    kv__state__pack(&x, packed_x);
    kv__state__pack(&y, packed_y);
    ck_assert_int_eq(memcmp(packed_x, packed_y, size), 0);
    free(packed_x);
    free(packed_y);
    kv_unfill(&x);
    kv_unfill(&y);
}

// A machine made from what another sends.
static struct kv *transfer(struct kv *kv)
{
    Kv__State state;
    kv_fill(kv, &state);
    size_t size = kv__state__get_packed_size(&state);
    uint8_t *packed = xmalloc(size + 1);
    kv__state__pack(&state, packed);
    kv_unfill(&state);
    Kv__State *got = kv__state__unpack(NULL, size, packed);
    free(packed);
    struct kv *copy = NULL;
    ck_assert_int_eq(kv_from(got, &copy), ERR_OK);
    kv__state__free_unpacked(got, NULL);
    return copy;
}

// A random operation, sometimes one that was asked before.
static Kv__Operation random_op(struct random *r, uint64_t *sequences,
                               char key[8], char value[16])
{
    uint64_t client = 1 + random_below(r, 20);
    snprintf(key, 8, "k%d", (int)random_below(r, 10));
    snprintf(value, 16, "v%d;", (int)random_below(r, 1000));
    Kv__Kind kind = (Kv__Kind)random_below(r, 3);
    uint64_t sequence = sequences[client];
    if (sequence == 0 || random_below(r, 4) > 0)
        sequence = ++sequences[client];
    return op(kind, key, value, client, sequence);
}

START_TEST(replicas_stay_the_same_also_after_a_transfer)
{
    struct random r;
    random_init(&r, random_seed());
    struct kv *a = kv_new();
    struct kv *b = kv_new();
    uint64_t sequences[32] = {0};
    for (int i = 0; i < 5000; i++) {
        char key[8];
        char value[16];
        Kv__Operation o = random_op(&r, sequences, key, value);
        if (o.kind == KV__KIND__GET) // takes no number
            sequences[o.client]--;
        Kv__Answer x;
        Kv__Answer y;
        bool answered = kv_apply(a, &o, &x);
        ck_assert_int_eq(kv_apply(b, &o, &y), answered);
        if (answered)
            ck_assert_int_eq(x.status, y.status);
        if (i % 500 == 499) {
            expect_same(a, b);
            struct kv *copy = transfer(b);
            kv_free(b);
            b = copy;
            expect_same(a, b);
        }
    }
    kv_free(a);
    kv_free(b);
}
END_TEST

START_TEST(an_empty_machine_can_be_transferred)
{
    struct kv *a = kv_new();
    struct kv *b = transfer(a);
    expect_same(a, b);
    ck_assert_uint_eq(kv_keys(b), 0);
    kv_free(a);
    kv_free(b);
}
END_TEST

START_TEST(pieces_of_a_state_make_the_machine)
{
    struct random r;
    random_init(&r, random_seed());
    struct kv *a = kv_new();
    uint64_t sequences[32] = {0};
    for (int i = 0; i < 200; i++) {
        char key[8];
        char value[16];
        Kv__Operation o = random_op(&r, sequences, key, value);
        if (o.kind == KV__KIND__GET) // takes no number
            sequences[o.client]--;
        Kv__Answer answer;
        kv_apply(a, &o, &answer);
    }
    Kv__State whole;
    kv_fill(a, &whole);
    struct kv *b = kv_new();
    for (size_t i = 0; i < whole.n_pairs; i++) {
        Kv__State piece = KV__STATE__INIT;
        piece.pairs = &whole.pairs[i];
        piece.n_pairs = 1;
        ck_assert_int_eq(kv_add(b, &piece), ERR_OK);
    }
    for (size_t i = 0; i < whole.n_sessions; i++) {
        Kv__State piece = KV__STATE__INIT;
        piece.sessions = &whole.sessions[i];
        piece.n_sessions = 1;
        ck_assert_int_eq(kv_add(b, &piece), ERR_OK);
    }
    expect_same(a, b);
    ck_assert_int_eq(kv_add(b, &whole), ERR_PROTO); // all of it twice
    kv_unfill(&whole);
    kv_free(a);
    kv_free(b);
}
END_TEST

START_TEST(sessions_of_pieces_are_bounded)
{
    struct kv *a = kv_new();
    Kv__Answer answer = KV__ANSWER__INIT;
    Kv__Session session = KV__SESSION__INIT;
    Kv__Session *sessions[] = {&session};
    Kv__State piece = KV__STATE__INIT;
    session.answer = &answer;
    session.last = 1;
    piece.sessions = sessions;
    piece.n_sessions = 1;
    for (session.client = 1; session.client <= SESSIONS_MAX; session.client++)
        ck_assert_int_eq(kv_add(a, &piece), ERR_OK);
    ck_assert_int_eq(kv_add(a, &piece), ERR_PROTO);
    kv_free(a);
}
END_TEST

START_TEST(a_state_that_makes_no_sense_is_refused)
{
    struct kv *out = NULL;
    Kv__Pair pair = KV__PAIR__INIT;
    Kv__Pair *pairs[] = {&pair, &pair};
    Kv__State state = KV__STATE__INIT;
    state.pairs = pairs;
    state.n_pairs = 1;
    ck_assert_int_eq(kv_from(&state, &out), ERR_PROTO); // an empty key
    pair.key = text("k");
    ck_assert_int_eq(kv_from(&state, &out), ERR_OK);
    kv_free(out);
    state.n_pairs = 2;
    ck_assert_int_eq(kv_from(&state, &out), ERR_PROTO); // a key twice

    Kv__Answer answer = KV__ANSWER__INIT;
    Kv__Session session = KV__SESSION__INIT;
    Kv__Session *sessions[] = {&session, &session};
    state.n_pairs = 0;
    state.sessions = sessions;
    state.n_sessions = 1;
    session.client = ANN;
    ck_assert_int_eq(kv_from(&state, &out), ERR_PROTO); // no answer
    session.answer = &answer;
    ck_assert_int_eq(kv_from(&state, &out), ERR_OK);
    kv_free(out);
    state.n_sessions = 2;
    ck_assert_int_eq(kv_from(&state, &out), ERR_PROTO); // a client twice
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"kv", "absent and empty values differ", absent_and_empty_differ, 0},
        {"kv", "append tells what it found", append_tells_what_it_found, 0},
        {"kv", "all bytes are allowed in keys and values",
         all_bytes_are_allowed, 0},
        {"kv", "what is too large is told and changes nothing",
         what_is_too_large_changes_nothing, 0},
        {"kv", "an operation that is asked twice runs once",
         an_operation_asked_twice_runs_once, 0},
        {"kv", "a gap in a session is told and not run",
         a_gap_in_a_session_is_not_run, 0},
        {"kv", "a closed session knows its late messages",
         a_closed_session_knows_its_late_messages, 0},
        {"kv", "the session that was unused longest goes",
         the_session_unused_longest_goes, 0},
        {"kv", "kept answers are bounded", kept_answers_are_bounded, 0},
        {"kv", "replicas stay the same, also after a transfer",
         replicas_stay_the_same_also_after_a_transfer, 0},
        {"kv", "an empty machine can be transferred",
         an_empty_machine_can_be_transferred, 0},
        {"kv", "pieces of a state make the machine",
         pieces_of_a_state_make_the_machine, 0},
        {"kv", "sessions of pieces are bounded", sessions_of_pieces_are_bounded,
         0},
        {"kv", "a state that makes no sense is refused",
         a_state_that_makes_no_sense_is_refused, 0},
    };
    return unit_main(argc, argv, "key/value machine", tests,
                     sizeof tests / sizeof tests[0]);
}
