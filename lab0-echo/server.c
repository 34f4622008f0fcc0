// server.c - see server.h.
//
// A node as all labs have them: a struct that begins with its service, a lock
// that guards the rest, handlers that lock, work, unlock and reply.
//
// Read next: clerk.h.
#include "lab0-echo/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/node.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/disk.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/mutex.h"
#include "lab0-echo/api.pb-c.h"

enum {
    REQUESTS_MAX = 100000, // remembered; of more, the count alone
    TOTAL_TEXT_MAX = 32,
};

struct seen {
    char *client;
    uint64_t number;
    uint64_t executed;
};

struct inspect {
    Echo__Inspect_Service service;
    struct echo_server *server;
};

struct echo_server {
    Echo__Echo_Service service; // first: handlers find the server by it
    struct inspect inspect;

    // Constant from echo_server_start on.
    struct disk *disk; // NULL: none
    struct rpc_server *server;
    struct rpc_server *control; // NULL: nobody tests us

    struct mutex lock; // guards the rest
    uint64_t total;
    struct seen *seen;
    size_t count;
};

// --- The count -------------------------------------------------------------

// What the disk remembers of earlier lives.
static int load_total(struct echo_server *s)
{
    struct buf text;
    buf_init(&text, TOTAL_TEXT_MAX);
    int err = disk_get(s->disk, "total", &text);
    if (err == ERR_OK && buf_append(&text, "", 1) == ERR_OK)
        s->total = strtoull((const char *)text.data, NULL, 10);
    buf_release(&text);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void save_total_locked(struct echo_server *s)
{
    mutex_assert_held(&s->lock);
    if (s->disk == NULL)
        return;
    char text[TOTAL_TEXT_MAX];
    snprintf(text, sizeof text, "%" PRIu64, s->total);
    int err = disk_put(s->disk, "total", slice_text(text));
    if (err != ERR_OK)
        log_error("echo", "cannot save the count: %s", err_text(err));
}

static struct seen *find_locked(struct echo_server *s, const char *client,
                                uint64_t number)
{
    mutex_assert_held(&s->lock);
    for (size_t i = s->count; i > 0; i--) // it is mostly a late one
        if (s->seen[i - 1].number == number &&
            strcmp(s->seen[i - 1].client, client) == 0)
            return &s->seen[i - 1];
    if (s->count == REQUESTS_MAX)
        return NULL;
    s->seen = xrealloc(s->seen, (s->count + 1) * sizeof s->seen[0]);
    s->seen[s->count] =
        (struct seen){.client = xstrdup(client), .number = number};
    return &s->seen[s->count++];
}

// --- Handlers --------------------------------------------------------------

static void echo_say(Echo__Echo_Service *service,
                     const Echo__SayRequest *request,
                     Echo__SayReply_Closure reply, void *call)
{
    struct echo_server *s = (struct echo_server *)service;
    Echo__SayReply answer = ECHO__SAY_REPLY__INIT;
    mutex_lock(&s->lock);
    struct seen *seen = find_locked(s, request->client, request->number);
    if (seen != NULL)
        answer.executed = ++seen->executed;
    answer.total = ++s->total;
    save_total_locked(s);
    mutex_unlock(&s->lock);

    log_info("echo", "%s says '%s', request %" PRIu64 ", the %" PRIu64 ". time",
             request->client, request->text, request->number, answer.executed);
    answer.text = request->text;
    reply(&answer, call);
}

struct echo_status echo_server_status(struct echo_server *s)
{
    struct echo_status status = {0};
    mutex_lock(&s->lock);
    status.total = s->total;
    status.distinct = s->count;
    for (size_t i = 0; i < s->count; i++)
        if (s->seen[i].executed > status.most)
            status.most = s->seen[i].executed;
    mutex_unlock(&s->lock);
    return status;
}

static void inspect_status(Echo__Inspect_Service *service,
                           const Echo__StatusRequest *request,
                           Echo__StatusReply_Closure reply, void *call)
{
    (void)request;
    struct echo_status status =
        echo_server_status(((struct inspect *)service)->server);
    Echo__StatusReply answer = ECHO__STATUS_REPLY__INIT;
    answer.total = status.total;
    answer.distinct = status.distinct;
    answer.most = status.most;
    reply(&answer, call);
}

// --- Its life --------------------------------------------------------------

static struct echo_server *server_new(void)
{
    static const Echo__Echo_Service echo_init = ECHO__ECHO__INIT(echo_);
    static const Echo__Inspect_Service inspect_init =
        ECHO__INSPECT__INIT(inspect_);
    struct echo_server *s = xcalloc(1, sizeof *s);
    s->service = echo_init;
    s->inspect.service = inspect_init;
    s->inspect.server = s;
    mutex_init(&s->lock);
    return s;
}

static int serve(struct echo_server *s, struct node *node)
{
    ProtobufCService *const services[] = {&s->service.base,
                                          &s->inspect.service.base};
    int err = rpc_server_start(node, NULL, services, 2, &s->server);
    if (err == ERR_OK)
        err = rpc_server_control(node, services + 1, 1, &s->control);
    return err;
}

int echo_server_start(struct node *node, const char *disk,
                      struct echo_server **out)
{
    struct echo_server *s = server_new();
    int err = ERR_OK;
    if (disk != NULL)
        err = disk_open(disk, &s->disk);
    if (err == ERR_OK && disk != NULL)
        err = load_total(s);
    if (err == ERR_OK)
        err = serve(s, node);
    if (err != ERR_OK)
        echo_server_stop(s);
    else
        *out = s;
    return err;
}

void echo_server_stop(struct echo_server *s)
{
    if (s == NULL)
        return;
    rpc_server_stop(s->server);
    rpc_server_stop(s->control);
    disk_close(s->disk);
    for (size_t i = 0; i < s->count; i++)
        free(s->seen[i].client);
    free(s->seen);
    mutex_release(&s->lock);
    free(s);
}
