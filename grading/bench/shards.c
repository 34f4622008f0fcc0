// What groups are worth, in lab 4: the rate of Puts with 32 clients at each of
// 1, 2 and 4 groups; and what a Join costs the shards that stay.
//
// A machine with few cores cannot show it with all that they can do: so here a
// call between servers takes 2 ms, and a slot of the log holds four operations.
// Then a group does as many as that lets it, whatever the number of its
// clients; which is shown first. All four groups are there all the time; those
// that are not measured have no clients. The same without delay and limit is
// what the machine can do: a figure, and no goal. Nothing is pinned: with one
// CPU for all servers it would be the moves that wait for it.
#include <stdio.h>
#include <stdlib.h>

#include "common/runtime/clock.h"
#include "grading/bench/bench.h"
#include "grading/bench/echo.h"
#include "grading/bench/groups.h"

enum {
    EACH = 32,     // clients of a group
    RATE_MS = 400, // that a rate is measured for

    WINDOW_MS = 100,     // that a rate is taken of, for moves
    BEFORE_WINDOWS = 20, // a Join: two seconds
    LARGE = 10,          // values of 1 MB in the shards that go
};

struct world {
    struct groups groups;
    struct store_client clients[GROUPS_MAX * EACH]; // by group
    struct store_client more[2 * EACH];             // of the first
};

static double rate(struct store_client *clients, size_t count)
{
    return store_rate_for(clients, count, RATE_MS);
}

// --- Groups ----------------------------------------------------------------

static void world_start(struct world *w, bool slow)
{
    groups_start(&w->groups, GROUPS_MAX, slow);
    for (size_t i = 0; i < GROUPS_MAX; i++)
        groups_join(&w->groups, i);
    groups_await_settled(&w->groups);
    for (size_t i = 0; i < GROUPS_MAX * EACH; i++)
        w->clients[i] = groups_client(&w->groups, i / EACH);
    for (size_t i = 0; i < 2 * EACH; i++)
        w->more[i] = groups_client(&w->groups, 0);
}

static double one_group(void *world)
{
    return rate(((struct world *)world)->clients, EACH);
}

static double one_group_with_twice_the_clients(void *world)
{
    return rate(((struct world *)world)->more, 2 * EACH);
}

static double twice_one_group(void *world)
{
    return 2 * one_group(world);
}

static double four_times_one_group(void *world)
{
    return 4 * one_group(world);
}

static double two_groups(void *world)
{
    return rate(((struct world *)world)->clients, 2 * EACH);
}

static double four_groups(void *world)
{
    return rate(((struct world *)world)->clients, 4 * EACH);
}

static void run_limited(void)
{
    struct world w;
    world_start(&w, true);
    const struct bench all[] = {
        {"shards: 1 group, 64 clients / 32", "1/s",
         one_group_with_twice_the_clients, one_group, &w, 0.95, true},
        {"shards: 1 group, 32 clients / 64", "1/s", one_group,
         one_group_with_twice_the_clients, &w, 0.95, true},
        {"shards: 2 groups / twice 1", "1/s", two_groups, twice_one_group, &w,
         0.9, true},
        {"shards: 4 groups / 4 times 1", "1/s", four_groups,
         four_times_one_group, &w, 0.9, true},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        bench_run_waiting(&all[i]);
    groups_stop(&w.groups);
}

static void run_unlimited(void)
{
    struct world w;
    world_start(&w, false);
    const struct bench all[] = {
        {"shards: CPU-bound, 2 groups / 1", "1/s", two_groups, one_group, &w, 0,
         true},
        {"shards: CPU-bound, 4 groups / 1", "1/s", four_groups, one_group, &w,
         0, true},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        bench_run(&all[i], BENCH_FREE);
    groups_stop(&w.groups);
}

// --- Moves -----------------------------------------------------------------

struct move {
    struct groups groups;
    struct store_client stay[EACH]; // clients of shards that stay with group 0
    double before;                  // the rate before the last Join
};

// A rehearsal tells which shards go when group 1 joins: the same each time.
static void move_start(struct move *m)
{
    groups_start(&m->groups, 2, true);
    groups_join(&m->groups, 0);
    groups_join(&m->groups, 1);
    groups_await_settled(&m->groups);
    for (size_t i = 0; i < EACH; i++)
        m->stay[i] = groups_client(&m->groups, 0);
    for (size_t i = 0; i < LARGE; i++) {
        struct store_client goes = groups_client(&m->groups, 1);
        goes.size = 1000 * 1000;
        store_put_many(&goes, 1);
    }
    groups_leave(&m->groups, 1);
    groups_await_settled(&m->groups);
}

// The rate of one window; and have all shards arrived?
static double window_rate(struct move *m, const struct store_load *l,
                          bool *arrived)
{
    uint64_t puts = store_load_puts(l);
    int64_t begin_ns = clock_now_ns();
    clock_sleep_ms(WINDOW_MS);
    double seconds = (double)(clock_now_ns() - begin_ns) / 1e9;
    double rate_now = (double)(store_load_puts(l) - puts) / seconds;
    *arrived = groups_have_settled(&m->groups);
    return rate_now;
}

// The lowest rate of a window from a Join on, until all shards have arrived.
static double worst_while_moving(void *move)
{
    struct move *m = move;
    bool arrived;
    struct store_load *l = store_load_start(m->stay, EACH);
    window_rate(m, l, &arrived); // until all are at it
    m->before = 0;
    for (int i = 0; i < BEFORE_WINDOWS; i++)
        m->before += window_rate(m, l, &arrived) / BEFORE_WINDOWS;
    double worst = m->before;
    groups_join(&m->groups, 1);
    for (arrived = false; !arrived;) { // ends: a move takes no second
        double now = window_rate(m, l, &arrived);
        worst = now < worst ? now : worst;
    }
    store_load_stop(l);
    groups_leave(&m->groups, 1);
    groups_await_settled(&m->groups);
    return worst;
}

static double before_moving(void *move)
{
    return ((struct move *)move)->before;
}

static void run_moves(void)
{
    struct move m;
    move_start(&m);
    const struct bench b = {"shards: while half move, worst 0.1 s",
                            "1/s",
                            worst_while_moving,
                            before_moving,
                            &m,
                            0.8,
                            true};
    bench_run_waiting(&b);
    groups_stop(&m.groups);
}

int main(int argc, char **argv)
{
    if (bench_mode_of(argc, argv) != BENCH_FREE)
        return 0;
    run_limited();
    run_unlimited();
    run_moves();
    return 0;
}
