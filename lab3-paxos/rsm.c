// rsm.c - the shell of a replica: who waits, who leads, who follows.
//
// Whoever waits first leads: it proposes for slot `next`, without the lock, and
// applies what has been decided. If its time is over before, the next one that
// waits goes on. When nobody leads, the follower applies.
//
// Read next: kvd.h.
#include "lab3-paxos/rsm.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/mutex.h"
#include "common/runtime/random.h"
#include "common/runtime/thread.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/slots.h"

enum {
    // In ticks. Whoever is at work on a slot may take so long, and up to twice
    // that, before the follower fills it; which may take it so long.
    PATIENCE_TICKS = 8,
    FILL_TICKS = 20,
    GATHER_MS = 1, // less than an agreement takes that crosses a network
};

struct rsm {
    // Constant from rsm_start on.
    struct paxos *paxos;
    int64_t tick_ms;
    struct thread *follower;

    // `lock` guards the rest, and the machine. It is not held while somebody
    // waits for Paxos, whose own lock is taken inside of it.
    struct mutex lock;
    struct slots slots;
    struct buf decided; // an entry, for who applies
    // A fate has been sealed, or nobody leads: those whose operations are in
    // the entry of slots.number wait at that number's parity, those who queue
    // at the next one's. So an entry's end wakes whom it concerns.
    struct cond changed[2];
    bool leading;        // somebody is at work on slot `next`, and applies
    size_t crowd;        // that the next entry is for: operations
    struct cond arrived; // they are all there
    bool stopping;

    struct cond calm; // the follower's: it should look again
    struct random random;
    bool behind; // it had to ask for the last slot: there may be more
};

// --- Slots -----------------------------------------------------------------

static void wake_all_locked(struct rsm *r)
{
    mutex_assert_held(&r->lock);
    cond_broadcast(&r->changed[0]);
    cond_broadcast(&r->changed[1]);
}

// SOLUTION BEGIN 3b
// Whoever's operation is in the entry that is proposed; whoever's is not yet.
static struct cond *of_entry(struct rsm *r)
{
    return &r->changed[r->slots.number % 2];
}

static struct cond *of_queue(struct rsm *r)
{
    return &r->changed[(r->slots.number + 1) % 2];
}

// Applies what this replica knows to be decided: M1, M5.
static void apply_decided_locked(struct rsm *r)
{
    mutex_assert_held(&r->lock);
    int64_t first = r->slots.next;
    while (paxos_status(r->paxos, r->slots.next, &r->decided) ==
           PAXOS_DECIDED) // ends: at the end of the log
        slots_decided(&r->slots, buf_slice(&r->decided));
    if (r->slots.next == first)
        return;
    paxos_done(r->paxos, r->slots.next - 1);
    wake_all_locked(r);
}

// Those who have just been answered may be back in a moment: waits for as many
// as there were, but not long, so that the first of them does not go alone, and
// the others have to wait for it.
static void gather_locked(struct rsm *r)
{
    mutex_assert_held(&r->lock);
    int64_t until_ms = clock_now_ms() + GATHER_MS;
    bool in_time = true;
    while (slots_count(&r->slots) < r->crowd && in_time && !r->stopping)
        in_time = cond_wait(&r->arrived, &r->lock, until_ms);
}

// Who waits now may be back when he has been answered; one alone need not wait
// for himself.
static void note_crowd_locked(struct rsm *r)
{
    mutex_assert_held(&r->lock);
    size_t count = slots_count(&r->slots);
    size_t limit = r->slots.queue.limit;
    r->crowd = count < 2 ? 0 : count < limit ? count : limit;
}

// Works on slot `next` until it is decided, or until the deadline; M2.
static void drive_locked(struct rsm *r, int64_t deadline_ms)
{
    mutex_assert_held(&r->lock);
    struct buf decided;
    buf_init(&decided, PAXOS_VALUE_MAX);
    r->leading = true; // so slot and proposal stay as they are
    gather_locked(r);
    int64_t slot = r->slots.next;
    struct slice proposal = slots_proposal(&r->slots);
    mutex_unlock(&r->lock);
    int err = paxos_propose(r->paxos, slot, proposal, deadline_ms, &decided);
    mutex_lock(&r->lock);
    r->leading = false;
    note_crowd_locked(r);
    assert(err != ERR_NOT_FOUND); // M5: forgotten, and we need it
    if (err == ERR_OK) {
        slots_decided(&r->slots, buf_slice(&decided));
        paxos_done(r->paxos, slot);
        apply_decided_locked(r);
    }
    r->stopping = r->stopping || err == ERR_CLOSED;
    buf_release(&decided);
    cond_broadcast(of_entry(r));
    cond_signal(of_queue(r)); // who leads next
}
// SOLUTION END

// --- Operations ------------------------------------------------------------

// SOLUTION BEGIN 3b
static bool is_sealed(const struct slots_waiting *w)
{
    return w->member.fate != BATCH_QUEUED && w->member.fate != BATCH_TAKEN;
}
// SOLUTION END

