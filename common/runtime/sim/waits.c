#include "common/runtime/sim/waits.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/sim/fatal.h"
#include "common/runtime/sim/places.h"
#include "common/runtime/sim/record.h"
#include "common/runtime/sim/sim.h"

enum {
    EXPLAINS_MAX = 8,
    THREADS_MAX = 128, // in the picture
    NS_PER_MS = 1000000,
};

static struct {
    const char *what;
    size_t (*explain)(const struct thread *t, struct wait_cause *out,
                      size_t max);
} explains[EXPLAINS_MAX];

void sim_explain(const char *what,
                 size_t (*explain)(const struct thread *t,
                                   struct wait_cause *out, size_t max))
{
    for (int i = 0; i < EXPLAINS_MAX; i++) {
        if (explains[i].what != NULL && explains[i].what != what)
            continue;
        explains[i].what = what;
        explains[i].explain = explain;
        return;
    }
}

static size_t causes_of(const struct thread *t, struct wait_cause *out)
{
    if (t->state != THREAD_WAITING)
        return 0;
    for (int i = 0; i < EXPLAINS_MAX && explains[i].what != NULL; i++)
        if (explains[i].what == t->what)
            return explains[i].explain(t, out, WAIT_CAUSES_MAX);
    return 0;
}

const char *sim_thread_text(const struct thread *t)
{
    // "s1/pinger.wait" without its end, if it ever called the runtime.
    static char names[4][96];
    static int turn;
    char *name = names[turn++ % 4];
    char number[16] = "";
    if (t->number > 1)
        snprintf(number, sizeof number, "%d", t->number);
    snprintf(name, sizeof names[0], "%s/%s%s", t->node->name, t->name, number);
    return name;
}

void sim_print_place(const char *what, const struct thread *t,
                     const void *where)
{
    char *place;
    places_find(&where, 1, &place);
    dprintf(2, "%s at %s by %s\n", what, place, sim_thread_text(t));
    free(place);
}

// --- The circle -------------------------------------------------------------

// Is there a way from `t` to `goal`? Then *path holds it, from its end.
static bool find_way(const struct thread *t, const struct thread *goal,
                     const struct thread **path, size_t *size)
{
    struct wait_cause causes[WAIT_CAUSES_MAX];
    if (*size == THREADS_MAX)
        return false;
    for (size_t i = 0; i < *size; i++)
        if (path[i] == t)
            return false; // another circle, which `goal` is not in
    path[(*size)++] = t;
    size_t count = causes_of(t, causes);
    for (size_t i = 0; i < count; i++)
        if (causes[i].thread != NULL &&
            (causes[i].thread == goal ||
             find_way(causes[i].thread, goal, path, size)))
            return true;
    (*size)--;
    return false;
}

static bool print_circle(FILE *out)
{
    const struct thread *path[THREADS_MAX];
    for (const struct thread *t = sim_threads(); t != NULL; t = t->next) {
        size_t size = 0;
        if (!find_way(t, t, path, &size))
            continue;
        fprintf(out, "a circle:");
        for (size_t i = 0; i < size; i++)
            fprintf(out, " %s ->", sim_thread_text(path[i]));
        fprintf(out, " %s\n", sim_thread_text(t));
        return true;
    }
    return false;
}

// --- The list ---------------------------------------------------------------

// Threads that wait for requests or for time do what they should.
static bool is_idle(const struct thread *t)
{
    return t->state == THREAD_WAITING &&
           (strcmp(t->what, "a request") == 0 || strcmp(t->what, "time") == 0);
}

static bool is_asking(const struct thread *t)
{
    return t == sim_thread() && t->state == THREAD_READY;
}

static void print_thread(FILE *out, const struct thread *t, const char *place)
{
    fprintf(out, "  %-22s ", sim_thread_text(t));
    if (t->state == THREAD_WAITING)
        fprintf(out, "waits for %s since %" PRId64 " ms", t->what,
                (t->since_ns - SIM_START_NS) / NS_PER_MS);
    else if (t->state == THREAD_DONE)
        fprintf(out, "is done, but not joined");
    else
        fprintf(out, t->node->paused ? "is paused" : "is ready");
    fprintf(out, ", at %s\n", place);
    struct wait_cause causes[WAIT_CAUSES_MAX];
    size_t count = causes_of(t, causes);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "      %s%s%s\n", causes[i].words,
                causes[i].thread != NULL ? " " : "",
                causes[i].thread != NULL ? sim_thread_text(causes[i].thread)
                                         : "");
}

void sim_print_waits(FILE *out)
{
    const struct thread *shown[THREADS_MAX];
    const void *where[THREADS_MAX];
    char *places[THREADS_MAX];
    size_t count = 0;
    for (const struct thread *t = sim_threads(); t != NULL; t = t->next)
        if (!is_idle(t) && !is_asking(t) && count < THREADS_MAX) {
            where[count] = t->lab_where != NULL ? t->lab_where : t->where;
            shown[count++] = t;
        }
    places_find(where, count, places);
    fprintf(out, "who waits for what, at %" PRId64 " ms of simulated time:\n",
            (sim_now_ns() - SIM_START_NS) / NS_PER_MS);
    print_circle(out);
    for (size_t i = 0; i < count; i++) {
        print_thread(out, shown[i], places[i]);
        free(places[i]);
    }
}

void sim_dead_lock(void)
{
    fflush(stdout);
    fprintf(stderr, "dead-lock: nobody can run, now or later\n");
    sim_print_waits(stderr);
    fatal_end();
}
