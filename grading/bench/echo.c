#include "grading/bench/echo.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/rpc/server.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"

const struct rpc_method bench_echo_method = {&bench__ping__descriptor, "Echo"};

void bench_check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

Bench__Blob bench_blob(void)
{
    static unsigned char payload[BENCH_BLOB];
    Bench__Blob blob = BENCH__BLOB__INIT;
    blob.data = (ProtobufCBinaryData){BENCH_BLOB, payload};
    return blob;
}

static void ping_echo(Bench__Ping_Service *service, const Bench__Blob *request,
                      Bench__Blob_Closure reply, void *call)
{
    (void)service;
    reply(request, call);
}

_Noreturn void bench_serve_echo(const char *folder, const char *name)
{
    struct node *node;
    bench_check(node_open(folder, name, true, &node) == ERR_OK, "node_open");
    Bench__Ping_Service ping = {.base = {&bench__ping__descriptor,
                                         protobuf_c_service_invoke_internal,
                                         NULL},
                                .echo = ping_echo};
    ProtobufCService *services[] = {&ping.base};
    struct rpc_server *server;
    bench_check(rpc_server_start(node, NULL, services, 1, &server) == ERR_OK,
                "rpc_server_start");
    for (;;) // ends: with the process that started this one
        clock_sleep_ms(BENCH_TIMEOUT_MS);
}

bool bench_echo(struct node *node, const char *to)
{
    Bench__Blob blob = bench_blob();
    struct rpc_answer answer;
    enum rpc_outcome outcome =
        rpc_call(node, to, &bench_echo_method, &blob.base,
                 clock_now_ms() + BENCH_TIMEOUT_MS, &answer);
    rpc_answer_release(&answer);
    return outcome == RPC_OK;
}

void bench_remove(const char *folder)
{
    const char *argv[] = {"/bin/rm", "-rf", folder, NULL};
    struct process_spec spec = {.argv = argv};
    struct process *rm;
    if (process_spawn(&spec, &rm) == ERR_OK) {
        process_wait(rm, CLOCK_NEVER, NULL);
        process_free(rm);
    }
}
