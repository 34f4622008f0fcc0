// The calling side of RPC: one machinery for a call and a gather.
//
// A call that is decided before its deadline may still have to wait for it: a
// silent cut, a reply that a cut ate, a refusal that the fault page hides.
// Such a call is held: its outcome is fixed and handed over at the deadline.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/node_private.h"
#include "common/rpc/rpc.h"
#include "common/rpc/rpc.pb-c.h"
#include "common/rpc/transport.h"
#include "common/rpc/wire.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"

enum {
    ALLOC_COST = 16, // what malloc adds to each piece
};

// What the calls of one gather have in common.
struct asking {
    struct node *node;
    const ProtobufCMethodDescriptor *method;
    char method_name[FAULT_METHOD_MAX]; // "Echo.Say"
    int method_number;                  // in the counter page
    uint64_t id;
    int64_t deadline_ms;
    struct buf packed;
    struct slice frame;
};

struct call {
    const struct peer *peer;
    bool open;    // its outcome has not been handed over
    bool held;    // its outcome is `fixed`, at the deadline
    bool counted; // as sent
    struct rpc_answer fixed;
};

static struct rpc_answer outcome(enum rpc_outcome outcome,
                                 enum rpc_reason reason)
{
    return (struct rpc_answer){.outcome = outcome, .reason = reason};
}

static void name_method(const struct rpc_method *method, char *out)
{
    size_t service = strlen(method->service->short_name);
    size_t name = strlen(method->name);
    assert(service + 1 + name < FAULT_METHOD_MAX);
    memcpy(out, method->service->short_name, service);
    out[service] = '.';
    memcpy(out + service + 1, method->name, name + 1);
}

static struct count *count_of(const struct asking *a, const struct peer *peer)
{
    if (a->node->counts == NULL)
        return NULL;
    return count_at(a->node->counts, peer->number, a->method_number);
}

// Notes an event of a call to `peer`; returns the clock's places.
static size_t note(const struct asking *a, const struct peer *peer,
                   enum trace_kind kind, enum rpc_reason reason,
                   struct slice body, const Rpc__ReplyHeader *heard,
                   uint32_t *after)
{
    struct trace_head head = {.kind = kind,
                              .source = fault_self(a->node->faults),
                              .target = peer->number,
                              .method = a->method_number,
                              .reason = reason,
                              .id = a->id};
    return trace_note(a->node->trace, &head, body,
                      heard == NULL ? NULL : heard->clock,
                      heard == NULL ? 0 : heard->n_clock, after);
}

// --- Before ---------------------------------------------------------------

static void seal(struct asking *a, uint32_t *clock, size_t places)
{
    int64_t left = a->deadline_ms - clock_now_ms();
    Rpc__RequestHeader head = RPC__REQUEST_HEADER__INIT;
    head.id = a->id;
    head.source = a->node->name;
    head.method = a->method_name;
    head.timeout_ms = left < 0            ? 0
                      : left > UINT32_MAX ? UINT32_MAX
                                          : (uint32_t)left;
    head.n_clock = places;
    head.clock = clock;
    a->frame = wire_seal(&a->packed, &head.base);
}

// ERR_LIMIT: the request is too large.
static int prepare(struct asking *a, struct node *n,
                   const struct rpc_method *method,
                   const ProtobufCMessage *request, int64_t deadline_ms)
{
    a->node = n;
    a->method = protobuf_c_service_descriptor_get_method_by_name(
        method->service, method->name);
    assert(a->method != NULL); // the .proto has no such method
    assert(request->descriptor == a->method->input);
    name_method(method, a->method_name);
    a->method_number =
        n->counts == NULL ? -1 : count_method(n->counts, a->method_name);
    a->id = atomic_fetch_add(&n->next_id, 1);
    a->deadline_ms = deadline_ms;
    buf_init(&a->packed, RPC_FRAME_MAX + WIRE_HEAD_MAX);
    return wire_pack(request, &a->packed);
}

static void hold(struct call *c, enum rpc_outcome outcome_,
                 enum rpc_reason reason)
{
    c->held = true;
    c->fixed = outcome(outcome_, reason);
}

// A message of this call was lost on order: the caller learns it as late as
// the page says.
static void lose(const struct asking *a, struct call *c)
{
    hold(c, RPC_UNKNOWN,
         fault_flags(a->node->faults) & FAULT_FAST_LOSS ? RPC_REASON_CLOSED
                                                        : RPC_REASON_TIMEOUT);
}

