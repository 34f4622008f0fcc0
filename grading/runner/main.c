// main.c - runs test programs side by side and adds up what they report.
//
//     run-tests [-j N] [-u 'COMMAND ...'] PROGRAM...
//
// -j: N programs at the same time. -u: runs each under COMMAND (valgrind).
// Each program writes "PASSED FAILED" to the file named by UNIT_RESULT; what
// it prints is shown whole, in the order of the command line, and never read.
// A program that dies, writes no result, or fails without saying which test,
// counts as one that failed; so does one that runs no test unless T or PART
// picked some. The last line is "N passed, N failed". The exit status is 0 if
// all passed, 1 if not or if nothing ran, 130 after Ctrl-C.
//
// Nothing survives it: neither a process nor a file under /tmp.
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/orphans.h"
#include "common/check/scratch.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"

enum {
    POLL_MS = 20,
    GRACE_MS = 1000, // for the children of a program that died
    UNDER_MAX = 16,  // words of COMMAND
};

struct job {
    const char *program;
    struct process *process; // NULL before its start
    char *output;            // the file it prints to
    char *result;            // the file it reports to
    long shown;              // bytes of `output` that people have seen
    bool ended;
    struct process_end end;
    int passed;
    int failed;
    char *complaint; // owned; NULL: none
};

struct run {
    int parallel;
    const char *under[UNDER_MAX];
    size_t under_count;
    struct job *jobs;
    size_t count;
    size_t started;
    size_t shown; // jobs [0, shown) are done with
    char tmp[SCRATCH_MAX];
};

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool picky(void)
{
    return setting("T") != NULL || setting("PART") != NULL;
}

static void start_job(struct run *run, struct job *job)
{
    job->output = xasprintf("%s/%zu.out", run->tmp, run->started);
    job->result = xasprintf("%s/%zu.result", run->tmp, run->started);
    char *tmp = xasprintf("TMPDIR=%s", run->tmp);
    char *result = xasprintf("UNIT_RESULT=%s", job->result);
    const char *env[] = {tmp, result, NULL};
    const char *argv[UNDER_MAX + 2] = {NULL};
    memcpy(argv, run->under, run->under_count * sizeof argv[0]);
    argv[run->under_count] = job->program;
    struct process_spec spec = {
        .argv = argv, .env = env, .output = job->output};

    int err = process_spawn(&spec, &job->process);
    if (err != ERR_OK) {
        job->ended = true;
        job->failed = 1;
        job->complaint = xasprintf("cannot be started: %s", err_text(err));
    }
    free(tmp);
    free(result);
}

static bool read_result(struct job *job)
{
    FILE *file = fopen(job->result, "re");
    if (file == NULL)
        return false;
    int n = fscanf(file, "%d %d", &job->passed, &job->failed);
    fclose(file);
    return n == 2 && job->passed >= 0 && job->failed >= 0;
}

static char *describe(struct process_end end)
{
    if (end.exited)
        return xasprintf("ended with status %d", end.code);
    return xasprintf("died of signal %d (%s)", end.signal,
                     strsignal(end.signal));
}

static void judge(struct job *job)
{
    bool reported = read_result(job);
    bool clean = job->end.exited && job->end.code == 0;
    char *end = describe(job->end);
    if (!reported) {
        job->passed = job->failed = 0;
        job->complaint = xasprintf("%s, and reported nothing", end);
    } else if (!clean && job->failed == 0)
        job->complaint = xasprintf("%s, though no test failed", end);
    else if (job->passed + job->failed == 0 && !picky())
        job->complaint = xasprintf("has executed no test");
    if (job->complaint != NULL)
        job->failed++;
    free(end);
}

// Ends what the programs that have died have left to us.
static void end_orphans(const struct run *run)
{
    pid_t *keep = xcalloc(run->count, sizeof *keep);
    size_t n = 0;
    for (size_t i = 0; i < run->started; i++)
        if (!run->jobs[i].ended)
            keep[n++] = (pid_t)process_id(run->jobs[i].process);
    char names[256];
    orphans_end(keep, n, GRACE_MS, names, sizeof names);
    free(keep);
}

static int running(const struct run *run)
{
    int n = 0;
    for (size_t i = 0; i < run->started; i++)
        n += !run->jobs[i].ended;
    return n;
}

