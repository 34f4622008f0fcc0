// server.c - a server's life, its pings, and what clients and people ask.
//
// Read next: primary.c.
#include "lab2-pbservice/server.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/kv/machine.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/thread.h"
#include "lab2-pbservice/message.h"
#include "lab2-pbservice/server_private.h"

enum {
    PING_TICKS = 3, // the view service may take so long
};

// --- Pings -----------------------------------------------------------------

void server_ping_now_locked(struct server *s)
{
    mutex_assert_held(&s->lock);
    s->ping_now = true;
    cond_signal(&s->news);
}

static void take_up_locked(struct server *s, const Pb__PingReply *reply)
{
    mutex_assert_held(&s->lock);
    struct view view = view_from_message(reply->view);
    if (!replica_take_up(&s->replica, &view, reply->acknowledged))
        return;
    log_info("server", "view %" PRIu64 ": %s%s", view.number,
             replica_state_text(s->replica.state),
             replica_serves(&s->replica) ? ", acknowledged" : "");
    primary_review_locked(s);
    cond_broadcast(&s->changed);
    cond_signal(&s->fresh);
}

// Pings once, without the lock. True: there is something new to say at once.
static bool ping_locked(struct server *s)
{
    mutex_assert_held(&s->lock);
    Pb__PingRequest request = PB__PING_REQUEST__INIT;
    request.number = s->replica.ping;
    s->ping_now = false;
    mutex_unlock(&s->lock);
    struct rpc_method ping = {&pb__view_service__descriptor, "Ping"};
    struct rpc_answer answer;
    rpc_call(s->node, s->viewd, &ping, &request.base,
             clock_now_ms() + PING_TICKS * s->tick_ms, &answer);
    mutex_lock(&s->lock);
    bool ok = answer.outcome == RPC_OK;
    if (ok && !s->stopping)
        take_up_locked(s, (const Pb__PingReply *)answer.reply);
    rpc_answer_release(&answer);
    return ok && s->replica.ping != request.number;
}

static void ping(void *server)
{
    struct server *s = server;
    mutex_lock(&s->lock);
    while (!s->stopping) {
        int64_t next_ms = clock_now_ms() + s->tick_ms;
        if (ping_locked(s))
            continue; // a new view, to be acknowledged
        while (!s->stopping && !s->ping_now &&
               cond_wait(&s->news, &s->lock, next_ms))
            continue;
    }
    mutex_unlock(&s->lock);
}

// --- Clients ---------------------------------------------------------------

static Kv__Answer *wrong_server(void)
{
    Kv__Answer *answer = xcalloc(1, sizeof *answer);
    kv__answer__init(answer);
    answer->status = KV__STATUS__WRONG_SERVER;
    return answer;
}

static Kv__Answer *serve(void *server, const Kv__Operation *operation,
                         int64_t deadline_ms)
{
    struct server *s = server;
    struct waiting w = {.operation = operation};
    mutex_lock(&s->lock);
    primary_submit_locked(s, &w, deadline_ms);
    mutex_unlock(&s->lock);
    return w.member.fate == BATCH_DROPPED ? wrong_server() : w.answer;
}

// --- Inspect ---------------------------------------------------------------

static void inspect_status(Pb__ServerInspect_Service *service,
                           const Pb__ServerStatusRequest *request,
                           Pb__ServerStatusReply_Closure reply, void *call)
{
    struct server *s = ((struct inspect *)service)->server;
    Pb__ServerStatusReply answer = PB__SERVER_STATUS_REPLY__INIT;
    mutex_lock(&s->lock);
    struct view view = s->replica.view;
    answer.state = (Pb__ServerStatusReply__State)s->replica.state; // same order
    answer.keys = kv_keys(s->kv);
    answer.bytes = kv_bytes(s->kv);
    answer.sessions = kv_sessions(s->kv);
    answer.applied = s->replica.applied;
    answer.waiting = s->queue.count + s->batch.count;
    mutex_unlock(&s->lock);

    Pb__View message;
    view_to_message(&view, &message);
    answer.view = &message;
    reply(&answer, call);
}

// --- Its life --------------------------------------------------------------

static struct server *server_new(struct node *n, const char *viewd,
                                 int64_t tick_ms)
{
    static const Pb__ServerInspect_Service inspect_init =
        PB__SERVER_INSPECT__INIT(inspect_);
    struct server *s = xcalloc(1, sizeof *s);
    kv_service_init(&s->clients, serve, s);
    backup_init(s);
    s->inspect.service = inspect_init;
    s->inspect.server = s;
    s->node = n;
    s->viewd = viewd;
    s->tick_ms = tick_ms;
    mutex_init(&s->lock);
    cond_init(&s->changed);
    cond_init(&s->news);
    cond_init(&s->fresh);
    replica_init(&s->replica, node_name(n));
    s->kv = kv_new();
    batch_queue_init(&s->queue);
    return s;
}

int server_start(struct node *n, const char *viewd, int64_t tick_ms,
                 struct server **out)
{
    struct server *s = server_new(n, viewd, tick_ms);
    ProtobufCService *const services[] = {&s->clients.service.base,
                                          &s->peer.service.base,
                                          &s->inspect.service.base};
    int err = rpc_server_start(n, NULL, services, 3, &s->server);
    if (err == ERR_OK)
        err = rpc_server_control(n, services + 2, 1, &s->control);
    if (err == ERR_OK)
        err = thread_start("ping", ping, s, &s->pinger);
    if (err == ERR_OK)
        err = thread_start("sync", primary_sync, s, &s->syncer);
    if (err != ERR_OK)
        server_stop(s);
    else
        *out = s;
    return err;
}

void server_stop(struct server *s)
{
    if (s == NULL)
        return;
    mutex_lock(&s->lock);
    s->stopping = true;
    primary_review_locked(s);
    cond_broadcast(&s->changed);
    cond_signal(&s->news);
    cond_signal(&s->fresh);
    mutex_unlock(&s->lock);
    thread_join(s->pinger);
    thread_join(s->syncer);
    rpc_server_stop(s->server);
    rpc_server_stop(s->control);
    kv_free(s->kv);
    cond_release(&s->changed);
    cond_release(&s->news);
    cond_release(&s->fresh);
    mutex_release(&s->lock);
    free(s);
}