static bool is_now(const struct asking *a, const struct call *c)
{
    // Fast loss is the one held outcome that does not wait.
    return c->held && (c->fixed.reason == RPC_REASON_CLOSED ||
                       clock_now_ms() >= a->deadline_ms);
}

// Begins the call to c->peer, unless a cut stands in its way.
static struct exchange *begin(struct asking *a, struct call *c)
{
    struct node *n = a->node;
    struct exchange *e = NULL;
    if (!fault_is_cut_out(n->faults, c->peer->number)) {
        e = exchange_start(n->dialer, c->peer->path, a->frame, a->deadline_ms);
    } else if (transport_present(c->peer->path)) {
        note(a, c->peer, TRACE_LOST_REQUEST, 0, slice_of(NULL, 0), NULL, NULL);
        lose(a, c);
    } else { // a refusing cut: held only if refusals are hidden
        hold(c, RPC_REFUSED, RPC_REASON_NO_PEER);
    }
    return e;
}

// --- After ----------------------------------------------------------------

static bool was_sent(const struct exchange *e)
{
    switch (exchange_state(e)) {
    case EXCHANGE_WAITING:
    case EXCHANGE_REPLIED:
    case EXCHANGE_CLOSED:
    case EXCHANGE_MALFORMED:
        return true;
    case EXCHANGE_DIALING:
    case EXCHANGE_REFUSED:
    case EXCHANGE_BUSY:
        return false;
    }
    return false;
}

static void count_outcome(const struct asking *a, const struct peer *peer,
                          const struct rpc_answer *answer, size_t reply_bytes)
{
    struct count *count = count_of(a, peer);
    if (count == NULL)
        return;
    switch (answer->outcome) {
    case RPC_OK:
        atomic_fetch_add(&count->replies_taken, 1);
        atomic_fetch_add(&count->reply_bytes, reply_bytes);
        return;
    case RPC_REFUSED:
        atomic_fetch_add(&count->refused, 1);
        return;
    case RPC_UNKNOWN:
        atomic_fetch_add(&count->unknown, 1);
        return;
    }
}

// Counts the request once its first byte was taken.
static void count_sent(const struct asking *a, struct call *c,
                       const struct exchange *e)
{
    struct count *count = count_of(a, c->peer);
    if (count == NULL || c->counted || e == NULL || !was_sent(e))
        return;
    c->counted = true;
    atomic_fetch_add(&count->requests_sent, 1);
    atomic_fetch_add(&count->request_bytes, a->frame.size);
}

// The answer that a reply frame holds.
static struct rpc_answer read_reply(const struct asking *a,
                                    const struct peer *peer, struct slice frame)
{
    struct arena arena;
    arena_init(&arena, wire_arena_limit(WIRE_HEAD_MAX));
    struct slice body;
    Rpc__ReplyHeader *head = (Rpc__ReplyHeader *)wire_open(
        frame, &rpc__reply_header__descriptor, &arena, &body);
    struct rpc_answer answer = outcome(RPC_UNKNOWN, RPC_REASON_MALFORMED);
    if (head != NULL && head->id == a->id &&
        head->status == RPC__REPLY_HEADER__STATUS__NO_METHOD) {
        answer = outcome(RPC_REFUSED, RPC_REASON_NO_METHOD);
    } else if (head != NULL && head->id == a->id &&
               head->status == RPC__REPLY_HEADER__STATUS__OK) {
        answer.reply = wire_unpack(body, a->method->output);
        if (answer.reply != NULL) {
            answer.outcome = RPC_OK;
            answer.reason = RPC_REASON_NONE;
            note(a, peer, TRACE_ANSWER, 0, body, head, NULL);
        }
    }
    arena_release(&arena);
    return answer;
}

// What an exchange that is over means.
static struct rpc_answer conclude(const struct asking *a,
                                  const struct peer *peer,
                                  const struct exchange *e)
{
    switch (exchange_state(e)) {
    case EXCHANGE_REPLIED:
        return read_reply(a, peer, exchange_reply(e));
    case EXCHANGE_REFUSED:
        return outcome(RPC_REFUSED, RPC_REASON_NO_PEER);
    case EXCHANGE_BUSY:
        return outcome(RPC_REFUSED, RPC_REASON_BUSY);
    case EXCHANGE_CLOSED:
        return outcome(RPC_UNKNOWN, RPC_REASON_CLOSED);
    case EXCHANGE_MALFORMED:
        return outcome(RPC_UNKNOWN, RPC_REASON_MALFORMED);
    case EXCHANGE_DIALING: // at the deadline, or cancelled
        return outcome(RPC_REFUSED, RPC_REASON_TIMEOUT);
    case EXCHANGE_WAITING:
        return outcome(RPC_UNKNOWN, RPC_REASON_TIMEOUT);
    }
    abort();
}

