// seeds.c - what the environment asks for: seeds of a test, or a trace again.
#include "grading/seeds/seeds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/block.h"
#include "common/check/orphans.h"
#include "common/check/row.h"
#include "common/check/setting.h"
#include "common/runtime/alloc.h"
#include "common/runtime/sim/digest.h"
#include "grading/seeds/row.h"
#include "grading/seeds/trace.h"

struct settings {
    char *run; // owned, all of them; NULL: not set
    char *replay;
    char *out;
    char *kept;
    bool twice;
    bool hunt;
    bool whole;
    unsigned times;
    uint64_t stop; // 0: nowhere
};

static bool is_set(const char *name)
{
    char *text = setting_take(name);
    bool set = text != NULL && strcmp(text, "0") != 0;
    free(text);
    return set;
}

static uint64_t number(const char *name)
{
    char *text = setting_take(name);
    uint64_t n = text != NULL ? strtoull(text, NULL, 0) : 0;
    free(text);
    return n;
}

// Nodes are not told.
static void read_settings(struct settings *o)
{
    *o = (struct settings){
        .run = setting_take("SIM_RUN"),
        .replay = setting_take("SIM_REPLAY"),
        .out = setting_take("SIM_OUT"),
        .kept = setting_take("SIM_KEPT"),
        .twice = is_set("SIM_TWICE"),
        .hunt = is_set("SIM_HUNT"),
        .whole = is_set("SIM_WHOLE"),
        .times = (unsigned)number("SIM_TIMES"),
        .stop = number("SIM_STOP"),
    };
}

static void settings_release(struct settings *o)
{
    free(o->run);
    free(o->replay);
    free(o->out);
    free(o->kept);
}

bool seeds_wanted(void)
{
    return setting("SIM_RUN") != NULL || setting("SIM_REPLAY") != NULL;
}

static void seeds_init(struct seeds *s, const char *program, const char *suite)
{
    const char *tmp = setting("TMPDIR");
    *s = (struct seeds){
        .program = program,
        .suite = suite,
        .tmp = tmp != NULL ? xstrdup(tmp) : NULL, // each run changes TMPDIR
        .time_scale = setting_number("LAB_TIME_SCALE", 1),
        .fork = true,
        .record = sim_record_new(),
    };
    sim_record_use(s->record);
    orphans_adopt();
}

static void seeds_release(struct seeds *s)
{
    sim_record_free(s->record);
    free(s->tmp);
}

// --- A failure --------------------------------------------------------------

static void fill_trace(const struct seeds *s, uint64_t seed, const char *class,
                       struct run_trace *t)
{
    *t = (struct run_trace){.seed = seed,
                            .calls = s->record->calls,
                            .hash = s->record->hash,
                            .events = s->record->events,
                            .count = s->record->event_count};
    snprintf(t->suite, sizeof t->suite, "%s", s->suite);
    snprintf(t->test, sizeof t->test, "%s", s->test->name);
    snprintf(t->program, sizeof t->program, "%s", s->program);
    snprintf(t->failed, sizeof t->failed, "%s", class);
}

static FILE *open_in(const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    free(path);
    return file;
}

static void write_trace(const struct seeds *s, uint64_t seed,
                        const struct trial *t, size_t all, const char *folder)
{
    FILE *file = open_in(folder, "run.trace");
    if (file == NULL)
        return;
    struct run_trace trace;
    fill_trace(s, seed, failure_class(t), &trace);
    fprintf(file,
            "# %zu of the %zu events that the run had. Run it again:\n"
            "#   make replay FILE=%s/run.trace\n",
            trace.count, all, folder);
    run_trace_write(file, &trace);
    fclose(file);
}

static void write_block(const struct seeds *s, uint64_t seed,
                        const struct trial *t, const char *folder)
{
    FILE *file = open_in(folder, "failure");
    if (file == NULL)
        return;
    struct block block = {.test = s->test,
                          .trial = t,
                          .program = s->program,
                          .folder = folder,
                          .kept = true,
                          .seed = seed};
    fprintf(file, "%s: %s\n", s->suite, s->test->name);
    block_print(file, &block);
    fclose(file);
}

