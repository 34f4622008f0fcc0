#include "lab3-paxos/clerk.h"

#include <stdlib.h>

#include "common/clerks/servers.h"
#include "common/runtime/alloc.h"

struct clerk {
    struct caller caller;
    struct servers servers;
    struct session session;
};

static void *clerk_start(struct node *n, const void *arg)
{
    const struct clerk_spec *spec = arg;
    struct clerk *c = xcalloc(1, sizeof *c);
    c->caller = (struct caller){
        .node = n, .tick_ms = spec->tick_ms, .try_ticks = CALLER_TRY_TICKS};
    servers_init(&c->servers, spec->servers);
    return c;
}

// One try. The answer if it is final, owned. *ran: an earlier try may have run.
static Kv__Answer *try(struct clerk *c, Kv__Operation *op, int64_t deadline_ms,
                       bool *ran)
{
    Kv__Answer *answer =
        kv_call(&c->caller, servers_now(&c->servers), op, deadline_ms, ran);
    if (answer == NULL || answer->status != KV__STATUS__SESSION_EXPIRED)
        return answer;
    if (kv_expired(&c->session, op, *ran))
        return answer; // nobody knows any more
    kv__answer__free_unpacked(answer, NULL);
    return NULL;
}

static Kv__Answer *clerk_run(void *clerk, const Kv__Operation *operation,
                             int64_t deadline_ms, uint32_t *attempts)
{
    struct clerk *c = clerk;
    Kv__Operation op = *operation;
    kv_number(&c->session, &op);
    bool ran = false;
    Kv__Answer *answer = try(c, &op, deadline_ms, &ran);
    *attempts = 1;
    // SOLUTION BEGIN 3b; stub: not_implemented("3b clerk_run");
    // Ends: in time.
    while (caller_has_time(&c->caller, deadline_ms) && answer == NULL) {
        servers_next(&c->servers);
        if (*attempts % c->servers.count == 0) // all have been asked
            caller_rest(&c->caller, deadline_ms);
        answer = try(c, &op, deadline_ms, &ran);
        ++*attempts;
    }
    // SOLUTION END
    return kv_known(answer);
}

static void clerk_stop(void *clerk)
{
    struct clerk *c = clerk;
    kv_close(&c->caller, &c->session, servers_now(&c->servers),
             slice_of(NULL, 0), caller_soon_ms(&c->caller));
    servers_release(&c->servers);
    free(c);
}

const struct kv_clerk_kind clerk_kind = {clerk_start, clerk_stop, clerk_run};
