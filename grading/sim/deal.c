#include "grading/sim/deal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/listing.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "grading/seeds/row.h"
#include "grading/sim/sum.h"

enum {
    UNIT_SEEDS = 20, // that a process runs; of a hunt fewer, so that it can end
    HUNT_SEEDS = 4,
    OFTEN = 10, // a test with a nemesis, in a round
    LOOK_MS = 4,
    PARALLEL_MAX = 64,
};

// --- The tests --------------------------------------------------------------

static void add_test(struct deal *d, const char *program,
                     const struct listing *l)
{
    d->tests = xrealloc(d->tests, (d->test_count + 1) * sizeof d->tests[0]);
    d->tests[d->test_count++] =
        (struct deal_test){.program = program,
                           .index = l->index,
                           .title = xasprintf("%s: %s", l->suite, l->name),
                           .marks = xstrdup("")};
}

// Runs a program to its end.
static void run_program(const char *program, const char *const *env)
{
    const char *argv[] = {program, NULL};
    struct process_spec spec = {.argv = argv, .env = env};
    struct process *p = NULL;
    if (process_spawn(&spec, &p) == ERR_OK)
        process_wait(p, CLOCK_NEVER, NULL);
    process_free(p);
}

static void take_marks(struct deal *d, const char *program,
                       const struct seeds_row *row)
{
    for (size_t i = 0; i < d->test_count; i++) {
        struct deal_test *t = &d->tests[i];
        if (t->program != program || t->index != row->seed)
            continue;
        free(t->marks);
        t->marks = xstrdup(row->marks);
    }
}

static void list_marks(struct deal *d, const char *program)
{
    static struct seeds_row row;
    char *path = xasprintf("%s/marks", d->tmp);
    char *out = xasprintf("SIM_OUT=%s", path);
    run_program(program, (const char *[]){"SIM_RUN=marks", out, NULL});
    FILE *in = fopen(path, "re");
    while (in != NULL && seeds_row_read(in, &row))
        take_marks(d, program, &row);
    if (in != NULL)
        fclose(in);
    unlink(path);
    free(out);
    free(path);
}

static void list_program(struct deal *d, const char *program)
{
    char *path = xasprintf("%s/list", d->tmp);
    char *list = xasprintf("UNIT_LIST=%s", path);
    run_program(program, (const char *[]){list, NULL});
    FILE *in = fopen(path, "re");
    struct listing l;
    while (in != NULL && listing_read(in, &l)) {
        add_test(d, program, &l);
        listing_release(&l);
    }
    if (in != NULL)
        fclose(in);
    unlink(path);
    free(list);
    free(path);
}

// Does a nemesis draw what happens in it? One run of many comes to a mark then.
static bool is_lucky(const struct deal_test *t)
{
    return strstr(t->marks, "deed ") != NULL;
}

// Each test once; those with a nemesis more often, and spread over the round.
static void make_round(struct deal *d)
{
    d->round = xcalloc(d->test_count * (1 + OFTEN), sizeof d->round[0]);
    size_t lucky = 0;
    for (size_t i = 0; i < d->test_count; i++)
        lucky += is_lucky(&d->tests[i]);
    size_t every = lucky > 0 ? 1 + d->test_count / (lucky * OFTEN) : 0;
    size_t next = 0;
    for (size_t i = 0; i < d->test_count; i++) {
        d->round[d->round_size++] = i;
        if (lucky == 0 || lucky == d->test_count || i % every != 0)
            continue;
        while (!is_lucky(&d->tests[next]))
            next = (next + 1) % d->test_count; // ends: there is a lucky one
        d->round[d->round_size++] = next;
        next = (next + 1) % d->test_count;
    }
}

bool deal_list(struct deal *d)
{
    for (size_t i = 0; i < d->program_count; i++) {
        list_program(d, d->programs[i]);
        list_marks(d, d->programs[i]);
    }
    make_round(d);
    return d->test_count > 0;
}

void deal_release(struct deal *d)
{
    for (size_t i = 0; i < d->test_count; i++) {
        free(d->tests[i].title);
        free(d->tests[i].marks);
    }
    free(d->tests);
    free(d->round);
}

// --- Units: some seeds of a test, for one process ---------------------------

struct unit {
    size_t test;
    uint64_t first; // number of the seed, from 0
    uint64_t count; // they stand a round apart
    struct process *process;
    char *out; // owned
};

static uint64_t unit_seeds(const struct deal *d)
{
    return d->hunt ? HUNT_SEEDS : UNIT_SEEDS;
}

// The n-th unit: first one for each place of the round, then the next. False:
// no more.
static bool unit_make(const struct deal *d, size_t n, struct unit *u)
{
    uint64_t size = d->round_size;
    uint64_t begin = n / size * size * unit_seeds(d);
    uint64_t first = begin + n % size;
    if (begin >= d->seeds)
        return false;
    uint64_t left = first < d->seeds ? (d->seeds - first + size - 1) / size : 0;
    *u = (struct unit){.test = d->round[n % size],
                       .first = first,
                       .count = left < unit_seeds(d) ? left : unit_seeds(d)};
    return true;
}

