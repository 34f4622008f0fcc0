// unix_client_test.c - callers of a server that misbehaves: each call ends as
// rpc.h's table says, and the next one is unharmed.
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/node.h"
#include "common/rpc/tests/ask.h"
#include "common/rpc/tests/echo.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/rpc/tests/fake.h"
#include "common/rpc/tests/raw.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/process.h"

enum {
    LATE_MS = 100,
    FAILURES = 10000, // of all kinds
    SLACK = 32 << 10, // bytes that malloc keeps for later, at most
};

// A world whose only other inhabitant is the fake, at `path`.
struct stage {
    struct world w;
    struct fake *fake;
    struct world_path path;
    struct world_path dead; // a socket whose owner is gone
};

static void stage_init(struct stage *s)
{
    world_init(&s->w);
    s->path = world_path(&s->w, "fake");
    s->fake = fake_start(s->path.text);
    s->dead = world_path(&s->w, "dead");
    close(raw_listen(s->dead.text, 1));
}

static void stage_release(struct stage *s)
{
    fake_stop(s->fake);
    world_release(&s->w);
}

static struct told call(struct stage *s, enum fake_act act)
{
    fake_set(s->fake, act);
    return ask_say(&s->w, s->path.text, "hello", LONG_MS);
}

static void expect_unharmed(struct stage *s)
{
    struct told told = call(s, FAKE_REPLY);
    expect_ok(told);
    ck_assert_str_eq(told.text, "fake");
}

// A call to a server that does `act`, on a fresh connection and on a kept one.
static void expect_act(struct stage *s, enum fake_act act,
                       enum rpc_outcome outcome, enum rpc_reason reason)
{
    for (int i = 0; i < 2; i++) {
        expect(call(s, act), outcome, reason, AT_ONCE);
        expect_unharmed(s);
    }
}

START_TEST(malformed_replies_are_unknown_at_once)
{
    struct stage s;
    stage_init(&s);
    const enum fake_act acts[] = {
        FAKE_EMPTY_HEAD, FAKE_TOO_LONG,   FAKE_HUGE,       FAKE_LENGTH_0,
        FAKE_BAD_HEAD,   FAKE_LONG_HEAD,  FAKE_BAD_STATUS, FAKE_BAD_BODY,
        FAKE_WRONG_ID,   FAKE_TWO_REPLIES};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        expect_act(&s, acts[i], RPC_UNKNOWN, RPC_REASON_MALFORMED);
    stage_release(&s);
}
END_TEST

START_TEST(a_connection_that_ends_is_unknown_at_once)
{
    struct stage s;
    stage_init(&s);
    expect_act(&s, FAKE_CLOSE, RPC_UNKNOWN, RPC_REASON_CLOSED);
    expect_act(&s, FAKE_HALF_REPLY, RPC_UNKNOWN, RPC_REASON_CLOSED);
    expect_act(&s, FAKE_HANG_UP_MIDWAY, RPC_UNKNOWN, RPC_REASON_CLOSED);
    stage_release(&s);
}
END_TEST

START_TEST(a_reply_may_come_byte_by_byte)
{
    struct stage s;
    stage_init(&s);
    for (int i = 0; i < 10; i++) {
        struct told told = call(&s, FAKE_BYTE_BY_BYTE);
        expect_ok(told);
        ck_assert_str_eq(told.text, "fake");
    }
    stage_release(&s);
}
END_TEST

// Each byte that comes is news, but none of it moves the deadline.
START_TEST(a_reply_that_trickles_in_does_not_move_the_deadline)
{
    struct stage s;
    stage_init(&s);
    fake_set(s.fake, FAKE_TRICKLE);
    expect(ask_say(&s.w, s.path.text, "hello", SHORT_MS), RPC_UNKNOWN,
           RPC_REASON_TIMEOUT, AT_DEADLINE);
    expect_unharmed(&s);
    stage_release(&s);
}
END_TEST

// Who speaks before being asked is not understood, but nobody waits for it.
START_TEST(a_greeting_is_no_reply)
{
    struct stage s;
    stage_init(&s);
    expect(call(&s, FAKE_GREETING), RPC_UNKNOWN, RPC_REASON_MALFORMED, AT_ONCE);
    expect_unharmed(&s);
    stage_release(&s);
}
END_TEST

