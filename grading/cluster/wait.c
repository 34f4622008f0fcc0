// wait.c - ticks, and waiting for what must or must not happen.
#include <stdlib.h>

#include "common/runtime/clock.h"
#include "common/runtime/world.h"
#include "grading/cluster/cluster_private.h"

enum {
    TICK_MS = 25, // measured: nodes were never silent for 54 ms under load
};

int64_t cluster_tick_ms(void)
{
    const char *text = getenv("LAB_TIME_SCALE");
    double scale = text != NULL ? strtod(text, NULL) : 1;
    if (scale <= 0 || world_is_simulated()) // no machine is slow there
        scale = 1;
    int64_t tick_ms = (int64_t)(TICK_MS * scale);
    return tick_ms > 0 ? tick_ms : 1;
}

struct cluster_wait cluster_wait_begin(struct cluster *c, const char *condition,
                                       int ticks, const char *file, int line)
{
    cluster_here(file, line);
    return (struct cluster_wait){
        .cluster = c,
        .condition = condition,
        .file = file,
        .line = line,
        .ticks = ticks,
        .until_ms = clock_now_ms() + ticks * cluster_tick_ms(),
    };
}

void cluster_wait_more(struct cluster_wait *w)
{
    cluster_here(w->file, w->line); // the condition may have been elsewhere
    if (clock_now_ms() >= w->until_ms)
        cluster_fail_waiting(w->cluster, "not within %d ticks: %s", w->ticks,
                             w->condition);
    cluster_step(w->cluster);
}

bool cluster_wait_not(struct cluster_wait *w, bool is_true)
{
    cluster_here(w->file, w->line);
    if (is_true)
        cluster_fail(w->cluster, "must not happen: %s", w->condition);
    if (clock_now_ms() >= w->until_ms)
        return false;
    cluster_step(w->cluster);
    return true;
}
