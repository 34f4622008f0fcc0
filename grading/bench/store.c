#include "grading/bench/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kv/api.pb-c.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "common/runtime/thread.h"
#include "grading/bench/echo.h"

bool store_put(const struct store_client *c)
{
    struct rpc_method method = {&kv__key_value__descriptor, "Put"};
    char key[24];
    unsigned char value[BENCH_BLOB] = {0};
    snprintf(key, sizeof key, "k%" PRIu64, c->session);
    Kv__Operation op = KV__OPERATION__INIT;
    op.kind = KV__KIND__PUT;
    op.key = (ProtobufCBinaryData){strlen(key), (unsigned char *)key};
    op.value = (ProtobufCBinaryData){sizeof value, value};
    op.client = c->session;
    op.sequence = c->sequence;
    struct rpc_answer answer;
    rpc_call(c->node, c->server, &method, &op.base,
             clock_now_ms() + BENCH_TIMEOUT_MS, &answer);
    const Kv__Answer *reply = (Kv__Answer *)answer.reply;
    bool done = reply != NULL && reply->status == KV__STATUS__OK;
    rpc_answer_release(&answer);
    return done;
}

void store_put_many(struct store_client *c, int puts)
{
    for (int i = 0; i < puts; i++) {
        c->sequence++;
        bench_check(store_put(c), "a Put");
    }
}

static double per_put_us(int64_t begin_ns)
{
    return (double)(clock_now_ns() - begin_ns) / 1e3 / STORE_PUTS;
}

double store_put_us(struct store_client *c)
{
    int64_t begin_ns = clock_now_ns();
    store_put_many(c, STORE_PUTS);
    return per_put_us(begin_ns);
}

static void put_share(void *client)
{
    store_put_many(client, STORE_PUTS / STORE_CLIENTS);
}

double store_round_trip_us(struct node *node, const char *to)
{
    int64_t begin_ns = clock_now_ns();
    for (int i = 0; i < STORE_PUTS; i++)
        bench_check(bench_echo(node, to), "an echo");
    return (double)(clock_now_ns() - begin_ns) / 1e3 / STORE_PUTS;
}

double store_rate_many(struct store_client clients[STORE_CLIENTS])
{
    struct thread *threads[STORE_CLIENTS];
    int64_t begin_ns = clock_now_ns();
    for (int i = 0; i < STORE_CLIENTS; i++)
        bench_check(thread_start("client", put_share, &clients[i],
                                 &threads[i]) == ERR_OK,
                    "thread_start");
    for (int i = 0; i < STORE_CLIENTS; i++)
        thread_join(threads[i]);
    return 1e3 / per_put_us(begin_ns);
}

struct process *store_spawn(const char *const *argv)
{
    struct process_spec spec = {.argv = argv};
    struct process *p;
    bench_check(process_spawn(&spec, &p) == ERR_OK, argv[0]);
    return p;
}

char *store_program(const char *name)
{
    const char *programs = getenv("BENCH_BIN");
    return xasprintf("%s/%s", programs == NULL ? "build/release/bin" : programs,
                     name);
}
