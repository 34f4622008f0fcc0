// What a caller may conclude, row by row of the table in rpc.h: the same
// source between processes and in simulation. `me` calls, `ann`, `bob` and
// `cid` serve (echo.h), and the harness spoils what is between them.
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/rpc/tests/ask.h"
#include "common/rpc/tests/echo.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/rpc/tests/world.h"
#include "common/rpc/transport.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "common/runtime/thread.h"

enum {
    TESTS_MAX = 64,
};

static struct world w; // the fixture: each test has a process of its own

// --- RPC_OK ---------------------------------------------------------------

START_TEST(ok_means_it_ran_once)
{
    world_begin(&w);
    struct told told = ask_say(&w, "bob", "hello", LONG_MS);
    expect_ok(told);
    ck_assert_str_eq(told.text, "hello");
    ck_assert_str_eq(told.name, "bob");
    ck_assert_uint_eq(world_count(&w, BOB).said, 1);
    world_release(&w);
}
END_TEST

START_TEST(handler_knows_source_and_deadline)
{
    world_begin(&w);
    struct told told = ask_say(&w, "bob", "", LONG_MS);
    expect_ok(told);
    ck_assert_str_eq(told.source, "me");
    ck_assert_int_le(told.left_ms, LONG_MS);
    ck_assert_int_gt(told.left_ms, LONG_MS / 2);
    world_release(&w);
}
END_TEST

START_TEST(path_names_a_peer)
{
    world_begin(&w);
    struct told told = ask_say(&w, world_socket(&w, BOB).text, "", LONG_MS);
    expect_ok(told);
    ck_assert_str_eq(told.name, "bob");
    world_release(&w);
}
END_TEST

START_TEST(large_messages_pass)
{
    world_begin(&w);
    size_t size = (size_t)16 << 20;
    char *text = xcalloc(1, size + 1);
    memset(text, 'x', size);
    SayRequest say = SAY_REQUEST__INIT;
    say.text = text;
    struct told told = ask(&w, "bob", "Say", &say.base, LONG_MS);
    expect_ok(told);
    ck_assert_uint_eq(told.size, size);
    free(text);

    BigRequest big = BIG_REQUEST__INIT;
    big.size = size;
    told = ask(&w, "bob", "Big", &big.base, LONG_MS);
    expect_ok(told);
    ck_assert_uint_eq(told.size, size);
    world_release(&w);
}
END_TEST

enum {
    TALKERS = 8,
    TALKER_CALLS = 25,
};

struct talker {
    int number;
    int mixed_up; // replies that were another's
    struct thread *thread;
};

static void talk(void *arg)
{
    struct talker *t = arg;
    for (int i = 0; i < TALKER_CALLS; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d/%d", t->number, i);
        struct told told =
            ask_say(&w, i % 2 == 0 ? "bob" : "ann", text, LONG_MS);
        t->mixed_up += told.outcome != RPC_OK || strcmp(told.text, text) != 0;
    }
}

START_TEST(each_caller_gets_its_own_reply)
{
    world_begin(&w);
    world_spawn(&w, ANN);
    struct talker talkers[TALKERS];
    for (int i = 0; i < TALKERS; i++) {
        talkers[i] = (struct talker){.number = i};
        thread_start("talk", talk, &talkers[i], &talkers[i].thread);
    }
    for (int i = 0; i < TALKERS; i++) {
        thread_join(talkers[i].thread);
        ck_assert_int_eq(talkers[i].mixed_up, 0);
    }
    ck_assert_uint_eq(world_count(&w, BOB).said + world_count(&w, ANN).said,
                      TALKERS * TALKER_CALLS);
    world_release(&w);
}
END_TEST

enum {
    CHAIN_DEPTH = 200,
};

START_TEST(deep_call_cycle_does_not_dead_lock)
{
    world_begin(&w);
    world_spawn(&w, ANN);
    char *names[] = {xstrdup("bob"), xstrdup("ann")};
    char *to[CHAIN_DEPTH];
    for (int i = 0; i < CHAIN_DEPTH; i++)
        to[i] = names[i % 2];
    ChainRequest request = CHAIN_REQUEST__INIT;
    request.n_to = CHAIN_DEPTH;
    request.to = to;

    struct rpc_method chain = {&echo__descriptor, "Chain"};
    struct rpc_answer answer;
    rpc_call(w.me, "ann", &chain, &request.base, clock_now_ms() + 2 * LONG_MS,
             &answer);
    ck_assert_int_eq(answer.outcome, RPC_OK);
    const ChainReply *reply = (const ChainReply *)answer.reply;
    ck_assert_uint_eq(reply->outcome, RPC_OK);
    ck_assert_uint_eq(reply->depth, CHAIN_DEPTH);
    rpc_answer_release(&answer);
    free(names[0]);
    free(names[1]);
    world_release(&w);
}
END_TEST

