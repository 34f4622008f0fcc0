// paxos_round.c - rounds: the proposer's messages.
//
// A round is two gathers, Prepare and Accept, in one thread; the core
// (proposer.h) counts. A peer's own acceptor is asked by a function call,
// first. Who has had a value chosen tells the others by Decide, once: that is
// left to the workers, since nobody need wait for it. A peer that it does not
// reach learns the value when it proposes.
//
// Read next: paxos_message.c.
#include <inttypes.h>

#include "common/rpc/rpc.h"
#include "common/runtime/clock.h"
#include "common/runtime/log.h"
#include "lab3-paxos/backoff.h"
#include "lab3-paxos/ballot.h"
#include "lab3-paxos/paxos_private.h"
#include "lab3-paxos/proposer.h"

// SOLUTION BEGIN 3a
struct round {
    struct paxos *paxos;
    struct proposer proposer;
    int64_t instance;
    int64_t deadline_ms;
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// --- Asking the others -----------------------------------------------------

// One of them has answered, or not. False: that settles this phase.
static bool hear(void *arg, size_t i, struct rpc_answer *answer)
{
    struct round *r = arg;
    struct paxos *p = r->paxos;
    mutex_lock(&p->lock);
    message_merge_locked(p, message_progress_of(answer));
    mutex_unlock(&p->lock);
    struct vote vote = message_vote(answer);
    unsigned peer = (unsigned)(i < p->me ? i : i + 1);
    enum proposer_state before = r->proposer.state;
    return proposer_hear(&r->proposer, peer, &vote) == before;
}

static void ask(struct round *r, const char *method,
                const ProtobufCMessage *request)
{
    struct paxos *p = r->paxos;
    struct rpc_method m = {&px__paxos__descriptor, method};
    if (p->count > 1)
        rpc_gather(p->node, p->others, p->count - 1, &m, request,
                   r->deadline_ms, hear, r);
}

// --- The phases ------------------------------------------------------------

// Phase 1a, and 1b of its own acceptor.
static void prepare_locked(struct round *r, struct instance *in)
{
    struct paxos *p = r->paxos;
    mutex_assert_held(&p->lock);
    proposer_begin(&r->proposer, p->me);
    uint64_t ballot = r->proposer.ballot;
    if (ballot > p->ballot)
        p->ballot = ballot;
    struct vote mine = acceptor_prepare(&in->acceptor, ballot);
    if (proposer_hear(&r->proposer, p->me, &mine) != PROPOSER_PREPARES)
        return;
    uint64_t below[PAXOS_PEERS_MAX];
    Px__Progress progress = message_progress_locked(p, below);
    Px__PrepareRequest request = PX__PREPARE_REQUEST__INIT;
    request.instance = (uint64_t)r->instance;
    request.ballot = ballot;
    request.progress = &progress;
    mutex_unlock(&p->lock);
    ask(r, "Prepare", &request.base);
    mutex_lock(&p->lock);
}

// Phase 2a, and 2b of its own acceptor.
static void accept_locked(struct round *r, struct instance *in)
{
    struct paxos *p = r->paxos;
    mutex_assert_held(&p->lock);
    struct slice value = proposer_value(&r->proposer);
    uint64_t ballot = r->proposer.ballot;
    struct vote mine = acceptor_accept(&in->acceptor, ballot, value);
    if (proposer_hear(&r->proposer, p->me, &mine) != PROPOSER_ACCEPTS)
        return;
    uint64_t below[PAXOS_PEERS_MAX];
    Px__Progress progress = message_progress_locked(p, below);
    Px__AcceptRequest request = PX__ACCEPT_REQUEST__INIT;
    request.instance = (uint64_t)r->instance;
    request.ballot = ballot;
    request.value.data = (uint8_t *)value.data;
    request.value.len = value.size;
    request.progress = &progress;
    mutex_unlock(&p->lock);
    ask(r, "Accept", &request.base);
    mutex_lock(&p->lock);
}

// --- The whole -------------------------------------------------------------

static void decided_locked(struct round *r, struct instance *in)
{
    struct paxos *p = r->paxos;
    mutex_assert_held(&p->lock);
    if (!in->forgotten)
        paxos_learn_locked(p, in, proposer_value(&r->proposer));
    if (in->forgotten || r->proposer.is_told)
        return;
    in->to_announce = p->count > 1;
    work_add_locked(p, in);
}

static void failed_locked(struct round *r, struct instance *in)
{
    struct paxos *p = r->paxos;
    mutex_assert_held(&p->lock);
    in->failures++;
    int64_t wait_ms = backoff_ms(in->failures, p->tick_ms, &p->random);
    in->due_ms = clock_now_ms() + wait_ms;
    log_debug("paxos",
              "instance %" PRId64 ": ballot %" PRIu64 ".%u came to nothing",
              in->number, ballot_round(r->proposer.ballot), p->me);
}

static void settle_locked(struct round *r, struct instance *in)
{
    struct paxos *p = r->paxos;
    mutex_assert_held(&p->lock);
    if (r->proposer.seen > in->seen)
        in->seen = r->proposer.seen;
    switch (r->proposer.state) {
    case PROPOSER_DECIDED:
        decided_locked(r, in);
        break;
    case PROPOSER_FORGOTTEN: // and what the answer said of progress shows it
        break;
    case PROPOSER_PREPARES:
    case PROPOSER_ACCEPTS: // it has been cancelled
    case PROPOSER_FAILED:
        failed_locked(r, in);
        break;
    }
}
// SOLUTION END

void round_run_locked(struct paxos *p, struct instance *in, struct slice wish,
                      int64_t deadline_ms)
{
    mutex_assert_held(&p->lock);
    in->driven = true;
    // SOLUTION BEGIN 3a; stub: not_implemented("3a round_run_locked");
    struct round r = {.paxos = p, .instance = in->number};
    int64_t patience = patience_ms(in->failures, p->tick_ms);
    r.deadline_ms = earlier(deadline_ms, clock_now_ms() + patience);
    uint64_t promised = in->acceptor.promised;
    proposer_init(&r.proposer, p->count, wish,
                  promised > in->seen ? promised : in->seen);
    prepare_locked(&r, in);
    if (r.proposer.state == PROPOSER_ACCEPTS && !in->forgotten)
        accept_locked(&r, in);
    settle_locked(&r, in);
    proposer_release(&r.proposer);
    // SOLUTION END
    in->driven = false;
    if (in->queued)
        work_wake_locked(p);
    cond_broadcast(&p->changed);
}

// --- Telling the others ----------------------------------------------------

// SOLUTION BEGIN 3a
static bool told(void *arg, size_t i, struct rpc_answer *answer)
{
    struct paxos *p = arg;
    mutex_lock(&p->lock);
    message_merge_locked(p, message_progress_of(answer));
    mutex_unlock(&p->lock);
    return true;
}
// SOLUTION END

void round_announce_locked(struct paxos *p, struct instance *in)
{
    mutex_assert_held(&p->lock);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a round_announce_locked");
    uint64_t below[PAXOS_PEERS_MAX];
    Px__Progress progress = message_progress_locked(p, below);
    Px__DecideRequest request = PX__DECIDE_REQUEST__INIT;
    request.instance = (uint64_t)in->number;
    request.value.data = in->acceptor.value.data; // nobody changes it: A4
    request.value.len = in->acceptor.value.size;
    request.progress = &progress;
    mutex_unlock(&p->lock);
    struct rpc_method decide = {&px__paxos__descriptor, "Decide"};
    rpc_gather(p->node, p->others, p->count - 1, &decide, &request.base,
               clock_now_ms() + patience_ms(0, p->tick_ms), told, p);
    mutex_lock(&p->lock);
    // SOLUTION END
}
