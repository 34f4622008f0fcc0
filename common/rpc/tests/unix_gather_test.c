// unix_gather_test.c - gathers go on while one of the peers hangs, as fast as
// before, and what the caller uses stays as it is.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/rpc/tests/ask.h"
#include "common/rpc/tests/echo.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/rpc/tests/raw.h"
#include "common/runtime/clock.h"
#include "common/runtime/process.h"

enum {
    ROUNDS = 15, // of comparing latencies
    GATHERS = 10000,
    CHUNK = 500,
    SLACK = 32 << 10, // bytes that malloc keeps for later, at most
};

static bool stop_at_two(void *arg, size_t i, struct rpc_answer *answer)
{
    (void)i;
    int *ok = arg;
    *ok += answer->outcome == RPC_OK;
    return *ok < 2;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The median time of CHUNK gathers of three that need two, in us.
static int64_t gather_chunk(struct world *w)
{
    static const char *const to[] = {"ann", "bob", "cid"};
    struct rpc_method say = {&echo__descriptor, "Say"};
    SayRequest request = SAY_REQUEST__INIT;
    int64_t took_us[CHUNK];
    for (int i = 0; i < CHUNK; i++) {
        int ok = 0;
        int64_t start_ns = clock_now_ns();
        rpc_gather(w->me, to, 3, &say, &request.base, clock_now_ms() + LONG_MS,
                   stop_at_two, &ok);
        took_us[i] = (clock_now_ns() - start_ns) / 1000;
        if (ok != 2)
            ck_abort_msg("gather %d: %d of 2", i, ok);
    }
    qsort(took_us, CHUNK, sizeof *took_us, by_value);
    return took_us[CHUNK / 2];
}

// The median of the chunks' medians.
static int64_t gather_many(struct world *w, int n)
{
    int64_t medians[GATHERS / CHUNK];
    int chunks = n / CHUNK > 0 ? n / CHUNK : 1;
    for (int i = 0; i < chunks; i++)
        medians[i] = gather_chunk(w);
    qsort(medians, (size_t)chunks, sizeof *medians, by_value);
    return medians[chunks / 2];
}

// With the one stopped and running by turns: what else the machine does
// meanwhile, it does to both.
static void compare_latency(struct world *w)
{
    int64_t stopped_us[ROUNDS];
    int64_t running_us[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        process_stop(w->processes[CID]);
        stopped_us[i] = gather_chunk(w);
        process_continue(w->processes[CID]);
        expect_ok(ask_say(w, "cid", "awake", LONG_MS));
        running_us[i] = gather_chunk(w);
    }
    qsort(stopped_us, ROUNDS, sizeof *stopped_us, by_value);
    qsort(running_us, ROUNDS, sizeof *running_us, by_value);
    int64_t stopped = stopped_us[ROUNDS / 2];
    int64_t running = running_us[ROUNDS / 2];
    ck_assert_msg(raw_is_slow() || stopped * 2 <= running * 3,
                  "median %d us, and %d us when none is stopped", (int)stopped,
                  (int)running);
}

START_TEST(gathers_do_not_mind_one_that_hangs)
{
    struct world w;
    world_init(&w);
    for (enum world_node i = ANN; i <= CID; i++)
        world_spawn(&w, i);
    gather_many(&w, CHUNK);
    process_stop(w.processes[CID]);
    gather_many(&w, CHUNK); // owes as much as may be owed from here on
    struct usage before = usage_of(0);
    size_t heap = mallinfo2().uordblks;

    gather_many(&w, raw_scaled(GATHERS));
    struct usage after = usage_of(0);
    ck_assert_int_eq(after.threads, before.threads);
    ck_assert_int_le(after.descriptors, before.descriptors + 2);
    ck_assert_uint_le(mallinfo2().uordblks, heap + SLACK);
    process_continue(w.processes[CID]);
    expect_ok(ask_say(&w, "cid", "awake", LONG_MS));
    compare_latency(&w);
    world_release(&w);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "node") == 0)
        return node_main(argc, argv);

    const struct unit_test tests[] = {
        {"rpc", "10,000 gathers do not mind one that hangs",
         gathers_do_not_mind_one_that_hangs, 20},
    };
    return unit_main(argc, argv, "rpc gathers", tests,
                     sizeof tests / sizeof tests[0]);
}
