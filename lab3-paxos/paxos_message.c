// paxos_message.c - what the other peers ask and answer, and what people ask.
//
// Each handler locks, merges what the sender knows of progress, calls the
// core, replies (reply() packs at once, so it may borrow), unlocks.
//
// Read next: paxos_peer.h.
#include <assert.h>
#include <inttypes.h>

#include "common/rpc/rpc.h"
#include "common/runtime/log.h"
#include "lab3-paxos/ballot.h"
#include "lab3-paxos/paxos_private.h"

// --- Progress --------------------------------------------------------------

Px__Progress message_progress_locked(const struct paxos *p,
                                     uint64_t below[PAXOS_PEERS_MAX])
{
    mutex_assert_held(&p->lock);
    Px__Progress progress = PX__PROGRESS__INIT;
    for (size_t i = 0; i < p->count; i++)
        below[i] = p->progress.below[i];
    progress.below = below;
    progress.n_below = p->count;
    return progress;
}

void message_merge_locked(struct paxos *p, const Px__Progress *progress)
{
    mutex_assert_held(&p->lock);
    if (progress != NULL &&
        progress_merge(&p->progress, progress->below, progress->n_below))
        paxos_forget_locked(p);
}

// --- Votes -----------------------------------------------------------------

// SOLUTION BEGIN 3a
static Px__Verdict px_verdict(enum vote_kind kind)
{
    switch (kind) {
    case VOTE_YES:
        return PX__VERDICT__OK;
    case VOTE_NO:
        return PX__VERDICT__REJECTED;
    case VOTE_DECIDED:
        return PX__VERDICT__DECIDED;
    case VOTE_FORGOTTEN:
        return PX__VERDICT__FORGOTTEN;
    case VOTE_SILENT: // is no answer
        break;
    }
    assert(false);
    return PX__VERDICT__REJECTED;
}
// SOLUTION END

static struct vote vote_of(Px__Verdict verdict, uint64_t ballot,
                           ProtobufCBinaryData value)
{
    static const enum vote_kind kinds[] = {
        [PX__VERDICT__OK] = VOTE_YES,
        [PX__VERDICT__REJECTED] = VOTE_NO,
        [PX__VERDICT__DECIDED] = VOTE_DECIDED,
        [PX__VERDICT__FORGOTTEN] = VOTE_FORGOTTEN,
    };
    bool makes_sense = verdict >= 0 && verdict <= PX__VERDICT__FORGOTTEN &&
                       (ballot == BALLOT_NONE || ballot_is_valid(ballot)) &&
                       value.len <= PAXOS_VALUE_MAX;
    if (!makes_sense)
        return (struct vote){.kind = VOTE_SILENT};
    return (struct vote){kinds[verdict], ballot,
                         slice_of(value.data, value.len)};
}

struct vote message_vote(const struct rpc_answer *answer)
{
    if (answer->outcome != RPC_OK)
        return (struct vote){.kind = VOTE_SILENT};
    if (answer->reply->descriptor == &px__prepare_reply__descriptor) {
        const Px__PrepareReply *r = (const Px__PrepareReply *)answer->reply;
        return vote_of(r->verdict,
                       r->verdict == PX__VERDICT__OK ? r->accepted
                                                     : r->promised,
                       r->value);
    }
    const Px__AcceptReply *r = (const Px__AcceptReply *)answer->reply;
    return vote_of(r->verdict, r->promised, r->value);
}

const Px__Progress *message_progress_of(const struct rpc_answer *answer)
{
    if (answer->outcome != RPC_OK)
        return NULL;
    const ProtobufCMessage *reply = answer->reply;
    if (reply->descriptor == &px__prepare_reply__descriptor)
        return ((const Px__PrepareReply *)reply)->progress;
    if (reply->descriptor == &px__accept_reply__descriptor)
        return ((const Px__AcceptReply *)reply)->progress;
    return ((const Px__DecideReply *)reply)->progress;
}

// --- Handlers --------------------------------------------------------------

// Could a peer have sent it? If not, its sender gets no answer.
static bool makes_sense(uint64_t instance, size_t size)
{
    if (instance < INT64_MAX && size <= PAXOS_VALUE_MAX)
        return true;
    log_warn("paxos",
             "a message makes no sense: instance %" PRIu64 ", %zu bytes",
             instance, size);
    return false;
}

// SOLUTION BEGIN 3a
static ProtobufCBinaryData bytes_of(struct slice value)
{
    return (ProtobufCBinaryData){value.size, (uint8_t *)value.data};
}

static const struct vote forgotten = {.kind = VOTE_FORGOTTEN};

// A peer has said something about an instance. NULL: it is forgotten.
static struct instance *hear_locked(struct paxos *p, uint64_t instance,
                                    const Px__Progress *progress)
{
    mutex_assert_held(&p->lock);
    message_merge_locked(p, progress);
    return paxos_get_locked(p, (int64_t)instance);
}
// SOLUTION END

