#include "lab4-shardkv/group_log.h"

#include "common/runtime/buf.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/log.pb-c.h"
#include "lab4-shardkv/replica.h"
#include "lab4-shardkv/shards.h"

// SOLUTION BEGIN 4b
static struct copy_name name_of(const Shard__CopyName *name)
{
    return (struct copy_name){name->number, name->shard};
}

static bool install(struct shards *s, const Shard__Install *piece)
{
    return piece->copy != NULL && piece->piece != NULL &&
           shards_install(s, name_of(piece->copy), piece->from, piece->piece,
                          piece->last);
}

// Runs it. False: it is not to be answered. What the answer borrows from the
// machine is good until the next operation.
static bool run(struct shards *s, const Shard__GroupOperation *op,
                Kv__Answer *client, Shard__GroupAnswer *answer)
{
    switch (op->what_case) {
    case SHARD__GROUP_OPERATION__WHAT_CLIENT:
        answer->client = client;
        return shards_client(s, op->client, client);
    case SHARD__GROUP_OPERATION__WHAT_CONFIG:
        answer->let_in =
            config_is_sound(op->config) && shards_config(s, op->config);
        return true;
    case SHARD__GROUP_OPERATION__WHAT_INSTALL:
        answer->let_in = install(s, op->install);
        return true;
    case SHARD__GROUP_OPERATION__WHAT_DISMISS:
        shards_delete(s, name_of(op->dismiss));
        return true;
    case SHARD__GROUP_OPERATION__WHAT_SETTLE:
        shards_settle(s, name_of(op->settle));
        return true;
    case SHARD__GROUP_OPERATION__WHAT__NOT_SET:
    default: // from outside
        return false;
    }
}
// SOLUTION END

static bool apply(void *machine, struct slice operation, struct buf *reply)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b apply");
    Shard__GroupOperation *op =
        shard__group_operation__unpack(NULL, operation.size, operation.data);
    if (op == NULL)
        return false;
    Shard__GroupAnswer answer = SHARD__GROUP_ANSWER__INIT;
    Kv__Answer client;
    bool answered = run(machine, op, &client, &answer);
    if (answered && reply != NULL)
        replica_append(&answer.base, reply);
    shard__group_operation__free_unpacked(op, NULL);
    return answered;
    // SOLUTION END
}

const struct rsm_app group_log_app = {apply};
