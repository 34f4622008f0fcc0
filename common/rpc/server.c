// The serving side of RPC: workers that take requests, decide their fate by
// the fault page, run handlers, and send replies.
//
// Handlers may block for as long as they like. So that somebody always waits
// for the next request, the worker that takes one while nobody else is waiting
// starts another worker before it runs the handler. Workers beyond SPARE that
// find enough others waiting end; whoever starts the next one joins them.
#include "common/rpc/server.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/node_private.h"
#include "common/rpc/rpc.h"
#include "common/rpc/rpc.pb-c.h"
#include "common/rpc/transport.h"
#include "common/rpc/wire.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/thread.h"
#include "common/runtime/world.h"

enum {
    SPARE = 16, // workers that stay, waiting: as many as often run at once
};

struct worker {
    struct rpc_server *server;
    struct thread *thread;
    struct worker *next;
};

struct rpc_server {
    // Constant while it runs.
    struct node *node;
    bool control;
    struct port *port;
    ProtobufCService *services[RPC_SERVICES_MAX];
    size_t service_count;

    atomic_int waiting; // workers that wait for a request, or soon will
    struct mutex lock;  // guards the lists
    struct worker *running;
    struct worker *ended;  // to be joined
    struct cond all_ended; // no worker is running
    struct cond stops;     // `stopping` has become true
    bool stopping;
};

// One request, on the stack of the worker that serves it. Handlers see it as
// the closure's data.
struct request {
    struct rpc_server *server;
    struct inbound *inbound;
    struct arena arena; // header and input message
    Rpc__RequestHeader *head;
    ProtobufCService *service;
    unsigned method; // index in the service
    int source;      // node number of the caller
    int number;      // of the method, in the counter page
    int64_t deadline_ms;
    struct slice body;
    ProtobufCMessage *input;
    bool replied;
    bool too_large;   // the reply was
    struct buf reply; // packed, if `replied`
};

// --- Small things ---------------------------------------------------------

static struct node *node_of(const struct request *r)
{
    return r->server->node;
}

// NULL for a control server: nothing happens to it on order.
static const struct fault_page *faults_of(const struct request *r)
{
    return r->server->control ? NULL : node_of(r)->faults;
}

static struct count *count_of(const struct request *r)
{
    if (faults_of(r) == NULL)
        return NULL;
    return count_at(node_of(r)->counts, r->source, r->number);
}

static size_t note(const struct request *r, enum trace_kind kind,
                   struct slice body, bool hear, uint32_t *after)
{
    if (faults_of(r) == NULL)
        return 0;
    struct trace_head head = {.kind = kind,
                              .source = r->source,
                              .target = fault_self(faults_of(r)),
                              .method = r->number,
                              .id = r->head->id};
    return trace_note(node_of(r)->trace, &head, body,
                      hear ? r->head->clock : NULL, hear ? r->head->n_clock : 0,
                      after);
}

static void crash_point(const struct request *r, enum crash_kind kind)
{
    if (faults_of(r) != NULL)
        node_crash_point(node_of(r), kind, r->head->method);
}

// Leaves the caller alone, who learns it at its deadline, or at once if the
// page says so.
static void leave_caller(const struct request *r)
{
    if ((fault_flags(faults_of(r)) & FAULT_FAST_LOSS) != 0)
        inbound_hang_up(r->inbound);
}

// --- Decoding -------------------------------------------------------------

// Finds "Service.Method" among the services; r->service stays NULL if not.
static bool find_method(struct request *r)
{
    const char *dot = strchr(r->head->method, '.');
    if (dot == NULL)
        return false;
    size_t length = (size_t)(dot - r->head->method);
    for (size_t i = 0; i < r->server->service_count; i++) {
        ProtobufCService *s = r->server->services[i];
        const ProtobufCServiceDescriptor *d = s->descriptor;
        if (strlen(d->short_name) != length ||
            memcmp(d->short_name, r->head->method, length) != 0)
            continue;
        const ProtobufCMethodDescriptor *m =
            protobuf_c_service_descriptor_get_method_by_name(d, dot + 1);
        if (m == NULL)
            continue;
        r->service = s;
        r->method = (unsigned)(m - d->methods);
        return true;
    }
    return false;
}

