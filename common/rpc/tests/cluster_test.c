// What else the RPC library promises to a cluster: paths are checked at each
// call, faults come as the dice say, gathers, orderly ends, sums. The same
// source between processes and in simulation, as contract_test.c.
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

// --- The path is checked at each call -------------------------------------

START_TEST(call_goes_to_the_new_owner)
{
    world_begin(&w);
    struct world_path path = world_socket(&w, BOB);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    expect_ok(ask_say(&w, path.text, "", LONG_MS));
    world_kill(&w, BOB);
    world_run(&w, BOB);

    // A link to the dead socket does not lead to the new one.
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    struct told told = ask_say(&w, path.text, "", LONG_MS);
    expect_ok(told);
    ck_assert_uint_eq(told.life, 2);

    world_link(&w, BOB);
    told = ask_say(&w, "bob", "", LONG_MS);
    expect_ok(told);
    ck_assert_uint_eq(told.life, 2);
    world_release(&w);
}
END_TEST

START_TEST(call_goes_to_the_new_owner_after_an_orderly_end)
{
    world_begin(&w);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_stop(&w, BOB);
    world_expect_end(&w, BOB, 0);
    ck_assert_int_ne(access(world_socket(&w, BOB).text, F_OK), 0);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);

    world_spawn(&w, BOB);
    struct told told = ask_say(&w, "bob", "", LONG_MS);
    expect_ok(told);
    ck_assert_uint_eq(told.life, 2);
    world_release(&w);
}
END_TEST

START_TEST(call_goes_to_the_new_owner_though_the_old_one_lives)
{
    world_begin(&w);
    world_spawn(&w, ANN);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    struct world_path path = world_link_path(&w, ME, BOB);
    ck_assert_int_eq(rename(world_link_path(&w, ME, ANN).text, path.text), 0);
    struct told told = ask_say(&w, "bob", "", LONG_MS);
    expect_ok(told);
    ck_assert_str_eq(told.name, "ann");
    world_release(&w);
}
END_TEST

START_TEST(deleted_socket_is_refused)
{
    world_begin(&w);
    expect_ok(ask_say(&w, "bob", "", LONG_MS)); // and keeps its connection
    unlink(world_link_path(&w, ME, BOB).text);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    ck_assert_uint_eq(world_count(&w, BOB).said, 1);

    world_link(&w, BOB);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    world_release(&w);
}
END_TEST

