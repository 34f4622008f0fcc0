// The calls of a clerk at "me", to a server at "bob" that does what its test
// likes.
#include <stdlib.h>

#include "common/check/unit.h"
#include "common/clerks/kv.h"
#include "common/kv/service.h"
#include "common/rpc/node.h"
#include "common/rpc/server.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"

enum {
    TICK_MS = 20,
    LONG_MS = 60 * 1000, // a test would run into its limit
};

struct world {
    struct node *me;
    struct node *bob;
    struct kv_service service;
    struct rpc_server *server;
    struct caller caller;
    struct session session;

    struct mutex lock; // guards the rest: bob has threads of his own
    struct cond changed;
    bool answers;
    bool waits; // before he does
    struct asked {
        int count;
        Kv__Kind kind; // of the last one
        uint64_t client;
        uint64_t sequence;
        size_t key_size;
    } asked;
};

static Kv__Answer *serve(void *world, const Kv__Operation *op,
                         int64_t deadline_ms)
{
    struct world *w = world;
    (void)deadline_ms;
    mutex_lock(&w->lock);
    while (w->waits)
        cond_wait(&w->changed, &w->lock, CLOCK_NEVER);
    w->asked = (struct asked){w->asked.count + 1, op->kind, op->client,
                              op->sequence, op->key.len};
    bool answers = w->answers;
    mutex_unlock(&w->lock);
    if (!answers)
        return NULL;
    Kv__Answer *answer = calloc(1, sizeof *answer);
    ck_assert_ptr_nonnull(answer);
    kv__answer__init(answer);
    return answer;
}

static void let(struct world *w, bool answer, bool wait)
{
    mutex_lock(&w->lock);
    w->answers = answer;
    w->waits = wait;
    cond_broadcast(&w->changed);
    mutex_unlock(&w->lock);
}

static struct asked asked(struct world *w)
{
    mutex_lock(&w->lock);
    struct asked all = w->asked;
    mutex_unlock(&w->lock);
    return all;
}

static void begin(struct world *w)
{
    *w = (struct world){.answers = true};
    mutex_init(&w->lock);
    cond_init(&w->changed);
    const char *folder = getenv("TMPDIR");
    ck_assert_int_eq(node_open(folder, "me", false, &w->me), ERR_OK);
    ck_assert_int_eq(node_open(folder, "bob", false, &w->bob), ERR_OK);
    kv_service_init(&w->service, serve, w);
    ProtobufCService *services[] = {&w->service.service.base};
    ck_assert_int_eq(rpc_server_start(w->bob, NULL, services, 1, &w->server),
                     ERR_OK);
    w->caller = (struct caller){.node = w->me, .tick_ms = TICK_MS};
}

static void end(struct world *w)
{
    rpc_server_stop(w->server);
    node_close(w->me);
    node_close(w->bob);
    cond_release(&w->changed);
    mutex_release(&w->lock);
}

// Asks `to`. True: it was answered.
static bool ask(struct world *w, const char *to, int64_t timeout_ms, bool *ran)
{
    Kv__Operation op = KV__OPERATION__INIT;
    op.kind = KV__KIND__PUT;
    kv_number(&w->session, &op);
    Kv__Answer *answer =
        kv_call(&w->caller, to, &op, clock_now_ms() + timeout_ms, ran);
    kv__answer__free_unpacked(answer, NULL);
    return answer != NULL;
}

START_TEST(an_answer_says_that_it_ran_once)
{
    struct world w;
    begin(&w);
    bool ran = false;
    ck_assert(ask(&w, "bob", LONG_MS, &ran));
    ck_assert(!ran); // no try whose end is not known
    ck_assert(ask(&w, "bob", LONG_MS, NULL));
    ck_assert_int_eq(asked(&w).count, 2);
    ck_assert_int_eq(asked(&w).kind, KV__KIND__PUT);
    end(&w);
}
END_TEST