// Makes it smaller, runs it once more with logs, and keeps what is left of it.
static char *keep_failure(struct seeds *s, const struct settings *o,
                          uint64_t seed, const struct trial *t)
{
    size_t all = s->record->event_count;
    size_t count = all;
    struct plan_event *events =
        o->whole ? xmemdup(s->record->events, all * sizeof *events)
                 : seeds_shrink(s, seed, t, &count);
    char *nodes = xasprintf("%s/sim-nodes-%" PRIu64, o->kept, seed);
    char *folder = NULL;
    struct trial last;
    s->events = events;
    s->event_count = count;
    s->nodes = nodes;
    setenv("LAB_LOG", "info", 0);
    seeds_run(s, seed, &last, o->kept, &folder);
    s->events = NULL;
    s->nodes = NULL;
    if (folder != NULL) {
        write_trace(s, seed, &last, all, folder);
        write_block(s, seed, &last, folder);
        char *log = xasprintf("%s/log/nodes", folder);
        rename(nodes, log);
        free(log);
    }
    remove(nodes);
    free(nodes);
    free(events);
    trial_release(&last);
    return folder;
}

// --- Seeds ------------------------------------------------------------------

static void fill_row(const struct seeds *s, uint64_t seed,
                     const struct trial *t, struct seeds_row *row)
{
    const struct sim_record *r = s->record;
    *row = (struct seeds_row){
        .seed = seed,
        .verdict = verdict_text(t->verdict),
        .seconds = t->seconds,
        .calls = r->calls,
        .messages = r->messages,
        .virtual_ms = r->now_ns > 0 ? (r->now_ns - SIM_START_NS) / 1000000 : 0,
        .hash = r->hash,
        .stuck = r->stuck[0] != '\0',
    };
    snprintf(row->message, sizeof row->message, "%.*s",
             t->message != NULL ? (int)strcspn(t->message, "\n\t") : 0,
             t->message != NULL ? t->message : "");
    seeds_row_count(row, r);
}

// False: no more seeds.
static bool run_seed(struct seeds *s, const struct settings *o, uint64_t seed,
                     bool *failed, FILE *out)
{
    struct trial t;
    struct seeds_row row;
    s->events = NULL;
    seeds_run(s, seed, &t, NULL, NULL);
    fill_row(s, seed, &t, &row);
    char *difference = NULL;
    bool bad = t.verdict != VERDICT_PASS;
    if (bad && o->times > 0) {
        row.replays = o->times;
        row.same = seeds_replay(s, seed, &t, o->times);
    }
    if (bad && !*failed && o->kept != NULL) {
        char *folder = keep_failure(s, o, seed, &t);
        snprintf(row.folder, sizeof row.folder, "%s",
                 folder != NULL ? folder : "");
        free(folder);
    } else if (!bad && o->twice && !seeds_same_again(s, seed, &difference)) {
        bad = true;
        row.verdict = "different";
        snprintf(row.message, sizeof row.message, "%s", difference);
        for (char *at = row.message; *at != '\0'; at++)
            if (*at == '\n')
                *at = '\v';
        free(difference);
    }
    *failed = *failed || bad;
    seeds_row_write(out, &row);
    fflush(out);
    trial_release(&t);
    return !(bad && o->hunt);
}

// A row for each test that must come to marks: its number in place of a seed.
static int list_marks(const struct settings *o, const struct graded_test *tests,
                      size_t count)
{
    FILE *out = o->out != NULL ? fopen(o->out, "we") : NULL;
    if (out == NULL)
        return 2;
    for (size_t i = 0; i < count; i++) {
        struct seeds_row row = {.seed = i, .verdict = "marks"};
        if (tests[i].marks == NULL)
            continue;
        snprintf(row.marks, sizeof row.marks, "%s", tests[i].marks);
        seeds_row_write(out, &row);
    }
    fclose(out);
    return 0;
}

static int run_seeds(struct seeds *s, const struct settings *o,
                     const struct graded_test *tests, size_t count)
{
    size_t index;
    uint64_t first, step, seeds;
    if (sscanf(o->run, "%zu %" SCNu64 " %" SCNu64 " %" SCNu64, &index, &first,
               &step, &seeds) != 4 ||
        index >= count) {
        fprintf(stderr, "SIM_RUN is \"%s\"\n", o->run);
        return 2;
    }
    s->test = &tests[index];
    if (o->stop > 0) {
        s->fork = false;
        sim_stop_at(o->stop);
    }
    FILE *out = o->out != NULL ? fopen(o->out, "ae") : stdout;
    if (out == NULL)
        return 2;
    bool failed = false;
    for (uint64_t i = 0; i < seeds; i++)
        if (!run_seed(s, o, first + i * step, &failed, out))
            break;
    if (out != stdout)
        fclose(out);
    return 0;
}