// `keep`: what fails runs again, is made smaller, and kept.
static void unit_start(const struct deal *d, struct unit *u, size_t n,
                       bool keep)
{
    const struct deal_test *t = &d->tests[u->test];
    u->out = xasprintf("%s/rows-%zu", d->tmp, n);
    char *run = xasprintf("SIM_RUN=%zu %" PRIu64 " %zu %" PRIu64, t->index,
                          d->first + u->first, d->round_size, u->count);
    char *out = xasprintf("SIM_OUT=%s", u->out);
    char *kept =
        xasprintf("SIM_KEPT=%s", keep && d->kept != NULL ? d->kept : "");
    char *tmp = xasprintf("TMPDIR=%s", d->tmp);
    char *times = xasprintf("SIM_TIMES=%lu", keep ? d->times : 0);
    const char *argv[] = {t->program, NULL};
    const char *env[] = {run,
                         out,
                         kept,
                         tmp,
                         times,
                         d->twice ? "SIM_TWICE=1" : "SIM_TWICE=0",
                         d->hunt ? "SIM_HUNT=1" : "SIM_HUNT=0",
                         d->whole ? "SIM_WHOLE=1" : "SIM_WHOLE=0",
                         NULL};
    struct process_spec spec = {.argv = argv, .env = env};
    if (process_spawn(&spec, &u->process) != ERR_OK)
        u->process = NULL;
    free(run);
    free(out);
    free(kept);
    free(tmp);
    free(times);
}

// Reads what it has written. Who wrote less than it should has failed.
static void unit_end(const struct deal *d, struct unit *u, struct sum *sum)
{
    static struct seeds_row row;
    FILE *in = fopen(u->out, "re");
    uint64_t rows = 0;
    bool failed = false;
    while (in != NULL && seeds_row_read(in, &row)) {
        sum_add(sum, u->test, u->first + rows * d->round_size, &row);
        failed = failed || strcmp(row.verdict, "pass") != 0;
        rows++;
    }
    if (in != NULL)
        fclose(in);
    if (rows < u->count && !(failed && d->hunt) && process_interrupted() == 0)
        sum_add_lost(sum, u->test, u->first + rows * d->round_size);
    unlink(u->out);
    free(u->out);
    process_free(u->process);
    u->process = NULL;
}

// --- All of them ------------------------------------------------------------

struct pool {
    struct unit units[PARALLEL_MAX];
    bool busy[PARALLEL_MAX];
    size_t next; // unit
    bool more;
};

// In a hunt: only what could come before the first failure.
static bool is_wanted(const struct deal *d, const struct unit *u,
                      const struct sum *sum)
{
    return u->count > 0 && (!d->hunt || u->first < sum->first_failed);
}

static void start_next(struct deal *d, struct pool *p, size_t slot,
                       struct sum *sum)
{
    while (p->more && !p->busy[slot]) {
        struct unit *u = &p->units[slot];
        p->more = unit_make(d, p->next, u);
        if (p->more && is_wanted(d, u, sum)) {
            unit_start(d, u, p->next, !d->hunt);
            p->busy[slot] = true;
        }
        p->next++;
    }
}

static bool step(struct deal *d, struct pool *p, struct sum *sum)
{
    bool any = false;
    for (size_t i = 0; i < d->parallel && i < PARALLEL_MAX; i++) {
        struct unit *u = &p->units[i];
        if (p->busy[i] && (u->process == NULL ||
                           process_wait(u->process, 0, NULL) == ERR_OK)) {
            unit_end(d, u, sum);
            p->busy[i] = false;
        }
        if (process_interrupted() == 0)
            start_next(d, p, i, sum);
        any = any || p->busy[i];
    }
    return any;
}

// The first that a hunt has found, once more: made smaller, and kept.
static void show_first(struct deal *d, struct sum *sum)
{
    struct unit u = {
        .test = sum->first_test, .first = sum->first_failed, .count = 1};
    static struct seeds_row row;
    unit_start(d, &u, 0, true);
    while (u.process != NULL &&
           process_wait(u.process, clock_now_ms() + LOOK_MS, NULL) != ERR_OK &&
           process_interrupted() == 0)
        continue;
    FILE *in = fopen(u.out, "re");
    if (in != NULL && seeds_row_read(in, &row))
        sum_show_first(sum, &row);
    if (in != NULL)
        fclose(in);
    unlink(u.out);
    free(u.out);
    process_free(u.process);
}

bool deal_run(struct deal *d, struct sum *sum)
{
    struct pool p = {.more = true};
    while (step(d, &p, sum)) { // ends: with the last unit
        sum_show(sum);
        clock_sleep_ms(LOOK_MS);
        if (process_interrupted() != 0)
            for (size_t i = 0; i < PARALLEL_MAX; i++)
                if (p.busy[i] && p.units[i].process != NULL)
                    process_kill(p.units[i].process);
    }
    if (d->hunt && sum->failed > 0 && process_interrupted() == 0)
        show_first(d, sum);
    return process_interrupted() == 0;
}
