// A replicated state machine by itself: three replicas in one process, over
// Paxos, whose machine counts. What many threads submit at all of them is run
// once, everywhere in the same order.
#include <stdatomic.h>
#include <stdlib.h>

#include "common/check/graded.h"
#include "common/rpc/node.h"
#include "common/rpc/server.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/thread.h"
#include "common/runtime/world.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/rsm.h"
#include "lab3-paxos/tests/counter.h"

enum {
    REPLICAS = 3,
    THREADS = 12,
    EACH = 20, // operations of a thread
    TICK_MS = 25,
    SOON_MS = 8000,
    WHILE_MS = 300,
};

static struct replica {
    struct node *node;
    struct paxos *paxos;
    struct rsm *rsm;
    struct rpc_server *server;
    struct counter counter;
} replicas[REPLICAS];

// --- The machine -----------------------------------------------------------

// "slow" takes until then, and holds up all others, where somebody waits for
// it.
static int64_t slow_until_ms;
static atomic_bool slow; // it has begun

// Who waits for the same time goes on in the order in which they came.
static void wait_until(int64_t until_ms)
{
    struct mutex lock;
    struct cond never;
    mutex_init(&lock);
    cond_init(&never);
    mutex_lock(&lock);
    while (cond_wait(&never, &lock, until_ms))
        continue;
    mutex_unlock(&lock);
    cond_release(&never);
    mutex_release(&lock);
}

static bool apply(void *machine, struct slice operation, struct buf *reply)
{
    if (reply != NULL && slice_equal(operation, slice_text("slow"))) {
        atomic_store(&slow, true);
        wait_until(slow_until_ms);
    }
    return counter_app.apply(machine, operation, reply);
}

static const struct rsm_app app = {apply};

// --- Replicas --------------------------------------------------------------

// `tick_ms`: the rsm's.
static void start_replica(struct replica *r, const char *name, int64_t tick_ms)
{
    const struct paxos_spec spec = {"s1,s2,s3", TICK_MS};
    ck_assert_int_eq(node_open(getenv("TMPDIR"), name, false, &r->node), 0);
    ck_assert_int_eq(paxos_new(r->node, &spec, &r->paxos), ERR_OK);
    ck_assert_int_eq(rsm_start(r->paxos, &app, &r->counter, tick_ms, &r->rsm),
                     ERR_OK);
    ProtobufCService *const services[] = {paxos_service(r->paxos)};
    ck_assert_int_eq(rpc_server_start(r->node, NULL, services, 1, &r->server),
                     ERR_OK);
}

static void stop_replica(struct replica *r)
{
    if (r->node == NULL)
        return;
    node_cancel(r->node);
    paxos_stop(r->paxos);
    rsm_stop(r->rsm);
    rpc_server_stop(r->server);
    rsm_free(r->rsm);
    paxos_free(r->paxos);
    node_close(r->node);
    r->node = NULL;
}

static void start_others(void)
{
    start_replica(&replicas[1], "s2", TICK_MS);
    start_replica(&replicas[2], "s3", TICK_MS);
}

static void begin(void)
{
    start_replica(&replicas[0], "s1", TICK_MS);
    start_others();
}

static void end(void)
{
    for (size_t i = 0; i < REPLICAS; i++)
        stop_replica(&replicas[i]);
}

static int submit(struct replica *r, const char *operation, int64_t timeout_ms,
                  uint64_t *number)
{
    struct buf reply;
    buf_init(&reply, RSM_REPLY_MAX);
    int err = rsm_submit(r->rsm, slice_text(operation),
                         clock_now_ms() + timeout_ms, &reply);
    if (err == ERR_OK)
        *number = counter_number(&reply);
    else
        ck_assert_uint_eq(reply.size, err == ERR_NOT_FOUND ? 8 : 0);
    buf_release(&reply);
    return err;
}

static void copy_counter(void *machine, void *out)
{
    *(struct counter *)out = *(struct counter *)machine;
}

static struct counter look(struct replica *r)
{
    struct counter counter;
    rsm_look(r->rsm, copy_counter, &counter);
    return counter;
}

// Until it has run so many operations: soon.
static void await_count(struct replica *r, uint64_t count)
{
    int64_t deadline_ms = clock_now_ms() + SOON_MS;
    while (look(r).count < count && clock_now_ms() < deadline_ms)
        clock_sleep_ms(1);
    ck_assert_uint_eq(look(r).count, count);
}

