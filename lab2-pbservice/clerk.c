#include "lab2-pbservice/clerk.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "lab2-pbservice/message.h"
#include "lab2-pbservice/views.h"

enum {
    // In ticks. A try is longer than the view service takes to see a death.
    TRY_TICKS = VIEWS_DEAD_TICKS + 10,
};

struct clerk {
    struct caller caller;
    struct session session;
    const char *viewd;
    struct who primary; // as far as it knows; "": it has to ask
};

static void *clerk_start(struct node *n, const void *arg)
{
    const struct clerk_spec *spec = arg;
    struct clerk *c = xcalloc(1, sizeof *c);
    c->caller = (struct caller){
        .node = n, .tick_ms = spec->tick_ms, .try_ticks = TRY_TICKS};
    c->viewd = spec->viewd;
    return c;
}

// Asks the view service who is primary.
static void find_primary(struct clerk *c, int64_t deadline_ms)
{
    struct rpc_method get = {&pb__view_service__descriptor, "Get"};
    Pb__GetViewRequest request = PB__GET_VIEW_REQUEST__INIT;
    Pb__View *view = (Pb__View *)caller_call(&c->caller, c->viewd, &get,
                                             &request.base, deadline_ms, NULL);
    if (view != NULL)
        c->primary = view_from_message(view).primary;
    pb__view__free_unpacked(view, NULL);
}

// SOLUTION BEGIN 2b
// One try. The answer if it is final, owned. *ran: an earlier try may have run.
static Kv__Answer *try(struct clerk *c, Kv__Operation *op, int64_t deadline_ms,
                       bool *ran)
{
    Kv__Answer *answer =
        kv_call(&c->caller, c->primary.name, op, deadline_ms, ran);
    if (answer != NULL && answer->status == KV__STATUS__SESSION_EXPIRED) {
        if (kv_expired(&c->session, op, *ran))
            return answer; // nobody knows any more
    } else if (answer != NULL && answer->status != KV__STATUS__WRONG_SERVER) {
        return answer;
    } else {
        c->primary = (struct who){""};
    }
    kv__answer__free_unpacked(answer, NULL);
    return NULL;
}
// SOLUTION END

static Kv__Answer *clerk_run(void *clerk, const Kv__Operation *operation,
                             int64_t deadline_ms, uint32_t *attempts)
{
    struct clerk *c = clerk;
    Kv__Operation op = *operation;
    kv_number(&c->session, &op);
    *attempts = 0;
    if (is_nobody(&c->primary))
        find_primary(c, deadline_ms);
    // SOLUTION BEGIN 2b; stub: not_implemented("2b clerk_run");
    Kv__Answer *answer = NULL;
    bool ran = false;
    // Ends: at the deadline, if not before.
    while (answer == NULL && caller_has_time(&c->caller, deadline_ms)) {
        if (!is_nobody(&c->primary)) {
            answer = try(c, &op, deadline_ms, &ran);
            ++*attempts;
        }
        if (answer == NULL && is_nobody(&c->primary)) {
            caller_rest(&c->caller, deadline_ms);
            find_primary(c, deadline_ms);
        }
    }
    return kv_known(answer);
    // SOLUTION END
}

static void clerk_stop(void *clerk)
{
    struct clerk *c = clerk;
    if (!is_nobody(&c->primary))
        kv_close(&c->caller, &c->session, c->primary.name, slice_of(NULL, 0),
                 caller_soon_ms(&c->caller));
    free(c);
}

const struct kv_clerk_kind clerk_kind = {clerk_start, clerk_stop, clerk_run};