START_TEST(renamed_socket_has_its_new_name)
{
    world_begin(&w);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    ck_assert_int_eq(rename(world_link_path(&w, ME, BOB).text,
                            world_link_path(&w, ME, CID).text),
                     0);
    expect(ask_say(&w, "bob", "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    struct told told = ask_say(&w, "cid", "", LONG_MS);
    expect_ok(told);
    ck_assert_str_eq(told.name, "bob");
    world_release(&w);
}
END_TEST

START_TEST(renamed_folder_is_refused)
{
    world_begin(&w);
    struct world_path path = world_socket(&w, BOB);
    expect_ok(ask_say(&w, path.text, "", LONG_MS));
    ck_assert_int_eq(rename(world_path(&w, "sock/bob").text,
                            world_path(&w, "sock/old").text),
                     0);
    expect(ask_say(&w, path.text, "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);

    path = world_path(&w, "sock/old/s");
    expect_ok(ask_say(&w, path.text, "", LONG_MS));
    world_release(&w);
}
END_TEST

static size_t path_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "after a crash, the call goes to the new owner",
         call_goes_to_the_new_owner, 0},
        {"rpc", "after an end, the call goes to the new owner",
         call_goes_to_the_new_owner_after_an_orderly_end, 0},
        {"rpc", "the call goes where the path leads now",
         call_goes_to_the_new_owner_though_the_old_one_lives, 0},
        {"rpc", "a deleted socket: refused though a connection is kept",
         deleted_socket_is_refused, 0},
        {"rpc", "a renamed socket is reached by its new name only",
         renamed_socket_has_its_new_name, 0},
        {"rpc", "a renamed folder: refused though a connection is kept",
         renamed_folder_is_refused, 0},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof *tests;
}

// --- Dice and crash points ------------------------------------------------

enum {
    ROLLS = 30,
};

static bool fate_is_ok(const struct fault_page *p, uint64_t k)
{
    return fault_draw(p, ME, "Echo.Say", k).fate == FATE_NORMAL;
}

static void follow_fates(uint64_t first_k)
{
    for (uint64_t k = first_k; k < first_k + ROLLS; k++) {
        struct told told = ask_say(&w, "bob", "", LONG_MS);
        ck_assert_msg((told.outcome == RPC_OK) == fate_is_ok(w.faults[BOB], k),
                      "the fate of call %" PRIu64 " is not what its dice say",
                      k);
    }
}

static struct fault_rule spoil_half(void)
{
    struct fault_rule rule = {.source = FAULT_ANYBODY, .method = "Echo.Say"};
    rule.lose_request_ppm = FAULT_SURE / 4;
    rule.lose_reply_ppm = FAULT_SURE / 4;
    return rule;
}

START_TEST(fates_go_on_over_a_restart)
{
    world_begin(&w);
    world_flags(&w, FAULT_FAST_LOSS);
    world_rule(&w, BOB, spoil_half());
    follow_fates(1);
    world_kill(&w, BOB);
    world_spawn(&w, BOB);
    follow_fates(1 + ROLLS);

    uint64_t ok = 0;
    for (uint64_t k = 1; k <= 2 * ROLLS; k++)
        ok += fate_is_ok(w.faults[BOB], k);
    world_await(&world_cell(&w, BOB, ME, "Say")->lost, 2 * ROLLS - ok);
    ck_assert_uint_eq(world_cell(&w, BOB, ME, "Say")->lost, 2 * ROLLS - ok);
    ck_assert_uint_eq(world_cell(&w, BOB, ME, "Say")->arrived, 2 * ROLLS);
    world_release(&w);
}
END_TEST

// How many of the first 1000 fates differ from those at bob.
static int other_fates(const char *file, uint64_t seed)
{
    struct fault_page *other;
    ck_assert_int_eq(fault_page_create(world_path(&w, "%s", file).text, seed,
                                       world_names, WORLD_NODES, BOB, &other),
                     ERR_OK);
    struct fault_rule rule = spoil_half();
    fault_add_rule(other, &rule);
    int differ = 0;
    for (uint64_t k = 1; k <= 1000; k++)
        differ += fault_draw(other, ME, "Echo.Say", k).fate !=
                  fault_draw(w.faults[BOB], ME, "Echo.Say", k).fate;
    fault_page_close(other);
    return differ;
}

START_TEST(same_seed_same_fates)
{
    world_init(&w);
    world_rule(&w, BOB, spoil_half());
    ck_assert_int_eq(other_fates("same", w.seed), 0);
    ck_assert_int_gt(other_fates("other", w.seed + 1), 0);
    world_release(&w);
}
END_TEST

// Bob crashes at the third Say. How many ran is told by his counters, which
// survive him.
static void crash_at(enum crash_kind kind, enum rpc_outcome third, uint64_t ran)
{
    world_begin(&w);
    struct fault_crash crash = {.kind = kind, .method = "Echo.Say", .count = 3};
    ck_assert_int_eq(fault_add_crash(w.faults[BOB], &crash), ERR_OK);
    expect_ok(ask_nothing(&w, "bob", "Count", LONG_MS)); // does not count
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    expect(ask_say(&w, "bob", "", LONG_MS), third,
           third == RPC_OK ? RPC_REASON_NONE : RPC_REASON_CLOSED, AT_ONCE);
    world_expect_end(&w, BOB, -1);
    ck_assert_uint_eq(world_cell(&w, BOB, ME, "Say")->ran, ran);

    world_spawn(&w, BOB);
    for (int i = 0; i < 5; i++) // it fires once
        expect_ok(ask_say(&w, "bob", "", LONG_MS));
    ck_assert_uint_eq(world_cell(&w, BOB, ME, "Say")->ran, ran + 5);
    world_release(&w);
}

START_TEST(crash_before_the_handler)
{
    crash_at(CRASH_BEFORE_HANDLER, RPC_UNKNOWN, 2);
}
END_TEST

START_TEST(crash_before_the_reply)
{
    crash_at(CRASH_BEFORE_REPLY, RPC_UNKNOWN, 3);
}
END_TEST

START_TEST(crash_after_the_reply)
{
    crash_at(CRASH_AFTER_REPLY, RPC_OK, 3);
}
END_TEST

// What Bob's page tells of him, as a harness reads it; until the next call.
static const struct count_life *life_of_bob(void)
{
    static struct count_life life;
    ck_assert_int_eq(count_life_view(world_path(&w, "cnt/bob").text, &life),
                     ERR_OK);
    return &life;
}

START_TEST(held_handler_waits_and_others_go_on)
{
    world_begin(&w);
    struct fault_crash hold = {CRASH_BEFORE_REPLY, "Echo.Say", 2, true};
    ck_assert_int_eq(fault_add_crash(w.faults[BOB], &hold), ERR_OK);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));

    SayRequest request = SAY_REQUEST__INIT;
    request.text = "held";
    struct asking held = {&w, "bob", "Say", &request.base,
                          .timeout_ms = LONG_MS};
    ask_begin(&held);
    int64_t give_up_ms = clock_now_ms() + WORLD_WAIT_MS;
    while (life_of_bob()->held == 0) {
        ck_assert_int_lt(clock_now_ms(), give_up_ms);
        clock_sleep_ms(1);
    }
    ck_assert_uint_eq(world_count(&w, BOB).said, 2); // its handler has run
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    ck_assert_uint_eq(life_of_bob()->held, 1);

    fault_release(w.faults[BOB]);
    struct told told = ask_end(&held);
    expect_ok(told);
    ck_assert_str_eq(told.text, "held");
    ck_assert_uint_eq(life_of_bob()->held, 0);
    world_release(&w);
}
END_TEST

