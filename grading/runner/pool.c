#include "grading/runner/pool.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/check/orphans.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "grading/runner/judge.h"
#include "grading/runner/show.h"

enum {
    LOOK_MS = 50,    // at least so often, whatever happens
    GRACE_MS = 1000, // for the children of a program that died
    ENV_MAX = 12,
};

static sigset_t child_ended(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return set;
}

void pool_prepare(void)
{
    signal(SIGCHLD, SIG_DFL); // who ignores it never learns of an end
    sigset_t set = child_ended();
    sigprocmask(SIG_BLOCK, &set, NULL); // it is waited for
    process_interrupted();              // from here on Ctrl-C makes it true
    orphans_adopt();
}

struct job *jobs_new(size_t count)
{
    return xcalloc(count, sizeof(struct job));
}

void jobs_free(struct job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        process_free(jobs[i].process);
        free(jobs[i].output);
        free(jobs[i].result);
        free(jobs[i].list);
    }
    free(jobs);
}

// --- starting ---

// What the job is told, owned texts, NULL behind the last.
static void make_env(const struct run *run, const struct job *job,
                     char *env[ENV_MAX])
{
    size_t n = 0;
    env[n++] = xasprintf("TMPDIR=%s", run->tmp.path);
    env[n++] = xasprintf("UNIT_RESULT=%s", job->result);
    env[n++] = xasprintf("UNIT_LIST=%s", job->list != NULL ? job->list : "");
    env[n++] = xasprintf("UNIT_KEEP=%s", run->keep ? "1" : "");
    env[n++] = xasprintf("SEED=%" PRIu64, job->seed);
    env[n++] = xasprintf("LAB_TIME_SCALE=%g", run->time_scale);
    env[n++] = xasprintf("LAB_MACHINE_FACTOR=%g", run->machine_factor);
    if (job->test != NULL) {
        env[n++] = xasprintf("UNIT_RUN=%zu", job->test->about.index);
        env[n++] = xasprintf("UNIT_REPETITION=%d", job->repetition);
    }
    env[n] = NULL;
}

static void start_job(struct run *run, struct job *job)
{
    size_t number = run->jobs_made++;
    job->output = xasprintf("%s/%zu.out", run->tmp.path, number);
    job->result = xasprintf("%s/%zu.result", run->tmp.path, number);
    if (job->test == NULL)
        job->list = xasprintf("%s/%zu.list", run->tmp.path, number);
    char *env[ENV_MAX];
    make_env(run, job, env);
    const char *argv[UNDER_MAX + 2] = {NULL};
    memcpy(argv, run->under, run->under_count * sizeof argv[0]);
    argv[run->under_count] = job->program;
    struct process_spec spec = {
        .argv = argv, .env = (const char *const *)env, .output = job->output};

    job->start_ms = clock_now_ms();
    job->start_err = process_spawn(&spec, &job->process);
    job->running = job->start_err == ERR_OK;
    for (char **p = env; *p != NULL; p++)
        free(*p);
}

// --- ending ---

// Ends what the programs that have died have left to us.
static void end_orphans(const struct job *jobs, size_t count, int grace_ms)
{
    pid_t *keep = xcalloc(count + 1, sizeof *keep);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (jobs[i].running)
            keep[n++] = (pid_t)process_id(jobs[i].process);
    char names[256];
    orphans_end(keep, n, grace_ms, names, sizeof names);
    free(keep);
}

// Kills it, should it still run.
static void forget_process(struct job *job)
{
    process_free(job->process);
    job->process = NULL;
    job->running = false;
}

static bool has_ended(struct job *job)
{
    if (!job->running || process_wait(job->process, 0, &job->end) != ERR_OK)
        return false;
    job->took_ms = clock_now_ms() - job->start_ms;
    forget_process(job);
    return true;
}

// KEEP=1: the test has failed, and its processes are kept.
static void look_for_report(struct run *run, struct job *job)
{
    if (!run->keep || !job->running || job->told || !judge_sees_failure(job))
        return;
    judge_test(run, job);
    job->told = true;
}

// Sleeps until a child has ended, or a signal comes, or for LOOK_MS.
static void wait_for_news(void)
{
    sigset_t set = child_ended();
    sigtimedwait(&set, NULL, &(struct timespec){.tv_nsec = LOOK_MS * 1000000L});
}

static void interrupt_all(struct job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (jobs[i].running)
            forget_process(&jobs[i]);
    end_orphans(jobs, count, 0);
}

void pool_run(struct run *run, struct job *jobs, size_t count, int parallel,
              void (*done)(struct run *run, struct job *job))
{
    size_t started = 0;
    int running = 0;
    while (running > 0 || (started < count && !run->stop)) {
        while (started < count && running < parallel && !run->stop) {
            struct job *job = &jobs[started++];
            start_job(run, job);
            running += job->running;
            if (!job->running)
                done(run, job);
        }
        show_status(run, jobs, started);
        if (running > 0)
            wait_for_news();
        for (size_t i = 0; i < started; i++) {
            struct job *job = &jobs[i];
            look_for_report(run, job);
            if (!has_ended(job))
                continue;
            running--;
            end_orphans(jobs, started, GRACE_MS);
            done(run, job);
        }
        if (process_interrupted() != 0) {
            interrupt_all(jobs, started);
            return;
        }
    }
}
