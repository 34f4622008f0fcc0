#include "lab4-shardkv/mover.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/thread.h"
#include "common/runtime/ticker.h"
#include "lab3-paxos/rsm.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/errands.h"
#include "lab4-shardkv/log.pb-c.h"
#include "lab4-shardkv/master_clerk.h"
#include "lab4-shardkv/peer.pb-c.h"
#include "lab4-shardkv/replica.h"

enum {
    DOERS = 4, // threads: as many donors may be silent before others wait

    // In ticks.
    POLL_TICKS = 4,        // how often who is acting asks for the next
    OTHERS_POLL_TICKS = 6, // configuration, and the others: 2, 3, ... of these
    QUERY_TICKS = 60,      // the masters' time
    DONOR_TICKS = 10,      // a donor's, for a piece
    DELETE_TICKS = 20,     // for an agreement of its
    SUBMIT_TICKS = 20,     // our own log's
};

struct mover {
    // Constant from mover_start on.
    struct node *node;
    struct replica *replica;
    int64_t tick_ms;
    size_t rank;
    struct master_clerk *masters; // the taker's
    struct thread *taker;
    struct thread *doers[DOERS];
    struct ticker *ticker;

    // `lock` guards the rest. The rsm's is taken inside of it. It is not held
    // while anybody is asked, or while something is in the log.
    struct mutex lock;
    struct errands errands;
    struct cond changed; // an errand may be due, or the end has come
    struct cond called;  // the taker's: the end has come
    bool stopping;
};

static int64_t after(const struct mover *m, int64_t ticks)
{
    return clock_now_ms() + ticks * m->tick_ms;
}

// --- Looking ---------------------------------------------------------------

static void list(void *arg, const struct shards_task *task)
{
    errands_list(arg, task, clock_now_ms());
}

static void list_all(void *machine, void *arg)
{
    shards_each_task(machine, list, arg);
}

static void look_locked(struct mover *m)
{
    mutex_assert_held(&m->lock);
    errands_begin(&m->errands);
    rsm_look(replica_rsm(m->replica), list_all, &m->errands);
    errands_end(&m->errands, clock_now_ms());
    if (m->errands.all != NULL)
        cond_broadcast(&m->changed);
}

static void look(void *mover)
{
    struct mover *m = mover;
    mutex_lock(&m->lock);
    look_locked(m);
    mutex_unlock(&m->lock);
}

// --- Errands ---------------------------------------------------------------

// SOLUTION BEGIN 4b
// Puts it into the log. False: it is not known whether it is there. *let_in:
// it was the next one.
static bool submit(struct mover *m, const Shard__GroupOperation *op,
                   bool *let_in)
{
    Shard__GroupAnswer *answer = (Shard__GroupAnswer *)replica_submit(
        m->replica, &op->base, &shard__group_answer__descriptor,
        after(m, SUBMIT_TICKS));
    if (answer == NULL)
        return false;
    *let_in = answer->let_in;
    shard__group_answer__free_unpacked(answer, NULL);
    return true;
}

static Shard__CopyName name_of(const struct errand *e)
{
    Shard__CopyName name = SHARD__COPY_NAME__INIT;
    name.number = e->task.name.number;
    name.shard = e->task.name.shard;
    return name;
}

static enum rpc_outcome ask_donor(struct mover *m, const struct errand *e,
                                  const char *method,
                                  const ProtobufCMessage *request,
                                  int64_t ticks, struct rpc_answer *answer)
{
    struct rpc_method what = {&shard__shards__descriptor, method};
    return rpc_call(m->node, e->task.donor->servers[e->server], &what, request,
                    after(m, ticks), answer);
}

static bool install(struct mover *m, const struct errand *e,
                    const Shard__FetchReply *piece, size_t *items)
{
    Shard__CopyName name = name_of(e);
    Shard__Install install = SHARD__INSTALL__INIT;
    install.copy = &name;
    install.from = e->task.from;
    install.piece = piece->piece;
    install.last = piece->last;
    Shard__GroupOperation op = SHARD__GROUP_OPERATION__INIT;
    op.what_case = SHARD__GROUP_OPERATION__WHAT_INSTALL;
    op.install = &install;
    bool let_in = false;
    bool done = submit(m, &op, &let_in);
    if (let_in) // else another replica was first
        *items = piece->piece->n_pairs + piece->piece->n_sessions;
    return done;
}
// SOLUTION END

// The next piece of a shard that is coming. *items: so many came.
static bool fetch(struct mover *m, const struct errand *e, size_t *items)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b fetch");
    Shard__FetchRequest request = SHARD__FETCH_REQUEST__INIT;
    request.number = e->task.name.number;
    request.shard = e->task.name.shard;
    request.from = e->task.from;
    struct rpc_answer answer;
    bool went_on = false;
    if (ask_donor(m, e, "Fetch", &request.base, DONOR_TICKS, &answer) ==
        RPC_OK) {
        const Shard__FetchReply *reply =
            (const Shard__FetchReply *)answer.reply;
        if (reply->verdict == SHARD__FETCH_REPLY__VERDICT__OK &&
            reply->piece != NULL)
            went_on = install(m, e, reply, items);
    }
    rpc_answer_release(&answer);
    return went_on;
    // SOLUTION END
}

