// run.c - `mr run`: a master in this process and workers that it starts.
//
// This thread looks after the workers, since children die with the thread that
// spawned them; the master's work is done by the server's threads. Everything
// that the run has made is removed again if the job does not succeed, also
// when a signal ends it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "common/runtime/process.h"
#include "lab1-mapreduce/master.h"
#include "lab1-mapreduce/options.h"
#include "lab1-mapreduce/prepare.h"
#include "lab1-mapreduce/program.h"

// Workers are replaced as long as there is progress: a machine may kill them
// all day. Deaths without a task done in between are another matter: then the
// application itself must be what kills them.
enum {
    LOOK_MS = 20,    // from one look at the workers to the next
    LEAVE_MS = 1000, // workers have so long to leave after the job
    DEATHS_MAX = 64, // so many in a row, and no task done: give up
};

struct run {
    struct node *node;
    struct master *master;
    char *folder;  // the cluster's
    char *program; // our own path
    struct process *workers[WORKERS_MAX];
    size_t count;
    int64_t started_ms;

    // Since the last time that a task was done.
    uint32_t tasks_done;
    uint32_t deaths;
};

// --- Workers ---------------------------------------------------------------

// A worker gets the name of the one before it: so the master learns from its
// first request that the old one's task is lost.
static char *start_worker(struct run *r, size_t i)
{
    char *name = xasprintf("w%zu", i + 1);
    const char *argv[] = {r->program, "worker", "--cluster", r->folder,
                          "--name",   name,     NULL};
    struct process_spec spec = {.argv = argv};
    int err = process_spawn(&spec, &r->workers[i]);
    free(name);
    if (err == ERR_OK)
        return NULL;
    r->workers[i] = NULL;
    return xasprintf("cannot start a worker: %s", err_text(err));
}

static char *start_workers(struct run *r, size_t count)
{
    char *why = NULL;
    for (r->count = 0; r->count < count && why == NULL; r->count++)
        why = start_worker(r, r->count);
    return why;
}

static char *too_many_deaths(const struct process_end *end)
{
    const char *how = end->exited ? "exited with status" : "died of signal";
    return xasprintf("%d workers have died and no task was done meanwhile; the "
                     "last one %s %d",
                     DEATHS_MAX, how, end->exited ? end->code : end->signal);
}

// Replaces workers that have died.
static char *look_after_workers(struct run *r)
{
    struct job_status status = master_status(r->master);
    uint32_t tasks_done = status.maps_done + status.reduces_done;
    if (tasks_done > r->tasks_done)
        r->deaths = 0;
    r->tasks_done = tasks_done;

    char *why = NULL;
    for (size_t i = 0; i < r->count && why == NULL; i++) {
        struct process_end end;
        if (process_wait(r->workers[i], clock_now_ms(), &end) != ERR_OK)
            continue;
        process_free(r->workers[i]);
        r->workers[i] = NULL;
        r->deaths++;
        if (r->deaths == DEATHS_MAX)
            why = too_many_deaths(&end);
        else
            why = start_worker(r, i);
    }
    return why;
}

// Gives the workers time to leave until the deadline and kills the rest.
static void end_workers(struct run *r, int64_t deadline_ms)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->workers[i] != NULL)
            process_wait(r->workers[i], deadline_ms, NULL);
        process_free(r->workers[i]);
        r->workers[i] = NULL;
    }
}

// --- For people ------------------------------------------------------------

static void show_progress(struct run *r)
{
    if (!isatty(STDERR_FILENO))
        return;
    struct job_status s = master_status(r->master);
    fprintf(stderr,
            "\r\033[Kmaps %" PRIu32 "/%" PRIu32 "  reduces %" PRIu32 "/%" PRIu32
            "  running %" PRIu32 "  done again %" PRIu32
            "  backup copies %" PRIu32,
            s.maps_done, s.maps, s.reduces_done, s.reduces, s.live,
            s.reexecutions, s.backups);
}

static void hide_progress(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

static void show_summary(struct run *r, const struct options *o)
{
    struct job_status s = master_status(r->master);
    int64_t spent_ms = clock_now_ms() - r->started_ms;
    fprintf(stderr,
            "mr: %s: %" PRIu32 " maps and %" PRIu32 " reduces done in %" PRId64
            ".%02" PRId64 " s; re-executions: %" PRIu32
            ", backup copies: %" PRIu32 "\n",
            o->app, s.maps, s.reduces, spent_ms / 1000, spent_ms % 1000 / 10,
            s.reexecutions, s.backups);
}

// --- The job ---------------------------------------------------------------

// Waits until the job is over. NULL, or why it was given up (owned); or
// *signal, if one asked us to end.
static char *wait_for_end(struct run *r, int *signal)
{
    char *why = NULL;
    bool over = false;
    *signal = process_interrupted();
    while (!over && why == NULL && *signal == 0) {
        show_progress(r);
        over = master_wait(r->master, clock_now_ms() + LOOK_MS);
        if (!over)
            why = look_after_workers(r);
        *signal = process_interrupted();
    }
    hide_progress();
    return why != NULL ? why : master_failure(r->master);
}

static int run_job(struct run *r, const struct options *o)
{
    int signal = 0;
    char *why = start_workers(r, (size_t)o->workers);
    if (why == NULL)
        why = wait_for_end(r, &signal);
    bool done = why == NULL && signal == 0;
    end_workers(r, clock_now_ms() + (done ? LEAVE_MS : 0));
    if (done)
        show_summary(r, o);
    if (why != NULL)
        return complain(EXIT_FAILED, why);
    return signal == 0 ? 0 : EXIT_SIGNAL + signal;
}

// Makes a cluster of its own for the job.
static int run_in_cluster(struct run *r, const struct options *o,
                          const struct master_spec *spec)
{
    int err = folder_make_fresh("mr", &r->folder);
    if (err == ERR_OK)
        err = node_open(r->folder, "master", true, &r->node);
    if (err == ERR_OK)
        err = master_start(r->node, spec, &r->master);
    int status;
    if (err == ERR_OK)
        status = run_job(r, o);
    else
        status = complain(
            EXIT_FAILED, xasprintf("cannot start a master: %s", err_text(err)));
    master_stop(r->master);
    node_close(r->node);
    if (r->folder != NULL)
        folder_remove(r->folder);
    return status;
}

int command_run(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we clean up
    struct prepared job;
    char *why = prepare(o, &job);
    if (why != NULL)
        return complain(EXIT_USAGE, why);

    struct run r = {
        .program = process_own_path(),
        .started_ms = clock_now_ms(),
    };
    int status = run_in_cluster(&r, o, &job.spec);
    why = prepared_end(&job, status == 0);
    if (why != NULL)
        status = complain(EXIT_FAILED, why);
    free(r.program);
    free(r.folder);
    return status;
}