static size_t ok_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "ok means that it ran once", ok_means_it_ran_once, 0},
        {"rpc", "a handler knows who asks and until when",
         handler_knows_source_and_deadline, 0},
        {"rpc", "a path names a peer as well", path_names_a_peer, 0},
        {"rpc", "messages of 16 MiB pass", large_messages_pass, 0},
        {"rpc", "each caller gets its own reply",
         each_caller_gets_its_own_reply, 20},
        {"rpc", "calls in a circle, 200 deep, do not dead-lock",
         deep_call_cycle_does_not_dead_lock, 30},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof *tests;
}

// --- RPC_REFUSED: it did not run and will not run -------------------------

START_TEST(no_peer_is_refused)
{
    world_init(&w);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    world_release(&w);
}
END_TEST

START_TEST(no_folder_is_refused)
{
    world_init(&w);
    struct world_path path = world_path(&w, "sock/nobody/s");
    expect(ask_say(&w, path.text, "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    world_release(&w);
}
END_TEST

START_TEST(overlong_path_is_refused)
{
    world_init(&w);
    char path[2 * TRANSPORT_PATH_MAX];
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    expect(ask_say(&w, path, "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    world_release(&w);
}
END_TEST

START_TEST(dead_owner_is_refused)
{
    world_begin(&w);
    struct world_path path = world_socket(&w, BOB);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    expect_ok(ask_say(&w, path.text, "", LONG_MS));
    world_kill(&w, BOB);

    ck_assert_int_eq(access(path.text, F_OK), 0);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    expect(ask_say(&w, path.text, "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    world_release(&w);
}
END_TEST

START_TEST(refusing_cut_refuses)
{
    world_begin(&w);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_cut(&w, ME, BOB, true);
    unlink(world_link_path(&w, ME, BOB).text);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    ck_assert_uint_eq(world_count(&w, BOB).said, 1);

    world_cut(&w, ME, BOB, false);
    world_link(&w, BOB);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_release(&w);
}
END_TEST

static struct told ask_too_large(const char *to, int64_t timeout_ms)
{
    size_t size = (size_t)RPC_FRAME_MAX;
    char *text = xcalloc(1, size + 1);
    memset(text, 'x', size);
    SayRequest request = SAY_REQUEST__INIT;
    request.text = text;
    struct told told = ask(&w, to, "Say", &request.base, timeout_ms);
    free(text);
    return told;
}

START_TEST(too_large_request_is_refused)
{
    world_begin(&w);
    expect(ask_too_large("bob", LONG_MS), RPC_REFUSED, RPC_REASON_TOO_LARGE,
           AT_ONCE);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    ck_assert_uint_eq(world_count(&w, BOB).said, 1);
    world_release(&w);
}
END_TEST

static struct told ask_absent(int64_t timeout_ms)
{
    struct told told = {.timeout_ms = timeout_ms};
    struct rpc_method never = {&absent__descriptor, "Never"};
    Nothing request = NOTHING__INIT;
    struct rpc_answer answer;
    int64_t start_ms = clock_now_ms();
    told.outcome = rpc_call(w.me, "bob", &never, &request.base,
                            start_ms + timeout_ms, &answer);
    told.took_ms = clock_now_ms() - start_ms;
    told.reason = answer.reason;
    rpc_answer_release(&answer);
    return told;
}

START_TEST(unknown_method_is_refused)
{
    world_begin(&w);
    expect(ask_absent(LONG_MS), RPC_REFUSED, RPC_REASON_NO_METHOD, AT_ONCE);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_release(&w);
}
END_TEST

// RPC_OUTSTANDING_MAX calls to bob, as gathers of RPC_GATHER_MAX each.
enum {
    CROWD = RPC_OUTSTANDING_MAX / RPC_GATHER_MAX,
};

struct group {
    struct thread *thread;
    size_t ok;
};

static bool count_ok(void *arg, size_t i, struct rpc_answer *answer)
{
    (void)i;
    struct group *g = arg;
    g->ok += answer->outcome == RPC_OK;
    return true;
}

static void gather_at_bob(void *arg)
{
    const char *to[RPC_GATHER_MAX];
    for (size_t i = 0; i < RPC_GATHER_MAX; i++)
        to[i] = "bob";
    struct rpc_method say = {&echo__descriptor, "Say"};
    SayRequest request = SAY_REQUEST__INIT;
    rpc_gather(w.me, to, RPC_GATHER_MAX, &say, &request.base,
               clock_now_ms() + WORLD_WAIT_MS, count_ok, arg);
}

START_TEST(too_many_calls_are_refused)
{
    world_begin(&w);
    process_stop(w.processes[BOB]);
    struct group groups[CROWD];
    for (size_t i = 0; i < CROWD; i++) {
        groups[i].ok = 0;
        thread_start("crowd", gather_at_bob, &groups[i], &groups[i].thread);
    }
    world_await(&world_cell(&w, ME, BOB, "Say")->requests_sent,
                RPC_OUTSTANDING_MAX);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_REFUSED, RPC_REASON_BUSY,
           AT_ONCE);

    process_continue(w.processes[BOB]);
    for (size_t i = 0; i < CROWD; i++) {
        thread_join(groups[i].thread);
        ck_assert_uint_eq(groups[i].ok, RPC_GATHER_MAX);
    }
    ck_assert_uint_eq(world_count(&w, BOB).said, RPC_OUTSTANDING_MAX);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_release(&w);
}
END_TEST

static size_t refused_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "no peer: refused at once", no_peer_is_refused, 0},
        {"rpc", "no folder: refused at once", no_folder_is_refused, 0},
        {"rpc", "an over-long path: refused at once", overlong_path_is_refused,
         0},
        {"rpc", "a dead owner: refused at once", dead_owner_is_refused, 0},
        {"rpc", "a refusing cut: refused at once", refusing_cut_refuses, 0},
        {"rpc", "a request too large: refused at once",
         too_large_request_is_refused, 0},
        {"rpc", "a method not served: refused at once",
         unknown_method_is_refused, 0},
        {"rpc", "too many calls: refused at once", too_many_calls_are_refused,
         30},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof *tests;
}

// --- RPC_UNKNOWN at the deadline ------------------------------------------

START_TEST(paused_from_the_start_is_told_at_the_deadline)
{
    world_begin(&w);
    process_stop(w.processes[BOB]);
    struct told told = ask_say(&w, "bob", "", SHORT_MS);
    process_continue(w.processes[BOB]);
    if (told.outcome == RPC_REFUSED) { // no connection was to be had
        expect(told, RPC_REFUSED, told.reason, AT_DEADLINE);
        ck_assert_uint_eq(world_count(&w, BOB).said, 0);
    } else {
        expect(told, RPC_UNKNOWN, RPC_REASON_TIMEOUT, AT_DEADLINE);
        world_await_said(&w, BOB, 1);
    }
    world_release(&w);
}
END_TEST

START_TEST(paused_peer_is_unknown_and_runs_it_later)
{
    world_begin(&w);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    process_stop(w.processes[BOB]);
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);

    process_continue(w.processes[BOB]);
    world_await_said(&w, BOB, 2);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_release(&w);
}
END_TEST

START_TEST(lost_request_is_unknown_and_never_runs)
{
    world_begin(&w);
    world_lose_requests(&w, BOB, "Say");
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    ck_assert_uint_eq(world_cell(&w, BOB, ME, "Say")->lost, 1);

    fault_clear_rules(w.faults[BOB]);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    ck_assert_uint_eq(world_count(&w, BOB).said, 1);
    world_release(&w);
}
END_TEST

START_TEST(lost_reply_is_unknown_though_it_ran)
{
    world_begin(&w);
    world_lose_replies(&w, BOB, "Say");
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    world_await_said(&w, BOB, 1);
    world_await(&world_cell(&w, BOB, ME, "Say")->lost, 1);

    fault_clear_rules(w.faults[BOB]);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    ck_assert_uint_eq(world_count(&w, BOB).said, 2);
    world_release(&w);
}
END_TEST

START_TEST(late_call_is_unknown_and_runs_later)
{
    world_begin(&w);
    world_make_late(&w, BOB, "Say", 3 * SHORT_MS);
    int64_t start_ms = clock_now_ms();
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    world_await_said(&w, BOB, 1);
    ck_assert_int_ge(clock_now_ms() - start_ms, 3 * SHORT_MS);
    world_release(&w);
}
END_TEST

START_TEST(late_call_brings_no_reply)
{
    world_begin(&w);
    world_make_late(&w, BOB, "Say", SHORT_MS);
    expect(ask_say(&w, "bob", "", 3 * SHORT_MS), RPC_UNKNOWN,
           RPC_REASON_TIMEOUT, AT_DEADLINE);
    world_await_said(&w, BOB, 1);
    world_release(&w);
}
END_TEST

START_TEST(delayed_call_takes_longer)
{
    world_begin(&w);
    world_delay(&w, BOB, "Say", SHORT_MS, 2 * SHORT_MS);
    struct told told = ask_say(&w, "bob", "", LONG_MS);
    expect_ok(told);
    ck_assert_int_ge(told.took_ms, SHORT_MS);
    ck_assert_uint_eq(world_count(&w, BOB).said, 1);
    world_release(&w);
}
END_TEST

START_TEST(slow_handler_is_unknown)
{
    world_begin(&w);
    NapRequest nap = NAP_REQUEST__INIT;
    nap.ms = 2 * SHORT_MS;
    expect(ask(&w, "bob", "Nap", &nap.base, SHORT_MS), RPC_UNKNOWN,
           RPC_REASON_TIMEOUT, AT_DEADLINE);
    world_await_napped(&w, BOB, 1);

    // Its reply is still to come, and is not taken for another's.
    struct told told = ask_say(&w, "bob", "mine", LONG_MS);
    expect_ok(told);
    ck_assert_str_eq(told.text, "mine");
    world_release(&w);
}
END_TEST

START_TEST(silent_cut_drops_requests)
{
    world_begin(&w);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_cut(&w, ME, BOB, true);
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    ck_assert_uint_eq(world_count(&w, BOB).said, 1);

    world_cut(&w, ME, BOB, false);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    ck_assert_uint_eq(world_count(&w, BOB).said, 2);
    world_release(&w);
}
END_TEST

START_TEST(silent_cut_drops_replies)
{
    world_begin(&w);
    struct asking a = {&w, "bob", "Hold", .timeout_ms = 5 * SHORT_MS};
    ask_begin(&a);
    world_await_holding(&w, BOB, 1);
    world_cut(&w, ME, BOB, true);
    world_let_go(&w, BOB);
    expect(ask_end(&a), RPC_UNKNOWN, RPC_REASON_TIMEOUT, AT_DEADLINE);
    world_release(&w);
}
END_TEST

START_TEST(silent_cut_is_one_way)
{
    world_begin(&w);
    world_spawn(&w, ANN);
    world_cut(&w, ANN, BOB, true);
    ck_assert_int_eq(world_order_call(&w, ANN, BOB, SHORT_MS), RPC_UNKNOWN);
    ck_assert_int_eq(world_order_call(&w, BOB, ANN, LONG_MS), RPC_OK);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));

    world_cut(&w, ANN, BOB, false);
    ck_assert_int_eq(world_order_call(&w, ANN, BOB, LONG_MS), RPC_OK);
    world_release(&w);
}
END_TEST