START_TEST(page_tells_of_the_lives_of_its_node)
{
    world_begin(&w);
    const struct count_life *life = life_of_bob();
    ck_assert_uint_eq(life->joined, 1);
    ck_assert_uint_eq(life->served, 1); // its control server does not count
    ck_assert_uint_eq(life->crashed, 0);
    struct fault_crash crash = {.kind = CRASH_BEFORE_HANDLER, .count = 1};
    ck_assert_int_eq(fault_add_crash(w.faults[BOB], &crash), ERR_OK);
    ask_say(&w, "bob", "", LONG_MS);
    world_expect_end(&w, BOB, -1);
    ck_assert_uint_eq(life_of_bob()->crashed, 1);
    world_spawn(&w, BOB);
    ck_assert_uint_eq(life_of_bob()->joined, 2);
    ck_assert_uint_eq(life_of_bob()->served, 2);
    world_release(&w);
}
END_TEST

START_TEST(no_fault_reaches_a_control_server)
{
    world_begin(&w);
    struct fault_rule all = {.source = FAULT_ANYBODY};
    all.lose_request_ppm = FAULT_SURE;
    world_rule(&w, BOB, all);
    expect(ask_say(&w, "bob", "", SHORT_MS), RPC_UNKNOWN, RPC_REASON_TIMEOUT,
           AT_DEADLINE);
    ck_assert_uint_eq(world_count(&w, BOB).said, 0); // a control call
    world_release(&w);
}
END_TEST

static size_t fault_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "the dice of a method go on over a restart",
         fates_go_on_over_a_restart, 0},
        {"rpc", "the same seed gives the same fates", same_seed_same_fates, 0},
        {"rpc", "a crash before the handler fires once, on time",
         crash_before_the_handler, 0},
        {"rpc", "a crash before the reply fires once, on time",
         crash_before_the_reply, 0},
        {"rpc", "a crash after the reply fires once, on time",
         crash_after_the_reply, 0},
        {"rpc", "a held handler waits, and others go on",
         held_handler_waits_and_others_go_on, 0},
        {"rpc", "a page tells of the lives of its node",
         page_tells_of_the_lives_of_its_node, 0},
        {"rpc", "no fault reaches a control server",
         no_fault_reaches_a_control_server, 0},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof *tests;
}

// --- Gather ---------------------------------------------------------------

static const char *const three[] = {"ann", "bob", "cid"};

