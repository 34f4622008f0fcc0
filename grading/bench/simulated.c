// How many calls a second of processor time a simulation makes: between two
// nodes with fault page, counters and trace, as in a test.
//
// Linked with the simulation. The goal is a number, so the baseline is it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/rpc/counters.h"
#include "common/rpc/faults.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "common/runtime/process.h"
#include "grading/bench/bench.h"
#include "grading/bench/bench.pb-c.h"

enum {
    CALLS = 50000, // in one measurement
    GOAL = 100000,
};

// What the simulated node runs.
int node_main(int argc, char **argv);

static const char *const names[] = {"me", "you"};

struct world {
    char *folder;
    struct node *node;
};

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

// --- The node that answers --------------------------------------------------

static void bench_echo(Bench__Ping_Service *service, const Bench__Blob *request,
                       Bench__Blob_Closure reply, void *call)
{
    (void)service;
    reply(request, call);
}

int node_main(int argc, char **argv)
{
    static Bench__Ping_Service service = BENCH__PING__INIT(bench_);
    ProtobufCService *const services[] = {&service.base};
    struct node *node;
    struct rpc_server *server;
    check(argc == 2 && node_open(argv[1], "you", true, &node) == ERR_OK &&
              rpc_server_start(node, NULL, services, 1, &server) == ERR_OK,
          "cannot serve");
    for (;;) // until it is killed
        clock_sleep_ms(1000);
}

// --- The calls --------------------------------------------------------------

static void make_pages(const char *folder, int me)
{
    char path[256];
    struct fault_page *faults;
    struct count_page *counts;
    snprintf(path, sizeof path, "%s/ctl/%s", folder, names[me]);
    check(fault_page_create(path, 1, names, 2, me, &faults) == ERR_OK, path);
    snprintf(path, sizeof path, "%s/cnt/%s", folder, names[me]);
    check(count_page_create(path, &counts) == ERR_OK, path);
    fault_page_close(faults);
    count_page_close(counts);
}

static void make_folder(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check(folder_make(path) == ERR_OK, path);
}

static struct process *begin(struct world *w)
{
    check(folder_make_fresh("sim-", &w->folder) == ERR_OK, "no folder");
    make_folder(w->folder, "ctl");
    make_folder(w->folder, "cnt");
    make_pages(w->folder, 0);
    make_pages(w->folder, 1);
    const char *argv[] = {"you", w->folder, NULL};
    struct process_spec spec = {.argv = argv};
    struct process *you;
    check(process_spawn(&spec, &you) == ERR_OK, "no node");
    check(node_open(w->folder, "me", true, &w->node) == ERR_OK, "no node");
    clock_sleep_ms(10);
    return you;
}

static double processor_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double calls_a_second(void *arg)
{
    struct world *w = arg;
    struct rpc_method echo = {&bench__ping__descriptor, "Echo"};
    Bench__Blob request = BENCH__BLOB__INIT;
    request.data = (ProtobufCBinaryData){5, (uint8_t *)(char[]){"hello"}};
    double begun_s = processor_s();
    for (int i = 0; i < CALLS; i++) {
        struct rpc_answer answer;
        rpc_call(w->node, "you", &echo, &request.base, clock_now_ms() + 1000,
                 &answer);
        check(answer.outcome == RPC_OK, "a call has failed");
        rpc_answer_release(&answer);
    }
    return CALLS / (processor_s() - begun_s);
}

static double goal(void *arg)
{
    (void)arg;
    return GOAL;
}

int main(int argc, char **argv)
{
    enum bench_mode mode = bench_mode_of(argc, argv);
    if (mode != BENCH_SAME)
        return 0; // there is one process
    struct world w;
    bench_pin_caller(mode);
    struct process *you = begin(&w);
    const struct bench bench = {.name = "simulated calls",
                                .unit = "1/s",
                                .subject = calls_a_second,
                                .baseline = goal,
                                .arg = &w,
                                .goal = 1,
                                .at_least = true};
    bench_run(&bench, mode);
    process_kill(you);
    node_close(w.node);
    folder_remove(w.folder);
    free(w.folder);
    return 0;
}