START_TEST(cut_stops_what_a_paused_peer_has_not_read)
{
    world_begin(&w);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    process_stop(w.processes[BOB]);
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    world_cut(&w, ME, BOB, true);
    process_continue(w.processes[BOB]);
    world_await(&world_cell(&w, BOB, ME, "Say")->cut, 1);
    ck_assert_uint_eq(world_count(&w, BOB).said, 1);
    world_release(&w);
}
END_TEST

struct order {
    struct thread *thread;
    int outcome;
};

static void order_ann_to_call_bob(void *arg)
{
    struct order *o = arg;
    o->outcome = world_order_call(&w, ANN, BOB, 5 * SHORT_MS);
}

START_TEST(cut_stops_replies_that_were_sent_before)
{
    world_begin(&w);
    world_spawn(&w, ANN);
    world_delay(&w, BOB, "Chain", SHORT_MS, SHORT_MS);
    struct order o;
    thread_start("order", order_ann_to_call_bob, &o, &o.thread);
    world_await(&world_cell(&w, BOB, ANN, "Chain")->arrived, 1);
    process_stop(w.processes[ANN]);
    world_await(&world_cell(&w, BOB, ANN, "Chain")->replies_sent, 1);

    world_cut(&w, ANN, BOB, true);
    process_continue(w.processes[ANN]);
    thread_join(o.thread);
    ck_assert_int_eq(o.outcome, RPC_UNKNOWN);
    world_release(&w);
}
END_TEST