// Bytes that nobody asked for, on a kept connection, may cost the call that
// finds them, and no other: the connection goes.
START_TEST(a_second_reply_is_not_taken_for_the_next_calls)
{
    struct stage s;
    stage_init(&s);
    for (int i = 0; i < 3; i++) {
        expect_ok(call(&s, FAKE_REPLY_LATER));
        fake_let_go(s.fake);
        struct told next = call(&s, FAKE_REPLY);
        if (next.outcome != RPC_OK)
            expect(next, RPC_UNKNOWN, RPC_REASON_MALFORMED, AT_ONCE);
        expect_unharmed(&s);
        expect_unharmed(&s);
    }
    stage_release(&s);
}
END_TEST

START_TEST(a_reply_behind_a_wrong_one_is_not_taken_for_the_next_calls)
{
    struct stage s;
    stage_init(&s);
    for (int i = 0; i < 3; i++) {
        expect(call(&s, FAKE_WRONG_ID), RPC_UNKNOWN, RPC_REASON_MALFORMED,
               AT_ONCE);
        // It comes while the next call waits.
        SayRequest request = SAY_REQUEST__INIT;
        struct asking next = {.w = &s.w,
                              .to = s.path.text,
                              .method = "Say",
                              .request = &request.base,
                              .timeout_ms = LATE_MS};
        fake_set(s.fake, FAKE_NEVER);
        int before = fake_requests(s.fake);
        ask_begin(&next);
        while (fake_requests(s.fake) == before) // ends: the call is sent
            clock_sleep_ms(1);
        fake_let_go(s.fake);
        expect(ask_end(&next), RPC_UNKNOWN, RPC_REASON_TIMEOUT, AT_DEADLINE);
        expect_unharmed(&s);
    }
    stage_release(&s);
}
END_TEST

START_TEST(a_reply_behind_its_deadline_is_not_taken_for_the_next_calls)
{
    struct stage s;
    stage_init(&s);
    for (int i = 0; i < 3; i++) {
        fake_set(s.fake, FAKE_ON_ORDER);
        expect(ask_say(&s.w, s.path.text, "late", LATE_MS), RPC_UNKNOWN,
               RPC_REASON_TIMEOUT, AT_DEADLINE);
        fake_let_go(s.fake);
        expect_unharmed(&s);
    }
    stage_release(&s);
}
END_TEST

START_TEST(a_server_that_dies_in_a_large_request_is_no_signal)
{
    struct stage s;
    stage_init(&s);
    signal(SIGPIPE, SIG_DFL);
    SayRequest request = SAY_REQUEST__INIT;
    size_t size = 16 << 20;
    request.text = xmalloc(size + 1);
    memset(request.text, 'x', size);
    request.text[size] = '\0';
    for (int i = 0; i < 5; i++) {
        fake_set(s.fake, FAKE_HANG_UP_MIDWAY);
        expect(ask(&s.w, s.path.text, "Say", &request.base, LONG_MS),
               RPC_UNKNOWN, RPC_REASON_CLOSED, AT_ONCE);
        expect_unharmed(&s);
    }
    free(request.text);
    stage_release(&s);
}
END_TEST

struct votes {
    int ok;
    int unknown;
};

static bool count_vote(void *arg, size_t i, struct rpc_answer *answer)
{
    (void)i;
    struct votes *v = arg;
    v->ok += answer->outcome == RPC_OK;
    v->unknown += answer->outcome == RPC_UNKNOWN;
    return true;
}

START_TEST(a_bad_reply_does_not_disturb_the_others_of_a_gather)
{
    struct stage s;
    stage_init(&s);
    world_spawn(&s.w, ANN);
    world_spawn(&s.w, BOB);
    const char *to[] = {"ann", s.path.text, "bob"};
    const enum fake_act acts[] = {FAKE_HUGE, FAKE_BAD_HEAD, FAKE_HALF_REPLY,
                                  FAKE_WRONG_ID, FAKE_CLOSE};
    struct rpc_method say = {&echo__descriptor, "Say"};
    SayRequest request = SAY_REQUEST__INIT;
    request.text = "all";
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        struct votes votes = {0};
        fake_set(s.fake, acts[i]);
        size_t heard = rpc_gather(s.w.me, to, 3, &say, &request.base,
                                  clock_now_ms() + LONG_MS, count_vote, &votes);
        ck_assert_uint_eq(heard, 3);
        ck_assert_int_eq(votes.ok, 2);
        ck_assert_int_eq(votes.unknown, 1);
    }
    stage_release(&s);
}
END_TEST

// --- Descriptors -------------------------------------------------------------