static void peer_prepare(Px__Paxos_Service *service,
                         const Px__PrepareRequest *request,
                         Px__PrepareReply_Closure reply, void *call)
{
    struct paxos *p = (struct paxos *)service;
    if (!makes_sense(request->instance, 0) || !ballot_is_valid(request->ballot))
        return;
    mutex_lock(&p->lock);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a peer_prepare");
    struct instance *in = hear_locked(p, request->instance, request->progress);
    struct vote vote = in == NULL
                           ? forgotten
                           : acceptor_prepare(&in->acceptor, request->ballot);
    uint64_t below[PAXOS_PEERS_MAX];
    Px__Progress progress = message_progress_locked(p, below);
    Px__PrepareReply answer = PX__PREPARE_REPLY__INIT;
    answer.verdict = px_verdict(vote.kind);
    answer.promised = vote.kind == VOTE_NO ? vote.ballot : BALLOT_NONE;
    answer.accepted = vote.kind == VOTE_YES ? vote.ballot : BALLOT_NONE;
    answer.value = bytes_of(vote.value);
    answer.progress = &progress;
    reply(&answer, call);
    // SOLUTION END
    mutex_unlock(&p->lock);
}

static void peer_accept(Px__Paxos_Service *service,
                        const Px__AcceptRequest *request,
                        Px__AcceptReply_Closure reply, void *call)
{
    struct paxos *p = (struct paxos *)service;
    if (!makes_sense(request->instance, request->value.len) ||
        !ballot_is_valid(request->ballot))
        return;
    mutex_lock(&p->lock);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a peer_accept");
    struct instance *in = hear_locked(p, request->instance, request->progress);
    struct slice value = slice_of(request->value.data, request->value.len);
    struct vote vote =
        in == NULL ? forgotten
                   : acceptor_accept(&in->acceptor, request->ballot, value);
    uint64_t below[PAXOS_PEERS_MAX];
    Px__Progress progress = message_progress_locked(p, below);
    Px__AcceptReply answer = PX__ACCEPT_REPLY__INIT;
    answer.verdict = px_verdict(vote.kind);
    answer.promised = vote.ballot;
    answer.value = bytes_of(vote.value);
    answer.progress = &progress;
    reply(&answer, call);
    // SOLUTION END
    mutex_unlock(&p->lock);
}

static void peer_decide(Px__Paxos_Service *service,
                        const Px__DecideRequest *request,
                        Px__DecideReply_Closure reply, void *call)
{
    struct paxos *p = (struct paxos *)service;
    if (!makes_sense(request->instance, request->value.len))
        return;
    mutex_lock(&p->lock);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a peer_decide");
    struct instance *in = hear_locked(p, request->instance, request->progress);
    if (in != NULL)
        paxos_learn_locked(p, in,
                           slice_of(request->value.data, request->value.len));
    uint64_t below[PAXOS_PEERS_MAX];
    Px__Progress progress = message_progress_locked(p, below);
    Px__DecideReply answer = PX__DECIDE_REPLY__INIT;
    answer.progress = &progress;
    reply(&answer, call);
    // SOLUTION END
    mutex_unlock(&p->lock);
}

// --- Inspect ---------------------------------------------------------------

static void inspect_status(Px__PaxosInspect_Service *service,
                           const Px__PaxosStatusRequest *request,
                           Px__PaxosStatusReply_Closure reply, void *call)
{
    struct paxos *p = ((struct paxos_inspect *)service)->paxos;
    Px__PeerProgress peers[PAXOS_PEERS_MAX];
    Px__PeerProgress *list[PAXOS_PEERS_MAX];
    Px__PaxosStatusReply answer = PX__PAXOS_STATUS_REPLY__INIT;
    mutex_lock(&p->lock);
    answer.min = progress_min(&p->progress);
    answer.max = p->max;
    answer.instances = instances_count(p->instances);
    answer.bytes = instances_bytes(p->instances);
    answer.ballot = p->ballot;
    answer.decided = p->decided;
    for (size_t i = 0; i < p->count; i++) {
        peers[i] = (Px__PeerProgress)PX__PEER_PROGRESS__INIT;
        peers[i].name = (char *)p->peers[i];
        peers[i].min = (int64_t)p->progress.below[i];
        list[i] = &peers[i];
    }
    mutex_unlock(&p->lock);
    answer.peers = list;
    answer.n_peers = p->count;
    reply(&answer, call);
}

void message_init(struct paxos *p)
{
    static const Px__Paxos_Service peer_init = PX__PAXOS__INIT(peer_);
    static const Px__PaxosInspect_Service inspect_init =
        PX__PAXOS_INSPECT__INIT(inspect_);
    p->service = peer_init;
    p->inspect.service = inspect_init;
    p->inspect.paxos = p;
}

ProtobufCService *paxos_service(struct paxos *p)
{
    return &p->service.base;
}

ProtobufCService *paxos_inspect_service(struct paxos *p)
{
    return &p->inspect.service.base;
}
