// What RPC costs: against a bare ping-pong on a kept Unix socket, and what a
// gather and many callers gain over single calls.
//
// Path check, dice and trace are on: each node has its pages and a rule that
// rolls all dice and never loses anything.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rpc/counters.h"
#include "common/rpc/faults.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "common/runtime/thread.h"
#include "grading/bench/bench.h"
#include "grading/bench/echo.h"

enum {
    SERVERS = 4,
    CALLS = 4000, // in one measurement
    CALLERS = 16,
    TIMEOUT_MS = 10000,
};

static const char *const names[] = {"s1", "s2", "s3", "s4", "c1"};

struct world {
    char *folder;
    struct process *servers[SERVERS];
    struct node *node;
    int bare; // our end of the bare socket
};

static int serve_bare(int fd)
{
    char data[BENCH_BLOB];
    while (read(fd, data, BENCH_BLOB) == BENCH_BLOB &&
           write(fd, data, BENCH_BLOB) == BENCH_BLOB)
        continue;
    return 0;
}

// --- The world ------------------------------------------------------------

static void make_pages(const char *folder)
{
    const char *parts[] = {"", "/ctl", "/cnt", "/sock"};
    for (size_t i = 1; i < sizeof parts / sizeof *parts; i++) {
        char *path = xasprintf("%s%s", folder, parts[i]);
        bench_check(mkdir(path, 0700) == 0, path);
        free(path);
    }
    for (int i = 0; i < SERVERS + 1; i++) {
        struct fault_page *faults;
        struct count_page *counts;
        char *ctl = xasprintf("%s/ctl/%s", folder, names[i]);
        char *cnt = xasprintf("%s/cnt/%s", folder, names[i]);
        bench_check(fault_page_create(ctl, 7, names, SERVERS + 1, i, &faults) ==
                        ERR_OK,
                    ctl);
        bench_check(count_page_create(cnt, &counts) == ERR_OK, cnt);
        struct fault_rule all = {.source = FAULT_ANYBODY};
        bench_check(fault_add_rule(faults, &all) == ERR_OK, "fault_add_rule");
        fault_page_close(faults);
        count_page_close(counts);
        free(ctl);
        free(cnt);
    }
}

static void wait_ready(struct world *w)
{
    for (int i = 0; i < SERVERS; i++) {
        char *path = node_peer_path(w->node, names[i]);
        int64_t deadline_ms = clock_now_ms() + TIMEOUT_MS;
        while (access(path, F_OK) != 0 && clock_now_ms() < deadline_ms)
            clock_sleep_ms(1);
        free(path);
        while (!bench_echo(w->node, names[i]) && clock_now_ms() < deadline_ms)
            clock_sleep_ms(1);
    }
}

// The bare echo is a fork of ours: it needs the socket, not a program.
static void start_bare(struct world *w, enum bench_mode mode)
{
    int ends[2];
    bench_check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    if (fork() == 0) {
        close(ends[0]);
        bench_pin_server(mode);
        _exit(serve_bare(ends[1]));
    }
    close(ends[1]);
    w->bare = ends[0];
}

static void world_start(struct world *w, enum bench_mode mode)
{
    const char *tmp = getenv("TMPDIR");
    w->folder = xasprintf("%s/bench-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    bench_check(mkdtemp(w->folder) != NULL, "mkdtemp");
    make_pages(w->folder);
    start_bare(w, mode);
    char *self = process_own_path();
    bench_pin_server(mode);
    for (int i = 0; i < SERVERS; i++) {
        const char *argv[] = {self, "serve", w->folder, names[i], NULL};
        struct process_spec spec = {.argv = argv};
        bench_check(process_spawn(&spec, &w->servers[i]) == ERR_OK, "spawn");
    }
    bench_pin_caller(mode);
    free(self);
    bench_check(node_open(w->folder, "c1", true, &w->node) == ERR_OK,
                "node_open");
    wait_ready(w);
}

static void world_stop(struct world *w)
{
    node_close(w->node);
    for (int i = 0; i < SERVERS; i++)
        process_free(w->servers[i]);
    close(w->bare);
    bench_remove(w->folder);
    free(w->folder);
}

// --- What is measured -----------------------------------------------------

static double per_call_us(int64_t start_ns, int calls)
{
    return (double)(clock_now_ns() - start_ns) / 1e3 / calls;
}

static double calls_us(void *arg)
{
    struct world *w = arg;
    int64_t start_ns = clock_now_ns();
    for (int i = 0; i < CALLS; i++)
        bench_check(bench_echo(w->node, "s1"), "a call");
    return per_call_us(start_ns, CALLS);
}

static double bare_us(void *arg)
{
    struct world *w = arg;
    char data[BENCH_BLOB] = {0};
    int64_t start_ns = clock_now_ns();
    for (int i = 0; i < CALLS; i++)
        bench_check(write(w->bare, data, BENCH_BLOB) == BENCH_BLOB &&
                        read(w->bare, data, BENCH_BLOB) == BENCH_BLOB,
                    "a bare ping-pong");
    return per_call_us(start_ns, CALLS);
}

static bool count_good(void *arg, size_t i, struct rpc_answer *answer)
{
    (void)i;
    *(int *)arg += answer->outcome == RPC_OK;
    return true;
}

static double gathers_us(void *arg)
{
    struct world *w = arg;
    Bench__Blob blob = bench_blob();
    int64_t start_ns = clock_now_ns();
    for (int i = 0; i < CALLS / SERVERS; i++) {
        int good = 0;
        rpc_gather(w->node, names, SERVERS, &bench_echo_method, &blob.base,
                   clock_now_ms() + TIMEOUT_MS, count_good, &good);
        bench_check(good == SERVERS, "a gather");
    }
    return per_call_us(start_ns, CALLS / SERVERS);
}

struct caller {
    struct world *world;
    int calls;
};

static void caller_main(void *arg)
{
    struct caller *c = arg;
    for (int i = 0; i < c->calls; i++)
        bench_check(bench_echo(c->world->node, "s1"), "a call");
}

// Thousands of calls a second with so many callers.
static double rate(struct world *w, int callers)
{
    struct caller c = {w, CALLS / callers};
    struct thread *threads[CALLERS];
    int64_t start_ns = clock_now_ns();
    for (int i = 0; i < callers; i++)
        bench_check(thread_start("caller", caller_main, &c, &threads[i]) ==
                        ERR_OK,
                    "thread_start");
    for (int i = 0; i < callers; i++)
        thread_join(threads[i]);
    return 1e3 / per_call_us(start_ns, c.calls * callers);
}

static double rate_many(void *arg)
{
    return rate(arg, CALLERS);
}

static double rate_one(void *arg)
{
    return rate(arg, 1);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        bench_serve_echo(argv[2], argv[3]);
    enum bench_mode mode = bench_mode_of(argc, argv);
    bool same = mode == BENCH_SAME;
    struct world w;
    world_start(&w, mode);
    struct bench all[] = {
        {"rpc: call of 64 bytes / bare ping-pong", "us", calls_us, bare_us, &w,
         same ? 1.5 : 0, false},
        {"rpc: gather of 4 / call", "us", gathers_us, calls_us, &w,
         same ? 4.5 : 1.5, false},
        {"rpc: 16 callers / one", "1000/s", rate_many, rate_one, &w,
         same ? 0 : 2, true},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        bench_run(&all[i], mode);
    world_stop(&w);
    return 0;
}
