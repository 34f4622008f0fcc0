#include "grading/seeds/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

enum {
    LINE_BYTES = 512,
};

void run_trace_write(FILE *out, const struct run_trace *t)
{
    fprintf(out,
            "suite: %s\ntest: %s\nprogram: %s\nseed: %" PRIu64
            "\nfailed: %s\nrun: %" PRIu64 " calls, %016" PRIx64 "\nevents:\n",
            t->suite, t->test, t->program, t->seed, t->failed, t->calls,
            t->hash);
    for (size_t i = 0; i < t->count; i++) {
        char line[LINE_BYTES];
        plan_event_print(line, sizeof line, &t->events[i]);
        fprintf(out, "%s\n", line);
    }
}

// Takes "NAME: text" into `out`. False: the line has another name.
static bool take(const char *line, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    if (strncmp(line, name, n) != 0 || strncmp(line + n, ": ", 2) != 0)
        return false;
    snprintf(out, size, "%.*s", (int)strcspn(line + n + 2, "\n"), line + n + 2);
    return true;
}

static bool take_head(const char *line, struct run_trace *t)
{
    char number[64];
    if (take(line, "suite", t->suite, sizeof t->suite) ||
        take(line, "test", t->test, sizeof t->test) ||
        take(line, "program", t->program, sizeof t->program) ||
        take(line, "failed", t->failed, sizeof t->failed))
        return true;
    if (take(line, "seed", number, sizeof number))
        return sscanf(number, "%" SCNu64, &t->seed) == 1;
    if (take(line, "run", number, sizeof number))
        return sscanf(number, "%" SCNu64 " calls, %" SCNx64, &t->calls,
                      &t->hash) == 2;
    return false;
}

bool run_trace_read(FILE *in, struct run_trace *t)
{
    // A list without events is one, too: NULL would mean that they are drawn.
    *t = (struct run_trace){.events = xmalloc(1)};
    char line[LINE_BYTES];
    bool in_events = false;
    size_t room = 0;
    while (fgets(line, sizeof line, in) != NULL) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (!in_events && strcmp(line, "events:\n") != 0) {
            if (!take_head(line, t))
                return false;
            continue;
        }
        if (!in_events) {
            in_events = true;
            continue;
        }
        if (t->count == room) {
            room = 2 * room + 64;
            t->events = xrealloc(t->events, room * sizeof t->events[0]);
        }
        if (!plan_event_parse(line, &t->events[t->count++]))
            return false;
    }
    return in_events && t->test[0] != '\0' && t->program[0] != '\0';
}

void run_trace_release(struct run_trace *t)
{
    free(t->events);
}