static void expect_alike(uint64_t count)
{
    for (size_t i = 0; i < REPLICAS; i++) {
        await_count(&replicas[i], count);
        ck_assert_uint_eq(look(&replicas[i]).digest, look(&replicas[0]).digest);
    }
}

// --- Many threads ----------------------------------------------------------

static struct worker {
    struct replica *at;
    uint64_t numbers[EACH]; // what it was answered
    struct thread *thread;
} workers[THREADS];

static void work(void *arg)
{
    struct worker *w = arg;
    for (size_t i = 0; i < EACH; i++)
        ck_assert_int_eq(submit(w->at, "add", SOON_MS, &w->numbers[i]), ERR_OK);
}

// `spread`: at all replicas; else at the first.
static void run_workers(bool spread)
{
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].at = &replicas[spread ? i % REPLICAS : 0];
        ck_assert_int_eq(
            thread_start("work", work, &workers[i], &workers[i].thread), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        thread_join(workers[i].thread);
}

// --- Tests -----------------------------------------------------------------

static void each_runs_once_in_one_order(void *arg)
{
    begin();
    run_workers(true);
    unsigned seen[THREADS * EACH] = {0};
    for (size_t i = 0; i < THREADS; i++)
        for (size_t k = 0; k < EACH; k++) {
            ck_assert_uint_lt(workers[i].numbers[k], THREADS * EACH);
            seen[workers[i].numbers[k]]++;
            // A thread's own come in its order.
            ck_assert(k == 0 ||
                      workers[i].numbers[k] > workers[i].numbers[k - 1]);
        }
    for (size_t i = 0; i < THREADS * EACH; i++)
        ck_assert_uint_eq(seen[i], 1);
    expect_alike(THREADS * EACH);
    end();
}

static void threads_share_slots(void *arg)
{
    begin();
    run_workers(false);
    expect_alike(THREADS * EACH);
    struct rsm_status status = rsm_status(replicas[0].rsm);
    ck_assert_uint_eq(status.applied, THREADS * EACH);
    ck_assert_int_lt(4 * status.next, 3 * THREADS * EACH);
    ck_assert_uint_eq(status.waiting, 0);
    end();
}

// STAFF BEGIN
// Those who have been answered are back at once, and no slot leaves without
// them. Elsewhere than in a simulation a thread may be late.
static void who_was_answered_shares_the_next_slot(void *arg)
{
    begin();
    run_workers(false);
    expect_alike(THREADS * EACH);
    int64_t most = world_is_simulated() ? EACH + 2 : THREADS * EACH / 2;
    ck_assert_int_le(rsm_status(replicas[0].rsm).next, most);
    end();
}
// STAFF END

static void slots_may_be_small(void *arg)
{
    begin();
    rsm_limit_batch(replicas[0].rsm, 2);
    run_workers(false);
    expect_alike(THREADS * EACH);
    ck_assert_int_ge(2 * rsm_status(replicas[0].rsm).next, THREADS * EACH);
    end();
}

// Slot 1 has been filled; slot 0 nobody has.
static void a_hole_is_filled(void *arg)
{
    begin();
    struct buf decided;
    buf_init(&decided, PAXOS_VALUE_MAX);
    ck_assert_int_eq(paxos_propose(replicas[1].paxos, 1, slice_text(""),
                                   clock_now_ms() + SOON_MS, &decided),
                     ERR_OK);
    buf_release(&decided);
    for (size_t i = 0; i < REPLICAS; i++) {
        int64_t deadline_ms = clock_now_ms() + SOON_MS;
        while (rsm_status(replicas[i].rsm).next < 2 &&
               clock_now_ms() < deadline_ms)
            clock_sleep_ms(1);
        ck_assert_int_eq(rsm_status(replicas[i].rsm).next, 2);
        ck_assert_uint_eq(rsm_status(replicas[i].rsm).holes, 2);
    }
    uint64_t number;
    ck_assert_int_eq(submit(&replicas[2], "add", SOON_MS, &number), ERR_OK);
    ck_assert_uint_eq(number, 0);
    expect_alike(1);
    end();
}

