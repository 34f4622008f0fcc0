// What an operation says of its session, whoever is asked.
#include <stdlib.h>

#include "common/check/unit.h"
#include "common/clerks/kv.h"
#include "common/clerks/session.h"

static Kv__Operation operation(Kv__Kind kind)
{
    Kv__Operation op = KV__OPERATION__INIT;
    op.kind = kind;
    return op;
}

static Kv__Answer *answer(Kv__Status status)
{
    Kv__Answer *a = calloc(1, sizeof *a);
    ck_assert_ptr_nonnull(a);
    kv__answer__init(a);
    a->status = status;
    return a;
}

START_TEST(numbers_go_up_in_one_session)
{
    struct session s = {.client = 0};
    ck_assert(!session_is_used(&s));
    uint64_t client = session_client(&s);
    ck_assert_uint_ne(client, 0);
    ck_assert(!session_is_used(&s)); // nobody has heard of it
    for (uint64_t i = 1; i <= 3; i++)
        ck_assert_uint_eq(session_next(&s), i);
    ck_assert_uint_eq(session_client(&s), client);
    ck_assert(session_is_used(&s));
}
END_TEST

START_TEST(no_two_sessions_are_the_same)
{
    struct session a = {.client = 0};
    struct session b = {.client = 0};
    ck_assert_uint_eq(session_next(&a), 1); // opens it
    ck_assert_uint_ne(a.client, 0);
    ck_assert_uint_ne(session_client(&a), session_client(&b));
}
END_TEST

START_TEST(an_expired_session_is_followed_by_another)
{
    struct session s = {.client = 0};
    session_next(&s);
    session_next(&s);
    for (int i = 0; i < 2; i++) {
        uint64_t before = session_client(&s);
        session_expired(&s);
        ck_assert_uint_ne(session_client(&s), before);
        ck_assert(!session_is_used(&s));
        ck_assert_uint_eq(session_next(&s), 1);
    }
}
END_TEST

START_TEST(what_runs_once_has_a_number_and_a_get_has_none)
{
    struct session s = {.client = 0};
    static const Kv__Kind kinds[] = {KV__KIND__PUT, KV__KIND__GET,
                                     KV__KIND__APPEND, KV__KIND__GET,
                                     KV__KIND__PUT};
    static const uint64_t numbers[] = {1, 0, 2, 0, 3};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Kv__Operation op = operation(kinds[i]);
        kv_number(&s, &op);
        ck_assert_uint_eq(op.sequence, numbers[i]);
        ck_assert_uint_eq(op.client, session_client(&s));
    }
}
END_TEST

START_TEST(what_has_not_run_goes_on_in_a_new_session)
{
    struct session s = {.client = 0};
    Kv__Operation first = operation(KV__KIND__PUT);
    kv_number(&s, &first);
    Kv__Operation op = operation(KV__KIND__APPEND);
    kv_number(&s, &op);
    ck_assert_uint_eq(op.sequence, 2);
    ck_assert(!kv_expired(&s, &op, false));
    ck_assert_uint_ne(op.client, first.client);
    ck_assert_uint_eq(op.client, session_client(&s));
    ck_assert_uint_eq(op.sequence, 1);
}
END_TEST

START_TEST(what_may_have_run_is_known_to_nobody)
{
    struct session s = {.client = 0};
    Kv__Operation op = operation(KV__KIND__PUT);
    kv_number(&s, &op);
    const Kv__Operation asked = op;
    ck_assert(kv_expired(&s, &op, true));
    ck_assert_uint_eq(op.client, asked.client); // it is no other operation
    ck_assert_uint_eq(op.sequence, asked.sequence);
    Kv__Operation next = operation(KV__KIND__PUT);
    kv_number(&s, &next);
    ck_assert_uint_ne(next.client, asked.client);
    ck_assert_uint_eq(next.sequence, 1);
}
END_TEST

START_TEST(an_expired_session_is_no_answer)
{
    ck_assert_ptr_null(kv_known(NULL));
    ck_assert_ptr_null(kv_known(answer(KV__STATUS__SESSION_EXPIRED)));
    Kv__Answer *known = answer(KV__STATUS__NO_KEY);
    ck_assert_ptr_eq(kv_known(known), known);
    kv__answer__free_unpacked(known, NULL);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"clerks", "numbers go up in one session", numbers_go_up_in_one_session,
         0},
        {"clerks", "no two sessions are the same", no_two_sessions_are_the_same,
         0},
        {"clerks", "an expired session is followed by another",
         an_expired_session_is_followed_by_another, 0},
        {"clerks", "what runs once has a number, and a Get has none",
         what_runs_once_has_a_number_and_a_get_has_none, 0},
        {"clerks", "what has not run goes on in a new session",
         what_has_not_run_goes_on_in_a_new_session, 0},
        {"clerks", "what may have run is known to nobody",
         what_may_have_run_is_known_to_nobody, 0},
        {"clerks", "an expired session is no answer",
         an_expired_session_is_no_answer, 0},
    };
    return unit_main(argc, argv, "clerks session", tests,
                     sizeof tests / sizeof tests[0]);
}