START_TEST(silent_cut_hides_that_the_peer_is_dead)
{
    world_begin(&w);
    world_kill(&w, BOB);
    world_cut(&w, ME, BOB, true);
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    world_release(&w);
}
END_TEST

// A request is under way, as the rules at bob say, when the cut comes. When its
// call is over, the time at which it would have run has long passed.
static void cut_while_under_way(void)
{
    struct asking a = {&w, "bob", "Nap", .timeout_ms = 5 * SHORT_MS};
    NapRequest nap = NAP_REQUEST__INIT;
    a.request = &nap.base;
    ask_begin(&a);
    world_await(&world_cell(&w, BOB, ME, "Nap")->arrived, 1);
    world_cut(&w, ME, BOB, true);
    expect(ask_end(&a), RPC_UNKNOWN, RPC_REASON_TIMEOUT, AT_DEADLINE);
    ck_assert_uint_eq(world_count(&w, BOB).napped, 0);
    const struct count *count = world_cell(&w, BOB, ME, "Nap");
    ck_assert_uint_eq(count->arrived + count->cut,
                      1); // as often as it was sent
    ck_assert_uint_eq(count->lost, 1);
}

START_TEST(cut_stops_delayed_requests)
{
    world_begin(&w);
    world_delay(&w, BOB, "Nap", 2 * SHORT_MS, 2 * SHORT_MS);
    cut_while_under_way();
    world_release(&w);
}
END_TEST