struct heard {
    size_t enough; // outcomes that are enough
    size_t count;
    size_t times[3]; // by peer
    enum rpc_outcome outcomes[3];
    int64_t took_ms[3];
    int64_t start_ms;
    int64_t all_ms; // the whole gather's time
};

static bool hear(void *arg, size_t i, struct rpc_answer *answer)
{
    struct heard *h = arg;
    h->times[i]++;
    h->outcomes[i] = answer->outcome;
    h->took_ms[i] = clock_now_ms() - h->start_ms;
    h->count++;
    ck_assert_int_eq(answer->reply != NULL, answer->outcome == RPC_OK);
    return h->count < h->enough;
}

static struct heard gather(size_t enough, int64_t timeout_ms)
{
    struct heard h = {.enough = enough, .start_ms = clock_now_ms()};
    struct rpc_method say = {&echo__descriptor, "Say"};
    SayRequest request = SAY_REQUEST__INIT;
    size_t handed = rpc_gather(w.me, three, 3, &say, &request.base,
                               h.start_ms + timeout_ms, hear, &h);
    h.all_ms = clock_now_ms() - h.start_ms;
    ck_assert_uint_eq(handed, h.count);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_le(h.times[i], 1);
    return h;
}

static void begin_three(void)
{
    world_begin(&w);
    world_spawn(&w, ANN);
    world_spawn(&w, CID);
}

START_TEST(gather_hears_all)
{
    begin_three();
    struct heard h = gather(SIZE_MAX, LONG_MS);
    ck_assert_uint_eq(h.count, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(h.outcomes[i], RPC_OK);
    ck_assert_int_lt(h.all_ms, LONG_MS / 2);
    world_release(&w);
}
END_TEST

START_TEST(gather_ends_early)
{
    begin_three();
    process_stop(w.processes[BOB]);
    struct heard h = gather(2, LONG_MS);
    ck_assert_uint_eq(h.count, 2);
    ck_assert_uint_eq(h.times[1], 0); // bob
    ck_assert_int_lt(h.all_ms, LONG_MS / 2);

    // What was sent still runs, and its reply harms nobody.
    process_continue(w.processes[BOB]);
    world_await_said(&w, BOB, 1);
    struct told told = ask_say(&w, "bob", "next", LONG_MS);
    expect_ok(told);
    ck_assert_str_eq(told.text, "next");
    world_release(&w);
}
END_TEST

START_TEST(gather_with_one_that_hangs)
{
    begin_three();
    process_stop(w.processes[BOB]);
    struct heard h = gather(SIZE_MAX, 5 * SHORT_MS);
    ck_assert_uint_eq(h.count, 3);
    ck_assert_int_eq(h.outcomes[0], RPC_OK);
    ck_assert_int_eq(h.outcomes[1], RPC_UNKNOWN);
    ck_assert_int_eq(h.outcomes[2], RPC_OK);
    ck_assert_int_lt(h.took_ms[0], 5 * SHORT_MS);
    ck_assert_int_ge(h.took_ms[1], 5 * SHORT_MS);
    ck_assert_int_lt(h.took_ms[2], 5 * SHORT_MS);
    world_release(&w);
}
END_TEST

START_TEST(gather_with_one_that_refuses)
{
    begin_three();
    world_kill(&w, CID);
    struct heard h = gather(SIZE_MAX, LONG_MS);
    ck_assert_uint_eq(h.count, 3);
    ck_assert_int_eq(h.outcomes[0], RPC_OK);
    ck_assert_int_eq(h.outcomes[1], RPC_OK);
    ck_assert_int_eq(h.outcomes[2], RPC_REFUSED);
    ck_assert_int_lt(h.all_ms, LONG_MS / 2);

    // Without refusals it is unknown, and holds the others up no longer.
    world_flags(&w, FAULT_NO_REFUSED);
    h = gather(SIZE_MAX, 5 * SHORT_MS);
    ck_assert_uint_eq(h.count, 3);
    ck_assert_int_eq(h.outcomes[0], RPC_OK);
    ck_assert_int_lt(h.took_ms[0], 5 * SHORT_MS);
    ck_assert_int_eq(h.outcomes[2], RPC_UNKNOWN);
    ck_assert_int_ge(h.took_ms[2], 5 * SHORT_MS);
    world_release(&w);
}
END_TEST

START_TEST(gather_of_losses_ends_at_the_deadline)
{
    begin_three();
    for (enum world_node i = ANN; i <= CID; i++)
        world_cut(&w, ME, i, true);
    struct heard h = gather(SIZE_MAX, SHORT_MS);
    ck_assert_uint_eq(h.count, 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(h.outcomes[i], RPC_UNKNOWN);
        ck_assert_int_ge(h.took_ms[i], SHORT_MS);
    }
    world_release(&w);
}
END_TEST

static size_t gather_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "a gather hears all", gather_hears_all, 0},
        {"rpc", "a gather ends early, and late replies are dropped",
         gather_ends_early, 0},
        {"rpc", "a gather waits for one that hangs, not the others",
         gather_with_one_that_hangs, 0},
        {"rpc", "a gather is told of refusals like a call",
         gather_with_one_that_refuses, 0},
        {"rpc", "a gather of losses ends at the deadline",
         gather_of_losses_ends_at_the_deadline, 0},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof *tests;
}