static void a_minority_says_that_it_does_not_know(void *arg)
{
    begin();
    uint64_t number;
    ck_assert_int_eq(submit(&replicas[0], "add", SOON_MS, &number), ERR_OK);
    stop_replica(&replicas[1]);
    ck_assert_int_eq(submit(&replicas[0], "add", SOON_MS, &number), ERR_OK);
    ck_assert_uint_eq(number, 1);
    stop_replica(&replicas[2]);
    int64_t begun_ms = clock_now_ms();
    ck_assert_int_eq(submit(&replicas[0], "add", WHILE_MS, &number),
                     ERR_TIMEOUT);
    ck_assert_int_ge(clock_now_ms() - begun_ms, WHILE_MS);
    ck_assert_uint_eq(look(&replicas[0]).count, 2);
    ck_assert_uint_eq(rsm_status(replicas[0].rsm).waiting, 0);
    end();
}

static void submit_in_vain(void *arg)
{
    uint64_t number;
    *(int *)arg = submit(&replicas[0], "add", 10 * SOON_MS, &number);
}

static void who_waits_at_the_end_is_told(void *arg)
{
    begin();
    int errs[4] = {0, 0, 0, 0};
    struct thread *threads[4];
    stop_replica(&replicas[1]);
    stop_replica(&replicas[2]);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(
            thread_start("vain", submit_in_vain, &errs[i], &threads[i]), 0);
    while (rsm_status(replicas[0].rsm).waiting < 4)
        clock_sleep_ms(1);
    node_cancel(replicas[0].node);
    paxos_stop(replicas[0].paxos);
    rsm_stop(replicas[0].rsm);
    for (size_t i = 0; i < 4; i++) {
        thread_join(threads[i]);
        ck_assert_int_eq(errs[i], ERR_CLOSED);
    }
    rpc_server_stop(replicas[0].server);
    rsm_free(replicas[0].rsm);
    paxos_free(replicas[0].paxos);
    node_close(replicas[0].node);
}

// --- Who gives up ----------------------------------------------------------

static struct waiter {
    const char *operation;
    int64_t timeout_ms;
    int err;
    struct thread *thread;
} first, second, third; // they come in this order

static void submit_for(void *arg)
{
    struct waiter *w = arg;
    uint64_t number;
    w->err = submit(&replicas[0], w->operation, w->timeout_ms, &number);
}

static void start_waiter(struct waiter *w)
{
    size_t before = rsm_status(replicas[0].rsm).waiting;
    ck_assert_int_eq(thread_start("waiter", submit_for, w, &w->thread), 0);
    while (rsm_status(replicas[0].rsm).waiting == before &&
           clock_now_ms() < slow_until_ms) // else it has been held up itself
        clock_sleep_ms(1);
}

static void await_nobody_waits(struct replica *r)
{
    int64_t deadline_ms = clock_now_ms() + SOON_MS;
    while (rsm_status(r->rsm).waiting > 0 && clock_now_ms() < deadline_ms)
        clock_sleep_ms(1);
    ck_assert_uint_eq(rsm_status(r->rsm).waiting, 0);
}

static void look_for_long(void *machine, void *late_ms)
{
    wait_until(*(int64_t *)late_ms);
}

// Is there when "slow" ends.
static void hold_up(void *late_ms)
{
    wait_until(slow_until_ms);
    rsm_look(replicas[0].rsm, look_for_long, late_ms);
}

// The first is answered, and the second told to lead: but it is too late when
// it has the lock. So the third must lead; the follower has patience.
static void lead_too_late(void)
{
    int64_t late_ms = clock_now_ms() + WHILE_MS;
    slow_until_ms = late_ms - WHILE_MS / 4;
    atomic_store(&slow, false);
    start_replica(&replicas[0], "s1", SOON_MS);
    first = (struct waiter){"slow", 10 * SOON_MS, 0, NULL};
    start_waiter(&first);
    int64_t left_ms = late_ms - WHILE_MS / 8 - clock_now_ms();
    second = (struct waiter){"add", left_ms, 0, NULL};
    start_waiter(&second);
    third = (struct waiter){"add", 10 * SOON_MS, 0, NULL};
    start_waiter(&third);
    start_others();
    while (!atomic_load(&slow))
        clock_sleep_ms(1);
    struct thread *holders[4];
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(thread_start("holder", hold_up, &late_ms, &holders[i]),
                         0);
    for (size_t i = 0; i < 4; i++)
        thread_join(holders[i]);
    thread_join(second.thread);
    await_nobody_waits(&replicas[0]);
    thread_join(first.thread);
    thread_join(third.thread);
    ck_assert_int_eq(first.err, ERR_OK);
    ck_assert_int_eq(third.err, ERR_OK);
    end();
}

