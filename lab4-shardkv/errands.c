#include "lab4-shardkv/errands.h"

#include <assert.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "lab4-shardkv/config.h"

void errands_init(struct errands *e, size_t rank, int64_t tick_ms)
{
    *e = (struct errands){.tick_ms = tick_ms, .rank = rank};
}

static void errand_free(struct errand *errand)
{
    shard__group__free_unpacked((Shard__Group *)errand->task.donor, NULL);
    free(errand);
}

void errands_release(struct errands *e)
{
    errands_begin(e);
    errands_end(e, 0);
    assert(e->all == NULL);
}

// --- What there is to do ---------------------------------------------------

static struct errand *find(const struct errands *e,
                           const struct shards_task *task)
{
    struct errand *errand = e->all;
    while (errand != NULL && (errand->task.debt != task->debt ||
                              errand->task.name.number != task->name.number ||
                              errand->task.name.shard != task->name.shard))
        errand = errand->next;
    return errand;
}

// How long to let a task be that somebody else may be doing: E1.
static int64_t turn_ms(const struct errands *e)
{
    if (e->acting)
        return 0;
    return (int64_t)(e->rank + 1) * ERRANDS_TURN_TICKS * e->tick_ms;
}

void errands_begin(struct errands *e)
{
    for (struct errand *errand = e->all; errand != NULL; errand = errand->next)
        errand->listed = false;
}

static struct errand *add(struct errands *e, const struct shards_task *task,
                          int64_t now_ms)
{
    struct errand *errand = xcalloc(1, sizeof *errand);
    errand->task = *task;
    errand->task.donor = config_copy_group(task->donor);
    errand->due_ms = now_ms + turn_ms(e);
    errand->next = e->all;
    e->all = errand;
    return errand;
}

// Somebody else is at work on this donor's tasks: E2.
static void let_be(struct errands *e, uint64_t donor, int64_t now_ms)
{
    for (struct errand *errand = e->all; errand != NULL;
         errand = errand->next) {
        if (errand->under_way || errand->task.donor->gid != donor)
            continue;
        errand->failures = 0;
        errand->due_ms = now_ms + turn_ms(e);
    }
}

void errands_list(struct errands *e, const struct shards_task *task,
                  int64_t now_ms)
{
    struct errand *errand = find(e, task);
    if (errand == NULL)
        errand = add(e, task, now_ms);
    errand->listed = true;
    if (errand->under_way || errand->task.from == task->from)
        return;
    errand->task.from = task->from; // another's doing
    let_be(e, task->donor->gid, now_ms);
}

// Another has done one that this replica did not.
static void see_done(struct errands *e, int64_t now_ms)
{
    for (struct errand *errand = e->all; errand != NULL; errand = errand->next)
        if (!errand->listed && !errand->under_way && !errand->went_on)
            let_be(e, errand->task.donor->gid, now_ms);
}

void errands_end(struct errands *e, int64_t now_ms)
{
    see_done(e, now_ms);
    struct errand **at = &e->all;
    while (*at != NULL) {
        struct errand *errand = *at;
        if (errand->listed || errand->under_way) {
            at = &errand->next;
            continue;
        }
        *at = errand->next;
        errand_free(errand);
    }
}

// --- Doing it --------------------------------------------------------------

static bool is_busy(const struct errands *e, uint64_t donor)
{
    const struct errand *errand = e->all;
    while (errand != NULL &&
           !(errand->under_way && errand->task.donor->gid == donor))
        errand = errand->next;
    return errand != NULL;
}

// Does `a` come before `b`: E4?
static bool is_before(const struct shards_task *a, const struct shards_task *b)
{
    if (a->debt != b->debt)
        return b->debt;
    return a->name.shard < b->name.shard;
}

struct errand *errands_take(struct errands *e, int64_t now_ms)
{
    struct errand *best = NULL;
    for (struct errand *errand = e->all; errand != NULL; errand = errand->next)
        if (errand->due_ms <= now_ms && errand->listed && !errand->under_way &&
            (best == NULL || is_before(&errand->task, &best->task)) &&
            !is_busy(e, errand->task.donor->gid))
            best = errand;
    if (best != NULL)
        best->under_way = true;
    return best;
}

// E3.
static int64_t pause_ms(const struct errands *e, const struct errand *errand)
{
    size_t servers = errand->task.donor->n_servers;
    if (errand->failures % servers != 0)
        return 0;
    int64_t most = errand->task.debt ? ERRANDS_DEBT_PAUSE_TICKS
                                     : ERRANDS_FETCH_PAUSE_TICKS;
    int64_t ticks = 1;
    for (size_t i = servers; i < errand->failures && ticks < most; i += servers)
        ticks *= 2;
    return ticks * e->tick_ms;
}

void errands_return(struct errands *e, struct errand *errand, bool went_on,
                    size_t items, int64_t now_ms)
{
    errand->under_way = false;
    errand->went_on = went_on;
    errand->task.from += items;
    if (went_on) {
        errand->failures = 0;
        errand->due_ms = now_ms;
    } else {
        errand->failures++;
        errand->server = (errand->server + 1) % errand->task.donor->n_servers;
        errand->due_ms = now_ms + pause_ms(e, errand);
    }
}
