// main.c - deals seeds to the simulated tests of a lab, and sums up.
//
//     sim [-j N] [-n N] [-o FILE] [-k FOLDER] [--twice] [--hunt] [--whole]
//         [--times N] PROGRAM...
//     sim --gdb CALL PROGRAM...
//     sim --replay FILE [--times N] [PROGRAM...]
//
// PROGRAMs are test programs linked with the simulation. Seed number i, from
// SEED on, goes to test i modulo their number; T and PART leave some. -j: at
// the same time. -k: where failures are kept. -o: the sum as a line of JSON,
// appended. --twice: each seed twice, which must be the same run. --hunt: no
// more after the first failure. --whole: failures are not made smaller.
// --times: what fails runs so often again; all must be the same run.
// --gdb: the first of these tests with SEED itself, in gdb, up to that call of
// the runtime. --replay: the trace's run, in the first PROGRAM that has the
// name of the trace's, from whichever folder, or in that itself.
//
// The last line is "N seeds, N failed". The exit status is 0 if none failed
// and no test missed its marks, 1 if not or if nothing ran, 2 if the call makes
// no sense.
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/scratch.h"
#include "common/check/setting.h"
#include "common/runtime/alloc.h"
#include "common/runtime/process.h"
#include "grading/seeds/trace.h"
#include "grading/sim/deal.h"
#include "grading/sim/sum.h"

static const char usage[] =
    "usage: sim [-j N] [-n N] [-o FILE] [-k FOLDER] [--twice] [--hunt] "
    "[--whole] [--times N] PROGRAM...\n"
    "       sim --gdb CALL PROGRAM...\n"
    "       sim --replay FILE [--times N] [PROGRAM...]\n";

struct call {
    struct deal deal;
    const char *out;
    const char *gdb;    // a call's number
    const char *replay; // a file
};

static bool parse(int argc, char **argv, struct call *c)
{
    enum { TWICE = 256, HUNT, WHOLE, GDB, REPLAY, TIMES };
    static const struct option options[] = {
        {"twice", no_argument, NULL, TWICE},
        {"hunt", no_argument, NULL, HUNT},
        {"whole", no_argument, NULL, WHOLE},
        {"gdb", required_argument, NULL, GDB},
        {"replay", required_argument, NULL, REPLAY},
        {"times", required_argument, NULL, TIMES},
        {NULL, 0, NULL, 0},
    };
    struct deal *d = &c->deal;
    for (int o; (o = getopt_long(argc, argv, "j:n:o:k:", options, NULL)) != -1;)
        switch (o) {
        case 'j':
            d->parallel = (size_t)strtoul(optarg, NULL, 10);
            break;
        case 'n':
            d->seeds = strtoull(optarg, NULL, 10);
            break;
        case 'o':
            c->out = optarg;
            break;
        case 'k':
            d->kept = optarg;
            break;
        case TWICE:
            d->twice = true;
            break;
        case HUNT:
            d->hunt = true;
            break;
        case WHOLE:
            d->whole = true;
            break;
        case GDB:
            c->gdb = optarg;
            break;
        case REPLAY:
            c->replay = optarg;
            break;
        case TIMES:
            d->times = strtoul(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    d->programs = argv + optind;
    d->program_count = (size_t)(argc - optind);
    return d->parallel >= 1 && d->seeds >= 1 &&
           (c->replay != NULL || d->program_count > 0);
}

static void run_in_place(const char *program)
{
    execl(program, program, (char *)NULL);
    perror(program);
}

// "lab2-pbservice/random_cluster_test-sim" of the path.
static const char *name_of(const char *program)
{
    const char *at = program + strlen(program);
    for (int slashes = 0; at > program; at--)
        if (at[-1] == '/' && ++slashes == 2)
            break;
    return at;
}

static const char *find_program(const struct deal *d, const char *program)
{
    for (size_t i = 0; i < d->program_count; i++)
        if (strcmp(name_of(d->programs[i]), name_of(program)) == 0)
            return d->programs[i];
    return program;
}

static int replay(const struct call *c)
{
    FILE *in = fopen(c->replay, "re");
    struct run_trace trace = {.count = 0};
    bool good = in != NULL && run_trace_read(in, &trace);
    if (in != NULL)
        fclose(in);
    if (!good) {
        fprintf(stderr, "%s is no trace of a run\n", c->replay);
        run_trace_release(&trace);
        return 2;
    }
    setenv("SIM_REPLAY", c->replay, 1);
    char *times = xasprintf("%lu", c->deal.times);
    setenv("SIM_TIMES", times, 1);
    free(times);
    run_in_place(find_program(&c->deal, trace.program));
    run_trace_release(&trace);
    return 2;
}

static int in_gdb(const struct call *c)
{
    const struct deal *d = &c->deal;
    const struct deal_test *t = &d->tests[0];
    char *run = xasprintf("%zu %" PRIu64 " 1 1", t->index, d->first);
    setenv("SIM_RUN", run, 1);
    setenv("SIM_STOP", c->gdb, 1);
    setenv("SIM_ONE_COPY", "1", 1); // whose symbols gdb finds
    free(run);
    execlp("gdb", "gdb", "-q", "-ex", "set breakpoint pending on", "-ex",
           "break sim_reached", "-ex", "run", "-ex", "up 3", t->program,
           (char *)NULL);
    perror("gdb");
    return 2;
}

static int run_all(struct call *c)
{
    struct sum sum;
    sum_init(&sum, &c->deal);
    bool whole = deal_run(&c->deal, &sum);
    int number = process_interrupted();
    if (!whole && number != 0) {
        printf("interrupted\n");
        sum_release(&sum);
        return 128 + number;
    }
    int status = sum_print(&sum);
    if (c->out != NULL)
        sum_append(&sum, c->out);
    sum_release(&sum);
    return status;
}

int main(int argc, char **argv)
{
    struct call c = {.deal = {.parallel = 2, .seeds = 1}};
    if (!parse(argc, argv, &c)) {
        fputs(usage, stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    if (c.replay != NULL)
        return replay(&c);
    struct scratch scratch;
    if (!scratch_make_locked(NULL, &scratch))
        return 2;
    process_interrupted(); // from now on we end in order
    c.deal.first = setting_seed();
    c.deal.tmp = scratch.path;
    int status = 2;
    if (!deal_list(&c.deal))
        printf("no simulated test matches T and PART\n");
    else if (c.gdb != NULL)
        status = in_gdb(&c);
    else
        status = run_all(&c);
    deal_release(&c.deal);
    scratch_remove(&scratch);
    return status;
}