START_TEST(what_was_not_answered_may_have_run_for_good)
{
    struct world w;
    begin(&w);
    bool ran = false;
    ck_assert(!ask(&w, "nobody", LONG_MS, &ran));
    ck_assert(!ran); // it was not sent
    let(&w, false, false);
    ck_assert(!ask(&w, "bob", LONG_MS, &ran));
    ck_assert(ran);
    ck_assert(!ask(&w, "nobody", LONG_MS, &ran));
    ck_assert(ran); // that takes nothing back
    end(&w);
}
END_TEST

START_TEST(a_try_takes_so_many_ticks)
{
    struct world w;
    begin(&w);
    ck_assert(ask(&w, "bob", LONG_MS, NULL)); // they are connected now
    let(&w, true, true);
    w.caller.try_ticks = 2;
    bool ran = false;
    int64_t begin_ms = clock_now_ms();
    ck_assert(!ask(&w, "bob", LONG_MS, &ran));
    ck_assert(ran);
    ck_assert_int_ge(clock_now_ms() - begin_ms, 2 * TICK_MS);
    ck_assert(!ask(&w, "bob", TICK_MS, &ran)); // or less
    let(&w, true, false);
    w.caller.try_ticks = 0;
    ck_assert(ask(&w, "bob", LONG_MS, &ran)); // or all the time there is
    end(&w);
}
END_TEST

START_TEST(it_goes_on_until_its_deadline_or_nobody_waits)
{
    struct world w;
    begin(&w);
    int64_t later_ms = clock_now_ms() + LONG_MS;
    ck_assert(caller_has_time(&w.caller, later_ms));
    ck_assert(!caller_has_time(&w.caller, clock_now_ms()));
    node_cancel(w.me);
    ck_assert(!caller_has_time(&w.caller, later_ms));
    ck_assert(!ask(&w, "bob", LONG_MS, NULL));
    end(&w);
}
END_TEST

START_TEST(it_rests_for_a_tick_or_less)
{
    const struct caller c = {.tick_ms = TICK_MS};
    int64_t begin_ms = clock_now_ms();
    caller_rest(&c, CLOCK_NEVER);
    ck_assert_int_ge(clock_now_ms() - begin_ms, TICK_MS);
    const struct caller slow = {.tick_ms = LONG_MS};
    caller_rest(&slow, clock_now_ms() + 1);
    caller_rest(&slow, clock_now_ms() - 1);
}
END_TEST

START_TEST(a_session_that_was_used_is_closed)
{
    struct world w;
    begin(&w);
    struct slice key = slice_text("king");
    kv_close(&w.caller, &w.session, "bob", key, clock_now_ms() + LONG_MS);
    ck_assert_int_eq(asked(&w).count, 0);
    ck_assert(ask(&w, "bob", LONG_MS, NULL));
    struct asked put = asked(&w);
    kv_close(&w.caller, &w.session, "bob", key, clock_now_ms() + LONG_MS);
    ck_assert_int_eq(asked(&w).kind, KV__KIND__CLOSE);
    ck_assert_uint_eq(asked(&w).client, put.client);
    ck_assert_uint_eq(asked(&w).sequence, put.sequence + 1);
    ck_assert_uint_eq(asked(&w).key_size, key.size);
    let(&w, false, false); // that is not waited for again
    kv_close(&w.caller, &w.session, "bob", key, clock_now_ms() + LONG_MS);
    ck_assert_int_eq(asked(&w).count, 3);
    end(&w);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"clerks", "an answer says that it ran once",
         an_answer_says_that_it_ran_once, 0},
        {"clerks", "what was not answered may have run, for good",
         what_was_not_answered_may_have_run_for_good, 0},
        {"clerks", "a try takes so many ticks", a_try_takes_so_many_ticks, 0},
        {"clerks", "it goes on until its deadline, or nobody waits",
         it_goes_on_until_its_deadline_or_nobody_waits, 0},
        {"clerks", "it rests for a tick, or less", it_rests_for_a_tick_or_less,
         0},
        {"clerks", "a session that was used is closed",
         a_session_that_was_used_is_closed, 0},
    };
    return unit_main(argc, argv, "clerks caller", tests,
                     sizeof tests / sizeof tests[0]);
}
