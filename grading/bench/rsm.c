// What lab 3's service costs: a Put against a round trip, many clients at one
// server against one, and what a server has in memory after a million
// operations against a tenth of them.
//
// A Put is three calls, one after the other: from the client to a server, and
// from that one to the two others at once, twice.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "grading/bench/bench.h"
#include "grading/bench/echo.h"
#include "grading/bench/store.h"
#include "lab3-paxos/api.pb-c.h"

enum {
    SERVERS = 3,
    TICK_MS = 25,
    // Rounds of STORE_PUTS: a measurement of memory runs so many, and there
    // are twenty (bench.h); with those that are not counted, a million
    // Puts.
    MEMORY_ROUNDS = 12,
};

static const char *const names[SERVERS] = {"s1", "s2", "s3"};

struct world {
    char *folder;
    char *program; // lab3
    struct process *echo;
    struct process *servers[SERVERS];
    struct node *node;
    uint64_t clients;                        // so far
    struct store_client same[STORE_CLIENTS]; // those who fill the memory
    double memory_mb;                        // after a tenth; 0: not yet
};

// --- The world -------------------------------------------------------------

static struct process *start_server(const struct world *w, const char *name)
{
    char tick[16];
    snprintf(tick, sizeof tick, "%d", TICK_MS);
    return store_spawn((const char *[]){w->program, "kvd", "--cluster",
                                        w->folder, "--name", name, "--tick",
                                        tick, NULL});
}

static struct store_client client_of(struct world *w)
{
    struct store_client c = {
        .node = w->node, .server = "s1", .session = ++w->clients};
    return c;
}

// Has it applied all that there is, and does it answer?
static bool is_ready(const struct world *w, const char *name)
{
    struct rpc_method method = {&px__server_inspect__descriptor, "Status"};
    Px__ServerStatusRequest request = PX__SERVER_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    rpc_call(w->node, name, &method, &request.base,
             clock_now_ms() + BENCH_TIMEOUT_MS, &answer);
    bool ready = answer.outcome == RPC_OK;
    rpc_answer_release(&answer);
    return ready;
}

static void await_ready(const struct world *w)
{
    int64_t deadline_ms = clock_now_ms() + BENCH_TIMEOUT_MS;
    for (int i = 0; i < SERVERS; i++)
        while (!is_ready(w, names[i])) {
            bench_check(clock_now_ms() < deadline_ms, "to have three servers");
            clock_sleep_ms(1);
        }
    while (!bench_echo(w->node, "e1") && clock_now_ms() < deadline_ms)
        clock_sleep_ms(1);
}

static void world_start(struct world *w, enum bench_mode mode)
{
    const char *tmp = getenv("TMPDIR");
    w->folder = xasprintf("%s/bench-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    w->program = store_program("lab3");
    bench_check(mkdtemp(w->folder) != NULL, "mkdtemp");
    char *self = process_own_path();
    bench_pin_server(mode);
    for (int i = 0; i < SERVERS; i++)
        w->servers[i] = start_server(w, names[i]);
    w->echo =
        store_spawn((const char *[]){self, "serve", w->folder, "e1", NULL});
    free(self);
    bench_pin_caller(mode);
    bench_check(node_open(w->folder, "c1", true, &w->node) == ERR_OK,
                "node_open");
    await_ready(w);
    for (int i = 0; i < STORE_CLIENTS; i++)
        w->same[i] = client_of(w);
}

static void world_stop(struct world *w)
{
    node_close(w->node);
    for (int i = 0; i < SERVERS; i++)
        process_free(w->servers[i]);
    process_free(w->echo);
    bench_remove(w->folder);
    free(w->folder);
    free(w->program);
}

// --- What is measured ------------------------------------------------------

static double put_us(void *world)
{
    struct store_client c = client_of(world);
    return store_put_us(&c);
}

static double round_trip_us(void *world)
{
    struct world *w = world;
    return store_round_trip_us(w->node, "e1");
}

// Thousands of Puts a second.
static double rate_one(void *world)
{
    return 1e3 / put_us(world);
}

static double rate_many(void *world)
{
    struct store_client clients[STORE_CLIENTS];
    for (int i = 0; i < STORE_CLIENTS; i++)
        clients[i] = client_of(world);
    return store_rate_many(clients);
}

// What the server that has most has in memory.
static double memory_mb(const struct world *w)
{
    double most = 0;
    for (int i = 0; i < SERVERS; i++) {
        int64_t bytes = process_memory(w->servers[i]);
        bench_check(bytes >= 0, "the memory of a server");
        most = (double)bytes > most ? (double)bytes : most;
    }
    return most / 1e6;
}

static double memory_later_mb(void *world)
{
    struct world *w = world;
    for (int i = 0; i < MEMORY_ROUNDS; i++)
        store_rate_many(w->same);
    return memory_mb(w);
}

static double memory_early_mb(void *world)
{
    struct world *w = world;
    if (w->memory_mb == 0) // after the round that is not counted
        w->memory_mb = memory_later_mb(w);
    return w->memory_mb;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        bench_serve_echo(argv[2], argv[3]);
    enum bench_mode mode = bench_mode_of(argc, argv);
    bool cross = mode == BENCH_CROSS;
    struct world w = {0};
    world_start(&w, mode);
    struct bench all[] = {
        {"rsm: Put / round trip", "us", put_us, round_trip_us, &w,
         cross ? 6 : 0, false},
        {"rsm: 16 clients / one", "1000/s", rate_many, rate_one, &w,
         cross ? 5 : 0, true},
        {"rsm: memory / that after a tenth", "MB", memory_later_mb,
         memory_early_mb, &w, cross ? 1.1 : 0, false},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (cross || all[i].subject != memory_later_mb)
            bench_run(&all[i], mode);
    world_stop(&w);
    return 0;
}
