#include "common/clerks/direct.h"

#include <stdlib.h>

#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/random.h"

struct direct {
    struct node *node;
    const char *server;
    uint64_t client;
    uint64_t sequence;
};

static void *direct_start(struct node *n, const void *server)
{
    struct direct *d = xcalloc(1, sizeof *d);
    d->node = n;
    d->server = server;
    d->client = random_seed() | 1;
    return d;
}

static Kv__Answer *direct_run(void *clerk, const Kv__Operation *operation,
                              int64_t deadline_ms, uint32_t *attempts)
{
    struct direct *d = clerk;
    Kv__Operation op = *operation;
    op.client = d->client;
    op.sequence = op.kind == KV__KIND__GET ? 0 : ++d->sequence;
    struct rpc_method method = kv_method(op.kind);
    struct rpc_answer answer;
    rpc_call(d->node, d->server, &method, &op.base, deadline_ms, &answer);
    Kv__Answer *reply = (Kv__Answer *)answer.reply;
    answer.reply = NULL;
    rpc_answer_release(&answer);
    *attempts = 1;
    return reply;
}

const struct kv_clerk_kind direct_kind = {direct_start, free, direct_run};