static bool is_refusal_hidden(const struct asking *a,
                              const struct rpc_answer *answer)
{
    return answer->outcome == RPC_REFUSED &&
           (fault_flags(a->node->faults) & FAULT_NO_REFUSED) != 0;
}

// The outcome of call `c`, whose exchange (NULL if it was held) is over or cut
// short: in *answer, or held until the deadline.
static void finish(const struct asking *a, struct call *c, struct exchange *e,
                   struct rpc_answer *answer)
{
    size_t reply_bytes = 0;
    if (c->held) {
        *answer = c->fixed;
    } else if (was_sent(e) &&
               fault_is_cut_out(a->node->faults, c->peer->number)) {
        // Nothing comes through a cut, not even the news of the peer's end.
        note(a, c->peer, TRACE_LOST_REPLY, 0, exchange_reply(e), NULL, NULL);
        lose(a, c);
        return;
    } else {
        reply_bytes = exchange_reply(e).size;
        *answer = conclude(a, c->peer, e);
        if (answer->reason == RPC_REASON_MALFORMED)
            exchange_spoil(e);
    }
    if (is_refusal_hidden(a, answer)) {
        c->fixed = outcome(RPC_UNKNOWN, RPC_REASON_TIMEOUT);
        c->held = true;
        return;
    }
    c->held = false;
    c->open = false;
    if (node_is_cancelled(a->node) && answer->outcome != RPC_OK)
        answer->reason = RPC_REASON_CANCELLED;
    count_outcome(a, c->peer, answer, reply_bytes);
    if (answer->outcome != RPC_OK) {
        note(a, c->peer,
             answer->outcome == RPC_REFUSED ? TRACE_REFUSED : TRACE_UNKNOWN,
             answer->reason, slice_of(NULL, 0), NULL, NULL);
        log_debug("rpc", "%s to %s: %s (%s)", a->method_name, c->peer->name,
                  rpc_outcome_text(answer->outcome),
                  rpc_reason_text(answer->reason));
    }
}

// --- The loop -------------------------------------------------------------

struct gather {
    struct asking asking;
    size_t count;
    struct call calls[RPC_GATHER_MAX];
    struct exchange *exchanges[RPC_GATHER_MAX]; // NULL: held or handed over
    bool (*each)(void *arg, size_t i, struct rpc_answer *answer);
    void *arg;
    size_t handed;
    bool enough;
};

// Finishes call i and hands its outcome over, if it is not held back.
static void settle(struct gather *g, size_t i)
{
    struct call *c = &g->calls[i];
    struct rpc_answer answer = {0};
    count_sent(&g->asking, c, g->exchanges[i]);
    finish(&g->asking, c, g->exchanges[i], &answer);
    exchange_end(g->exchanges[i]);
    g->exchanges[i] = NULL;
    if (c->open)
        return; // held
    g->handed++;
    if (!g->each(g->arg, i, &answer))
        g->enough = true;
    rpc_answer_release(&answer);
}

static void start_all(struct gather *g, const char *const *to)
{
    struct asking *a = &g->asking;
    uint32_t clock[FAULT_NODES_MAX];
    size_t places = 0;
    for (size_t i = 0; i < g->count; i++) {
        g->calls[i] =
            (struct call){.peer = node_peer(a->node, to[i]), .open = true};
        places = note(a, g->calls[i].peer, TRACE_SEND, 0, wire_body(&a->packed),
                      NULL, clock);
    }
    seal(a, clock, places);
    for (size_t i = 0; i < g->count; i++) {
        g->exchanges[i] = begin(a, &g->calls[i]);
        count_sent(a, &g->calls[i], g->exchanges[i]);
    }
}

// Hands over what was held and is due, and refusals of cuts.
static void settle_due(struct gather *g)
{
    for (size_t i = 0; i < g->count && !g->enough; i++) {
        struct call *c = &g->calls[i];
        if (c->open && c->held &&
            (c->fixed.outcome == RPC_REFUSED || is_now(&g->asking, c)))
            settle(g, i);
    }
}