START_TEST(cut_stops_late_requests)
{
    world_begin(&w);
    world_make_late(&w, BOB, "Nap", 2 * SHORT_MS);
    cut_while_under_way();
    world_release(&w);
}
END_TEST

static size_t deadline_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "no connection or no answer: told at the deadline",
         paused_from_the_start_is_told_at_the_deadline, 0},
        {"rpc", "a paused peer: unknown at the deadline, it runs later",
         paused_peer_is_unknown_and_runs_it_later, 0},
        {"rpc", "a lost request: unknown at the deadline, never runs",
         lost_request_is_unknown_and_never_runs, 0},
        {"rpc", "a lost reply: unknown at the deadline, it ran once",
         lost_reply_is_unknown_though_it_ran, 0},
        {"rpc", "a late call: unknown at the deadline, it runs later",
         late_call_is_unknown_and_runs_later, 0},
        {"rpc", "a late call brings no reply, even before its deadline",
         late_call_brings_no_reply, 0},
        {"rpc", "a delayed call takes longer", delayed_call_takes_longer, 0},
        {"rpc", "a late reply is not taken for the next call's",
         slow_handler_is_unknown, 0},
        {"rpc", "a silent cut drops requests", silent_cut_drops_requests, 0},
        {"rpc", "a silent cut drops replies", silent_cut_drops_replies, 0},
        {"rpc", "a silent cut is one-way, and heals", silent_cut_is_one_way, 0},
        {"rpc", "after a cut, a paused peer does not run what was sent",
         cut_stops_what_a_paused_peer_has_not_read, 0},
        {"rpc", "after a cut, a reply sent before it is not taken",
         cut_stops_replies_that_were_sent_before, 0},
        {"rpc", "a silent cut hides that the peer is dead",
         silent_cut_hides_that_the_peer_is_dead, 0},
        {"rpc", "after a cut, delayed requests do not run",
         cut_stops_delayed_requests, 0},
        {"rpc", "after a cut, late requests do not run",
         cut_stops_late_requests, 0},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof *tests;
}

// --- RPC_UNKNOWN at once --------------------------------------------------

START_TEST(death_in_flight_is_unknown)
{
    world_begin(&w);
    struct asking a = {&w, "bob", "Hold", .timeout_ms = LONG_MS};
    ask_begin(&a);
    world_await_holding(&w, BOB, 1);
    world_kill(&w, BOB);
    expect(ask_end(&a), RPC_UNKNOWN, RPC_REASON_CLOSED, AT_ONCE);
    world_release(&w);
}
END_TEST

START_TEST(death_in_the_handler_is_unknown)
{
    world_begin(&w);
    expect(ask_nothing(&w, "bob", "Die", LONG_MS), RPC_UNKNOWN,
           RPC_REASON_CLOSED, AT_ONCE);
    world_expect_end(&w, BOB, -1);
    world_release(&w);
}
END_TEST