// --- The end, and the sums ------------------------------------------------

START_TEST(orderly_stop_answers_running_handlers)
{
    world_begin(&w);
    struct asking a = {&w, "bob", "Nap", .timeout_ms = LONG_MS};
    NapRequest nap = NAP_REQUEST__INIT;
    nap.ms = 3 * SHORT_MS;
    a.request = &nap.base;
    ask_begin(&a);
    world_await_napped(&w, BOB, 1);
    world_stop(&w, BOB);

    struct world_path path = world_socket(&w, BOB);
    int64_t give_up_ms = clock_now_ms() + WORLD_WAIT_MS;
    while (access(path.text, F_OK) == 0) {
        ck_assert_int_lt(clock_now_ms(), give_up_ms);
        clock_sleep_ms(1);
    }
    expect(ask_say(&w, path.text, "", LONG_MS), RPC_REFUSED, RPC_REASON_NO_PEER,
           AT_ONCE);
    expect_ok(ask_end(&a));
    world_expect_end(&w, BOB, 0);
    world_release(&w);
}
END_TEST

START_TEST(orderly_stop_drops_delayed_requests)
{
    world_begin(&w);
    world_delay(&w, BOB, "Say", 3 * LONG_MS, 3 * LONG_MS);
    SayRequest request = SAY_REQUEST__INIT;
    struct asking a = {&w, "bob", "Say", &request.base, .timeout_ms = LONG_MS};
    ask_begin(&a);
    world_await(&world_cell(&w, BOB, ME, "Say")->arrived, 1);
    world_stop(&w, BOB);
    expect(ask_end(&a), RPC_UNKNOWN, RPC_REASON_CLOSED, AT_ONCE);
    world_expect_end(&w, BOB, 0);
    ck_assert_uint_eq(world_cell(&w, BOB, ME, "Say")->ran, 0);
    world_release(&w);
}
END_TEST

START_TEST(cancel_ends_hidden_refusals_at_once)
{
    world_begin(&w);
    world_flags(&w, FAULT_NO_REFUSED);
    char *text = xcalloc(1, RPC_FRAME_MAX + 1);
    memset(text, 'x', RPC_FRAME_MAX);
    SayRequest large = SAY_REQUEST__INIT;
    large.text = text;
    SayRequest small = SAY_REQUEST__INIT;
    struct asking calls[] = {
        {&w, "bob", "Say", &large.base, .timeout_ms = LONG_MS},
        {&w, "nobody", "Say", &small.base, .timeout_ms = LONG_MS}};
    for (int i = 0; i < 2; i++)
        ask_begin(&calls[i]);
    // Both wait now. Nothing shows it; where they do not, nothing fails.
    clock_sleep_ms(SHORT_MS);
    node_cancel(w.me);
    for (int i = 0; i < 2; i++)
        expect(ask_end(&calls[i]), RPC_UNKNOWN, RPC_REASON_CANCELLED, AT_ONCE);
    free(text);
    world_release(&w);
}
END_TEST

