// run.c - one run of a test: in a folder and, as a rule, in a child.
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/kept.h"
#include "common/check/scratch.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/sim/digest.h"
#include "grading/seeds/seeds.h"

enum {
    CLASS_BYTES = 72,
    GRACE_MS = 500,
};

static void send_stderr_to(const char *path)
{
    fflush(stderr);
    int fd = open(path != NULL ? path : "/dev/null",
                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return;
    dup2(fd, 2);
    close(fd);
}

// In the child.
static void run_test(void *arg)
{
    struct seeds *s = arg;
    if (s->events != NULL)
        plan_read(s->events, s->event_count);
    FILE *notes = s->notes != NULL ? fopen(s->notes, "we") : NULL;
    if (notes != NULL) {
        setvbuf(notes, NULL, _IOLBF, 0); // it may end at any time
        sim_note_to(notes);
    }
    if (s->fork)
        send_stderr_to(s->nodes);
    s->test->run(s->test->arg);
}

void seeds_run(struct seeds *s, uint64_t seed, struct trial *t,
               const char *kept, char **folder)
{
    struct scratch scratch;
    if (!scratch_make(s->tmp, &scratch))
        abort();
    setenv("TMPDIR", scratch.path, 1);
    setenv("TEMP", scratch.path, 1); // Check's own
    char *text = xasprintf("%" PRIu64, seed);
    setenv("LAB_SEED", text, 1);
    free(text);

    sim_record_clear(s->record);
    struct graded_test test = *s->test;
    test.test = NULL;
    test.run = run_test;
    test.arg = s;
    double limit_s = test.limit_s > 0 ? test.limit_s : UNIT_LIMIT_S;
    struct trial_options options = {
        .suite = s->suite,
        .fork = s->fork,
        .limit_s = limit_s * s->time_scale,
        .grace_ms = GRACE_MS,
    };
    trial_run(&test, &options, t);
    if (kept != NULL)
        *folder = kept_copy(kept, s->suite, s->test->name, scratch.path);
    scratch_remove(&scratch);
}

const char *failure_class(const struct trial *t)
{
    static char texts[2][CLASS_BYTES + 1];
    static int turn;
    char *text = texts[turn++ % 2];
    size_t size = 0;
    if (t->message == NULL)
        return "";
    for (const char *at = t->message;
         *at != '\0' && *at != '\n' && size < CLASS_BYTES; at++)
        if (!isdigit((unsigned char)*at))
            text[size++] = *at;
    text[size] = '\0';
    return text;
}
