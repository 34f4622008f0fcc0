// job.c - see job.h.
//
// A task becomes idle by losing its last live attempt, so there is no queue of
// idle tasks to repair. Tables are searched from end to end: a few thousand
// places take no time beside the call that asks.
//
// Read next: master.c.
#include "lab1-mapreduce/job.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "lab1-mapreduce/job_private.h"

// SOLUTION BEGIN II
static void phase_init(struct phase *p, uint32_t count)
{
    p->tasks = xcalloc((size_t)count + 1, sizeof p->tasks[0]);
    p->count = count;
}
// SOLUTION END

struct job *job_new(uint32_t maps, uint32_t reduces)
{
    struct job *j = xcalloc(1, sizeof *j);
    // SOLUTION BEGIN II
    phase_init(&j->phases[TASK_MAP], maps);
    phase_init(&j->phases[TASK_REDUCE], reduces);
    // SOLUTION END
    return j;
}

void job_free(struct job *j)
{
    if (j == NULL)
        return;
    free(j->failure);
    // SOLUTION BEGIN II
    for (uint32_t i = 0; i < j->worker_count; i++)
        free(j->workers[i].name);
    free(j->phases[TASK_MAP].tasks);
    free(j->phases[TASK_REDUCE].tasks);
    // SOLUTION END
    free(j);
}

const char *job_failure(const struct job *j)
{
    return j->failure;
}

bool job_is_over(const struct job *j)
{
    // SOLUTION BEGIN II; stub: not_implemented("II job_is_over");
    const struct phase *map = &j->phases[TASK_MAP];
    const struct phase *reduce = &j->phases[TASK_REDUCE];
    return j->failure != NULL ||
           (map->done == map->count && reduce->done == reduce->count);
    // SOLUTION END
}

// SOLUTION BEGIN II
// --- Live attempts ---------------------------------------------------------

// A task does not know a worker, only its live attempts; a worker knows the
// task of its live attempt. Both sides are changed together, by give() and
// drop_live(), and nowhere else: that keeps J2 and J4.

static void drop_live(struct job *j, struct task *task, uint32_t i)
{
    assert(i < task->live_count);
    j->workers[task->live[i].worker].task = NULL;
    task->live[i] = task->live[--task->live_count];
}

static void drop_all_live(struct job *j, struct task *task)
{
    while (task->live_count > 0)
        drop_live(j, task, 0);
}

// The live attempt of worker `w` at `task`, or NULL.
static struct live *live_of(const struct job *j, struct task *task,
                            const struct worker *w)
{
    for (uint32_t i = 0; i < task->live_count; i++)
        if (&j->workers[task->live[i].worker] == w)
            return &task->live[i];
    return NULL;
}

static void drop_work_of(struct job *j, struct worker *w)
{
    if (w->task == NULL)
        return;
    struct live *live = live_of(j, w->task, w);
    assert(live != NULL);
    drop_live(j, w->task, (uint32_t)(live - w->task->live));
}

// --- Workers ---------------------------------------------------------------

static struct worker *longest_silent(struct job *j)
{
    struct worker *found = &j->workers[0];
    for (uint32_t i = 1; i < j->worker_count; i++)
        if (j->workers[i].heard_ms < found->heard_ms)
            found = &j->workers[i];
    return found;
}

// Finds the worker or adds it, and notes that it was heard of. A table that
// is full forgets somebody: if he lives after all, his next request makes him
// known again and his report counts as a late one does.
static struct worker *know_worker(struct job *j, const char *name,
                                  int64_t now_ms)
{
    struct worker *w = NULL;
    for (uint32_t i = 0; i < j->worker_count && w == NULL; i++)
        if (strcmp(j->workers[i].name, name) == 0)
            w = &j->workers[i];
    if (w == NULL) {
        if (j->worker_count < JOB_WORKERS_MAX) {
            w = &j->workers[j->worker_count++];
        } else {
            w = longest_silent(j);
            drop_work_of(j, w);
            free(w->name);
        }
        *w = (struct worker){.name = xstrdup(name)};
        j->names++;
    }
    w->heard_ms = now_ms;
    return w;
}

// --- Choosing a task -------------------------------------------------------

static struct phase *phase_now(struct job *j)
{
    struct phase *map = &j->phases[TASK_MAP];
    return map->done < map->count ? map : &j->phases[TASK_REDUCE]; // J3
}

static struct task *find_idle(struct phase *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (!p->tasks[i].done && p->tasks[i].live_count == 0)
            return &p->tasks[i];
    return NULL;
}

static struct job_answer give(struct job *j, struct task *task,
                              struct worker *w, int64_t now_ms)
{
    assert(!task->done && task->live_count < JOB_LIVE_MAX);
    task->attempts++; // J5
    task->live[task->live_count++] = (struct live){
        .attempt = task->attempts,
        .worker = (uint32_t)(w - j->workers),
        .started_ms = now_ms,
        .heard_ms = now_ms,
    };
    w->task = task;

    struct phase *p = phase_now(j);
    return (struct job_answer){
        .order = JOB_WORK,
        .work.kind = p == &j->phases[TASK_MAP] ? TASK_MAP : TASK_REDUCE,
        .work.task = (uint32_t)(task - p->tasks),
        .work.attempt = task->attempts,
    };
}
// SOLUTION END

// SOLUTION BEGIN III
// The task that most needs a backup copy, or NULL.
static struct task *find_straggler(struct phase *p, int64_t now_ms)
{
    int64_t least_ms = JOB_BACKUP_MS;
    if (p->timed > 0 && 2 * p->spent_ms / p->timed > least_ms)
        least_ms = 2 * p->spent_ms / p->timed;