int rsm_submit(struct rsm *r, struct slice operation, int64_t deadline_ms,
               struct buf *reply)
{
    if (operation.size > RSM_OPERATION_MAX)
        return ERR_LIMIT;
    // SOLUTION BEGIN 3b; stub: not_implemented("3b rsm_submit");
    struct slots_waiting w = {.operation = operation, .reply = reply};
    mutex_lock(&r->lock);
    slots_add(&r->slots, &w);
    if (r->leading && slots_count(&r->slots) == r->crowd)
        cond_signal(&r->arrived);
    bool in_time = true;
    // Ends: at the deadline, if not before.
    while (!is_sealed(&w) && in_time && !r->stopping) {
        struct cond *changed =
            w.member.fate == BATCH_TAKEN ? of_entry(r) : of_queue(r);
        if (r->leading)
            in_time = cond_wait(changed, &r->lock, deadline_ms);
        else
            drive_locked(r, deadline_ms);
        in_time = in_time && clock_now_ms() < deadline_ms;
    }
    int err = ERR_OK;
    if (!is_sealed(&w)) {
        err = r->stopping ? ERR_CLOSED : ERR_TIMEOUT;
        slots_leave(&r->slots, &w);
        wake_all_locked(r); // it may have been told to lead
    } else if (w.late) {
        err = ERR_NOT_FOUND;
    }
    mutex_unlock(&r->lock);
    return err;
    // SOLUTION END
}

void rsm_look(struct rsm *r, void (*look)(void *machine, void *arg), void *arg)
{
    mutex_lock(&r->lock);
    look(r->slots.machine, arg);
    mutex_unlock(&r->lock);
}

struct rsm_status rsm_status(struct rsm *r)
{
    mutex_lock(&r->lock);
    struct rsm_status status = r->slots.done;
    status.next = r->slots.next;
    status.waiting = slots_count(&r->slots);
    mutex_unlock(&r->lock);
    return status;
}

// --- Following -------------------------------------------------------------

// SOLUTION BEGIN 3b
// How long the others may take for slot `next`. Not the same on all replicas,
// so that they seldom fill it together. No time at all, if they are further:
// who works on a later slot has applied this one, by M2.
static int64_t patience_ms(struct rsm *r, int64_t highest)
{
    if (r->behind && highest > r->slots.next)
        return 0;
    int64_t ms = PATIENCE_TICKS * r->tick_ms;
    return ms + (int64_t)random_below(&r->random, (uint64_t)ms + 1);
}

static void fill_hole_locked(struct rsm *r)
{
    mutex_assert_held(&r->lock);
    log_info("rsm", "slot %" PRId64 " is not filled by others", r->slots.next);
    drive_locked(r, clock_now_ms() + FILL_TICKS * r->tick_ms);
    r->behind = true;
}

// One look at slot `next`: waits for it, and fills it if others do not. A slot
// that nobody has heard of is no hole, but the end of the log.
static void follow_locked(struct rsm *r)
{
    mutex_assert_held(&r->lock);
    if (r->leading) { // who leads applies
        int64_t later_ms = clock_now_ms() + PATIENCE_TICKS * r->tick_ms;
        cond_wait(&r->calm, &r->lock, later_ms);
        return;
    }
    int64_t slot = r->slots.next;
    int64_t highest = paxos_max(r->paxos);
    int64_t until_ms = clock_now_ms() + patience_ms(r, highest);
    mutex_unlock(&r->lock);
    int err = paxos_wait(r->paxos, slot, until_ms, NULL);
    mutex_lock(&r->lock);
    r->stopping = r->stopping || err == ERR_CLOSED;
    if (r->leading || r->stopping)
        return;
    apply_decided_locked(r);
    r->behind = r->behind && err == ERR_TIMEOUT;
    if (err == ERR_TIMEOUT && highest >= slot && r->slots.next == slot)
        fill_hole_locked(r);
}
// SOLUTION END

static void follow(void *rsm)
{
    struct rsm *r = rsm;
    mutex_lock(&r->lock);
    while (!r->stopping) {
        // SOLUTION BEGIN 3b; stub: cond_wait(&r->calm, &r->lock, CLOCK_NEVER);
        follow_locked(r);
        // SOLUTION END
    }
    mutex_unlock(&r->lock);
}

// --- Its life --------------------------------------------------------------

int rsm_start(struct paxos *p, const struct rsm_app *app, void *machine,
              int64_t tick_ms, struct rsm **out)
{
    struct rsm *r = xcalloc(1, sizeof *r);
    r->paxos = p;
    r->tick_ms = tick_ms;
    mutex_init(&r->lock);
    cond_init(&r->changed[0]);
    cond_init(&r->changed[1]);
    cond_init(&r->arrived);
    cond_init(&r->calm);
    slots_init(&r->slots, app, machine, random_seed());
    buf_init(&r->decided, PAXOS_VALUE_MAX);
    random_init(&r->random, random_seed());
    int err = thread_start("rsm", follow, r, &r->follower);
    if (err != ERR_OK) {
        rsm_free(r);
        return err;
    }
    *out = r;
    return ERR_OK;
}

void rsm_limit_batch(struct rsm *r, size_t operations)
{
    assert(operations >= 1 && operations <= BATCH_OPS);
    mutex_lock(&r->lock);
    r->slots.queue.limit = operations;
    mutex_unlock(&r->lock);
}

void rsm_stop(struct rsm *r)
{
    if (r == NULL)
        return;
    mutex_lock(&r->lock);
    r->stopping = true;
    wake_all_locked(r);
    cond_signal(&r->calm);
    mutex_unlock(&r->lock);
    thread_join(r->follower);
    r->follower = NULL;
}

void rsm_free(struct rsm *r)
{
    if (r == NULL)
        return;
    slots_release(&r->slots);
    buf_release(&r->decided);
    cond_release(&r->changed[0]);
    cond_release(&r->changed[1]);
    cond_release(&r->arrived);
    cond_release(&r->calm);
    mutex_release(&r->lock);
    free(r);
}
