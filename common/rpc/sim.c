// The transport between simulated nodes: queues instead of sockets.
//
// A port is an empty file, bound by its inode, so that links, renames and
// deleted or stale files mean what they mean for sockets. Each leg of an
// exchange takes a little virtual time; there is no connection, but what a
// connection's end would tell is told.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rpc/transport.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/sim/digest.h"
#include "common/runtime/sim/heap.h"
#include "common/runtime/sim/sim.h"
#include "common/runtime/sim/waits.h"
#include "common/runtime/world.h"

enum {
    LEG_NS = 100 * 1000, // what a message takes
    NS_PER_US = 1000,
};

static const char a_reply[] = "a reply";

struct port {
    struct process *owner;
    char *path;
    int fd; // open, so that nobody else gets the inode
    dev_t device;
    ino_t inode;
    bool shut;
    struct inbound *inbounds; // in the order of arrival
    struct port *next;
};

enum inbound_state {
    INBOUND_TRAVELS,
    INBOUND_QUEUED,
    INBOUND_TAKEN, // by port_next
};

struct inbound {
    struct port *port;
    enum inbound_state state;
    struct exchange *from; // NULL: it is over, or the reply is under way
    struct process *caller;
    const struct thread *taker; // by whom it was taken
    const char *route;
    uint64_t number; // of the messages on it
    int64_t deadline_ms;
    void *frame; // owned
    size_t size;
    struct sim_timer leg;
    struct inbound *next;
};

struct dialer {
    bool cancelled;
};

struct exchange {
    struct dialer *dialer;
    struct process *caller;
    const struct thread *thread; // of the caller
    char *path;
    enum exchange_state state;
    struct port *port;  // that could still close it; NULL: none
    struct inbound *in; // that could still answer it; NULL: none
    void *reply;        // owned
    size_t reply_size;
    struct sim_timer leg;
    struct exchange *next;
};

// All of all nodes: who dies cannot clean up.
static struct port *ports;
static struct exchange *exchanges;

// --- How long it takes ------------------------------------------------------

// Whose messages to whom: for the names of events. Never freed.
struct route {
    char *who; // "c1>s1"
    uint64_t messages;
    struct route *next;
};
static struct route *routes;

// net/c1/s1, sock/s1/s and sock/s1/c lead to s1.
static char *name_route(const struct process *caller, const char *path)
{
    const char *last = strrchr(path, '/');
    const char *name = last != NULL ? last + 1 : path;
    if (last != NULL && last > path && name[0] != '\0' && name[1] == '\0') {
        while (last > path && last[-1] != '/')
            last--;
        name = last;
    }
    return xasprintf("%s>%s", caller->name, name);
}

static struct route *route_of(const struct process *caller, const char *path)
{
    // Called with the simulation's heap in use.
    char *who = name_route(caller, path);
    struct route *r = routes;
    while (r != NULL && strcmp(r->who, who) != 0)
        r = r->next;
    if (r != NULL) {
        free(who);
        return r;
    }
    r = xcalloc(1, sizeof *r);
    r->who = who;
    r->next = routes;
    routes = r;
    return r;
}

// Some are overtaken by others, a few are slow: microseconds.
static int64_t draw_delay(uint64_t die)
{
    unsigned part = strcmp(world_profile(), "reordering") == 0 ||
                            strcmp(world_profile(), "everything") == 0
                        ? 4
                        : 16;
    if (die % part != 0)
        return 0;
    die /= part;
    static const int64_t most[] = {100, 500, 2000, 12000};
    return 1 + (int64_t)(die / 4 % (uint64_t)most[die % 4]);
}

// The k-th message of a route; replies are told apart by their end.
static int64_t arrival_ns(const char *route, uint64_t k, bool reply)
{
    char *who = xasprintf("%s%s", route, reply ? ".reply" : "");
    int64_t us = plan_draw(PLAN_DELAY, plan_who(who), k, draw_delay);
    free(who);
    return sim_now_ns() + LEG_NS + us * NS_PER_US;
}

static bool is_over(const struct exchange *e)
{
    return e->state >= EXCHANGE_REPLIED;
}

// --- What ends what -------------------------------------------------------

static void finish(struct exchange *e, enum exchange_state state)
{
    if (e->in != NULL)
        e->in->from = NULL;
    e->in = NULL;
    e->port = NULL;
    e->state = state;
    sim_wake_all(e->dialer);
}

static void exchange_free(struct exchange *e)
{
    struct exchange **at = &exchanges;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    sim_timer_cancel(&e->leg);
    if (e->in != NULL)
        e->in->from = NULL;
    free(e->reply);
    free(e->path);
    free(e);
}

static void unlink_inbound(struct inbound *in)
{
    struct inbound **at = &in->port->inbounds;
    while (*at != in)
        at = &(*at)->next;
    *at = in->next;
}

static void append_inbound(struct inbound *in)
{
    struct inbound **at = &in->port->inbounds;
    while (*at != NULL)
        at = &(*at)->next;
    in->next = NULL;
    *at = in;
}

