// primary.c - the primary's side: operations come through, a backup gets all.
//
// Operations go to the backup in batches, one at a time, each with its number.
// A batch whose forward failed may have been applied there all the same: so it
// is sent again as it was, until the backup consents or the view changes, and
// is applied here after that. Nobody is answered before.
//
// Read next: backup.c.
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/kv/machine.h"
#include "common/rpc/rpc.h"
#include "common/rpc/transport.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/log.h"
#include "lab2-pbservice/server_private.h"
#include "lab2-pbservice/views.h"

enum {
    // In ticks.
    FORWARD_TICKS = 4,
    TRANSFER_TICKS = 40,
    AGAIN_TICKS = 1, // from one attempt that failed to the next
    // A transfer must fit into a frame, with what stands around the state.
    STATE_BYTES_MAX = RPC_FRAME_MAX - 1024,
};

// SOLUTION BEGIN 2b
// --- A call to the backup --------------------------------------------------

// Calls without the lock. WAIT if nobody knows.
static Pb__Verdict call_locked(struct server *s, const char *method,
                               const ProtobufCMessage *request, int ticks)
{
    mutex_assert_held(&s->lock);
    struct who backup = s->replica.view.backup;
    struct rpc_method m = {&pb__replica__descriptor, method};
    mutex_unlock(&s->lock);
    struct rpc_answer answer;
    rpc_call(s->node, backup.name, &m, request,
             clock_now_ms() + ticks * s->tick_ms, &answer);
    Pb__Verdict verdict = PB__VERDICT__WAIT;
    if (answer.outcome == RPC_OK &&
        answer.reply->descriptor == &pb__forward_reply__descriptor)
        verdict = ((Pb__ForwardReply *)answer.reply)->verdict;
    else if (answer.outcome == RPC_OK)
        verdict = ((Pb__TransferReply *)answer.reply)->verdict;
    rpc_answer_release(&answer);
    mutex_lock(&s->lock);
    return verdict;
}

// What the backup has said about a view may have come too late.
static bool still_in_locked(const struct server *s, uint64_t view)
{
    mutex_assert_held(&s->lock);
    return s->replica.view.number == view && !s->stopping;
}

static void superseded_locked(struct server *s, uint64_t view)
{
    mutex_assert_held(&s->lock);
    log_info("primary", "view %" PRIu64 " is over, says its backup", view);
    replica_superseded(&s->replica, view);
    server_ping_now_locked(s);
    primary_review_locked(s);
}

// --- Operations ------------------------------------------------------------

static Kv__Answer *copy_answer(const Kv__Answer *answer)
{
    Kv__Answer *copy = xcalloc(1, sizeof *copy);
    *copy = *answer;
    copy->value.data = xmalloc(answer->value.len);
    if (answer->value.len > 0)
        memcpy(copy->value.data, answer->value.data, answer->value.len);
    return copy;
}

static void apply_batch_locked(struct server *s)
{
    mutex_assert_held(&s->lock);
    for (size_t i = 0; i < s->batch.count; i++) {
        struct waiting *w = (struct waiting *)s->batch.members[i];
        Kv__Answer answer;
        if (kv_apply(s->kv, w->operation, &answer))
            w->answer = copy_answer(&answer);
    }
    s->replica.applied++;
    batch_seal(&s->batch, BATCH_DONE);
}

// Does the backup consent to the batch? Meanwhile the view may change.
static bool forward_locked(struct server *s)
{
    mutex_assert_held(&s->lock);
    Kv__Operation *operations[BATCH_OPS];
    for (size_t i = 0; i < s->batch.count; i++)
        operations[i] =
            (Kv__Operation *)((struct waiting *)s->batch.members[i])->operation;
    Pb__ForwardRequest request = PB__FORWARD_REQUEST__INIT;
    uint64_t view = s->replica.view.number;
    request.view = view;
    request.number = s->replica.applied + 1;
    request.operations = operations;
    request.n_operations = s->batch.count;
    Pb__Verdict verdict =
        call_locked(s, "Forward", &request.base, FORWARD_TICKS);
    if (!still_in_locked(s, view))
        return false;
    if (verdict == PB__VERDICT__STALE)
        superseded_locked(s, view);
    return verdict == PB__VERDICT__OK;
}

// Brings a batch through, or tries to.
static void lead_locked(struct server *s)
{
    mutex_assert_held(&s->lock);
    s->leading = true;
    if (s->batch.count == 0)
        batch_take(&s->queue, &s->batch);
    struct who backup = replica_consent(&s->replica);
    if (is_nobody(&backup) || forward_locked(s))
        apply_batch_locked(s);
    else if (!s->stopping && replica_serves(&s->replica))
        cond_wait(&s->changed, &s->lock,
                  clock_now_ms() + AGAIN_TICKS * s->tick_ms);
    s->leading = false;
    primary_review_locked(s);
    cond_broadcast(&s->changed);
}

