#include "common/rpc/tests/echo.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/process.h"

struct echo {
    Echo_Service service; // first: handlers get a pointer to it
    struct node *node;
    uint32_t life;

    struct mutex lock;
    // `lock` guards the rest.
    struct cond changed; // releases, stopping
    uint64_t said;
    uint64_t napped;
    uint64_t holding;
    uint64_t releases;
    bool stopping;
};

static void echo_say(Echo_Service *service, const SayRequest *request,
                     SayReply_Closure reply, void *call)
{
    struct echo *e = (struct echo *)service;
    mutex_lock(&e->lock);
    e->said++;
    mutex_unlock(&e->lock);

    char *name = xstrdup(node_name(e->node));
    char *source = xstrdup(rpc_call_source(call));
    SayReply answer = SAY_REPLY__INIT;
    answer.text = request->text;
    answer.name = name;
    answer.life = e->life;
    answer.source = source;
    answer.left_ms = rpc_call_deadline_ms(call) - clock_now_ms();
    reply(&answer, call);
    free(name);
    free(source);
}

static void echo_nap(Echo_Service *service, const NapRequest *request,
                     Nothing_Closure reply, void *call)
{
    struct echo *e = (struct echo *)service;
    mutex_lock(&e->lock);
    e->napped++;
    mutex_unlock(&e->lock);

    clock_sleep_ms(request->ms);
    Nothing answer = NOTHING__INIT;
    reply(&answer, call);
}

static void echo_hold(Echo_Service *service, const Nothing *request,
                      Nothing_Closure reply, void *call)
{
    (void)request;
    struct echo *e = (struct echo *)service;
    mutex_lock(&e->lock);
    e->holding++;
    uint64_t before = e->releases;
    while (e->releases == before && !e->stopping)
        cond_wait(&e->changed, &e->lock, CLOCK_NEVER);
    e->holding--;
    bool released = e->releases != before;
    mutex_unlock(&e->lock);

    Nothing answer = NOTHING__INIT;
    if (released)
        reply(&answer, call);
}

static void echo_release(Echo_Service *service, const Nothing *request,
                         Nothing_Closure reply, void *call)
{
    (void)request;
    struct echo *e = (struct echo *)service;
    mutex_lock(&e->lock);
    e->releases++;
    cond_broadcast(&e->changed);
    mutex_unlock(&e->lock);

    Nothing answer = NOTHING__INIT;
    reply(&answer, call);
}

static void echo_count(Echo_Service *service, const Nothing *request,
                       CountReply_Closure reply, void *call)
{
    (void)request;
    struct echo *e = (struct echo *)service;
    CountReply answer = COUNT_REPLY__INIT;
    mutex_lock(&e->lock);
    answer.said = e->said;
    answer.napped = e->napped;
    answer.holding = e->holding;
    answer.life = e->life;
    mutex_unlock(&e->lock);
    reply(&answer, call);
}

static void echo_chain(Echo_Service *service, const ChainRequest *request,
                       ChainReply_Closure reply, void *call)
{
    struct echo *e = (struct echo *)service;
    ChainReply answer = CHAIN_REPLY__INIT;
    if (request->n_to == 0) {
        reply(&answer, call);
        return;
    }

    ChainRequest rest = CHAIN_REQUEST__INIT;
    rest.n_to = request->n_to - 1;
    rest.to = request->to + 1;
    struct rpc_method chain = {&echo__descriptor, "Chain"};
    struct rpc_answer got;
    int64_t deadline_ms = rpc_call_deadline_ms(call);
    if (request->timeout_ms > 0)
        deadline_ms = clock_now_ms() + request->timeout_ms;
    rpc_call(e->node, request->to[0], &chain, &rest.base, deadline_ms, &got);
    answer.outcome = got.outcome;
    answer.reason = got.reason;
    if (got.outcome == RPC_OK) {
        const ChainReply *inner = (const ChainReply *)got.reply;
        answer.outcome = inner->outcome;
        answer.reason = inner->reason;
        answer.depth = inner->depth + 1;
    }
    reply(&answer, call);
    rpc_answer_release(&got);
}

static void echo_big(Echo_Service *service, const BigRequest *request,
                     BigReply_Closure reply, void *call)
{
    (void)service;
    BigReply answer = BIG_REPLY__INIT;
    answer.data.len = request->size;
    answer.data.data = xcalloc(1, request->size);
    reply(&answer, call);
    free(answer.data.data);
}

static void echo_die(Echo_Service *service, const Nothing *request,
                     Nothing_Closure reply, void *call)
{
    (void)service;
    (void)request;
    (void)reply;
    (void)call;
    process_die();
}

static void echo_silent(Echo_Service *service, const Nothing *request,
                        Nothing_Closure reply, void *call)
{
    (void)service;
    (void)request;
    (void)reply;
    (void)call;
}

static void echo_stop(Echo_Service *service, const Nothing *request,
                      Nothing_Closure reply, void *call)
{
    (void)request;
    struct echo *e = (struct echo *)service;
    mutex_lock(&e->lock);
    e->stopping = true;
    cond_broadcast(&e->changed);
    mutex_unlock(&e->lock);

    Nothing answer = NOTHING__INIT;
    reply(&answer, call);
}

static void echo_init(struct echo *e, struct node *node, uint32_t life)
{
    *e = (struct echo){
        .service = ECHO__INIT(echo_),
        .node = node,
        .life = life,
    };
    mutex_init(&e->lock);
    cond_init(&e->changed);
}

static void echo_end(struct echo *e)
{
    cond_release(&e->changed);
    mutex_release(&e->lock);
}

static void wait_until_stopping(struct echo *e)
{
    mutex_lock(&e->lock);
    while (!e->stopping)
        cond_wait(&e->changed, &e->lock, CLOCK_NEVER);
    mutex_unlock(&e->lock);
}

static int serve(struct node *n, const char *control_path, uint32_t life)
{
    struct echo e;
    echo_init(&e, n, life);
    ProtobufCService *services[] = {&e.service.base};
    struct rpc_server *server = NULL;
    struct rpc_server *control = NULL;
    int err = rpc_server_start(n, NULL, services, 1, &server);
    if (err == ERR_OK)
        err = rpc_server_start(n, control_path, services, 1, &control);
    if (err == ERR_OK) {
        wait_until_stopping(&e);
        node_cancel(n);
    } else {
        fprintf(stderr, "echo: cannot serve: %s\n", err_text(err));
    }
    rpc_server_stop(server);
    rpc_server_stop(control);
    echo_end(&e);
    return err;
}

int node_main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s node FOLDER NAME LIFE\n", argv[0]);
        return 2;
    }
    struct node *n;
    int err = node_open(argv[2], argv[3], true, &n);
    if (err != ERR_OK)
        return 1;

    char *control_path = xasprintf("%s/sock/%s/c", argv[2], argv[3]);
    err = serve(n, control_path, (uint32_t)strtoul(argv[4], NULL, 10));
    free(control_path);
    node_close(n);
    return err == ERR_OK ? 0 : 1;
}
