// viewd.c - see viewd.h. Each handler locks, calls the core, unlocks, replies.
#include "lab2-pbservice/viewd.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/rpc/node.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/mutex.h"
#include "common/runtime/ticker.h"
#include "lab2-pbservice/api.pb-c.h"
#include "lab2-pbservice/message.h"
#include "lab2-pbservice/views.h"

struct inspect {
    Pb__ViewInspect_Service service;
    struct viewd *viewd;
};

struct viewd {
    Pb__ViewService_Service service; // first: handlers find the viewd by it
    struct inspect inspect;

    // Constant from viewd_start on.
    struct rpc_server *server;
    struct rpc_server *control; // NULL: nobody tests us
    struct ticker *ticker;

    struct mutex lock; // guards the rest
    struct views *views;
    uint64_t logged; // the last view that the log has
    uint64_t ticks;
};

static void log_change_locked(struct viewd *v)
{
    mutex_assert_held(&v->lock);
    struct view view = views_current(v->views);
    if (view.number == v->logged)
        return;
    v->logged = view.number;
    log_info("view", "%" PRIu64 ": primary %s, backup %s", view.number,
             view.primary.name,
             is_nobody(&view.backup) ? "-" : view.backup.name);
}

// --- Handlers --------------------------------------------------------------

static void view_ping(Pb__ViewService_Service *service,
                      const Pb__PingRequest *request,
                      Pb__PingReply_Closure reply, void *call)
{
    // SOLUTION BEGIN 2a; stub: not_implemented("2a view_ping");
    struct viewd *v = (struct viewd *)service;
    mutex_lock(&v->lock);
    views_ping(v->views, rpc_call_source(call), request->number);
    log_change_locked(v);
    struct view view = views_current(v->views);
    bool acknowledged = views_acknowledged(v->views);
    mutex_unlock(&v->lock);

    Pb__View message;
    view_to_message(&view, &message);
    Pb__PingReply answer = PB__PING_REPLY__INIT;
    answer.view = &message;
    answer.acknowledged = acknowledged;
    reply(&answer, call);
    // SOLUTION END
}

static void view_get(Pb__ViewService_Service *service,
                     const Pb__GetViewRequest *request, Pb__View_Closure reply,
                     void *call)
{
    // SOLUTION BEGIN 2a; stub: not_implemented("2a view_get");
    struct viewd *v = (struct viewd *)service;
    mutex_lock(&v->lock);
    struct view view = views_current(v->views);
    mutex_unlock(&v->lock);

    Pb__View answer;
    view_to_message(&view, &answer);
    reply(&answer, call);
    // SOLUTION END
}

static void tick(void *arg)
{
    struct viewd *v = arg;
    mutex_lock(&v->lock);
    v->ticks++;
    views_tick(v->views);
    log_change_locked(v);
    mutex_unlock(&v->lock);
}

// --- Inspect ---------------------------------------------------------------

static void inspect_status(Pb__ViewInspect_Service *service,
                           const Pb__ViewStatusRequest *request,
                           Pb__ViewStatusReply_Closure reply, void *call)
{
    struct viewd *v = ((struct inspect *)service)->viewd;
    struct views_server known[VIEWS_SERVERS_MAX];
    Pb__Server servers[VIEWS_SERVERS_MAX];
    Pb__Server *list[VIEWS_SERVERS_MAX];
    Pb__ViewStatusReply answer = PB__VIEW_STATUS_REPLY__INIT;
    mutex_lock(&v->lock);
    struct view view = views_current(v->views);
    answer.acknowledged = views_acknowledged(v->views);
    answer.ticks = v->ticks;
    size_t count = 0;
    while (count < VIEWS_SERVERS_MAX &&
           views_server(v->views, count, &known[count]))
        count++;
    mutex_unlock(&v->lock);

    for (size_t i = 0; i < count; i++) {
        servers[i] = (Pb__Server)PB__SERVER__INIT;
        servers[i].name = known[i].who.name;
        servers[i].missed = (uint32_t)known[i].missed;
        servers[i].dead = known[i].missed >= VIEWS_DEAD_TICKS;
        servers[i].empty = known[i].empty;
        list[i] = &servers[i];
    }
    Pb__View message;
    view_to_message(&view, &message);
    answer.view = &message;
    answer.servers = list;
    answer.n_servers = count;
    reply(&answer, call);
}

// --- Its life --------------------------------------------------------------

static struct viewd *viewd_new(void)
{
    static const Pb__ViewService_Service view_init =
        PB__VIEW_SERVICE__INIT(view_);
    static const Pb__ViewInspect_Service inspect_init =
        PB__VIEW_INSPECT__INIT(inspect_);
    struct viewd *v = xcalloc(1, sizeof *v);
    v->service = view_init;
    v->inspect.service = inspect_init;
    v->inspect.viewd = v;
    v->views = views_new();
    mutex_init(&v->lock);
    return v;
}

int viewd_start(struct node *n, int64_t tick_ms, struct viewd **out)
{
    struct viewd *v = viewd_new();
    ProtobufCService *const services[] = {&v->service.base,
                                          &v->inspect.service.base};
    int err = ticker_start("views", tick_ms, tick, v, &v->ticker);
    if (err == ERR_OK)
        err = rpc_server_start(n, NULL, services, 2, &v->server);
    if (err == ERR_OK)
        err = rpc_server_control(n, services + 1, 1, &v->control);
    if (err != ERR_OK)
        viewd_stop(v);
    else
        *out = v;
    return err;
}

void viewd_stop(struct viewd *v)
{
    if (v == NULL)
        return;
    rpc_server_stop(v->server);
    rpc_server_stop(v->control);
    ticker_stop(v->ticker);
    views_free(v->views);
    mutex_release(&v->lock);
    free(v);
}
