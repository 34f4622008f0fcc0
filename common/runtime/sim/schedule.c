// The scheduler has no thread of its own: who yields or waits picks its
// successor and switches to it.
#include <dlfcn.h>
#include <inttypes.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/random.h"
#include "common/runtime/sim/sim.h"

enum {
    START_NS = 1000000000, // when time begins
    NS_PER_MS = 1000000,
};

struct sim {
    int64_t now_ns;
    uint64_t turns; // given out so far
    bool seeded;
    struct random dice;
    struct thread *current;
    struct thread *leaving; // ended; its stack goes when it has been left
    struct thread *threads; // of living nodes, the youngest first
    struct thread *dead;    // of dead nodes
    struct process *nodes;
    struct sim_timer *timers; // the next first
    void (*node_ended)(struct process *node);
};

// One a program, since the interfaces above it do not say which.
static struct sim *sim;

static struct sim *the_sim(void)
{
    if (sim != NULL)
        return sim;
    sim = xcalloc(1, sizeof *sim);
    sim->now_ns = START_NS;
    const char *seed = getenv("LAB_SEED");
    sim->seeded = seed != NULL;
    random_init(&sim->dice, seed != NULL ? strtoull(seed, NULL, 0) : 0);

    struct thread *main_thread = xcalloc(1, sizeof *main_thread);
    main_thread->node = sim_node_new(NULL);
    snprintf(main_thread->name, sizeof main_thread->name, "main");
    sim->threads = main_thread;
    sim->current = main_thread;
    return sim;
}

struct thread *sim_thread(void)
{
    return the_sim()->current;
}

int64_t sim_now_ns(void)
{
    return the_sim()->now_ns;
}

int64_t sim_ns(int64_t ms)
{
    if (ms > INT64_MAX / NS_PER_MS)
        return CLOCK_NEVER;
    return ms < 0 ? 0 : ms * NS_PER_MS; // the clock began after 0
}

int64_t sim_after_ns(int64_t ms)
{
    int64_t span_ns = sim_ns(ms);
    int64_t now_ns = sim_now_ns();
    return span_ns > CLOCK_NEVER - now_ns ? CLOCK_NEVER : now_ns + span_ns;
}

uint64_t sim_below(uint64_t n)
{
    return random_below(&the_sim()->dice, n);
}

// --- Who waits for what ---------------------------------------------------

// Where a program is loaded changes from run to run: addr2line needs the
// offset, and of a return address the byte before, which is the call's.
void sim_print_place(const char *what, const struct thread *t,
                     const void *where)
{
    dprintf(2, "%s at %p by thread %s of node %d, %s", what, where, t->name,
            t->node->number, t->node->self.name);
    Dl_info in;
    if (dladdr(where, &in) != 0 && in.dli_fname != NULL) {
        const ElfW(Ehdr) *program = in.dli_fbase;
        uintptr_t base = program->e_type == ET_DYN ? (uintptr_t)program : 0;
        dprintf(2, " (addr2line -e %s 0x%zx)", in.dli_fname,
                (size_t)((uintptr_t)where - base - 1));
    }
    dprintf(2, "\n");
}

static int64_t ms_since_start(int64_t ns)
{
    return (ns - START_NS) / NS_PER_MS;
}

static void print_thread(const struct thread *t)
{
    char what[64] = "ready, but stopped";
    if (t->state == THREAD_DONE)
        snprintf(what, sizeof what, "done, but not joined");
    if (t->state == THREAD_WAITING)
        snprintf(what, sizeof what, "waits for %s since %" PRId64 " ms",
                 t->what, ms_since_start(t->since_ns));
    dprintf(2, "  ");
    sim_print_place(what, t, t->where);
}

static _Noreturn void dead_lock(void)
{
    dprintf(2, "dead-lock at %" PRId64 " ms of simulated time:\n",
            ms_since_start(sim->now_ns));
    for (const struct thread *t = sim->threads; t != NULL; t = t->next)
        print_thread(t);
    abort();
}

// --- Timers ---------------------------------------------------------------

void sim_timer_set(struct sim_timer *t, int64_t at_ns, void (*fire)(void *arg),
                   void *arg)
{
    sim_timer_cancel(t);
    *t = (struct sim_timer){.at_ns = at_ns, .fire = fire, .arg = arg};
    struct sim_timer **at = &the_sim()->timers;
    while (*at != NULL && (*at)->at_ns <= at_ns)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
}

void sim_timer_cancel(struct sim_timer *t)
{
    for (struct sim_timer **at = &the_sim()->timers; *at != NULL;
         at = &(*at)->next) {
        if (*at == t) {
            *at = t->next;
            return;
        }
    }
}

// --- The pick -------------------------------------------------------------

static void make_ready(struct thread *t, bool woken)
{
    t->state = THREAD_READY;
    t->woken = woken;
    t->turn = sim->turns++;
}

static void fire_what_is_due(void)
{
    while (sim->timers != NULL && sim->timers->at_ns <= sim->now_ns) {
        struct sim_timer *t = sim->timers;
        sim->timers = t->next;
        t->fire(t->arg);
    }
    for (struct thread *t = sim->threads; t != NULL; t = t->next)
        if (t->state == THREAD_WAITING && t->deadline_ns <= sim->now_ns)
            make_ready(t, false);
}