static void send_reply(struct request *r, Rpc__ReplyHeader__Status status)
{
    uint32_t clock[FAULT_NODES_MAX];
    Rpc__ReplyHeader head = RPC__REPLY_HEADER__INIT;
    head.id = r->head->id;
    head.status = status;
    head.clock = clock;
    head.n_clock = note(r, TRACE_REPLY, wire_body(&r->reply), false, clock);
    struct slice frame = wire_seal(&r->reply, &head.base);
    bool sent = inbound_reply(r->inbound, frame, r->deadline_ms);
    struct count *count = count_of(r);
    if (sent && count != NULL) {
        atomic_fetch_add(&count->replies_sent, 1);
        atomic_fetch_add(&count->sent_bytes, frame.size);
    }
}

// A reply that is a header alone.
static void send_status(struct request *r, Rpc__ReplyHeader__Status status)
{
    buf_clear(&r->reply);
    r->reply.size =
        buf_reserve(&r->reply, WIRE_HEAD_MAX) != NULL ? WIRE_HEAD_MAX : 0;
    send_reply(r, status);
}

// The header and what it says. False: it is hung up.
static bool open_head(struct request *r)
{
    r->head = (Rpc__RequestHeader *)wire_open(inbound_frame(r->inbound),
                                              &rpc__request_header__descriptor,
                                              &r->arena, &r->body);
    if (r->head == NULL || !node_is_name(r->head->source)) {
        log_debug("rpc", "a request makes no sense, connection closed");
        inbound_hang_up(r->inbound);
        return false;
    }
    int64_t timeout_ms = r->head->timeout_ms;
    if (timeout_ms > RPC_TIMEOUT_MAX_MS)
        timeout_ms = RPC_TIMEOUT_MAX_MS;
    r->deadline_ms = clock_now_ms() + timeout_ms;
    r->source = fault_number(faults_of(r), r->head->source);
    r->number = -1;
    if (find_method(r) && faults_of(r) != NULL)
        r->number = count_method(node_of(r)->counts, r->head->method);
    return true;
}

// The method's input. False: it is answered or hung up.
static bool unpack(struct request *r)
{
    if (r->service == NULL) {
        log_warn("rpc", "%s asks for %s, which nobody here serves",
                 r->head->source, r->head->method);
        send_status(r, RPC__REPLY_HEADER__STATUS__NO_METHOD);
        return false;
    }
    const ProtobufCMethodDescriptor *method =
        &r->service->descriptor->methods[r->method];
    r->input = protobuf_c_message_unpack(method->input, &r->arena.allocator,
                                         r->body.size, r->body.data);
    if (r->input == NULL) {
        log_debug("rpc", "%s from %s makes no sense, connection closed",
                  r->head->method, r->head->source);
        inbound_hang_up(r->inbound);
    }
    return r->input != NULL;
}

// --- Running --------------------------------------------------------------

// The closure that handlers call with their reply.
static void take_reply(const ProtobufCMessage *reply, void *closure_data)
{
    struct request *r = closure_data;
    assert(reply != NULL && !r->replied); // one reply a request
    assert(reply->descriptor ==
           r->service->descriptor->methods[r->method].output);
    r->replied = true;
    r->too_large = wire_pack(reply, &r->reply) != ERR_OK;
}

static void run_handler(struct request *r)
{
    crash_point(r, CRASH_BEFORE_HANDLER);
    struct count *count = count_of(r);
    if (count != NULL)
        atomic_fetch_add(&count->ran, 1);
    r->service->invoke(r->service, r->method, r->input, take_reply, r);
    crash_point(r, CRASH_BEFORE_REPLY);
}

static void lose_reply(const struct request *r)
{
    struct slice body =
        r->replied && !r->too_large ? wire_body(&r->reply) : slice_of(NULL, 0);
    note(r, TRACE_LOST_REPLY, body, false, NULL);
    leave_caller(r);
}

static void answer(struct request *r)
{
    if (!r->replied) {
        log_debug("rpc", "%s from %s: no reply", r->head->method,
                  r->head->source);
        inbound_hang_up(r->inbound);
    } else if (r->too_large) {
        log_error("rpc", "%s from %s: the reply is too large", r->head->method,
                  r->head->source);
        send_status(r, RPC__REPLY_HEADER__STATUS__BAD_REPLY);
    } else {
        send_reply(r, RPC__REPLY_HEADER__STATUS__OK);
    }
    crash_point(r, CRASH_AFTER_REPLY);
}

static void count_lost(const struct request *r)
{
    struct count *count = count_of(r);
    if (count != NULL)
        atomic_fetch_add(&count->lost, 1);
}

// Drops the request if a cut stands between its caller and us.
static bool is_cut(const struct request *r)
{
    if (!fault_is_cut_in(faults_of(r), r->source))
        return false;
    note(r, TRACE_LOST_REQUEST, r->body, false, NULL);
    leave_caller(r);
    return true;
}