// Often, since who has the lock first is chance.
static void who_gives_up_leaves_the_lead_to_others(void *arg)
{
    int times = world_is_simulated() ? 40 : 8; // where it costs no time
    for (int i = 0; i < times; i++)
        lead_too_late();
}

static void too_large_is_said_at_once(void *arg)
{
    begin();
    void *bytes = calloc(1, RSM_OPERATION_MAX + 1);
    struct buf reply;
    buf_init(&reply, RSM_REPLY_MAX);
    int64_t deadline_ms = clock_now_ms() + SOON_MS;
    ck_assert_int_eq(rsm_submit(replicas[0].rsm,
                                slice_of(bytes, RSM_OPERATION_MAX + 1),
                                deadline_ms, &reply),
                     ERR_LIMIT);
    ck_assert_int_eq(rsm_submit(replicas[0].rsm, slice_of(bytes, 1 << 16),
                                deadline_ms, &reply),
                     ERR_OK);
    uint64_t number;
    ck_assert_int_eq(submit(&replicas[1], "late", SOON_MS, &number),
                     ERR_NOT_FOUND);
    expect_alike(2);
    buf_release(&reply);
    free(bytes);
    end();
}

// --- The registry ----------------------------------------------------------

#define GRADED(section_, points_, kind_, name_, function, claim_)              \
    {                                                                          \
        .part = "3b", .name = name_, .claim = claim_, .section = section_,     \
        .points = points_, .kind = kind_, .evidence = GRADED_SAME_PROCESS,     \
        .limit_s = 30, .run = function,                                        \
    }

static struct graded_test tests[] = {
    GRADED("2.2", 2, GRADED_SAFETY, "each runs once, in one order",
           each_runs_once_in_one_order,
           "What is submitted at all replicas runs once, on all of them in the "
           "same order."),
    GRADED("2.7", 1, GRADED_LIMIT, "threads share slots", threads_share_slots,
           "Threads that submit at one replica share slots."),
    // STAFF BEGIN
    {
        .part = "3b",
        .name = "who was answered shares the next slot",
        .claim = "Those who come back as soon as they are answered share a "
                 "slot again, all of them.",
        .section = "2.7",
        .kind = GRADED_LIMIT,
        .evidence = GRADED_SAME_PROCESS,
        .hidden = true,
        .limit_s = 30,
        .run = who_was_answered_shares_the_next_slot,
    },
    // STAFF END
    GRADED("2.7", 0, GRADED_LIMIT, "slots may be small", slots_may_be_small,
           "A replica shares a slot among no more than it was told."),
    GRADED("2.3", 1, GRADED_PROGRESS, "a hole is filled", a_hole_is_filled,
           "A slot that nobody drives is filled, on all replicas alike."),
    GRADED("2.4", 1, GRADED_SAFETY, "a minority says that it does not know",
           a_minority_says_that_it_does_not_know,
           "Without a majority who submits learns, at his deadline, that "
           "nobody knows."),
    GRADED("2.4", 0, GRADED_PROGRESS, "who waits at the end is told",
           who_waits_at_the_end_is_told,
           "When a replica stops, all that wait are told so."),
    GRADED("2.4", 0, GRADED_PROGRESS, "who gives up leaves the lead to others",
           who_gives_up_leaves_the_lead_to_others,
           "Who gives up leaves the slot to the next one that waits, at once."),
    GRADED("2.6", 0, GRADED_SAFETY, "too large is said at once",
           too_large_is_said_at_once,
           "An operation that is too large is refused, and no other."),
};

int main(int argc, char **argv)
{
    size_t count = sizeof tests / sizeof tests[0];
    for (size_t i = 0; world_is_simulated() && i < count; i++)
        tests[i].points = 0; // they are for what processes show
    return graded_main(argc, argv, "lab3 rsm", tests, count);
}
