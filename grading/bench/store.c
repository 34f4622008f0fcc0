#include "grading/bench/store.h"

#include <inttypes.h>
#include <stdatomic.h>
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
    size_t size = c->size > 0 ? c->size : BENCH_BLOB;
    unsigned char *value = xcalloc(1, size);
    snprintf(key, sizeof key, "k%" PRIu64, c->session);
    Kv__Operation op = KV__OPERATION__INIT;
    op.kind = KV__KIND__PUT;
    op.key = (ProtobufCBinaryData){strlen(key), (unsigned char *)key};
    op.value = (ProtobufCBinaryData){size, value};
    op.client = c->session;
    op.sequence = c->sequence;
    struct rpc_answer answer;
    rpc_call(c->node, c->server, &method, &op.base,
             clock_now_ms() + BENCH_TIMEOUT_MS, &answer);
    const Kv__Answer *reply = (Kv__Answer *)answer.reply;
    bool done = reply != NULL && reply->status == KV__STATUS__OK;
    rpc_answer_release(&answer);
    free(value);
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

// --- Until they are told to stop -------------------------------------------

struct putter {
    struct store_client *client;
    struct thread *thread;
    struct store_load *load;
};

struct store_load {
    struct putter *putters;
    size_t count;
    atomic_uint_least64_t puts;
    atomic_bool stop;
};

static void put_on(void *putter)
{
    struct putter *p = putter;
    while (!atomic_load(&p->load->stop)) { // ends: it is told
        store_put_many(p->client, 1);
        atomic_fetch_add(&p->load->puts, 1);
    }
}

struct store_load *store_load_start(struct store_client *clients, size_t count)
{
    struct store_load *l = xcalloc(1, sizeof *l);
    l->putters = xcalloc(count, sizeof *l->putters);
    l->count = count;
    for (size_t i = 0; i < count; i++) {
        struct putter *p = &l->putters[i];
        *p = (struct putter){.client = &clients[i], .load = l};
        bench_check(thread_start("client", put_on, p, &p->thread) == ERR_OK,
                    "thread_start");
    }
    return l;
}

uint64_t store_load_puts(const struct store_load *l)
{
    return atomic_load(&l->puts);
}

void store_load_stop(struct store_load *l)
{
    atomic_store(&l->stop, true);
    for (size_t i = 0; i < l->count; i++)
        thread_join(l->putters[i].thread);
    free(l->putters);
    free(l);
}

double store_rate_for(struct store_client *clients, size_t count, int ms)
{
    struct store_load *l = store_load_start(clients, count);
    clock_sleep_ms(ms / 4); // until all are at it
    uint64_t before = store_load_puts(l);
    int64_t begin_ns = clock_now_ns();
    clock_sleep_ms(ms);
    double seconds = (double)(clock_now_ns() - begin_ns) / 1e9;
    double puts = (double)(store_load_puts(l) - before);
    store_load_stop(l);
    return puts / seconds;
}

// --- Processes -------------------------------------------------------------

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