static void inbound_free(struct inbound *in)
{
    unlink_inbound(in);
    sim_timer_cancel(&in->leg);
    if (in->from != NULL)
        in->from->in = NULL;
    free(in->frame);
    free(in);
}

// Ends the requests that nobody has taken.
static void close_untaken(struct port *p)
{
    struct inbound *next;
    for (struct inbound *in = p->inbounds; in != NULL; in = next) {
        next = in->next;
        if (in->state == INBOUND_TAKEN)
            continue;
        if (in->from != NULL)
            finish(in->from, EXCHANGE_CLOSED);
        inbound_free(in);
    }
}

static void port_free(struct port *p)
{
    for (struct exchange *e = exchanges; e != NULL; e = e->next)
        if (e->port == p)
            finish(e, EXCHANGE_CLOSED);
    while (p->inbounds != NULL)
        inbound_free(p->inbounds);

    struct port **at = &ports;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    close(p->fd);
    free(p->path);
    free(p);
}

static void node_ended(struct process *node)
{
    struct exchange *next_exchange;
    for (struct exchange *e = exchanges; e != NULL; e = next_exchange) {
        next_exchange = e->next;
        if (e->caller == node)
            exchange_free(e);
    }
    struct port *next_port;
    for (struct port *p = ports; p != NULL; p = next_port) {
        next_port = p->next;
        if (p->owner == node)
            port_free(p);
    }
}

// --- The serving side -----------------------------------------------------

// Who has bound what the path leads to now; NULL: nobody that lives.
static struct port *find_port(const char *path)
{
    struct stat file;
    if (strlen(path) > TRANSPORT_PATH_MAX || stat(path, &file) != 0)
        return NULL;
    for (struct port *p = ports; p != NULL; p = p->next)
        if (p->inode == file.st_ino && p->device == file.st_dev)
            return p;
    return NULL;
}

int port_open(const char *path, struct port **out)
{
    sim_on_node_end(node_ended);
    sim_yield(CALL_RPC, __builtin_return_address(0));
    if (strlen(path) > TRANSPORT_PATH_MAX)
        return ERR_LIMIT;
    if (find_port(path) != NULL)
        return ERR_BUSY;
    struct stat file;
    if (lstat(path, &file) == 0 && (!S_ISREG(file.st_mode) || file.st_size > 0))
        return ERR_EXISTS; // no dead node's port: those are empty
    unlink(path);
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_from_errno(errno);

    fstat(fd, &file);
    int heap = sim_heap_use(HEAP_TEST);
    struct port *p = xcalloc(1, sizeof *p);
    p->owner = sim_thread()->node;
    p->path = xstrdup(path);
    sim_heap_use(heap);
    p->fd = fd;
    p->device = file.st_dev;
    p->inode = file.st_ino;
    p->next = ports;
    ports = p;
    *out = p;
    return ERR_OK;
}

struct inbound *port_next(struct port *p)
{
    sim_yield(CALL_RPC, __builtin_return_address(0));
    while (!p->shut) {
        for (struct inbound *in = p->inbounds; in != NULL; in = in->next) {
            if (in->state == INBOUND_QUEUED) {
                in->state = INBOUND_TAKEN;
                in->taker = sim_thread();
                return in;
            }
        }
        sim_wait(p, CLOCK_NEVER, "a request", __builtin_return_address(0));
    }
    return NULL;
}

void port_shut(struct port *p)
{
    if (find_port(p->path) == p)
        unlink(p->path);
    p->shut = true;
    close_untaken(p);
    sim_wake_all(p);
    sim_yield(CALL_RPC, __builtin_return_address(0));
}

void port_close(struct port *p)
{
    if (p != NULL)
        port_free(p);
}

struct slice inbound_frame(const struct inbound *in)
{
    return slice_of(in->frame, in->size);
}

static void reply_arrives(void *arg)
{
    finish(arg, EXCHANGE_REPLIED);
}

bool inbound_reply(struct inbound *in, struct slice frame, int64_t until_ms)
{
    (void)until_ms; // nothing blocks
    sim_yield(CALL_RPC, __builtin_return_address(0));
    struct exchange *e = in->from;
    if (e == NULL) // who has given up reads and drops it, until its deadline
        return in->caller->alive && clock_now_ms() < in->deadline_ms;
    if (frame.size > RPC_FRAME_MAX) {
        finish(e, EXCHANGE_MALFORMED);
        return false;
    }
    // From here on it comes, whatever happens to us.
    int heap = sim_heap_use(HEAP_TEST);
    in->from = NULL;
    e->in = NULL;
    e->port = NULL;
    e->reply = xmemdup(frame.data, frame.size);
    e->reply_size = frame.size;
    sim_note_bytes(frame.data, frame.size);
    sim_timer_set(&e->leg, arrival_ns(in->route, in->number, true),
                  reply_arrives, e);
    sim_heap_use(heap);
    return true;
}

void inbound_hang_up(struct inbound *in)
{
    if (in->from != NULL)
        finish(in->from, EXCHANGE_CLOSED);
}

void inbound_done(struct inbound *in)
{
    inbound_free(in);
    sim_yield(CALL_RPC, __builtin_return_address(0));
}

