// The scheduler has no thread of its own: who yields or waits picks its
// successor and switches to it.
//
// Who runs goes on until it waits, unless an event of the plan lets another go
// on (plan.h). Of the others the one with the highest priority goes next, and
// of these who was ready first. All have the same priority but in runs whose
// strategy is PCT (Burckhardt et al., "A Randomized Scheduler with
// Probabilistic Guarantees of Finding Bugs", ASPLOS 2010).
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/random.h"
#include "common/runtime/sim/digest.h"
#include "common/runtime/sim/heap.h"
#include "common/runtime/sim/names.h"
#include "common/runtime/sim/record.h"
#include "common/runtime/sim/sim.h"
#include "common/runtime/sim/torn.h"
#include "common/runtime/sim/waits.h"

enum {
    START_NS = SIM_START_NS,
    NS_PER_MS = 1000000,
    BUCKETS = 256, // of those who wait, by channel
    // Calls of the runtime without anybody having to wait for the time: then
    // somebody polls, and time has to go on, and everybody to have a turn.
    POLLS_MAX = 5000,
    POLLS_AGAIN = 300, // and who still does that has to wait no longer
    POLL_NS = 10 * NS_PER_MS,
    SLICE = 2000, // calls of one thread without a wait, and another goes on
};

struct sim {
    int64_t now_ns;
    uint64_t turns;   // given out so far
    unsigned calls;   // since the time was another
    bool polled;      // and it is another because somebody polls
    unsigned slice;   // calls of the current thread since it was picked
    bool prioritized; // not all have the same priority
    struct thread *current;
    struct thread *leaving; // ended; its stack goes when it has been left
    struct thread *threads; // of living nodes, the youngest first
    struct thread *dead;    // of dead nodes
    struct process *nodes;
    struct thread *ready;            // the first, the last: in no order
    struct thread *waiting[BUCKETS]; // who waits longest first
    void (*node_ended)(struct process *node);
};

// One a program, since the interfaces above it do not say which.
static struct sim *sim;

static void add_ready(struct thread *t);

static struct sim *the_sim(void)
{
    if (sim != NULL)
        return sim;
    sim = xcalloc(1, sizeof *sim); // still in the test's heap
    sim->now_ns = START_NS;
    struct thread *main_thread = xcalloc(1, sizeof *main_thread);
    main_thread->node = sim_node_new(NULL);
    snprintf(main_thread->name, sizeof main_thread->name, "main");
    main_thread->number = 1;
    sim->threads = main_thread;
    sim->current = main_thread;
    add_ready(main_thread);
    return sim;
}

struct thread *sim_thread(void)
{
    return the_sim()->current;
}