    struct task *found = NULL;
    int64_t started_ms = now_ms - least_ms;
    for (uint32_t i = 0; i < p->count; i++) {
        struct task *task = &p->tasks[i];
        if (task->live_count == 1 && task->live[0].started_ms <= started_ms) {
            found = task;
            started_ms = task->live[0].started_ms;
        }
    }
    return found;
}
// SOLUTION END

struct job_answer job_request(struct job *j, const char *name, int64_t now_ms)
{
    struct job_answer answer = {.order = JOB_WAIT};
    // SOLUTION BEGIN II; stub: not_implemented("II job_request");
    struct worker *w = know_worker(j, name, now_ms);
    // Whoever asks is not working: its attempt is lost. This is how a worker
    // that was started anew gives its task back at once, without the wait for
    // silence, and how a lost reply heals.
    drop_work_of(j, w); // J4
    if (job_is_over(j)) {
        w->told = true;
        return (struct job_answer){.order = JOB_EXIT};
    }
    struct phase *p = phase_now(j);
    struct task *task = find_idle(p);
    if (task != NULL) {
        if (task->attempts > 0)
            j->reexecutions++;
        return give(j, task, w, now_ms);
    }
    // SOLUTION END
    // SOLUTION BEGIN III
    task = find_straggler(p, now_ms);
    if (task != NULL) {
        j->backups++;
        return give(j, task, w, now_ms);
    }
    // SOLUTION END
    return answer;
}

// SOLUTION BEGIN II
// --- Reports ---------------------------------------------------------------

// The task that a message is about; NULL if there was no such attempt.
static struct task *task_of(struct job *j, const struct assignment *work)
{
    struct phase *p = &j->phases[work->kind];
    if (work->task >= p->count)
        return NULL;
    struct task *task = &p->tasks[work->task];
    bool known = work->attempt >= 1 && work->attempt <= task->attempts;
    return known ? task : NULL;
}

static void note_done(struct job *j, struct phase *p, struct task *task)
{
    if (task->done)
        return;
    task->done = true;
    p->done++;
    drop_all_live(j, task);
}

static void fail_job(struct job *j, const struct assignment *work,
                     const char *name, const char *why)
{
    const char *kind = work->kind == TASK_MAP ? "map" : "reduce";
    j->failure = xasprintf("%s task %" PRIu32 " failed %d times, the last time "
                           "on %s: %s",
                           kind, work->task, JOB_FAILURES_MAX, name, why);
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < j->phases[k].count; i++)
            drop_all_live(j, &j->phases[k].tasks[i]); // J7
}
// SOLUTION END

void job_report(struct job *j, const char *name, const struct assignment *work,
                const char *failure, int64_t now_ms)
{
    // SOLUTION BEGIN II; stub: not_implemented("II job_report");
    struct worker *w = know_worker(j, name, now_ms);
    struct task *task = task_of(j, work);
    if (task == NULL || job_is_over(j))
        return;

    struct phase *p = &j->phases[work->kind];
    struct live *live = live_of(j, task, w);
    bool is_live = live != NULL && live->attempt == work->attempt;
    if (failure == NULL) {
        // Believed from anyone: the file was committed by who says so, or by
        // another attempt before it.
        if (is_live) {
            p->timed++;
            p->spent_ms += now_ms - live->started_ms;
        }
        note_done(j, p, task);
    } else if (is_live) {
        // Not believed late: an attempt that was given up may fail for being
        // late, its folder gone, say.
        drop_work_of(j, w);
        j->failures++;
        task->failures++;
        if (task->failures == JOB_FAILURES_MAX)
            fail_job(j, work, name, failure);
    }
    // SOLUTION END
}

bool job_heard(struct job *j, const char *name, const struct assignment *work,
               int64_t now_ms)
{
    // SOLUTION BEGIN III; stub: return true;
    struct worker *w = know_worker(j, name, now_ms);
    struct task *task = task_of(j, work);
    if (task == NULL || task->done || job_is_over(j))
        return false;
    struct live *live = live_of(j, task, w);
    if (live != NULL && live->attempt == work->attempt)
        live->heard_ms = now_ms;
    return true; // given up perhaps, but it may still be the first to end
    // SOLUTION END
}

bool job_tick(struct job *j, int64_t now_ms)
{
    // SOLUTION BEGIN III; stub: return false;
    // A reduce task cannot be live in the map phase (J3), and when that ends
    // all map tasks are done and have no live attempts (J2).
    bool any = false;
    struct phase *p = phase_now(j);
    for (uint32_t i = 0; i < p->count; i++) {
        struct task *task = &p->tasks[i];
        // Backwards: drop_live() fills the gap with the last one.
        for (uint32_t k = task->live_count; k > 0; k--) {
            if (now_ms - task->live[k - 1].heard_ms < JOB_SILENT_MS)
                continue;
            drop_live(j, task, k - 1);
            any = true;
        }
    }
    return any;
    // SOLUTION END
}

uint32_t job_untold(const struct job *j, int64_t now_ms)
{
    // SOLUTION BEGIN II; stub: not_implemented("II job_untold");
    uint32_t n = 0;
    for (uint32_t i = 0; i < j->worker_count; i++)
        if (!j->workers[i].told &&
            now_ms - j->workers[i].heard_ms < JOB_LEAVE_MS)
            n++;
    return n;
    // SOLUTION END
}