static bool any_open(const struct gather *g)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->calls[i].open)
            return true;
    return false;
}

// The deadline came, or the node was cancelled: nothing is held any longer.
static void settle_rest(struct gather *g)
{
    for (size_t i = 0; i < g->count && !g->enough; i++) {
        if (g->calls[i].open)
            settle(g, i);
        if (g->calls[i].open) // its refusal is hidden, and the deadline is here
            settle(g, i);
    }
}

static void run(struct gather *g, const char *const *to)
{
    struct asking *a = &g->asking;
    start_all(g, to);
    settle_due(g);
    while (!g->enough && any_open(g)) { // ends: at the deadline
        int i = exchange_wait(a->node->dialer, g->exchanges, g->count,
                              a->deadline_ms);
        if (i < 0)
            settle_rest(g);
        else
            settle(g, (size_t)i);
        settle_due(g);
    }
    for (size_t i = 0; i < g->count; i++) {
        count_sent(a, &g->calls[i], g->exchanges[i]);
        exchange_end(g->exchanges[i]);
    }
}

// The request is too large for anybody.
static void refuse_all(struct gather *g, const char *const *to)
{
    for (size_t i = 0; i < g->count && !g->enough; i++) {
        g->calls[i] = (struct call){.peer = node_peer(g->asking.node, to[i]),
                                    .open = true};
        hold(&g->calls[i], RPC_REFUSED, RPC_REASON_TOO_LARGE);
        settle(g, i);
        if (!g->calls[i].open)
            continue;
        exchange_wait(g->asking.node->dialer, g->exchanges, g->count,
                      g->asking.deadline_ms); // all NULL: a sleep
        settle(g, i);
    }
}

size_t rpc_gather(struct node *n, const char *const *to, size_t count,
                  const struct rpc_method *method,
                  const ProtobufCMessage *request, int64_t deadline_ms,
                  bool (*each)(void *arg, size_t i, struct rpc_answer *answer),
                  void *arg)
{
    assert(count >= 1 && count <= RPC_GATHER_MAX);
    struct gather g;
    g.count = count;
    g.each = each;
    g.arg = arg;
    g.handed = 0;
    g.enough = false;
    memset(g.exchanges, 0, count * sizeof *g.exchanges);
    int err = prepare(&g.asking, n, method, request, deadline_ms);
    if (err == ERR_OK)
        run(&g, to);
    else
        refuse_all(&g, to);
    buf_release(&g.asking.packed);
    return g.handed;
}

static bool take_answer(void *arg, size_t i, struct rpc_answer *answer)
{
    (void)i;
    struct rpc_answer *out = arg;
    *out = *answer;
    answer->reply = NULL;
    return false;
}

enum rpc_outcome rpc_call(struct node *n, const char *to,
                          const struct rpc_method *method,
                          const ProtobufCMessage *request, int64_t deadline_ms,
                          struct rpc_answer *answer)
{
    rpc_gather(n, &to, 1, method, request, deadline_ms, take_answer, answer);
    return answer->outcome;
}

void rpc_answer_release(struct rpc_answer *answer)
{
    if (answer->reply != NULL)
        protobuf_c_message_free_unpacked(answer->reply, NULL);
    answer->reply = NULL;
}

const char *rpc_outcome_text(enum rpc_outcome outcome_)
{
    switch (outcome_) {
    case RPC_OK:
        return "ok";
    case RPC_REFUSED:
        return "refused";
    case RPC_UNKNOWN:
        return "unknown";
    }
    return "?";
}

const char *rpc_reason_text(enum rpc_reason reason)
{
    static const char *const texts[] = {
        [RPC_REASON_NONE] = "answered",
        [RPC_REASON_NO_PEER] = "nobody is there",
        [RPC_REASON_TOO_LARGE] = "the request is too large",
        [RPC_REASON_BUSY] = "too many calls at a time",
        [RPC_REASON_NO_METHOD] = "no such method there",
        [RPC_REASON_TIMEOUT] = "the deadline passed",
        [RPC_REASON_CLOSED] = "the peer went away",
        [RPC_REASON_MALFORMED] = "the reply makes no sense",
        [RPC_REASON_CANCELLED] = "this node stops",
    };
    if ((size_t)reason >= sizeof texts / sizeof *texts)
        return "?";
    return texts[reason];
}