// One worker has sent a reply and is not yet done with its request, another
// runs the next one, which came on the same connection; now the server stops.
START_TEST(orderly_stop_answers_who_followed_a_reply)
{
    world_begin(&w);
    struct fault_crash hold = {CRASH_AFTER_REPLY, "Echo.Say", 1, true};
    ck_assert_int_eq(fault_add_crash(w.faults[BOB], &hold), ERR_OK);
    expect_ok(ask_say(&w, "bob", "", LONG_MS));
    NapRequest nap = NAP_REQUEST__INIT;
    nap.ms = 500;
    struct asking next = {&w, "bob", "Nap", &nap.base, .timeout_ms = LONG_MS};
    ask_begin(&next);
    world_await_napped(&w, BOB, 1);
    ck_assert_uint_eq(life_of_bob()->held, 1);
    world_stop(&w, BOB);
    int64_t give_up_ms = clock_now_ms() + WORLD_WAIT_MS;
    while (access(world_socket(&w, BOB).text, F_OK) == 0) {
        ck_assert_int_lt(clock_now_ms(), give_up_ms);
        clock_sleep_ms(1);
    }
    fault_release(w.faults[BOB]);
    expect_ok(ask_end(&next));
    world_expect_end(&w, BOB, 0);
    world_release(&w);
}
END_TEST

START_TEST(cancel_ends_calls_at_once)
{
    world_begin(&w);
    struct asking a = {&w, "bob", "Hold", .timeout_ms = LONG_MS};
    ask_begin(&a);
    world_await_holding(&w, BOB, 1);
    node_cancel(w.me);
    expect(ask_end(&a), RPC_UNKNOWN, RPC_REASON_CANCELLED, AT_ONCE);

    struct told told = ask_say(&w, "bob", "", LONG_MS);
    ck_assert_int_ne(told.outcome, RPC_OK);
    expect(told, told.outcome, RPC_REASON_CANCELLED, AT_ONCE);
    world_release(&w);
}
END_TEST

START_TEST(counters_of_both_ends_agree)
{
    world_begin(&w);
    for (int i = 0; i < 10; i++)
        expect_ok(ask_say(&w, "bob", "some text", LONG_MS));
    world_flags(&w, FAULT_FAST_LOSS);
    world_lose_requests(&w, BOB, "Say");
    ask_say(&w, "bob", "", LONG_MS);
    unlink(world_link_path(&w, ME, BOB).text);
    ask_say(&w, "bob", "", LONG_MS);

    const struct count *here = world_cell(&w, ME, BOB, "Say");
    const struct count *there = world_cell(&w, BOB, ME, "Say");
    world_await(&there->replies_sent, 10);
    ck_assert_uint_eq(here->requests_sent, 11);
    ck_assert_uint_eq(there->arrived, 11);
    ck_assert_uint_gt(here->request_bytes, 0);
    ck_assert_uint_eq(here->request_bytes, there->arrived_bytes);
    ck_assert_uint_eq(there->ran, 10);
    ck_assert_uint_eq(there->replies_sent, 10);
    ck_assert_uint_eq(here->replies_taken, 10);
    ck_assert_uint_eq(here->reply_bytes, there->sent_bytes);
    ck_assert_uint_eq(there->lost, 1);
    ck_assert_uint_eq(here->unknown, 1);
    ck_assert_uint_eq(here->refused, 1);
    world_release(&w);
}
END_TEST

static size_t end_tests(struct unit_test *out)
{
    const struct unit_test tests[] = {
        {"rpc", "an orderly stop answers what runs, refuses what is new",
         orderly_stop_answers_running_handlers, 0},
        {"rpc", "an orderly stop drops delayed requests",
         orderly_stop_drops_delayed_requests, 20},
        {"rpc", "a cancelled node's hidden refusals end at once",
         cancel_ends_hidden_refusals_at_once, 20},
        {"rpc", "an orderly stop answers who followed another's reply",
         orderly_stop_answers_who_followed_a_reply, 0},
        {"rpc", "a cancelled node's calls end at once",
         cancel_ends_calls_at_once, 0},
        {"rpc", "the counters of both ends agree", counters_of_both_ends_agree,
         0},
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
    count += path_tests(tests + count);
    count += fault_tests(tests + count);
    count += gather_tests(tests + count);
    count += end_tests(tests + count);
    return unit_main(argc, argv, "rpc cluster", tests, count);
}