// May what waits come through yet?
static bool is_primary(const struct server *s)
{
    return (s->replica.state == PRIMARY ||
            s->replica.state == PRIMARY_SYNCING) &&
           !s->replica.superseded;
}
// SOLUTION END

void primary_review_locked(struct server *s)
{
    mutex_assert_held(&s->lock);
    // SOLUTION BEGIN 2b
    if (is_primary(s) && !s->stopping)
        return;
    batch_drop_queued(&s->queue);
    if (!s->leading) // else who leads does it when it is back
        batch_seal(&s->batch, BATCH_DROPPED);
    cond_broadcast(&s->changed);
    // SOLUTION END
}

void primary_submit_locked(struct server *s, struct waiting *w,
                           int64_t deadline_ms)
{
    mutex_assert_held(&s->lock);
    // SOLUTION BEGIN 2b; stub: not_implemented("2b primary_submit_locked");
    w->member.fate = BATCH_DROPPED;
    if (!is_primary(s) || s->stopping)
        return;
    w->member.bytes = w->operation->key.len + w->operation->value.len;
    batch_add(&s->queue, &w->member);
    // Ends: at the deadline it leaves the queue; a batch comes through, or the
    // view changes.
    while (w->member.fate == BATCH_QUEUED || w->member.fate == BATCH_TAKEN) {
        if (!s->leading && replica_serves(&s->replica)) {
            lead_locked(s);
        } else if (!cond_wait(&s->changed, &s->lock, deadline_ms)) {
            if (w->member.fate == BATCH_QUEUED) {
                batch_remove(&s->queue, &w->member);
                return;
            }
            deadline_ms = CLOCK_NEVER; // it is under way
        }
    }
    // SOLUTION END
}

// --- A new backup ----------------------------------------------------------

// SOLUTION BEGIN 2b
// The whole state, packed: owned.
static uint8_t *pack_state_locked(struct server *s, size_t *size)
{
    mutex_assert_held(&s->lock);
    Kv__State state = KV__STATE__INIT;
    kv_fill(s->kv, &state);
    *size = kv__state__get_packed_size(&state);
    uint8_t *bytes = NULL;
    if (*size <= STATE_BYTES_MAX) {
        bytes = xmalloc(*size);
        kv__state__pack(&state, bytes);
    }
    kv_unfill(&state);
    return bytes;
}

static void transfer_locked(struct server *s, uint8_t *bytes, size_t size)
{
    mutex_assert_held(&s->lock);
    Pb__TransferRequest request = PB__TRANSFER_REQUEST__INIT;
    uint64_t view = s->replica.view.number;
    request.view = view;
    request.applied = s->replica.applied;
    request.state = (ProtobufCBinaryData){.data = bytes, .len = size};
    Pb__Verdict verdict =
        call_locked(s, "Transfer", &request.base, TRANSFER_TICKS);
    if (!still_in_locked(s, view))
        return;
    if (verdict == PB__VERDICT__STALE)
        superseded_locked(s, view);
    else if (verdict == PB__VERDICT__OK)
        replica_synced(&s->replica, view);
}

// One attempt.
static void sync_locked(struct server *s)
{
    mutex_assert_held(&s->lock);
    uint64_t view = s->replica.view.number;
    size_t size;
    uint8_t *bytes = pack_state_locked(s, &size);
    if (bytes == NULL) {
        log_error("primary",
                  "%zu bytes are too much for a transfer: view %" PRIu64
                  " goes on without a backup",
                  size, view);
        replica_alone(&s->replica, view);
    } else {
        transfer_locked(s, bytes, size);
    }
    free(bytes);
    if (s->replica.state == PRIMARY) {
        server_ping_now_locked(s); // acknowledges
        return;
    }
    if (clock_now_ms() - s->syncing_since_ms >= VIEWS_DEAD_TICKS * s->tick_ms)
        replica_given_up(&s->replica, view);
    if (s->replica.state == PRIMARY_SYNCING)
        cond_wait(&s->fresh, &s->lock,
                  clock_now_ms() + AGAIN_TICKS * s->tick_ms);
}
// SOLUTION END

void primary_sync(void *server)
{
    struct server *s = server;
    uint64_t view = 0;
    mutex_lock(&s->lock);
    while (!s->stopping) {
        if (s->replica.state != PRIMARY_SYNCING) {
            cond_wait(&s->fresh, &s->lock, CLOCK_NEVER);
            continue;
        }
        if (view != s->replica.view.number)
            s->syncing_since_ms = clock_now_ms();
        view = s->replica.view.number;
        // SOLUTION BEGIN 2b; stub: not_implemented("2b primary_sync");
        sync_locked(s);
        // SOLUTION END
    }
    mutex_unlock(&s->lock);
}
