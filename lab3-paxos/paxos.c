// paxos.c - see paxos.h. A peer's life, and what its owner asks of it.
//
// Read next: paxos_work.c.
#include "lab3-paxos/paxos.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "lab3-paxos/paxos_private.h"

// --- Instances -------------------------------------------------------------

struct instance *paxos_get_locked(struct paxos *p, int64_t number)
{
    mutex_assert_held(&p->lock);
    if (number > p->max)
        p->max = number;
    if (number < progress_min(&p->progress))
        return NULL;
    return instances_get(p->instances, number);
}

void paxos_learn_locked(struct paxos *p, struct instance *in,
                        struct slice value)
{
    mutex_assert_held(&p->lock);
    bool news = !in->acceptor.decided;
    if (!acceptor_decide(&in->acceptor, value)) {
        log_error("paxos", "instance %" PRId64 ": decided twice, differently",
                  in->number);
        return;
    }
    if (!news)
        return;
    p->decided++;
    log_debug("paxos", "instance %" PRId64 ": decided, %zu bytes", in->number,
              value.size);
    if (in->queued)
        work_wake_locked(p);
    cond_broadcast(&p->changed);
}

// SOLUTION BEGIN 3a
static void leave_queue(void *paxos, struct instance *in)
{
    work_remove_locked(paxos, in);
}
// SOLUTION END

void paxos_forget_locked(struct paxos *p)
{
    mutex_assert_held(&p->lock);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a paxos_forget_locked");
    int64_t min = progress_min(&p->progress);
    log_debug("paxos", "min rises to %" PRId64, min);
    instances_forget(p->instances, min, leave_queue, p);
    cond_broadcast(&p->changed);
    // SOLUTION END
}

// --- Agreements ------------------------------------------------------------

// SOLUTION BEGIN 3a
static void copy_out(struct slice value, struct buf *out)
{
    if (out == NULL)
        return;
    buf_clear(out);
    int err = buf_append(out, value.data, value.size);
    assert(err == ERR_OK); // its limit is PAXOS_VALUE_MAX
}
// SOLUTION END

enum paxos_fate paxos_status(struct paxos *p, int64_t instance,
                             struct buf *value)
{
    mutex_lock(&p->lock);
    enum paxos_fate fate = PAXOS_PENDING;
    // SOLUTION BEGIN 3a; stub: not_implemented("3a paxos_status");
    const struct instance *in = instances_find(p->instances, instance);
    if (instance < progress_min(&p->progress)) {
        fate = PAXOS_FORGOTTEN;
    } else if (in != NULL && in->acceptor.decided) {
        fate = PAXOS_DECIDED;
        copy_out(buf_slice(&in->acceptor.value), value);
    }
    // SOLUTION END
    mutex_unlock(&p->lock);
    return fate;
}

static int start_locked(struct paxos *p, int64_t instance, struct slice value)
{
    mutex_assert_held(&p->lock);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a start_locked");
    struct instance *in = paxos_get_locked(p, instance);
    if (in == NULL)
        return ERR_NOT_FOUND;
    if (in->acceptor.decided || in->started)
        return ERR_OK;
    in->started = true;
    buf_append(&in->wish, value.data, value.size);
    work_add_locked(p, in);
    return ERR_OK;
    // SOLUTION END
}

int paxos_start(struct paxos *p, int64_t instance, struct slice value)
{
    assert(instance >= 0);
    if (value.size > PAXOS_VALUE_MAX)
        return ERR_LIMIT;
    mutex_lock(&p->lock);
    int err = p->stopping ? ERR_CLOSED : start_locked(p, instance, value);
    mutex_unlock(&p->lock);
    return err;
}

// SOLUTION BEGIN 3a
static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Goes on with the instance as far as this thread can; true: and at once.
static bool drive_locked(struct paxos *p, struct instance *in,
                         struct slice value, int64_t deadline_ms)
{
    mutex_assert_held(&p->lock);
    if (in->driven || in->due_ms > clock_now_ms())
        return false;
    instance_hold(in);
    round_run_locked(p, in, value, deadline_ms);
    instance_let_go(in);
    return true;
}
// SOLUTION END