struct thread *sim_threads(void)
{
    return the_sim()->threads;
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

// --- The lists of who is ready, and who waits -------------------------------

static void add_ready(struct thread *t)
{
    t->state = THREAD_READY;
    t->ready_prev = NULL;
    t->ready_next = sim->ready;
    if (sim->ready != NULL)
        sim->ready->ready_prev = t;
    sim->ready = t;
}

static void remove_ready(struct thread *t)
{
    if (t->ready_prev != NULL)
        t->ready_prev->ready_next = t->ready_next;
    else
        sim->ready = t->ready_next;
    if (t->ready_next != NULL)
        t->ready_next->ready_prev = t->ready_prev;
}

static struct thread **bucket_of(const void *channel)
{
    uintptr_t n = (uintptr_t)channel;
    return &the_sim()->waiting[(n >> 4 ^ n >> 12) % BUCKETS];
}

static void add_waiting(struct thread *t)
{
    struct thread **at = bucket_of(t->channel);
    while (*at != NULL)
        at = &(*at)->wait_next;
    t->wait_next = NULL;
    *at = t;
}

static void remove_waiting(struct thread *t)
{
    struct thread **at = bucket_of(t->channel);
    while (*at != t)
        at = &(*at)->wait_next;
    *at = t->wait_next;
    sim_timer_cancel(&t->deadline);
}

static void make_ready(struct thread *t, bool woken)
{
    remove_waiting(t);
    t->woken = woken;
    t->turn = sim->turns++;
    add_ready(t);
}

static void deadline_came(void *arg)
{
    make_ready(arg, false);
}

// --- The pick -------------------------------------------------------------

static void fire_what_is_due(void)
{
    struct sim_timer *t;
    while ((t = sim_timers_take(sim->now_ns)) != NULL)
        t->fire(t->arg);
}

static bool goes_before(const struct thread *a, const struct thread *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    return a->turn < b->turn;
}

// Who of those that can run goes next; NULL if there is none.
static struct thread *choose(void)
{
    struct thread *chosen = NULL;
    for (struct thread *t = sim->ready; t != NULL; t = t->ready_next)
        if (!t->node->paused && (chosen == NULL || goes_before(t, chosen)))
            chosen = t;
    return chosen;
}

static struct thread *pick(void)
{
    for (;;) { // ends: each turn fires a timer, and those who wait are few
        fire_what_is_due();
        struct thread *t = choose();
        if (t != NULL)
            return t;
        int64_t next = sim_timers_next_ns();
        if (next == CLOCK_NEVER)
            sim_dead_lock();
        sim->now_ns = next;
        sim->calls = 0;
        sim->polled = false;
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
    sim->slice = 0;
    if (to == from)
        return;
    sim->current = to;
    sim_heap_use(to->node->number);
    coroutine_switch(&from->coroutine, &to->coroutine, sim->leaving == from);
    free_who_left();
}

// --- Calls of the runtime ---------------------------------------------------

// "s1/pinger.lock": of whom and what an event is.
static struct plan_who who_of(struct thread *t, enum sim_call call)
{
    static const char *const calls[SIM_CALLS] = {
        [CALL_LOCK] = "lock",     [CALL_UNLOCK] = "unlock",
        [CALL_WAIT] = "wait",     [CALL_SIGNAL] = "signal",
        [CALL_THREAD] = "thread", [CALL_NODE] = "node",
        [CALL_RPC] = "rpc",       [CALL_DISK] = "disk",
    };
    if (t->who[call] == NULL) {
        int heap = sim_heap_use(HEAP_TEST);
        char number[16] = "";
        if (t->number > 1)
            snprintf(number, sizeof number, "%d", t->number);
        t->who[call] = xasprintf("%s/%s%s.%s", t->node->name, t->name, number,
                                 calls[call]);
        for (char *at = t->who[call]; *at != '\0'; at++)
            if (*at == ' ')
                *at = '-';
        t->who_keys[call] = plan_who(t->who[call]).key;
        sim_heap_use(heap);
    }
    return (struct plan_who){t->who_keys[call], t->who[call]};
}

static uint64_t note(struct thread *t, enum sim_call call, const void *where)
{
    t->where = where;
    t->lab_where = NULL;
    struct plan_who who = who_of(t, call);
    sim_note(who.who, who.key, where);
    return ++t->calls[call];
}

// How threads take turns, by the seed of the run.
enum strategy {
    NO_PREEMPTION,
    SELDOM,
    OFTEN,
    PCT,
    STRATEGIES,
};

static enum strategy strategy(void)
{
    static int drawn = -1;
    if (drawn < 0) {
        const char *seed = getenv("LAB_SEED");
        uint64_t n = seed != NULL ? strtoull(seed, NULL, 0) : 0;
        drawn = (int)(random_mix(n, random_hash("strategy", 8)) % STRATEGIES);
    }
    return (enum strategy)drawn;
}

static int64_t draw_preemption(uint64_t die)
{
    switch (strategy()) {
    case NO_PREEMPTION:
        return 0;
    case SELDOM:
        return die % 64 == 0;
    case OFTEN:
        return die % 6 == 0;
    case PCT: // it goes behind all others for good
        return die % 1500 == 0 ? -1 - (int64_t)(die >> 32 & 0xffff) : 0;
    case STRATEGIES:
        break;
    }
    return 0;
}

static int64_t draw_priority(uint64_t die)
{
    return strategy() == PCT ? 1 + (int64_t)(die % 100) : 0;
}

// Does somebody poll, and nothing can come of it? Then time goes on, and the
// others have their turns.
static bool end_polling(struct thread *t)
{
    if (++sim->calls <= (sim->polled ? POLLS_AGAIN : POLLS_MAX))
        return false;
    // At first to the next timer; if that did not help, further: what is due
    // meanwhile comes late, as on a machine whose processors are all busy.
    int64_t next = sim_timers_next_ns();
    int64_t soon = sim->now_ns + POLL_NS;
    sim->now_ns = next < soon && !sim->polled ? next : soon;
    sim->calls = 0;
    sim->polled = true;
    for (struct thread *r = sim->ready; r != NULL; r = r->ready_next)
        r->priority = 0;
    sim->prioritized = false;
    t->turn = sim->turns++;
    return true;
}

// The calling thread goes on, unless something else was drawn.
static bool goes_on(const struct thread *t)
{
    if (sim_timers_next_ns() <= sim->now_ns)
        fire_what_is_due();
    return ++sim->slice < SLICE && !sim->prioritized && !t->node->paused &&
           t->node->alive;
}

void sim_yield(enum sim_call call, const void *where)
{
    struct thread *t = sim_thread();
    uint64_t k = note(t, call, where);
    int64_t event =
        plan_draw(PLAN_PREEMPT, who_of(t, call), k, draw_preemption);
    if (event < 0) {
        t->priority = (int)event;
        sim->prioritized = true;
    }
    bool polls = end_polling(t);
    if (goes_on(t) && event == 0 && !polls)
        return;
    if (event != 0 || sim->slice >= SLICE)
        t->turn = sim->turns++;
    go_on_with(pick());
}

void sim_pass(const void *where)
{
    struct thread *t = sim_thread();
    note(t, CALL_THREAD, where);
    t->turn = sim->turns++;
    end_polling(t);
    go_on_with(pick());
}

// The innermost place in code that is not the library's, for people: found by
// the frame pointers of who is about to wait.
static const void *find_lab_place(const struct thread *t)
{
    const void *const *frame = __builtin_frame_address(0);
    if (t->node->code.begin == NULL)
        return NULL;
    for (int i = 0; i < 16; i++) {
        if (sim_is_lab(frame[1]))
            return frame[1];
        const void *const *next = (const void *const *)frame[0];
        if (next <= frame || (const char *)next - (const char *)frame > 65536 ||
            (t->coroutine.mapping != NULL &&
             (const char *)next >=
                 (const char *)t->coroutine.bottom + t->coroutine.size))
            return NULL;
        frame = next;
    }
    return NULL;
}

bool sim_wait(const void *channel, int64_t deadline_ns, const char *what,
              const void *where)
{
    struct thread *t = sim_thread();
    note(t, CALL_WAIT, where);
    end_polling(t); // the deadline may be over, again and again
    t->lab_where = find_lab_place(t);
    remove_ready(t);
    t->state = THREAD_WAITING;
    t->channel = channel;
    t->what = what;
    t->since_ns = sim->now_ns;
    add_waiting(t);
    if (deadline_ns != CLOCK_NEVER)
        sim_timer_set(&t->deadline, deadline_ns, deadline_came, t);
    go_on_with(pick());
    return t->woken;
}

void sim_wake_one(const void *channel)
{
    struct thread *t = *bucket_of(channel);
    while (t != NULL && t->channel != channel)
        t = t->wait_next;
    if (t != NULL)
        make_ready(t, true);
}

void sim_wake_all(const void *channel)
{
    struct thread *next;
    for (struct thread *t = *bucket_of(channel); t != NULL; t = next) {
        next = t->wait_next;
        if (t->channel == channel)
            make_ready(t, true);
    }
}

// --- Threads and nodes ----------------------------------------------------

static void enter(void)
{
    coroutine_entered();
    free_who_left();
    struct thread *t = sim->current;
    t->fn(t->arg);
    if (t->node->alive) {
        remove_ready(t);
        t->state = THREAD_DONE;
    }
    sim_wake_all(t);
    sim_leave();
}

void sim_leave(void)
{
    sim->leaving = sim->current;
    go_on_with(pick());
    abort(); // nobody switches to who has left
}

static int count_named(const struct process *node, const char *name)
{
    int count = 0;
    for (struct thread *t = sim->threads; t != NULL; t = t->next)
        if (t->node == node && strcmp(t->name, name) == 0 && t->number > count)
            count = t->number;
    return count;
}

struct thread *sim_thread_new(struct process *node, const char *name,
                              void (*fn)(void *arg), void *arg)
{
    int heap = sim_heap_use(HEAP_TEST);
    struct thread *t = xcalloc(1, sizeof *t);
    sim_heap_use(heap);
    if (!coroutine_init(&t->coroutine, enter)) {
        free(t);
        return NULL;
    }
    t->node = node;
    snprintf(t->name, sizeof t->name, "%s", name);
    t->number = 1 + count_named(node, t->name);
    t->fn = fn;
    t->arg = arg;
    t->next = the_sim()->threads;
    sim->threads = t;
    t->turn = sim->turns++;
    t->priority =
        (int)plan_draw(PLAN_PRIORITY, who_of(t, CALL_THREAD), 1, draw_priority);
    sim->prioritized = sim->prioritized || t->priority != 0;
    add_ready(t);
    return t;
}

static void thread_forget(struct thread *t)
{
    for (int i = 0; i < SIM_CALLS; i++)
        free(t->who[i]);
}

void sim_thread_free(struct thread *t)
{
    struct thread **at = &sim->threads;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    thread_forget(t);
    free(t);
}

struct process *sim_node_new(struct process *parent)
{
    int heap = sim_heap_use(HEAP_TEST);
    struct process *node = xcalloc(1, sizeof *node);
    sim_heap_use(heap);
    snprintf(node->self.name, sizeof node->self.name, "-");
    node->number = sim->nodes == NULL ? 0 : sim->nodes->number + 1;
    if (node->number == 0)
        snprintf(node->name, sizeof node->name, "test");
    else
        snprintf(node->name, sizeof node->name, "node%d", node->number);
    node->named = node->number == 0;
    node->parent = parent;
    node->alive = true;
    node->next = sim->nodes;
    sim->nodes = node;
    return node;
}

// A name and the how-manieth life with it: "s1", "s1'2".
void sim_node_named(struct process *node)
{
    int lives = 1;
    for (struct process *p = sim->nodes; p != NULL; p = p->next)
        lives += p != node && p->number > 0 &&
                 strcmp(p->self.name, node->self.name) == 0;
    if (node->named)
        return;
    node->named = true;
    snprintf(node->name, sizeof node->name, "%s", node->self.name);
    if (lives > 1)
        snprintf(node->name, sizeof node->name, "%s'%d", node->self.name,
                 lives);
    for (struct thread *t = sim->threads; t != NULL; t = t->next)
        for (int i = 0; t->node == node && i < SIM_CALLS; i++) {
            free(t->who[i]);
            t->who[i] = NULL;
        }
}

// Takes it off the lists on which it waits or is ready.
static void stop_thread(struct thread *t)
{
    if (t->state == THREAD_READY)
        remove_ready(t);
    if (t->state == THREAD_WAITING)
        remove_waiting(t);
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
        stop_thread(t);
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
    if (!end.exited)
        torn_tear(node);
    names_end(node, !end.exited);
    while (node->fd_count > 0)
        close(node->fds[--node->fd_count]);
    if (sim->node_ended != NULL)
        sim->node_ended(node);
    sim_heap_drop(node->number);
    sim_wake_all(node);
}

void sim_on_node_end(void (*hook)(struct process *node))
{
    the_sim()->node_ended = hook;
}
