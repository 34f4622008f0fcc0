// shrink.c - of the events of a run that failed, those that it needs.
//
// Delta debugging (Zeller & Hildebrandt, "Simplifying and Isolating
// Failure-Inducing Input", 2002), one sort of event after the other: faults,
// then what only changes an order, then the clients' operations; and again as
// long as that helps. What is left out may let other events occur differently,
// or not at all: so each run that still fails gives the next list.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/runtime/alloc.h"
#include "grading/seeds/seeds.h"

enum {
    RUNS_MAX = 1500,
    SHRINK_S = 40, // of real time: runs that hang take long
    ROUNDS_MAX = 4,
    PARTS = 16, // at least, before one of them is looked at event by event
};

struct shrinking {
    struct seeds *seeds;
    uint64_t seed;
    char class[128];
    bool waits;                // it fails because something does not go on
    struct plan_event *events; // owned: the shortest list that fails
    size_t count;
    unsigned runs;
    double until_s; // of real time: clock.h's is virtual here
};

static bool is_fault(enum plan_kind kind)
{
    return kind == PLAN_LOSE_REQUEST || kind == PLAN_LOSE_REPLY ||
           kind == PLAN_LATE || kind == PLAN_DEED || kind == PLAN_TEAR ||
           kind == PLAN_UNDO;
}

static bool is_order(enum plan_kind kind)
{
    return kind == PLAN_PREEMPT || kind == PLAN_PRIORITY ||
           kind == PLAN_DELAY || kind == PLAN_WAIT;
}

static bool is_operation(enum plan_kind kind)
{
    return kind == PLAN_OP;
}

static double real_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool is_over(const struct shrinking *sh)
{
    return sh->runs >= RUNS_MAX || real_s() >= sh->until_s;
}

static void take_events(struct shrinking *sh)
{
    const struct sim_record *r = sh->seeds->record;
    free(sh->events);
    sh->count = r->event_count;
    sh->events = xmemdup(r->events, sh->count * sizeof r->events[0]);
}

static bool shows_waits(const struct trial *t)
{
    return strstr(t->message, "who waits for what") != NULL;
}

// By the same, or because something else does not go on: what is left out moves
// what a test comes to first that needs what does not come.
static bool is_same(const struct shrinking *sh, const struct trial *t)
{
    return t->verdict != VERDICT_PASS &&
           ((sh->waits && shows_waits(t)) ||
            strcmp(failure_class(t), sh->class) == 0);
}

// Does the run with these events fail by the same? Then they are the list.
static bool fails_with(struct shrinking *sh, const struct plan_event *events,
                       size_t count)
{
    if (is_over(sh))
        return false;
    sh->runs++;
    struct trial t;
    sh->seeds->events = events;
    sh->seeds->event_count = count;
    seeds_run(sh->seeds, sh->seed, &t, NULL, NULL);
    bool fails = is_same(sh, &t);
    trial_release(&t);
    if (fails && sh->seeds->record->event_count <= sh->count)
        take_events(sh);
    return fails;
}

// Without events [from, to) of a sort, counted among these; if `who` is not
// NULL only those that concern him.
static bool fails_without(struct shrinking *sh, bool (*sort)(enum plan_kind),
                          const char *who, size_t from, size_t to)
{
    struct plan_event *rest = xmalloc((sh->count + 1) * sizeof *rest);
    size_t count = 0;
    size_t n = 0;
    for (size_t i = 0; i < sh->count; i++) {
        const struct plan_event *e = &sh->events[i];
        bool out = sort(e->kind) && n >= from && n < to &&
                   (who == NULL || strcmp(e->who, who) == 0);
        n += sort(e->kind);
        if (!out)
            rest[count++] = *e;
    }
    bool fails = count < sh->count && fails_with(sh, rest, count);
    free(rest);
    return fails;
}

// Events of a sort; if `who` is not NULL only those that concern him.
static size_t count_sort(const struct shrinking *sh,
                         bool (*sort)(enum plan_kind), const char *who)
{
    size_t count = 0;
    for (size_t i = 0; i < sh->count; i++)
        count += sort(sh->events[i].kind) &&
                 (who == NULL || strcmp(sh->events[i].who, who) == 0);
    return count;
}

// All that concerns one client, thread or way, at once, if it is not little: a
// run is too long for each of many that have an event or two. The next one is
// found behind those that have been tried.
static void drop_by_who(struct shrinking *sh, bool (*sort)(enum plan_kind))
{
    char last[PLAN_WHO_MAX] = "";
    for (;;) { // ends: names are tried in order
        const char *next = NULL;
        for (size_t i = 0; i < sh->count; i++) {
            const struct plan_event *e = &sh->events[i];
            if (sort(e->kind) && strcmp(e->who, last) > 0 &&
                (next == NULL || strcmp(e->who, next) < 0))
                next = e->who;
        }
        if (next == NULL)
            return;
        snprintf(last, sizeof last, "%s", next);
        if (count_sort(sh, sort, last) * PARTS >= count_sort(sh, sort, NULL))
            fails_without(sh, sort, last, 0, SIZE_MAX);
    }
}

static void drop(struct shrinking *sh, bool (*sort)(enum plan_kind))
{
    if (!fails_without(sh, sort, NULL, 0, SIZE_MAX))
        drop_by_who(sh, sort);
    size_t chunk = count_sort(sh, sort, NULL) / 2;
    chunk += chunk == 0;
    while (chunk >= 1 && !is_over(sh)) {
        size_t from = 0;
        while (from < count_sort(sh, sort, NULL) && !is_over(sh))
            if (!fails_without(sh, sort, NULL, from, from + chunk))
                from += chunk;
        chunk /= 2;
    }
}

struct plan_event *seeds_shrink(struct seeds *s, uint64_t seed,
                                const struct trial *t, size_t *count)
{
    struct shrinking sh = {.seeds = s,
                           .seed = seed,
                           .waits = shows_waits(t),
                           .until_s = real_s() + SHRINK_S};
    strcpy(sh.class, failure_class(t));
    take_events(&sh);
    size_t before = sh.count + 1;
    for (int i = 0; i < ROUNDS_MAX && sh.count < before; i++) {
        before = sh.count;
        drop(&sh, is_fault);
        drop(&sh, is_order);
        drop(&sh, is_operation);
    }
    s->events = NULL;
    *count = sh.count;
    return sh.events;
}