static bool can_run(const struct thread *t)
{
    return t->state == THREAD_READY && !t->node->paused;
}

// One of those who can run; NULL if there is none.
static struct thread *draw(void)
{
    struct thread *drawn = NULL;
    uint64_t count = 0;
    for (struct thread *t = sim->threads; t != NULL; t = t->next) {
        if (!can_run(t))
            continue;
        count++;
        bool better = drawn == NULL || t->turn < drawn->turn;
        if (sim->seeded ? random_below(&sim->dice, count) == 0 : better)
            drawn = t;
    }
    return drawn;
}

static int64_t next_time(void)
{
    int64_t next = sim->timers != NULL ? sim->timers->at_ns : CLOCK_NEVER;
    for (struct thread *t = sim->threads; t != NULL; t = t->next)
        if (t->state == THREAD_WAITING && t->deadline_ns < next)
            next = t->deadline_ns;
    return next;
}

static struct thread *pick(void)
{
    for (;;) { // ends: each turn fires a timer, and those who wait are few
        fire_what_is_due();
        struct thread *t = draw();
        if (t != NULL)
            return t;
        int64_t next = next_time();
        if (next == CLOCK_NEVER)
            dead_lock();
        sim->now_ns = next;
    }
}

static void free_who_left(void)
{
    struct thread *t = sim->leaving;
    sim->leaving = NULL;
    if (t != NULL)
        coroutine_release(&t->coroutine, t->state != THREAD_DONE);
}

static void go_on_with(struct thread *to)
{
    struct thread *from = sim->current;
    if (to == from)
        return;
    sim->current = to;
    coroutine_switch(&from->coroutine, &to->coroutine, sim->leaving == from);
    free_who_left();
}

void sim_yield(void)
{
    struct thread *t = sim_thread();
    t->turn = sim->turns++;
    go_on_with(pick());
}

bool sim_wait(const void *channel, int64_t deadline_ns, const char *what,
              const void *where)
{
    struct thread *t = sim_thread();
    t->state = THREAD_WAITING;
    t->channel = channel;
    t->deadline_ns = deadline_ns;
    t->what = what;
    t->where = where;
    t->since_ns = sim->now_ns;
    go_on_with(pick());
    return t->woken;
}

static bool waits_on(const struct thread *t, const void *channel)
{
    return t->state == THREAD_WAITING && t->channel == channel;
}

void sim_wake_one(const void *channel)
{
    struct thread *longest = NULL;
    for (struct thread *t = the_sim()->threads; t != NULL; t = t->next)
        if (waits_on(t, channel) &&
            (longest == NULL || t->since_ns < longest->since_ns))
            longest = t;
    if (longest != NULL)
        make_ready(longest, true);
}

void sim_wake_all(const void *channel)
{
    for (struct thread *t = the_sim()->threads; t != NULL; t = t->next)
        if (waits_on(t, channel))
            make_ready(t, true);
}

// --- Threads and nodes ----------------------------------------------------

static void enter(void)
{
    coroutine_entered();
    free_who_left();
    struct thread *t = sim->current;
    t->fn(t->arg);
    if (t->node->alive)
        t->state = THREAD_DONE;
    sim_wake_all(t);
    sim_leave();
}

void sim_leave(void)
{
    sim->leaving = sim->current;
    go_on_with(pick());
    abort(); // nobody switches to who has left
}

struct thread *sim_thread_new(struct process *node, const char *name,
                              void (*fn)(void *arg), void *arg)
{
    struct thread *t = xcalloc(1, sizeof *t);
    if (!coroutine_init(&t->coroutine, enter)) {
        free(t);
        return NULL;
    }
    t->node = node;
    snprintf(t->name, sizeof t->name, "%s", name);
    t->fn = fn;
    t->arg = arg;
    t->next = the_sim()->threads;
    sim->threads = t;
    make_ready(t, false);
    return t;
}

void sim_thread_free(struct thread *t)
{
    struct thread **at = &sim->threads;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    free(t);
}

struct process *sim_node_new(struct process *parent)
{
    struct process *node = xcalloc(1, sizeof *node);
    snprintf(node->self.name, sizeof node->self.name, "-");
    node->number = sim->nodes == NULL ? 0 : sim->nodes->number + 1;
    node->parent = parent;
    node->alive = true;
    node->next = sim->nodes;
    sim->nodes = node;
    return node;
}

static void bury_threads(struct process *node)
{
    struct thread **at = &sim->threads;
    while (*at != NULL) {
        struct thread *t = *at;
        if (t->node != node) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        t->next = sim->dead;
        sim->dead = t;
        if (t != sim->current)
            coroutine_release(&t->coroutine, true);
    }
}

void sim_node_end(struct process *node, struct process_end end)
{
    if (!node->alive)
        return;
    node->alive = false;
    node->end = end;
    struct process_end killed = {.signal = SIGKILL};
    for (struct process *p = sim->nodes; p != NULL; p = p->next)
        if (p->parent == node)
            sim_node_end(p, killed);
    bury_threads(node);
    while (node->fd_count > 0)
        close(node->fds[--node->fd_count]);
    if (sim->node_ended != NULL)
        sim->node_ended(node);
    sim_wake_all(node);
}

void sim_on_node_end(void (*hook)(struct process *node))
{
    the_sim()->node_ended = hook;
}
