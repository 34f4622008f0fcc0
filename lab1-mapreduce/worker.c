// worker.c - see worker.h.
//
// The main thread asks, works and reports, one task at a time. A ticker tells
// the master meanwhile what we are at; the answer may be that nobody wants it
// any more, and then the task ends early and is not reported.
//
// Everything that a worker asks may be asked twice: a second RequestTask gives
// the first one's task back, a second report changes nothing. So a call whose
// outcome is unknown is simply made again.
//
// Read next: task.h.
#include "lab1-mapreduce/worker.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/process.h"
#include "common/runtime/random.h"
#include "common/runtime/ticker.h"
#include "lab1-mapreduce/apps.h"
#include "lab1-mapreduce/message.h"
#include "lab1-mapreduce/peer.pb-c.h"
#include "lab1-mapreduce/task.h"

enum {
    CALL_MS = 1000,
    HEARTBEAT_MS = 100,
    HEARTBEAT_CALL_MS = 300,
    AGAIN_MS = 50,     // from a failed call to the next try
    COMING_MS = 10000, // a master that was never heard of may take so long
    GONE_MS = 5000,    // one that was is gone if it does not answer so long
};

struct worker {
    // Constant from worker_run on.
    struct node *node;
    const char *master;
    struct ticker *ticker;

    // Of the thread that runs worker_run.
    int64_t patience_until_ms; // for a master not heard of; 0 afterwards

    atomic_bool unwanted; // the result of the attempt is not needed

    struct mutex lock; // guards the rest
    bool busy;
    Mr__Attempt attempt; // that runs, if busy
};

// One call. Its answer must get rpc_answer_release.
static enum rpc_outcome call(struct worker *w, const char *method,
                             const ProtobufCMessage *request,
                             int64_t timeout_ms, struct rpc_answer *answer)
{
    struct rpc_method what = {&mr__master__descriptor, method};
    return rpc_call(w->node, w->master, &what, request,
                    clock_now_ms() + timeout_ms, answer);
}

// Calls until there is a reply: all that we ask may be asked twice. False if
// the master seems to be gone.
static bool call_until_ok(struct worker *w, const char *method,
                          const ProtobufCMessage *request,
                          struct rpc_answer *answer)
{
    int64_t soonest_ms = clock_now_ms() + GONE_MS;
    if (w->patience_until_ms < soonest_ms)
        w->patience_until_ms = soonest_ms;
    while (call(w, method, request, CALL_MS, answer) != RPC_OK) {
        rpc_answer_release(answer);
        if (clock_now_ms() > w->patience_until_ms || process_interrupted() != 0)
            return false;
        clock_sleep_ms(AGAIN_MS);
    }
    w->patience_until_ms = 0;
    return true;
}

// --- Heartbeats ------------------------------------------------------------

// A signal asks us to end: the task is given up, and all calls end at once.
static void end_if_asked(struct worker *w)
{
    if (process_interrupted() == 0)
        return;
    atomic_store(&w->unwanted, true);
    node_cancel(w->node);
}

static void heartbeat(void *arg)
{
    struct worker *w = arg;
    end_if_asked(w);
    mutex_lock(&w->lock);
    bool busy = w->busy;
    Mr__Attempt attempt = w->attempt;
    mutex_unlock(&w->lock);
    if (!busy)
        return;

    Mr__HeartbeatRequest request = MR__HEARTBEAT_REQUEST__INIT;
    request.attempt = &attempt;
    struct rpc_answer answer;
    call(w, "Heartbeat", &request.base, HEARTBEAT_CALL_MS, &answer);
    if (answer.outcome == RPC_OK) {
        const Mr__HeartbeatReply *reply = (Mr__HeartbeatReply *)answer.reply;
        mutex_lock(&w->lock);
        bool same = w->busy && w->attempt.kind == attempt.kind &&
                    w->attempt.task == attempt.task &&
                    w->attempt.attempt == attempt.attempt;
        if (same && !reply->wanted)
            atomic_store(&w->unwanted, true);
        mutex_unlock(&w->lock);
    }
    rpc_answer_release(&answer);
}