// --- A trace again ----------------------------------------------------------

static bool occurred(const struct sim_record *r, const struct plan_event *e)
{
    for (size_t i = 0; i < r->event_count; i++)
        if (r->events[i].kind == e->kind && r->events[i].k == e->k &&
            strcmp(r->events[i].who, e->who) == 0)
            return true;
    return false;
}

// Events that the code under test does not come to any more.
static void tell_missing(const struct sim_record *r, const struct run_trace *t)
{
    for (size_t i = 0; i < t->count; i++) {
        char line[512];
        if (occurred(r, &t->events[i]))
            continue;
        plan_event_print(line, sizeof line, &t->events[i]);
        printf("does not occur any more: %s\n", line);
    }
}

static void tell_run(struct seeds *s, const struct run_trace *trace,
                     const struct trial *t)
{
    const struct sim_record *r = s->record;
    tell_missing(r, trace);
    if (r->hash == trace->hash && r->calls == trace->calls)
        printf("the same run: %" PRIu64 " calls of the runtime\n", r->calls);
    else
        printf("not the same run: %" PRIu64 " calls of the runtime, and not "
               "%" PRIu64 "; the code has changed\n",
               r->calls, trace->calls);
    if (t->verdict == VERDICT_PASS) {
        printf("it passes\n");
        return;
    }
    struct block block = {.test = s->test,
                          .trial = t,
                          .program = s->program,
                          .folder = "",
                          .seed = trace->seed};
    block_print(stdout, &block);
}

// Runs it so often: how many were the same as the first? And that one as the
// trace has it?
static int run_often(struct seeds *s, const struct run_trace *trace,
                     unsigned times)
{
    struct trial t;
    seeds_run(s, trace->seed, &t, NULL, NULL);
    bool kept = s->record->hash == trace->hash &&
                s->record->calls == trace->calls &&
                strcmp(failure_class(&t), trace->failed) == 0;
    unsigned same = 0;
    if (t.verdict != VERDICT_PASS)
        same = 1 + seeds_replay(s, trace->seed, &t, times - 1);
    printf("%u of %u runs are the same failure, %s\n", same, times,
           kept ? "that of the trace"
                : "another one than the trace's: the code has changed");
    trial_release(&t);
    return same == times ? 0 : 1;
}

static int run_trace(struct seeds *s, const struct settings *o,
                     const struct graded_test *tests, size_t count)
{
    FILE *in = fopen(o->replay, "re");
    struct run_trace trace;
    if (in == NULL || !run_trace_read(in, &trace)) {
        fprintf(stderr, "%s is no trace of a run\n", o->replay);
        return 2;
    }
    fclose(in);
    for (size_t i = 0; i < count; i++)
        if (strcmp(tests[i].name, trace.test) == 0)
            s->test = &tests[i];
    int status = 2;
    if (s->test == NULL) {
        fprintf(stderr, "there is no test '%s' any more\n", trace.test);
    } else if (s->events = trace.events, s->event_count = trace.count,
               o->times > 0) {
        status = run_often(s, &trace, o->times);
    } else {
        struct trial t;
        seeds_run(s, trace.seed, &t, NULL, NULL);
        tell_run(s, &trace, &t);
        status = t.verdict == VERDICT_PASS ? 0 : 1;
        trial_release(&t);
    }
    run_trace_release(&trace);
    return status;
}

int seeds_main(const char *program, const char *suite,
               const struct graded_test *tests, size_t count)
{
    struct settings o;
    struct seeds s;
    read_settings(&o);
    seeds_init(&s, program, suite);
    int status;
    if (o.replay != NULL)
        status = run_trace(&s, &o, tests, count);
    else if (strcmp(o.run, "marks") == 0)
        status = list_marks(&o, tests, count);
    else
        status = run_seeds(&s, &o, tests, count);
    seeds_release(&s);
    settings_release(&o);
    return status;
}
