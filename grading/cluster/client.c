// client.c - clients: one thread of the harness for each, which calls the
// clerk's control server and waits as long as that takes.
#include <stdatomic.h>
#include <stdlib.h>

#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/thread.h"
#include "grading/cluster/cluster_private.h"

struct client {
    // Constant from client_attach on.
    struct node *asking;
    char *path; // of the control server
    struct thread *thread;

    struct mutex lock; // guards the rest
    struct cond changed;
    bool stopping;
    enum client_state state;
    struct rpc_method method;  // of the operation that runs
    ProtobufCMessage *request; // owned
    struct rpc_answer answer;
    int64_t begun; // stamps
    int64_t ended;
    atomic_int_least64_t *stamps; // the counter that they are of
};

// --- The thread ------------------------------------------------------------

// Waits for an operation. False: there will be none.
static bool next_operation(struct client *cl)
{
    mutex_lock(&cl->lock);
    while (cl->state != CLIENT_RUNNING && !cl->stopping)
        cond_wait(&cl->changed, &cl->lock, CLOCK_NEVER);
    bool more = cl->state == CLIENT_RUNNING && !cl->stopping;
    mutex_unlock(&cl->lock);
    return more;
}

static void run_client(void *arg)
{
    struct client *cl = arg;
    while (next_operation(cl)) { // ends: clients_stop
        struct rpc_answer answer;
        // As long as a handler may take; the end of the test cancels it.
        rpc_call(cl->asking, cl->path, &cl->method, cl->request,
                 clock_now_ms() + RPC_TIMEOUT_MAX_MS, &answer);
        int64_t ended = atomic_fetch_add(cl->stamps, 1);
        mutex_lock(&cl->lock);
        cl->ended = ended;
        cl->answer = answer;
        cl->state = answer.outcome == RPC_OK ? CLIENT_OK : CLIENT_UNKNOWN;
        cond_broadcast(&cl->changed);
        mutex_unlock(&cl->lock);
    }
}

// --- Its life --------------------------------------------------------------

void client_attach(struct cluster *c, struct member *m)
{
    if (m->client != NULL)
        return; // its clerk is started anew
    struct client *cl = xcalloc(1, sizeof *cl);
    cl->asking = c->asking;
    cl->stamps = &c->stamps;
    cl->path = cluster_path(c, "sock/%s/c", m->name);
    mutex_init(&cl->lock);
    cond_init(&cl->changed);
    m->client = cl;
    if (thread_start(m->name, run_client, cl, &cl->thread) != ERR_OK)
        cluster_fail(c, "no thread for client %s", m->name);
}

static void forget_operation(struct client *cl)
{
    if (cl->request != NULL)
        protobuf_c_message_free_unpacked(cl->request, NULL);
    cl->request = NULL;
    rpc_answer_release(&cl->answer);
    cl->answer = (struct rpc_answer){.reply = NULL};
}

static void client_stop(struct client *cl)
{
    mutex_lock(&cl->lock);
    cl->stopping = true;
    cond_broadcast(&cl->changed);
    mutex_unlock(&cl->lock);
    thread_join(cl->thread);
    forget_operation(cl);
    cond_release(&cl->changed);
    mutex_release(&cl->lock);
    free(cl->path);
    free(cl);
}

void clients_stop(struct cluster *c)
{
    node_cancel(c->asking);
    for (int i = 0; i < c->count; i++)
        if (c->members[i].client != NULL)
            client_stop(c->members[i].client);
}

// --- Operations ------------------------------------------------------------

static struct client *client_of(struct cluster *c, const char *name)
{
    struct member *m = cluster_member(c, name);
    if (m->client == NULL)
        cluster_fail(c, "%s is no client: cluster_start_clerks makes one",
                     name);
    return m->client;
}

// A message that borrows nothing. Owned.
static ProtobufCMessage *copy_of(const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    unsigned char *bytes = xmalloc(size + 1);
    protobuf_c_message_pack(message, bytes);
    ProtobufCMessage *copy =
        protobuf_c_message_unpack(message->descriptor, NULL, size, bytes);
    free(bytes);
    return copy;
}

void client_begin(struct cluster *c, const char *client,
                  const struct rpc_method *method,
                  const ProtobufCMessage *request)
{
    struct client *cl = client_of(c, client);
    mutex_lock(&cl->lock);
    bool busy = cl->state == CLIENT_RUNNING;
    if (!busy) {
        forget_operation(cl);
        cl->method = *method;
        cl->request = copy_of(request);
        cl->begun = atomic_fetch_add(cl->stamps, 1);
        cl->ended = 0;
        cl->state = CLIENT_RUNNING;
        cond_broadcast(&cl->changed);
    }
    mutex_unlock(&cl->lock);
    if (busy)
        cluster_fail(c, "client %s is busy with another operation", client);
}

enum client_state client_result(struct cluster *c, const char *client,
                                const ProtobufCMessage **reply)
{
    struct client *cl = client_of(c, client);
    mutex_lock(&cl->lock);
    enum client_state state = cl->state;
    if (reply != NULL)
        *reply = state == CLIENT_OK ? cl->answer.reply : NULL;
    mutex_unlock(&cl->lock);
    if (state == CLIENT_UNKNOWN)
        cluster_expect_solved(c);
    return state;
}

void client_stamps(struct cluster *c, const char *client, int64_t *begun,
                   int64_t *ended)
{
    struct client *cl = client_of(c, client);
    mutex_lock(&cl->lock);
    *begun = cl->begun;
    *ended = cl->ended;
    mutex_unlock(&cl->lock);
}

enum client_state client_wait(struct cluster *c, const char *client, int ticks)
{
    int64_t give_up_ms = clock_now_ms() + ticks * cluster_tick_ms();
    while (client_result(c, client, NULL) == CLIENT_RUNNING &&
           clock_now_ms() < give_up_ms)
        cluster_step(c);
    return client_result(c, client, NULL);
}

enum rpc_outcome cluster_ask(struct cluster *c, const char *name,
                             const struct rpc_method *method,
                             const ProtobufCMessage *request,
                             struct rpc_answer *answer)
{
    enum {
        ASK_TICKS = 400,
    };
    struct member *m = cluster_member(c, name);
    char *path = cluster_path(c, "sock/%s/c", name);
    int64_t deadline_ms = clock_now_ms() + ASK_TICKS * cluster_tick_ms();
    rpc_call(c->asking, path, method, request, deadline_ms, answer);
    // A node may be ready before its control server is.
    while (answer->outcome == RPC_REFUSED && member_runs(c, m) &&
           clock_now_ms() < deadline_ms) {
        rpc_answer_release(answer);
        cluster_step(c);
        rpc_call(c->asking, path, method, request, deadline_ms, answer);
    }
    free(path);
    if (answer->outcome != RPC_OK)
        cluster_expect_solved(c);
    return answer->outcome;
}