static void set_busy(struct worker *w, const Mr__Attempt *attempt)
{
    mutex_lock(&w->lock);
    w->busy = attempt != NULL;
    if (attempt != NULL)
        w->attempt = *attempt;
    atomic_store(&w->unwanted, false);
    mutex_unlock(&w->lock);
}

// --- Doing a task ----------------------------------------------------------

static char *do_map(const struct attempt *a, const Mr__RequestTaskReply *order)
{
    struct map_task task;
    map_task_read(order, &task);
    char *why = task_map(a, &task);
    map_task_release(&task);
    return why;
}

// Does the task. NULL, or why it failed (owned).
static char *do_task(struct worker *w, const Mr__RequestTaskReply *order)
{
    const Mr__Job *job = order->job;
    const Mr__Attempt *attempt = order->attempt;
    const struct mr_app *app = app_find(job->app);
    if (app == NULL || job->reduces == 0)
        return xasprintf("no such application: %s", job->app);

    char *arg = job->has_arg ? text_of(job->arg) : NULL;
    char *folder = text_of(job->folder);
    char *out = text_of(job->out);
    char *temporary = text_of(job->temporary);
    char *label = xasprintf("%" PRIu32 ".%s.%016" PRIx64, attempt->attempt,
                            node_name(w->node), random_seed());
    struct attempt a = {
        .app = app,
        .arg = arg,
        .maps = job->maps,
        .reduces = job->reduces,
        .folder = folder,
        .out = out,
        .temporary = temporary,
        .task = attempt->task,
        .label = label,
        .unwanted = &w->unwanted,
        .map_bytes = TASK_MAP_BYTES,
    };
    bool is_map = attempt->kind == MR__KIND__MAP_TASK;
    char *why = is_map ? do_map(&a, order) : task_reduce(&a);
    free(label);
    free(temporary);
    free(out);
    free(folder);
    free(arg);
    return why;
}

// Does what was ordered and reports it. False if the master seems to be gone.
static bool work(struct worker *w, const Mr__RequestTaskReply *order)
{
    set_busy(w, order->attempt);
    char *why = do_task(w, order);
    bool unwanted = atomic_load(&w->unwanted);
    set_busy(w, NULL);

    bool told = true;
    if (!unwanted) {
        Mr__ReportTaskRequest report = MR__REPORT_TASK_REQUEST__INIT;
        report.attempt = order->attempt;
        report.failure = bytes_of(why);
        struct rpc_answer answer;
        told = call_until_ok(w, "ReportTask", &report.base, &answer);
        if (told)
            rpc_answer_release(&answer);
    }
    free(why);
    return told;
}

// Asks for work until there is no more.
static bool work_until_exit(struct worker *w)
{
    Mr__RequestTaskRequest request = MR__REQUEST_TASK_REQUEST__INIT;
    for (;;) { // ends: the job ends, or the master is gone
        struct rpc_answer answer;
        if (!call_until_ok(w, "RequestTask", &request.base, &answer))
            return false;
        const Mr__RequestTaskReply *order =
            (Mr__RequestTaskReply *)answer.reply;
        bool over = order->order == MR__REQUEST_TASK_REPLY__ORDER__EXIT;
        bool told = true;
        if (order->order == MR__REQUEST_TASK_REPLY__ORDER__WORK &&
            order->job != NULL && order->attempt != NULL)
            told = work(w, order);
        rpc_answer_release(&answer);
        if (over || !told)
            return over;
    }
}

char *worker_run(struct node *node, const char *master)
{
    struct worker w = {
        .node = node,
        .master = master,
        .patience_until_ms = clock_now_ms() + COMING_MS,
    };
    mutex_init(&w.lock);
    bool done = false;
    int err = ticker_start("heartbeat", HEARTBEAT_MS, heartbeat, &w, &w.ticker);
    if (err == ERR_OK)
        done = work_until_exit(&w);
    ticker_stop(w.ticker);
    mutex_release(&w.lock);

    if (err != ERR_OK)
        return xasprintf("cannot start a thread: %s", err_text(err));
    if (!done && process_interrupted() == 0)
        return xasprintf("the master (node %s) is gone", master);
    return NULL;
}
