#include "lab2-pbservice/clerk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/log.h"
#include "common/runtime/random.h"
#include "lab2-pbservice/message.h"
#include "lab2-pbservice/views.h"

enum {
    // In ticks. A try is longer than the view service takes to see a death.
    TRY_TICKS = VIEWS_DEAD_TICKS + 10,
    AGAIN_TICKS = 1,
    CLOSE_TICKS = 4,
};

struct clerk {
    struct node *node;
    struct clerk_spec spec;
    struct who primary; // as far as it knows; "": it has to ask
    uint64_t client;    // its session, and the last number in it
    uint64_t sequence;
    bool cancelled; // node_cancel: nobody waits for an answer
};

static void open_session(struct clerk *c)
{
    c->client = random_seed();
    c->client += c->client == 0; // 0 is nobody's
    c->sequence = 0;
}

static void *clerk_start(struct node *n, const void *arg)
{
    struct clerk *c = xcalloc(1, sizeof *c);
    c->node = n;
    c->spec = *(const struct clerk_spec *)arg;
    open_session(c);
    return c;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// --- Calls -----------------------------------------------------------------

static void call(struct clerk *c, const char *to,
                 const struct rpc_method *method,
                 const ProtobufCMessage *request, int64_t deadline_ms,
                 struct rpc_answer *answer)
{
    int64_t try_ms = clock_now_ms() + TRY_TICKS * c->spec.tick_ms;
    rpc_call(c->node, to, method, request, earlier(try_ms, deadline_ms),
             answer);
    c->cancelled = c->cancelled || answer->reason == RPC_REASON_CANCELLED;
}

// Asks the view service who is primary.
static void find_primary(struct clerk *c, int64_t deadline_ms)
{
    struct rpc_method get = {&pb__view_service__descriptor, "Get"};
    Pb__GetViewRequest request = PB__GET_VIEW_REQUEST__INIT;
    struct rpc_answer answer;
    call(c, c->spec.viewd, &get, &request.base, deadline_ms, &answer);
    if (answer.outcome == RPC_OK)
        c->primary = view_from_message((const Pb__View *)answer.reply).primary;
    rpc_answer_release(&answer);
}

// One call to the primary. Its answer, owned, or NULL; *outcome says more.
static Kv__Answer *call_primary(struct clerk *c, const Kv__Operation *op,
                                int64_t deadline_ms, enum rpc_outcome *outcome)
{
    struct rpc_method method = kv_method(op->kind);
    struct rpc_answer answer;
    call(c, c->primary.name, &method, &op->base, deadline_ms, &answer);
    *outcome = answer.outcome;
    Kv__Answer *reply = (Kv__Answer *)answer.reply;
    answer.reply = NULL;
    rpc_answer_release(&answer);
    return reply;
}

static bool runs_in_session(const Kv__Operation *op)
{
    return op->kind == KV__KIND__PUT || op->kind == KV__KIND__APPEND;
}

// SOLUTION BEGIN 2b
// One try. The answer if it is final, owned. *ran: an earlier try may have run.
static Kv__Answer *try(struct clerk *c, Kv__Operation *op, int64_t deadline_ms,
                       bool *ran)
{
    enum rpc_outcome outcome;
    Kv__Answer *answer = call_primary(c, op, deadline_ms, &outcome);
    *ran = *ran || outcome == RPC_UNKNOWN;
    if (answer != NULL && answer->status == KV__STATUS__SESSION_EXPIRED) {
        log_info("clerk", "session %" PRIx64 " has expired", c->client);
        open_session(c);
        if (*ran)
            return answer; // nobody knows any more
        op->client = c->client;
        op->sequence = ++c->sequence;
    } else if (answer != NULL && answer->status != KV__STATUS__WRONG_SERVER) {
        return answer;
    } else {
        c->primary = (struct who){""};
    }
    if (answer != NULL)
        kv__answer__free_unpacked(answer, NULL);
    return NULL;
}
// SOLUTION END

static Kv__Answer *clerk_run(void *clerk, const Kv__Operation *operation,
                             int64_t deadline_ms, uint32_t *attempts)
{
    struct clerk *c = clerk;
    Kv__Operation op = *operation;
    op.client = c->client;
    op.sequence = runs_in_session(&op) ? ++c->sequence : 0;
    *attempts = 0;
    if (is_nobody(&c->primary))
        find_primary(c, deadline_ms);
    // SOLUTION BEGIN 2b; stub: not_implemented("2b clerk_run");
    Kv__Answer *answer = NULL;
    bool ran = false;
    // Ends: at the deadline, if not before.
    while (answer == NULL && clock_now_ms() < deadline_ms && !c->cancelled) {
        if (!is_nobody(&c->primary)) {
            answer = try(c, &op, deadline_ms, &ran);
            ++*attempts;
        }
        if (answer == NULL && is_nobody(&c->primary)) {
            int64_t again_ms = clock_now_ms() + AGAIN_TICKS * c->spec.tick_ms;
            clock_sleep_until_ms(earlier(again_ms, deadline_ms));
            find_primary(c, deadline_ms);
        }
    }
    if (answer != NULL && answer->status == KV__STATUS__SESSION_EXPIRED) {
        kv__answer__free_unpacked(answer, NULL);
        answer = NULL;
    }
    return answer;
    // SOLUTION END
}

static void clerk_stop(void *clerk)
{
    struct clerk *c = clerk;
    if (c->sequence > 0 && !is_nobody(&c->primary)) {
        Kv__Operation op = KV__OPERATION__INIT;
        op.kind = KV__KIND__CLOSE;
        op.client = c->client;
        op.sequence = c->sequence + 1;
        enum rpc_outcome outcome;
        Kv__Answer *answer = call_primary(
            c, &op, clock_now_ms() + CLOSE_TICKS * c->spec.tick_ms, &outcome);
        if (answer != NULL)
            kv__answer__free_unpacked(answer, NULL);
    }
    free(c);
}

const struct kv_clerk_kind clerk_kind = {clerk_start, clerk_stop, clerk_run};