static void start_and_reap(struct run *run)
{
    while (run->started < run->count && running(run) < run->parallel) {
        start_job(run, &run->jobs[run->started]);
        run->started++;
    }
    for (size_t i = 0; i < run->started; i++) {
        struct job *job = &run->jobs[i];
        if (job->ended || process_wait(job->process, 0, &job->end) != ERR_OK)
            continue;
        job->ended = true;
        judge(job);
        end_orphans(run);
    }
}

static void show_output(struct job *job)
{
    FILE *file = fopen(job->output, "re");
    if (file == NULL)
        return;
    fseek(file, job->shown, SEEK_SET);
    char bytes[4096];
    for (size_t n = 1; n > 0;) {
        n = fread(bytes, 1, sizeof bytes, file);
        fwrite(bytes, 1, n, stdout);
        job->shown += (long)n;
    }
    fclose(file);
}

// The first program that is not done is shown live, those behind it wait.
static void show(struct run *run)
{
    bool done = true;
    while (done && run->shown < run->started) {
        struct job *job = &run->jobs[run->shown];
        done = job->ended;
        show_output(job);
        if (done && job->complaint != NULL)
            printf("FAILED %s: it %s\n", job->program, job->complaint);
        run->shown += done;
    }
    fflush(stdout);
}

static int sum_up(const struct run *run)
{
    int passed = 0;
    int failed = 0;
    for (size_t i = 0; i < run->count; i++) {
        passed += run->jobs[i].passed;
        failed += run->jobs[i].failed;
    }
    if (passed + failed == 0) {
        const char *name = setting("T");
        const char *part = setting("PART");
        printf("No test was executed: none of these %zu programs has one with",
               run->count);
        printf("%s%s%s", name != NULL ? " T='" : "", name != NULL ? name : "",
               name != NULL ? "'" : "");
        printf("%s%s%s.\n", part != NULL ? " PART='" : "",
               part != NULL ? part : "", part != NULL ? "'" : "");
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}

static void release(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        process_free(run->jobs[i].process);
        free(run->jobs[i].output);
        free(run->jobs[i].result);
        free(run->jobs[i].complaint);
    }
    free(run->jobs);
    run->count = run->started = 0;
}

static int run_all(struct run *run)
{
    signal(SIGCHLD, SIG_DFL); // who ignores it never learns of an end
    process_interrupted();    // from here on Ctrl-C only makes it true
    orphans_adopt();
    if (!scratch_make(NULL, run->tmp)) {
        fprintf(stderr, "run-tests: cannot make a folder in /tmp\n");
        return 1;
    }
    while (run->shown < run->count && process_interrupted() == 0) {
        start_and_reap(run);
        show(run);
        if (run->shown < run->count)
            clock_sleep_ms(POLL_MS);
    }
    int number = process_interrupted();
    int status = number != 0 ? 128 + number : sum_up(run);
    release(run); // kills what still runs
    end_orphans(run);
    scratch_remove(run->tmp);
    if (number != 0)
        printf("interrupted\n");
    return status;
}

static bool split_under(struct run *run, char *command)
{
    char *rest = command;
    char *word = strtok_r(command, " \t", &rest);
    for (; word != NULL; word = strtok_r(NULL, " \t", &rest)) {
        if (run->under_count == UNDER_MAX)
            return false;
        run->under[run->under_count++] = word;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct run run = {.parallel = 1};
    bool ok = true;
    for (int c = getopt(argc, argv, "+j:u:"); c != -1 && ok;
         c = getopt(argc, argv, "+j:u:")) {
        if (c == 'j')
            run.parallel = atoi(optarg);
        ok = c == 'j' || (c == 'u' && split_under(&run, optarg));
    }
    if (!ok || run.parallel < 1) {
        fprintf(stderr, "run-tests [-j N] [-u 'COMMAND ...'] PROGRAM...\n");
        return 1;
    }
    if (optind == argc) {
        printf("No test was executed: there is no test program.\n"
               "0 passed, 0 failed\n");
        return 1;
    }
    run.count = (size_t)(argc - optind);
    run.jobs = xcalloc(run.count, sizeof *run.jobs);
    for (size_t i = 0; i < run.count; i++)
        run.jobs[i].program = argv[optind + (int)i];
    return run_all(&run);
}
