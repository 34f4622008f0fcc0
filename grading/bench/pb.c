// What lab 2's service costs: a Put against a round trip, many clients against
// one, and how long a death stops it, against the time that the view service
// takes to see one.
//
// A Put is two calls: from the client to the primary, from it to the backup.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "grading/bench/bench.h"
#include "grading/bench/echo.h"
#include "grading/bench/store.h"
#include "lab2-pbservice/api.pb-c.h"

enum {
    SERVERS = 3, // primary, backup, and one that takes a dead one's place
    TICK_MS = 25,
    DEAD_TICKS = 10, // the view service's (lab2-pbservice/views.h)
};

static const char *const names[SERVERS] = {"s1", "s2", "s3"};

struct world {
    char *folder;
    char *program; // lab2
    struct process *views;
    struct process *echo;
    struct process *servers[SERVERS];
    struct node *node;
    uint64_t clients; // so far; each has a session of its own
};

// --- The world -------------------------------------------------------------

static struct process *start_lab2(const struct world *w, const char *command,
                                  const char *name)
{
    char tick[16];
    snprintf(tick, sizeof tick, "%d", TICK_MS);
    const char *argv[] = {w->program, command,  "--cluster",
                          w->folder,  "--name", name,
                          "--tick",   tick,     NULL};
    return store_spawn(argv);
}

static Pb__ViewStatusReply *ask_views(const struct world *w,
                                      struct rpc_answer *answer)
{
    struct rpc_method method = {&pb__view_inspect__descriptor, "Status"};
    Pb__ViewStatusRequest request = PB__VIEW_STATUS_REQUEST__INIT;
    rpc_call(w->node, "views", &method, &request.base,
             clock_now_ms() + BENCH_TIMEOUT_MS, answer);
    return (Pb__ViewStatusReply *)answer->reply;
}

static bool is_backup(const struct world *w, const char *name)
{
    struct rpc_method method = {&pb__server_inspect__descriptor, "Status"};
    Pb__ServerStatusRequest request = PB__SERVER_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    rpc_call(w->node, name, &method, &request.base,
             clock_now_ms() + BENCH_TIMEOUT_MS, &answer);
    const Pb__ServerStatusReply *r = (Pb__ServerStatusReply *)answer.reply;
    bool is = r != NULL && r->state == PB__SERVER_STATUS_REPLY__STATE__BACKUP;
    rpc_answer_release(&answer);
    return is;
}

// All servers are alive, and there is a backup that has the data: the primary
// is named.
static bool is_settled(const struct world *w, char primary[NODE_NAME_MAX + 1])
{
    struct rpc_answer answer;
    const Pb__ViewStatusReply *r = ask_views(w, &answer);
    bool settled = r != NULL && r->acknowledged && r->view->backup[0] != '\0' &&
                   r->n_servers == SERVERS;
    for (size_t i = 0; settled && i < SERVERS; i++)
        settled = r->servers[i]->missed <= 1;
    settled = settled && is_backup(w, r->view->backup);
    if (settled)
        snprintf(primary, NODE_NAME_MAX + 1, "%s", r->view->primary);
    rpc_answer_release(&answer);
    return settled;
}

static void await_settled(const struct world *w,
                          char primary[NODE_NAME_MAX + 1])
{
    int64_t deadline_ms = clock_now_ms() + BENCH_TIMEOUT_MS;
    while (!is_settled(w, primary)) {
        bench_check(clock_now_ms() < deadline_ms, "to have a backup");
        clock_sleep_ms(TICK_MS);
    }
}

static void world_start(struct world *w, enum bench_mode mode)
{
    const char *tmp = getenv("TMPDIR");
    w->folder = xasprintf("%s/bench-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    w->program = store_program("lab2");
    bench_check(mkdtemp(w->folder) != NULL, "mkdtemp");
    char *self = process_own_path();
    bench_pin_server(mode);
    w->views = start_lab2(w, "viewd", "views");
    for (int i = 0; i < SERVERS; i++)
        w->servers[i] = start_lab2(w, "pbd", names[i]);
    w->echo =
        store_spawn((const char *[]){self, "serve", w->folder, "e1", NULL});
    free(self);
    bench_pin_caller(mode);
    bench_check(node_open(w->folder, "c1", true, &w->node) == ERR_OK,
                "node_open");
    char primary[NODE_NAME_MAX + 1];
    await_settled(w, primary);
    int64_t deadline_ms = clock_now_ms() + BENCH_TIMEOUT_MS;
    while (!bench_echo(w->node, "e1") && clock_now_ms() < deadline_ms)
        clock_sleep_ms(1);
}

static void world_stop(struct world *w)
{
    node_close(w->node);
    for (int i = 0; i < SERVERS; i++)
        process_free(w->servers[i]);
    process_free(w->echo);
    process_free(w->views);
    bench_remove(w->folder);
    free(w->folder);
    free(w->program);
}

// --- Clients ---------------------------------------------------------------

static struct store_client client_of(struct world *w)
{
    struct store_client c = {.node = w->node, .session = ++w->clients};
    await_settled(w, c.server);
    return c;
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

static double dead_ms(void *world)
{
    (void)world;
    return DEAD_TICKS * TICK_MS;
}

static void find_primary(struct world *w, struct store_client *c)
{
    struct rpc_answer answer;
    const Pb__ViewStatusReply *r = ask_views(w, &answer);
    if (r != NULL)
        snprintf(c->server, sizeof c->server, "%s", r->view->primary);
    rpc_answer_release(&answer);
}

// From the death of the primary to the first write that is acknowledged. The
// dead one then comes back, empty.
static double fail_over_ms(void *world)
{
    struct world *w = world;
    struct store_client c = client_of(w);
    store_put_many(&c, 1);
    int dead = 0;
    while (strcmp(names[dead], c.server) != 0)
        dead++;
    int64_t begin_ns = clock_now_ns();
    process_kill(w->servers[dead]);
    c.sequence++;
    while (!store_put(&c)) {
        bench_check(clock_now_ns() - begin_ns < BENCH_TIMEOUT_MS * 1000000LL,
                    "fail-over");
        clock_sleep_ms(1);
        find_primary(w, &c);
    }
    double ms = (double)(clock_now_ns() - begin_ns) / 1e6;
    process_free(w->servers[dead]);
    w->servers[dead] = start_lab2(w, "pbd", names[dead]);
    return ms;
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
        {"pb: Put / round trip", "us", put_us, round_trip_us, &w,
         cross ? 3.5 : 0, false},
        {"pb: 16 clients / one", "1000/s", rate_many, rate_one, &w,
         cross ? 4 : 0, true},
        {"pb: fail-over / dead time", "ms", fail_over_ms, dead_ms, &w,
         cross ? 2 : 0, false},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (cross || all[i].subject != fail_over_ms)
            bench_run(&all[i], mode);
    world_stop(&w);
    return 0;
}
