// master.c - see master.h.
//
// Each handler decodes, locks, calls the core, unlocks and replies. The lock
// is never held across anything that waits but the condition itself. Whoever
// changes the job broadcasts `changed`, for three kinds of waiters: workers
// that wait for work (in RequestTask), whoever waits for the end of the job,
// and whoever waits for the workers to leave. The ticker does so as well,
// since time alone can make work: an attempt falls silent, a backup copy is
// due.
//
// Read next: worker.c.
#include "lab1-mapreduce/master.h"

#include <assert.h>
#include <stdlib.h>

#include "common/rpc/node.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "common/runtime/log.h"
#include "common/runtime/mutex.h"
#include "common/runtime/ticker.h"
#include "lab1-mapreduce/api.pb-c.h"
#include "lab1-mapreduce/job.h"
#include "lab1-mapreduce/message.h"
#include "lab1-mapreduce/peer.pb-c.h"

enum {
    // A worker without work waits here for so long before it has to ask
    // again. Not long: if it dies meanwhile, the next task goes to a dead one.
    HOLD_MS = 200,
    TICK_MS = 50,
};

struct inspect {
    Mr__Inspect_Service service;
    struct master *master;
};

struct master {
    Mr__Master_Service service; // first: handlers find the master by it
    struct inspect inspect;

    // Constant from master_start on.
    const struct master_spec *spec;
    char *folder; // the working folder, absolute
    struct rpc_server *server;
    struct rpc_server *control; // NULL: nobody tests us
    struct ticker *ticker;

    struct mutex lock; // guards the rest
    struct cond changed;
    struct job *job;
    bool stopping;
};

// --- Inspect ---------------------------------------------------------------

static Mr__StatusReply__Phase phase_of(const struct job *j,
                                       const struct job_status *status)
{
    if (job_failure(j) != NULL)
        return MR__STATUS_REPLY__PHASE__FAILED;
    if (job_is_over(j))
        return MR__STATUS_REPLY__PHASE__DONE;
    return status->maps_done < status->maps ? MR__STATUS_REPLY__PHASE__MAP
                                            : MR__STATUS_REPLY__PHASE__REDUCE;
}

static void inspect_status(Mr__Inspect_Service *service,
                           const Mr__StatusRequest *request,
                           Mr__StatusReply_Closure reply, void *call)
{
    struct master *m = ((struct inspect *)service)->master;
    mutex_lock(&m->lock);
    struct job_status status = job_status(m->job);
    Mr__StatusReply answer = MR__STATUS_REPLY__INIT;
    answer.phase = phase_of(m->job, &status);
    answer.maps = status.maps;
    answer.maps_done = status.maps_done;
    answer.reduces = status.reduces;
    answer.reduces_done = status.reduces_done;
    answer.live = status.live;
    answer.attempts = status.attempts;
    answer.reexecutions = status.reexecutions;
    answer.backups = status.backups;
    answer.failures = status.failures;
    answer.workers = status.workers;
    answer.failure = bytes_of(job_failure(m->job));
    reply(&answer, call);
    mutex_unlock(&m->lock);
}

// --- Giving out tasks ------------------------------------------------------

// SOLUTION BEGIN II
// Waits until there is work for the worker, the job is over, or HOLD_MS have
// passed.
static struct job_answer wait_for_work_locked(struct master *m,
                                              const char *worker)
{
    mutex_assert_held(&m->lock);
    int64_t deadline_ms = clock_now_ms() + HOLD_MS;
    struct job_answer answer = job_request(m->job, worker, clock_now_ms());
    while (answer.order == JOB_WAIT && !m->stopping &&
           cond_wait(&m->changed, &m->lock, deadline_ms))
        answer = job_request(m->job, worker, clock_now_ms());
    return answer;
}

static Mr__RequestTaskReply__Order order_of(enum job_order order)
{
    switch (order) {
    case JOB_WORK:
        return MR__REQUEST_TASK_REPLY__ORDER__WORK;
    case JOB_WAIT:
        return MR__REQUEST_TASK_REPLY__ORDER__WAIT;
    case JOB_EXIT:
        return MR__REQUEST_TASK_REPLY__ORDER__EXIT;
    }
    abort();
}
// SOLUTION END

static void master_request_task(Mr__Master_Service *service,
                                const Mr__RequestTaskRequest *request,
                                Mr__RequestTaskReply_Closure reply, void *call)
{
    // SOLUTION BEGIN II; stub: not_implemented("II master_request_task");
    struct master *m = (struct master *)service;
    const char *worker = rpc_call_source(call);
    mutex_lock(&m->lock);
    struct job_answer next = wait_for_work_locked(m, worker);
    cond_broadcast(&m->changed); // for master_linger
    mutex_unlock(&m->lock);

    Mr__RequestTaskReply answer = MR__REQUEST_TASK_REPLY__INIT;
    answer.order = order_of(next.order);
    if (next.order != JOB_WORK) {
        reply(&answer, call);
        return;
    }
    Mr__Attempt attempt = MR__ATTEMPT__INIT;
    attempt_fill(&attempt, &next.work);
    answer.attempt = &attempt;
    Mr__Job job = MR__JOB__INIT;
    job_fill(&job, m->spec, m->folder);
    answer.job = &job;
    log_info("master", "%s task %u, attempt %u, goes to %s",
             next.work.kind == TASK_MAP ? "map" : "reduce", next.work.task,
             next.work.attempt, worker);
    if (next.work.kind == TASK_MAP)
        pieces_fill(&answer, &m->spec->split->tasks[next.work.task]);
    reply(&answer, call);
    pieces_release(&answer);
    // SOLUTION END
}