START_TEST(stop_in_flight_is_unknown)
{
    world_begin(&w);
    struct asking a = {&w, "bob", "Hold", .timeout_ms = LONG_MS};
    ask_begin(&a);
    world_await_holding(&w, BOB, 1);
    world_stop(&w, BOB);
    expect(ask_end(&a), RPC_UNKNOWN, RPC_REASON_CLOSED, AT_ONCE);
    world_expect_end(&w, BOB, 0);
    world_release(&w);
}
END_TEST

START_TEST(handler_without_reply_hangs_up)
{
    world_begin(&w);
    expect(ask_nothing(&w, "bob", "Silent", LONG_MS), RPC_UNKNOWN,
           RPC_REASON_CLOSED, AT_ONCE);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_release(&w);
}
END_TEST

START_TEST(too_large_reply_is_unknown)
{
    world_begin(&w);
    BigRequest big = BIG_REQUEST__INIT;
    big.size = RPC_FRAME_MAX;
    expect(ask(&w, "bob", "Big", &big.base, LONG_MS), RPC_UNKNOWN,
           RPC_REASON_MALFORMED, AT_ONCE);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_release(&w);
}
END_TEST

static size_t at_once_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "the peer dies in flight: unknown at once",
         death_in_flight_is_unknown, 0},
        {"rpc", "the peer dies in the handler: unknown at once",
         death_in_the_handler_is_unknown, 0},
        {"rpc", "the peer stops in flight: unknown at once",
         stop_in_flight_is_unknown, 0},
        {"rpc", "a handler without reply: unknown at once",
         handler_without_reply_hangs_up, 0},
        {"rpc", "a reply too large: unknown at once",
         too_large_reply_is_unknown, 0},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof *tests;
}

// --- The flags ------------------------------------------------------------

START_TEST(fast_loss_tells_at_once)
{
    world_begin(&w);
    world_flags(&w, FAULT_FAST_LOSS);
    world_lose_requests(&w, BOB, "Say");
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_UNKNOWN, RPC_REASON_CLOSED,
           AT_ONCE);
    world_lose_replies(&w, BOB, "Say");
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_UNKNOWN, RPC_REASON_CLOSED,
           AT_ONCE);
    world_await_said(&w, BOB, 1);
    world_make_late(&w, BOB, "Say", SHORT_MS);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_UNKNOWN, RPC_REASON_CLOSED,
           AT_ONCE);
    world_await_said(&w, BOB, 2);
    world_release(&w);
}
END_TEST

START_TEST(fast_loss_tells_of_cuts_at_once)
{
    world_begin(&w);
    world_flags(&w, FAULT_FAST_LOSS);
    struct asking a = {&w, "bob", "Hold", .timeout_ms = LONG_MS};
    ask_begin(&a);
    world_await_holding(&w, BOB, 1);
    world_cut(&w, ME, BOB, true);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_UNKNOWN, RPC_REASON_CLOSED,
           AT_ONCE);
    world_let_go(&w, BOB);
    expect(ask_end(&a), RPC_UNKNOWN, RPC_REASON_CLOSED, AT_ONCE);
    ck_assert_uint_eq(world_count(&w, BOB).said, 0);
    world_release(&w);
}
END_TEST

START_TEST(no_refused_tells_at_the_deadline)
{
    world_begin(&w);
    world_flags(&w, FAULT_NO_REFUSED);
    expect(ask_say(&w, "ann", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    expect(ask_say(&w, world_path(&w, "sock/nobody/s").text, "", SHORT_MS),
           RPC_UNKNOWN, RPC_REASON_TIMEOUT, AT_DEADLINE);
    expect(ask_absent(SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT, AT_DEADLINE);
    expect(ask_too_large("bob", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    world_kill(&w, BOB);
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    unlink(world_link_path(&w, ME, BOB).text);
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    world_release(&w);
}
END_TEST

static size_t flag_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "with fast loss, losses are told at once",
         fast_loss_tells_at_once, 0},
        {"rpc", "with fast loss, cuts are told at once",
         fast_loss_tells_of_cuts_at_once, 0},
        {"rpc", "without refusals, they are unknown at the deadline",
         no_refused_tells_at_the_deadline, 0},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof *tests;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "node") == 0)
        return node_main(argc, argv);

    struct unit_test tests[TESTS_MAX];
    size_t count = 0;
    count += ok_tests(tests + count);
    count += refused_tests(tests + count);
    count += deadline_tests(tests + count);
    count += at_once_tests(tests + count);
    count += flag_tests(tests + count);
    return unit_main(argc, argv, "rpc contract", tests, count);
}