// Tells the donor that its copy is wanted no more, and our log that it knows.
static bool pay(struct mover *m, const struct errand *e)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b pay");
    Shard__DeleteRequest request = SHARD__DELETE_REQUEST__INIT;
    request.number = e->task.name.number;
    request.shard = e->task.name.shard;
    struct rpc_answer answer;
    enum rpc_outcome outcome =
        ask_donor(m, e, "Delete", &request.base, DELETE_TICKS, &answer);
    rpc_answer_release(&answer);
    if (outcome != RPC_OK)
        return false;
    Shard__CopyName name = name_of(e);
    Shard__GroupOperation op = SHARD__GROUP_OPERATION__INIT;
    op.what_case = SHARD__GROUP_OPERATION__WHAT_SETTLE;
    op.settle = &name;
    bool let_in;
    return submit(m, &op, &let_in);
    // SOLUTION END
}

static void run_locked(struct mover *m, struct errand *e)
{
    mutex_assert_held(&m->lock);
    mutex_unlock(&m->lock);
    size_t items = 0;
    bool went_on = e->task.debt ? pay(m, e) : fetch(m, e, &items);
    mutex_lock(&m->lock);
    errands_return(&m->errands, e, went_on, items, clock_now_ms());
    look_locked(m);
}

static void do_errands(void *mover)
{
    struct mover *m = mover;
    mutex_lock(&m->lock);
    while (!m->stopping) {
        struct errand *e = errands_take(&m->errands, clock_now_ms());
        if (e != NULL)
            run_locked(m, e);
        else
            cond_wait(&m->changed, &m->lock, CLOCK_NEVER); // for the ticker
    }
    mutex_unlock(&m->lock);
}

// --- Configurations --------------------------------------------------------

// SOLUTION BEGIN 4b
struct position {
    uint64_t number;
    bool settled;
};

static void see_position(void *machine, void *arg)
{
    struct position *p = arg;
    const Shard__Config *current = shards_current(machine);
    p->number = current == NULL ? 0 : current->number;
    p->settled = shards_is_settled(machine);
}

// Puts the next configuration into the log, if there is one. True: it is in the
// log; *ours: by our doing.
static bool take_next(struct mover *m, uint64_t number, bool *ours)
{
    Shard__Config *config =
        master_clerk_query(m->masters, number, after(m, QUERY_TICKS));
    bool taken = false;
    if (config != NULL && config->number == number) {
        Shard__GroupOperation op = SHARD__GROUP_OPERATION__INIT;
        op.what_case = SHARD__GROUP_OPERATION__WHAT_CONFIG;
        op.config = config;
        taken = submit(m, &op, ours);
    }
    config_free(config);
    return taken;
}
// SOLUTION END

// Looks for the next configuration. In how many ticks to look again.
static int64_t take(struct mover *m, uint64_t *seen)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b take");
    struct position at;
    rsm_look(replica_rsm(m->replica), see_position, &at);
    bool acting = m->errands.acting; // nobody else changes it
    int64_t others_ticks = (int64_t)(m->rank + 2) * OTHERS_POLL_TICKS;
    if (at.number != *seen) { // it was taken by another replica, which acts
        *seen = at.number;
        mutex_lock(&m->lock);
        m->errands.acting = false;
        mutex_unlock(&m->lock);
        return others_ticks;
    }
    if (!at.settled)
        return 1; // G1
    bool ours = false;
    if (!take_next(m, at.number + 1, &ours))
        return acting ? POLL_TICKS : others_ticks;
    *seen = at.number + 1;
    mutex_lock(&m->lock);
    m->errands.acting = ours; // E1
    look_locked(m);
    mutex_unlock(&m->lock);
    return ours ? 0 : others_ticks;
    // SOLUTION END
}

static void take_configurations(void *mover)
{
    struct mover *m = mover;
    uint64_t seen = 0;
    mutex_lock(&m->lock);
    while (!m->stopping) {
        mutex_unlock(&m->lock);
        int64_t again_ms = after(m, take(m, &seen));
        mutex_lock(&m->lock);
        // Ends: in time, or called.
        while (!m->stopping && cond_wait(&m->called, &m->lock, again_ms))
            continue;
    }
    mutex_unlock(&m->lock);
}

// --- Its life --------------------------------------------------------------

static int start_threads(struct mover *m)
{
    int err = thread_start("taker", take_configurations, m, &m->taker);
    for (size_t i = 0; i < DOERS && err == ERR_OK; i++)
        err = thread_start("mover", do_errands, m, &m->doers[i]);
    if (err == ERR_OK)
        err = ticker_start("look", m->tick_ms, look, m, &m->ticker);
    return err;
}

int mover_start(struct node *n, struct replica *r,
                const struct mover_spec *spec, struct mover **out)
{
    const struct master_clerk_spec masters = {spec->masters, spec->tick_ms};
    struct mover *m = xcalloc(1, sizeof *m);
    m->node = n;
    m->replica = r;
    m->tick_ms = spec->tick_ms;
    m->rank = spec->rank;
    m->masters = master_clerk_start(n, &masters);
    mutex_init(&m->lock);
    cond_init(&m->changed);
    cond_init(&m->called);
    errands_init(&m->errands, spec->rank, spec->tick_ms);
    m->errands.acting = spec->rank == 0; // somebody has to begin
    int err = start_threads(m);
    *out = m;
    return err;
}

void mover_stop(struct mover *m)
{
    if (m == NULL)
        return;
    ticker_stop(m->ticker);
    mutex_lock(&m->lock);
    m->stopping = true;
    cond_broadcast(&m->changed);
    cond_signal(&m->called);
    mutex_unlock(&m->lock);
    thread_join(m->taker);
    for (size_t i = 0; i < DOERS; i++)
        thread_join(m->doers[i]);
    errands_release(&m->errands);
    master_clerk_stop(m->masters);
    cond_release(&m->changed);
    cond_release(&m->called);
    mutex_release(&m->lock);
    free(m);
}