// False: the server stops.
static bool wait_on_order(struct rpc_server *s, uint32_t wait_ms)
{
    int64_t until_ms = clock_now_ms() + wait_ms + 1; // at least that long
    bool more = true;
    mutex_lock(&s->lock);
    while (more && !s->stopping)
        more = cond_wait(&s->stops, &s->lock, until_ms);
    bool stopping = s->stopping;
    mutex_unlock(&s->lock);
    return !stopping;
}

// What the dice say of the k-th request, as far as the world lets it happen.
static struct fault_draw draw_fate(const struct request *r, uint64_t k)
{
    static const enum world_event events[] = {
        [FATE_NORMAL] = WORLD_WAIT,
        [FATE_LOSE_REQUEST] = WORLD_LOSE_REQUEST,
        [FATE_LOSE_REPLY] = WORLD_LOSE_REPLY,
        [FATE_LATE] = WORLD_LATE,
    };
    const char *method = r->head->method;
    struct fault_draw draw = fault_draw(faults_of(r), r->source, method, k);
    if (draw.fate == FATE_NORMAL && draw.wait_ms == 0)
        return draw;
    char who[NODE_NAME_MAX * 2 + FAULT_METHOD_MAX + 4];
    snprintf(who, sizeof who, "%s>%s:%s", r->head->source,
             node_name(node_of(r)), method);
    if (!world_grants(events[draw.fate], who, k, NULL))
        return (struct fault_draw){.fate = FATE_NORMAL};
    return draw;
}

// What becomes of a request that arrived.
static void follow_fate(struct request *r, struct fault_draw draw)
{
    if (draw.fate != FATE_NORMAL)
        count_lost(r);
    if (draw.fate == FATE_LOSE_REQUEST) {
        note(r, TRACE_LOST_REQUEST, r->body, false, NULL);
        leave_caller(r);
        return;
    }
    if (draw.fate == FATE_LATE) {
        note(r, TRACE_LATE, r->body, false, NULL);
        leave_caller(r);
    }
    if (draw.wait_ms > 0) {
        // Nothing that was sent before a cut, or a stop, is delivered after it.
        if (!wait_on_order(r->server, draw.wait_ms))
            return;
        if (is_cut(r)) { // it has arrived, and is counted
            if (draw.fate == FATE_NORMAL)
                count_lost(r);
            return;
        }
    }
    note(r, TRACE_RECEIVE, r->body, true, NULL);
    run_handler(r);
    if (draw.fate == FATE_LATE)
        return;
    if (draw.fate == FATE_LOSE_REPLY ||
        fault_is_cut_in(faults_of(r), r->source))
        lose_reply(r);
    else
        answer(r);
}

static void serve(struct request *r)
{
    if (!open_head(r))
        return;
    struct count *count = count_of(r);
    if (is_cut(r)) {
        atomic_fetch_add(&count->cut, 1);
        return;
    }
    if (!unpack(r))
        return;
    uint64_t k = 0;
    if (count != NULL) {
        k = atomic_fetch_add(&count->arrived, 1) + 1;
        atomic_fetch_add(&count->arrived_bytes, inbound_frame(r->inbound).size);
    }
    follow_fate(r, draw_fate(r, k));
}

static void serve_inbound(struct rpc_server *s, struct inbound *in)
{
    struct request r;
    r.server = s;
    r.inbound = in;
    r.service = NULL;
    r.replied = false;
    r.too_large = false;
    arena_init(&r.arena, wire_arena_limit(inbound_frame(in).size));
    buf_init(&r.reply, RPC_FRAME_MAX + WIRE_HEAD_MAX);
    serve(&r);
    buf_release(&r.reply);
    arena_release(&r.arena);
    inbound_done(in);
}

// --- Workers --------------------------------------------------------------

static void join_all(struct worker *list)
{
    while (list != NULL) {
        struct worker *w = list;
        list = w->next;
        thread_join(w->thread);
        free(w);
    }
}

// Takes what has ended off the list, to be joined without the lock.
static struct worker *take_ended(struct rpc_server *s)
{
    mutex_lock(&s->lock);
    struct worker *list = s->ended;
    s->ended = NULL;
    mutex_unlock(&s->lock);
    return list;
}

static void worker_main(void *arg);