// --- The calling side -----------------------------------------------------

bool transport_present(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0;
}

// Where the requests are whose replies somebody waits for.
static size_t explain_reply(const struct thread *t, struct wait_cause *out,
                            size_t max)
{
    size_t count = 0;
    for (struct exchange *e = exchanges; e != NULL && count < max;
         e = e->next) {
        if (e->thread != t || is_over(e))
            continue;
        struct wait_cause *cause = &out[count++];
        const struct inbound *in = e->in;
        cause->thread = NULL;
        const char *where = "has been lost, or its reply is under way";
        if (in != NULL && in->state == INBOUND_TRAVELS)
            where = "is under way";
        if (in != NULL && in->state == INBOUND_QUEUED)
            where = "has arrived, and nobody takes it";
        if (in != NULL && in->state == INBOUND_TAKEN) {
            where = "is in the hands of";
            cause->thread = in->taker;
        }
        snprintf(cause->words, sizeof cause->words, "its request to %.60s %s",
                 strrchr(e->path, '/') != NULL ? strrchr(e->path, '/') + 1
                                               : e->path,
                 where);
    }
    return count;
}

struct dialer *dialer_new(void)
{
    sim_on_node_end(node_ended);
    sim_explain(a_reply, explain_reply);
    return xcalloc(1, sizeof(struct dialer));
}

void dialer_free(struct dialer *d)
{
    free(d);
}

void dialer_cancel(struct dialer *d)
{
    d->cancelled = true;
    sim_wake_all(d);
    sim_yield(CALL_RPC, __builtin_return_address(0));
}

static void request_arrives(void *arg)
{
    struct inbound *in = arg;
    in->state = INBOUND_QUEUED;
    unlink_inbound(in); // it may have overtaken others
    append_inbound(in);
    sim_wake_one(in->port);
}

static void send_request(struct exchange *e, struct slice request,
                         int64_t deadline_ms)
{
    struct inbound *in = xcalloc(1, sizeof *in);
    in->port = e->port;
    in->from = e;
    in->caller = e->caller;
    in->deadline_ms = deadline_ms;
    in->frame = xmemdup(request.data, request.size);
    in->size = request.size;
    append_inbound(in);
    struct route *r = route_of(e->caller, e->path);
    in->route = r->who;
    in->number = ++r->messages;
    sim_note_bytes(request.data, request.size);
    sim_timer_set(&in->leg, arrival_ns(in->route, in->number, false),
                  request_arrives, in);
    e->in = in;
    e->state = EXCHANGE_WAITING;
}

static size_t count_outstanding(const struct exchange *like)
{
    size_t count = 0;
    for (struct exchange *e = exchanges; e != NULL; e = e->next)
        count += e->dialer == like->dialer && !is_over(e) &&
                 strcmp(e->path, like->path) == 0;
    return count;
}

// What is under way is nobody's: it outlives both ends.
static struct exchange *start(struct dialer *d, const char *path,
                              struct slice request, int64_t deadline_ms)
{
    struct exchange *e = xcalloc(1, sizeof *e);
    e->dialer = d;
    e->caller = sim_thread()->node;
    e->thread = sim_thread();
    e->path = xstrdup(path);
    e->state = EXCHANGE_DIALING;
    e->next = exchanges;
    exchanges = e;
    if (d->cancelled)
        return e;

    e->port = find_port(path);
    if (request.size > RPC_FRAME_MAX ||
        count_outstanding(e) > RPC_OUTSTANDING_MAX)
        finish(e, EXCHANGE_BUSY);
    else if (e->port == NULL || e->port->shut)
        finish(e, EXCHANGE_REFUSED);
    else
        send_request(e, request, deadline_ms);
    return e;
}

struct exchange *exchange_start(struct dialer *d, const char *path,
                                struct slice request, int64_t deadline_ms)
{
    sim_yield(CALL_RPC, __builtin_return_address(0));
    int heap = sim_heap_use(HEAP_TEST);
    struct exchange *e = start(d, path, request, deadline_ms);
    sim_heap_use(heap);
    return e;
}

int exchange_wait(struct dialer *d, struct exchange *const *all, size_t n,
                  int64_t deadline_ms)
{
    sim_yield(CALL_RPC, __builtin_return_address(0));
    while (!d->cancelled) {
        for (size_t i = 0; i < n; i++)
            if (all[i] != NULL && is_over(all[i]))
                return (int)i;
        if (clock_now_ms() >= deadline_ms)
            return -1;
        sim_wait(d, sim_ns(deadline_ms), a_reply, __builtin_return_address(0));
    }
    return -1;
}

enum exchange_state exchange_state(const struct exchange *e)
{
    return e->state;
}

struct slice exchange_reply(const struct exchange *e)
{
    return slice_of(e->reply, e->reply_size);
}

void exchange_spoil(struct exchange *e)
{
    e->state = EXCHANGE_MALFORMED; // there is no connection to close
}

void exchange_end(struct exchange *e)
{
    if (e != NULL)
        exchange_free(e);
}