// Lets this process have no more descriptors than it has.
static struct rlimit starve(void)
{
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    // The next descriptor would get the lowest free number.
    int next = dup(0);
    ck_assert_int_ge(next, 0);
    close(next);
    struct rlimit none = {(rlim_t)next, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    return before;
}

START_TEST(without_descriptors_a_call_is_refused_as_busy)
{
    struct stage s;
    stage_init(&s);
    world_spawn(&s.w, BOB);
    expect_ok(ask_say(&s.w, "bob", "before", LONG_MS)); // and is kept
    struct rlimit before = starve();
    for (int i = 0; i < 100; i++) {
        struct told told = ask_say(&s.w, s.path.text, "none left", LONG_MS);
        expect(told, RPC_REFUSED, RPC_REASON_BUSY, AT_ONCE);
        expect_ok(ask_say(&s.w, "bob", "by the kept one", LONG_MS));
    }
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    expect_unharmed(&s);
    stage_release(&s);
}
END_TEST

static void fail_many(struct stage *s, int n)
{
    int failed = 0;
    for (int i = 0; i < n; i++) {
        static const enum fake_act acts[] = {FAKE_CLOSE,    FAKE_HALF_REPLY,
                                             FAKE_BAD_HEAD, FAKE_BAD_BODY,
                                             FAKE_WRONG_ID, FAKE_TWO_REPLIES};
        if (i % 10 == 8) {
            fake_set(s->fake, FAKE_NEVER);
            struct told told = ask_say(&s->w, s->path.text, "timeout", 1);
            failed += told.outcome == RPC_UNKNOWN;
        } else if (i % 10 >= 6) {
            const char *to = i % 10 == 6 ? "nobody" : s->dead.text;
            struct told told = ask_say(&s->w, to, "refused", LONG_MS);
            failed += told.outcome == RPC_REFUSED;
        } else {
            failed += call(s, acts[i % 10]).outcome == RPC_UNKNOWN;
        }
    }
    ck_assert_int_eq(failed, n);
    fake_set(s->fake, FAKE_REPLY);
}

START_TEST(failed_calls_leak_nothing)
{
    struct stage s;
    stage_init(&s);
    int n = raw_scaled(FAILURES);
    fail_many(&s, n / 10);
    struct usage before = usage_of(0);
    size_t before_heap = mallinfo2().uordblks;
    fail_many(&s, n - n / 10);
    expect_unharmed(&s);
    before.descriptors += 2; // both ends of the connection that is kept now
    usage_await(0, before);
    // Sanitizers answer 0, and look for leaks by themselves.
    size_t heap = mallinfo2().uordblks;
    ck_assert_msg(heap < before_heap + SLACK, "the heap has grown by %zu bytes",
                  heap - before_heap);
    stage_release(&s);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "node") == 0)
        return node_main(argc, argv);

    const struct unit_test tests[] = {
        {"rpc", "malformed replies: unknown at once",
         malformed_replies_are_unknown_at_once, 0},
        {"rpc", "a connection that ends before its reply: unknown at once",
         a_connection_that_ends_is_unknown_at_once, 0},
        {"rpc", "a reply may come byte by byte", a_reply_may_come_byte_by_byte,
         0},
        {"rpc", "a reply that trickles in does not move the deadline",
         a_reply_that_trickles_in_does_not_move_the_deadline, 20},
        {"rpc", "a greeting is no reply", a_greeting_is_no_reply, 0},
        {"rpc", "a second reply is not taken for the next call's",
         a_second_reply_is_not_taken_for_the_next_calls, 0},
        {"rpc", "a reply behind a wrong one is not taken for the next call's",
         a_reply_behind_a_wrong_one_is_not_taken_for_the_next_calls, 0},
        {"rpc", "a reply behind its deadline is not taken for the next call's",
         a_reply_behind_its_deadline_is_not_taken_for_the_next_calls, 0},
        {"rpc", "a server that dies in a large request is no signal",
         a_server_that_dies_in_a_large_request_is_no_signal, 0},
        {"rpc", "a bad reply does not disturb the others of a gather",
         a_bad_reply_does_not_disturb_the_others_of_a_gather, 0},
        {"rpc", "without descriptors a call is refused as busy",
         without_descriptors_a_call_is_refused_as_busy, 0},
        {"rpc", "10,000 failed calls leak nothing", failed_calls_leak_nothing,
         30},
    };
    return unit_main(argc, argv, "rpc callers", tests,
                     sizeof tests / sizeof tests[0]);
}