// `value`: to be proposed; NULL: who waits is content with another's.
static int await_locked(struct paxos *p, int64_t instance,
                        const struct slice *value, int64_t deadline_ms,
                        struct buf *decided)
{
    mutex_assert_held(&p->lock);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a await_locked");
    // Ends: at the deadline if not before.
    for (;;) {
        bool late = clock_now_ms() >= deadline_ms;
        struct instance *in = value != NULL
                                  ? paxos_get_locked(p, instance)
                                  : instances_find(p->instances, instance);
        if (instance < progress_min(&p->progress))
            return ERR_NOT_FOUND;
        if (in != NULL && in->acceptor.decided) {
            copy_out(buf_slice(&in->acceptor.value), decided);
            return ERR_OK;
        }
        if (p->stopping)
            return ERR_CLOSED;
        if (late)
            return ERR_TIMEOUT;
        if (value != NULL && drive_locked(p, in, *value, deadline_ms))
            continue;
        int64_t until_ms = deadline_ms;
        if (value != NULL && !in->driven)
            until_ms = earlier(until_ms, in->due_ms);
        cond_wait(&p->changed, &p->lock, until_ms);
    }
    // SOLUTION END
}

int paxos_propose(struct paxos *p, int64_t instance, struct slice value,
                  int64_t deadline_ms, struct buf *decided)
{
    assert(instance >= 0);
    if (value.size > PAXOS_VALUE_MAX)
        return ERR_LIMIT;
    mutex_lock(&p->lock);
    int err = await_locked(p, instance, &value, deadline_ms, decided);
    mutex_unlock(&p->lock);
    return err;
}

int paxos_wait(struct paxos *p, int64_t instance, int64_t deadline_ms,
               struct buf *decided)
{
    mutex_lock(&p->lock);
    int err = await_locked(p, instance, NULL, deadline_ms, decided);
    mutex_unlock(&p->lock);
    return err;
}

// --- Forgetting ------------------------------------------------------------

void paxos_done(struct paxos *p, int64_t instance)
{
    mutex_lock(&p->lock);
    if (progress_done(&p->progress, instance))
        paxos_forget_locked(p);
    mutex_unlock(&p->lock);
}

int64_t paxos_max(struct paxos *p)
{
    mutex_lock(&p->lock);
    int64_t max = p->max;
    mutex_unlock(&p->lock);
    return max;
}

int64_t paxos_min(struct paxos *p)
{
    mutex_lock(&p->lock);
    int64_t min = progress_min(&p->progress);
    mutex_unlock(&p->lock);
    return min;
}

// --- Its life --------------------------------------------------------------

// Cuts the list of names. ERR_OK if this node is one of them.
static int find_peers(struct paxos *p)
{
    bool found = false;
    unsigned others = 0;
    char *rest = p->names;
    for (char *name = strsep(&rest, ","); name != NULL;
         name = strsep(&rest, ",")) {
        if (p->count == PAXOS_PEERS_MAX)
            return ERR_LIMIT;
        if (strcmp(name, node_name(p->node)) == 0) {
            found = true;
            p->me = p->count;
        } else {
            p->others[others++] = name;
        }
        p->peers[p->count++] = name;
    }
    return found && others + 1 == p->count ? ERR_OK : ERR_NOT_FOUND;
}

int paxos_new(struct node *n, const struct paxos_spec *spec, struct paxos **out)
{
    struct paxos *p = xcalloc(1, sizeof *p);
    message_init(p);
    p->node = n;
    p->tick_ms = spec->tick_ms;
    p->names = xstrdup(spec->peers);
    p->instances = instances_new();
    p->max = -1;
    random_init(&p->random, random_seed());
    mutex_init(&p->lock);
    cond_init(&p->changed);
    cond_init(&p->work);
    int err = find_peers(p);
    if (err != ERR_OK) {
        paxos_free(p);
        return err;
    }
    progress_init(&p->progress, p->count, p->me);
    *out = p;
    return ERR_OK;
}

void paxos_stop(struct paxos *p)
{
    if (p == NULL)
        return;
    mutex_lock(&p->lock);
    p->stopping = true;
    cond_broadcast(&p->changed);
    cond_broadcast(&p->work);
    mutex_unlock(&p->lock);
    work_join(p);
    mutex_lock(&p->lock);
    while (p->queue != NULL)
        work_remove_locked(p, p->queue);
    mutex_unlock(&p->lock);
}

void paxos_free(struct paxos *p)
{
    if (p == NULL)
        return;
    instances_free(p->instances);
    cond_release(&p->changed);
    cond_release(&p->work);
    mutex_release(&p->lock);
    free(p->names);
    free(p);
}
