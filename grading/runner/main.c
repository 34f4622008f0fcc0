// main.c - runs the tests of many programs side by side, and sums up.
//
//     run-tests [-j N] [-o FILE] [-u 'COMMAND ...'] PROGRAM...
//     run-tests --gdb NODE PROGRAM...
//     run-tests --trace PROGRAM
//
// -j: N tests at the same time; those that measure a limit run alone, after
// the others. -o: FILE gets a row of JSON for each test and repetition
// (common/check/row.h). -u: runs each program under COMMAND (valgrind).
//
// Each program is asked for its tests and then started once for each of them
// and each repetition; both sides are in common/check/unit.c. A test that dies
// without a report has failed. So has a program that has no test, unless T or
// PART picked some. The last line is "N passed, N failed". The exit status is
// 0 if all passed, 1 if not or if nothing ran, 2 if the call makes no sense,
// 130 after Ctrl-C.
//
// --gdb: the one test that T picks, in the foreground, with NODE under gdb; the
// test program itself if NODE is empty. --trace: the trace printer PROGRAM on
// the latest failed test with T in its name.
//
// The environment: T, PART, SEED, LAB_TIME_SCALE and the others of unit.h;
// KEEP=1: one at a time up to the first failure, whose processes are kept until
// Ctrl-C. LAB_MACHINE_FACTOR: taken as it is, and not measured.
//
// Nothing survives it: neither a process nor a file under /tmp. What a SIGKILL
// leaves there the next call removes.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/scratch.h"
#include "common/check/setting.h"
#include "common/runtime/alloc.h"
#include "common/runtime/process.h"
#include "grading/runner/debug.h"
#include "grading/runner/judge.h"
#include "grading/runner/machine.h"
#include "grading/runner/pool.h"
#include "grading/runner/show.h"

static const char usage[] =
    "usage: run-tests [-j N] [-o FILE] [-u 'COMMAND ...'] PROGRAM...\n"
    "       run-tests --gdb NODE PROGRAM...\n"
    "       run-tests --trace PROGRAM\n";

// --- the phases ---

// Asks all programs for their tests.
static void list_tests(struct run *run)
{
    struct job *jobs = jobs_new(run->program_count);
    for (size_t i = 0; i < run->program_count; i++) {
        jobs[i].program = run->programs[i];
        jobs[i].seed = run->seed;
    }
    pool_run(run, jobs, run->program_count, run->parallel, judge_listing);
    jobs_free(jobs, run->program_count);
}

// Those that run alone, or the others.
static void run_tests(struct run *run, bool alone)
{
    size_t count = 0;
    for (size_t i = 0; i < run->test_count; i++)
        if (run->tests[i]->about.alone == alone)
            count += (size_t)run->tests[i]->about.repetitions;
    struct job *jobs = jobs_new(count);
    size_t n = 0;
    for (size_t i = 0; i < run->test_count; i++) {
        struct test *test = run->tests[i];
        if (test->about.alone != alone)
            continue;
        for (int k = 1; k <= test->about.repetitions; k++)
            jobs[n++] = (struct job){.program = test->program,
                                     .test = test,
                                     .repetition = k,
                                     .seed = setting_seed_of(run->seed, k)};
    }
    pool_run(run, jobs, count, alone ? 1 : run->parallel, judge_test);
    jobs_free(jobs, count);
}

static bool go_on(const struct run *run)
{
    return !run->stop && process_interrupted() == 0;
}

static int sum_up(const struct run *run)
{
    int number = process_interrupted();
    bool looked_at = run->keep && run->failed > 0; // Ctrl-C ended the looking
    if (number != 0 && !looked_at) {
        show_no_status();
        printf("interrupted\n");
        return 128 + number;
    }
    show_sum(run);
    return run->failed > 0 || run->passed == 0;
}

static void release(struct run *run)
{
    for (size_t i = 0; i < run->test_count; i++) {
        struct test *test = run->tests[i];
        listing_release(&test->about);
        free(test->output);
        free(test->complaint);
        free(test->to_do);
        free(test->more);
        free(test);
    }
    free(run->tests);
    if (run->rows != NULL)
        fclose(run->rows);
}

// --- the call ---

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

static bool parse_parallel(struct run *run, const char *text)
{
    char *end = NULL;
    long n = strtol(text, &end, 10);
    run->parallel = (int)n;
    if (end != text && *end == '\0' && n >= 1 && n <= 1024)
        return true;
    fprintf(stderr, "run-tests: -j is \"%s\": a number of tests is needed\n",
            text);
    return false;
}

static bool open_rows(struct run *run, const char *path)
{
    run->rows = fopen(path, "we");
    if (run->rows == NULL)
        fprintf(stderr, "run-tests: -o: cannot write %s: %s\n", path,
                strerror(errno));
    return run->rows != NULL;
}

struct request {
    const char *gdb;   // NULL: not asked for
    const char *trace; // the same
};

// False: it makes no sense, and that has been said.
static bool parse(int argc, char **argv, struct run *run, struct request *r)
{
    static const struct option options[] = {
        {"gdb", required_argument, NULL, 'g'},
        {"trace", required_argument, NULL, 't'},
        {0}};
    bool ok = true;
    for (int c = 0; c != -1 && ok;) {
        c = getopt_long(argc, argv, "+j:o:u:", options, NULL);
        if (c == 'j')
            ok = parse_parallel(run, optarg);
        else if (c == 'o')
            ok = open_rows(run, optarg);
        else if (c == 'u')
            ok = split_under(run, optarg);
        else if (c == 'g')
            r->gdb = optarg;
        else if (c == 't')
            r->trace = optarg;
        else
            ok = c == -1;
    }
    if (!ok)
        fputs(usage, stderr);
    return ok;
}

static void read_settings(struct run *run, bool foreground)
{
    const char *keep = setting("KEEP");
    run->keep = keep != NULL && strcmp(keep, "0") != 0 && !foreground;
    if (run->keep)
        run->parallel = 1;
    run->seed = setting_seed();
    run->machine_factor = setting("LAB_MACHINE_FACTOR") != NULL
                              ? setting_number("LAB_MACHINE_FACTOR", 1)
                              : machine_factor();
    run->time_scale = setting_number("LAB_TIME_SCALE", 1) * run->machine_factor;
}

static int test(struct run *run)
{
    list_tests(run);
    show_scale(run);
    if (go_on(run))
        run_tests(run, false);
    if (go_on(run))
        run_tests(run, true);
    int status = sum_up(run);
    scratch_remove(&run->tmp);
    return status;
}

static int debug(struct run *run, const char *node)
{
    list_tests(run);
    if (go_on(run))
        return debug_gdb(run, node);
    scratch_remove(&run->tmp);
    return 128 + process_interrupted();
}

int main(int argc, char **argv)
{
    struct run run = {.parallel = 1};
    struct request request = {0};
    if (!parse(argc, argv, &run, &request))
        return 2;
    if (request.trace != NULL)
        return debug_trace(request.trace);
    if (optind == argc) {
        printf("No test was executed: there is no test program.\n"
               "0 passed, 0 failed\n");
        return 1;
    }
    run.programs = (const char *const *)argv + optind;
    run.program_count = (size_t)(argc - optind);
    read_settings(&run, request.gdb != NULL);
    scratch_sweep(NULL);
    scratch_sweep("/tmp");
    pool_prepare();
    if (!scratch_make_locked(NULL, &run.tmp)) {
        fprintf(stderr, "run-tests: cannot make a folder in /tmp\n");
        return 1;
    }

    int status = request.gdb != NULL ? debug(&run, request.gdb) : test(&run);
    release(&run);
    return status;
}
