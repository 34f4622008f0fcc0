// paxos_work.c - workers: threads that do what nobody waits for.
//
// Instances that were started, or that are to be announced, wait in a queue.
// A worker takes one, runs one round or tells the others, and puts it back if
// there is more to do: so no instance keeps a worker for itself. Threads are
// made when there is something to do and all that there are are busy.
// Given code.
//
// Read next: paxos_round.c.
#include <assert.h>
#include <utlist.h>

#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/thread.h"
#include "lab3-paxos/paxos_private.h"

static void work(void *paxos);

// Somebody is to look at the queue.
void work_wake_locked(struct paxos *p)
{
    mutex_assert_held(&p->lock);
    if (p->idle > 0 || p->worker_count == WORKERS_MAX || p->stopping) {
        cond_signal(&p->work);
        return;
    }
    struct thread **slot = &p->workers[p->worker_count];
    if (thread_start("paxos", work, p, slot) == ERR_OK)
        p->worker_count++;
    else
        log_error("paxos", "no more threads: %u must do", p->worker_count);
}

void work_add_locked(struct paxos *p, struct instance *in)
{
    mutex_assert_held(&p->lock);
    if (in->queued || in->forgotten || p->stopping)
        return;
    in->queued = true;
    DL_APPEND(p->queue, in);
    work_wake_locked(p);
}

void work_remove_locked(struct paxos *p, struct instance *in)
{
    mutex_assert_held(&p->lock);
    if (!in->queued)
        return;
    in->queued = false;
    DL_DELETE(p->queue, in);
}

// Whether a worker can do something for it at `now_ms`, or when.
static int64_t due_ms(const struct instance *in, int64_t now_ms)
{
    if (in->to_announce || in->acceptor.decided)
        return now_ms;
    return in->driven ? CLOCK_NEVER : in->due_ms;
}

// The first that is due; if none is, NULL and when one will be.
static struct instance *next_locked(struct paxos *p, int64_t *when_ms)
{
    mutex_assert_held(&p->lock);
    int64_t now_ms = clock_now_ms();
    *when_ms = CLOCK_NEVER;
    struct instance *in;
    DL_FOREACH(p->queue, in)
    {
        int64_t due = due_ms(in, now_ms);
        if (due <= now_ms)
            return in;
        if (due < *when_ms)
            *when_ms = due;
    }
    return NULL;
}

static void do_locked(struct paxos *p, struct instance *in)
{
    mutex_assert_held(&p->lock);
    instance_hold(in);
    if (in->to_announce) {
        in->to_announce = false;
        round_announce_locked(p, in);
    } else if (!in->acceptor.decided) {
        round_run_locked(p, in, buf_slice(&in->wish), CLOCK_NEVER);
    }
    if (in->acceptor.decided)
        buf_release(&in->wish);
    else if (in->started)
        work_add_locked(p, in);
    instance_let_go(in);
}

static void work(void *paxos)
{
    struct paxos *p = paxos;
    mutex_lock(&p->lock);
    while (!p->stopping) {
        int64_t when_ms;
        struct instance *in = next_locked(p, &when_ms);
        if (in == NULL) {
            p->idle++;
            cond_wait(&p->work, &p->lock, when_ms);
            p->idle--;
            continue;
        }
        work_remove_locked(p, in);
        if (next_locked(p, &when_ms) != NULL)
            work_wake_locked(p);
        do_locked(p, in);
    }
    mutex_unlock(&p->lock);
}

void work_join(struct paxos *p)
{
    for (unsigned i = 0; i < p->worker_count; i++)
        thread_join(p->workers[i]);
    p->worker_count = 0;
}