static int start_worker(struct rpc_server *s)
{
    join_all(take_ended(s));
    struct worker *w = xcalloc(1, sizeof *w);
    w->server = s;
    atomic_fetch_add(&s->waiting, 1);
    mutex_lock(&s->lock); // until its thread is known: it may end at once
    int err = thread_start("rpc worker", worker_main, w, &w->thread);
    if (err == ERR_OK) {
        w->next = s->running;
        s->running = w;
    }
    mutex_unlock(&s->lock);
    if (err != ERR_OK) {
        atomic_fetch_sub(&s->waiting, 1);
        free(w);
    }
    return err;
}

static void worker_end(struct worker *w)
{
    struct rpc_server *s = w->server;
    mutex_lock(&s->lock);
    struct worker **place = &s->running;
    while (*place != w)
        place = &(*place)->next;
    *place = w->next;
    w->next = s->ended;
    s->ended = w;
    if (s->running == NULL)
        cond_broadcast(&s->all_ended);
    mutex_unlock(&s->lock);
}

// Counts itself as waiting again, unless enough others are.
static bool stay(struct rpc_server *s)
{
    if (atomic_fetch_add(&s->waiting, 1) < SPARE)
        return true;
    atomic_fetch_sub(&s->waiting, 1);
    return false;
}

static void worker_main(void *arg)
{
    struct worker *w = arg;
    struct rpc_server *s = w->server;
    do {
        struct inbound *in = port_next(s->port);
        if (in == NULL)
            break;
        bool last = atomic_fetch_sub(&s->waiting, 1) == 1;
        if (last && start_worker(s) != ERR_OK)
            log_error("rpc", "no thread to be had: requests must wait");
        serve_inbound(s, in);
    } while (stay(s));
    worker_end(w);
}

// --- Start and stop -------------------------------------------------------

// So that a harness can see which methods there are before one is called.
static void announce_methods(const struct rpc_server *s)
{
    for (size_t i = 0; i < s->service_count; i++) {
        const ProtobufCServiceDescriptor *d = s->services[i]->descriptor;
        for (unsigned m = 0; m < d->n_methods; m++) {
            char *name = xasprintf("%s.%s", d->short_name, d->methods[m].name);
            count_method(s->node->counts, name);
            free(name);
        }
    }
    atomic_fetch_add(&count_life(s->node->counts)->served, 1);
}

int rpc_server_start(struct node *n, const char *path,
                     ProtobufCService *const *services, size_t count,
                     struct rpc_server **out)
{
    assert(count >= 1 && count <= RPC_SERVICES_MAX);
    struct rpc_server *s = xcalloc(1, sizeof *s);
    s->node = n;
    s->control = path != NULL;
    s->service_count = count;
    memcpy(s->services, services, count * sizeof *services);
    mutex_init(&s->lock);
    cond_init(&s->all_ended);
    cond_init(&s->stops);
    char *at = path != NULL ? xstrdup(path) : node_serve_path(n);
    int err = port_open(at, &s->port);
    if (err == ERR_OK)
        err = start_worker(s);
    if (err != ERR_OK) {
        log_error("rpc", "cannot serve at %s: %s", at, err_text(err));
        rpc_server_stop(s);
    } else {
        *out = s;
        if (n->counts != NULL && s->control)
            atomic_fetch_add(&count_life(n->counts)->controlled, 1);
        else if (n->counts != NULL)
            announce_methods(s);
    }
    free(at);
    return err;
}

int rpc_server_control(struct node *n, ProtobufCService *const *services,
                       size_t count, struct rpc_server **out)
{
    *out = NULL;
    if (!node_is_tested(n))
        return ERR_OK;
    char *path = node_control_path(n);
    int err = rpc_server_start(n, path, services, count, out);
    free(path);
    return err;
}

// A worker that runs may start another, but only while it is on the list.
static void wait_for_workers(struct rpc_server *s)
{
    mutex_lock(&s->lock);
    while (s->running != NULL)
        cond_wait(&s->all_ended, &s->lock, CLOCK_NEVER);
    mutex_unlock(&s->lock);
    join_all(take_ended(s));
}

void rpc_server_stop(struct rpc_server *s)
{
    if (s == NULL)
        return;
    if (s->port != NULL)
        port_shut(s->port);
    mutex_lock(&s->lock);
    s->stopping = true;
    cond_broadcast(&s->stops);
    mutex_unlock(&s->lock);
    wait_for_workers(s);
    port_close(s->port);
    cond_release(&s->all_ended);
    cond_release(&s->stops);
    mutex_release(&s->lock);
    free(s);
}

const char *rpc_call_source(const void *call)
{
    const struct request *r = call;
    return r->head->source;
}

int64_t rpc_call_deadline_ms(const void *call)
{
    const struct request *r = call;
    return r->deadline_ms;
}