static void master_report_task(Mr__Master_Service *service,
                               const Mr__ReportTaskRequest *request,
                               Mr__ReportTaskReply_Closure reply, void *call)
{
    // SOLUTION BEGIN II; stub: not_implemented("II master_report_task");
    struct master *m = (struct master *)service;
    struct assignment work;
    if (!attempt_read(request->attempt, &work))
        return;
    char *failure = NULL;
    if (request->failure.len > 0)
        failure = xasprintf("%.*s", (int)request->failure.len,
                            (const char *)request->failure.data);
    log_info("master", "%s: %s task %u, attempt %u: %s", rpc_call_source(call),
             work.kind == TASK_MAP ? "map" : "reduce", work.task, work.attempt,
             failure == NULL ? "done" : failure);

    mutex_lock(&m->lock);
    job_report(m->job, rpc_call_source(call), &work, failure, clock_now_ms());
    cond_broadcast(&m->changed);
    mutex_unlock(&m->lock);
    free(failure);
    Mr__ReportTaskReply answer = MR__REPORT_TASK_REPLY__INIT;
    reply(&answer, call);
    // SOLUTION END
}

static void master_heartbeat(Mr__Master_Service *service,
                             const Mr__HeartbeatRequest *request,
                             Mr__HeartbeatReply_Closure reply, void *call)
{
    struct master *m = (struct master *)service;
    Mr__HeartbeatReply answer = MR__HEARTBEAT_REPLY__INIT;
    answer.wanted = true;
    // SOLUTION BEGIN III; stub: (void)m;
    struct assignment work;
    if (!attempt_read(request->attempt, &work))
        return;
    mutex_lock(&m->lock);
    answer.wanted =
        job_heard(m->job, rpc_call_source(call), &work, clock_now_ms());
    mutex_unlock(&m->lock);
    // SOLUTION END
    reply(&answer, call);
}

// --- The master's life -----------------------------------------------------

static void tick(void *arg)
{
    struct master *m = arg;
    // SOLUTION BEGIN III; stub: (void)m;
    mutex_lock(&m->lock);
    if (job_tick(m->job, clock_now_ms()))
        log_info("master", "an attempt was not heard of for too long");
    cond_broadcast(&m->changed); // backup copies may be due, too
    mutex_unlock(&m->lock);
    // SOLUTION END
}

static struct master *master_new(const struct master_spec *spec)
{
    static const Mr__Master_Service master_init = MR__MASTER__INIT(master_);
    static const Mr__Inspect_Service inspect_init = MR__INSPECT__INIT(inspect_);

    struct master *m = xcalloc(1, sizeof *m);
    m->service = master_init;
    m->inspect.service = inspect_init;
    m->inspect.master = m;
    m->spec = spec;
    m->folder = folder_absolute(NULL, ".");
    mutex_init(&m->lock);
    cond_init(&m->changed);
    m->job = job_new((uint32_t)spec->split->count, spec->reduces);
    return m;
}

// At the master's own path, and for a harness at the control path.
static int serve(struct master *m, struct node *node)
{
    ProtobufCService *const services[] = {&m->service.base,
                                          &m->inspect.service.base};
    int err = rpc_server_start(node, NULL, services, 2, &m->server);
    if (err == ERR_OK)
        err = rpc_server_control(node, services + 1, 1, &m->control);
    return err;
}

int master_start(struct node *node, const struct master_spec *spec,
                 struct master **out)
{
    struct master *m = master_new(spec);
    int err = ticker_start("ticker", TICK_MS, tick, m, &m->ticker);
    if (err == ERR_OK)
        err = serve(m, node);
    if (err != ERR_OK) {
        master_stop(m);
        return err;
    }
    *out = m;
    return ERR_OK;
}

bool master_wait(struct master *m, int64_t deadline_ms)
{
    mutex_lock(&m->lock);
    while (!job_is_over(m->job) &&
           cond_wait(&m->changed, &m->lock, deadline_ms))
        continue;
    bool over = job_is_over(m->job);
    mutex_unlock(&m->lock);
    return over;
}

void master_linger(struct master *m, int64_t deadline_ms)
{
    mutex_lock(&m->lock);
    assert(job_is_over(m->job));
    while (job_untold(m->job, clock_now_ms()) > 0 &&
           cond_wait(&m->changed, &m->lock, deadline_ms))
        continue;
    mutex_unlock(&m->lock);
}

struct job_status master_status(struct master *m)
{
    mutex_lock(&m->lock);
    struct job_status status = job_status(m->job);
    mutex_unlock(&m->lock);
    return status;
}

char *master_failure(struct master *m)
{
    mutex_lock(&m->lock);
    const char *failure = job_failure(m->job);
    char *copy = failure == NULL ? NULL : xstrdup(failure);
    mutex_unlock(&m->lock);
    return copy;
}

void master_stop(struct master *m)
{
    if (m == NULL)
        return;
    mutex_lock(&m->lock);
    m->stopping = true;
    cond_broadcast(&m->changed);
    mutex_unlock(&m->lock);
    rpc_server_stop(m->server);
    rpc_server_stop(m->control);
    ticker_stop(m->ticker);
    job_free(m->job);
    cond_release(&m->changed);
    mutex_release(&m->lock);
    free(m->folder);
    free(m);
}
