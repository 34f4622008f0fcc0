#include "lab4-shardkv/groups.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clerks/kv.h"
#include "common/program/program.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/process.h"
#include "lab4-shardkv/clerk.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/options.h"
#include "lab4-shardkv/shardkvd.h"

// --- lab4 shardkvd, lab4 kv ------------------------------------------------

int command_shardkvd(const struct arguments *arguments)
{
    const struct options *o = options_of(arguments);
    int status = options_check(o);
    if (status != 0)
        return status;
    if (o->gid == 0)
        return program_complain(&lab4_program, EXIT_USAGE,
                                xstrdup("shardkvd needs --gid GID"));
    process_interrupted(); // from now on we end in order
    struct node *node;
    status = program_join(&lab4_program, o->cluster, o->name, &node);
    if (status != 0)
        return status;
    const struct shardkvd_spec spec = {.gid = o->gid,
                                       .peers = o->peers,
                                       .masters = o->masters,
                                       .tick_ms = (int64_t)o->tick_ms,
                                       .batch = (size_t)o->batch};
    struct shardkvd *kvd = NULL;
    int err = shardkvd_start(node, &spec, &kvd);
    status = program_serve(&lab4_program, node, err);
    shardkvd_stop(kvd);
    node_close(node);
    return status;
}

int command_kv(const struct arguments *arguments)
{
    const struct options *o = options_of(arguments);
    int status = options_check(o);
    if (status != 0)
        return status;
    struct node *node;
    const char *name = o->name != NULL ? o->name : "kv";
    status = program_join(&lab4_program, o->cluster, name, &node);
    if (status != 0)
        return status;
    const struct master_clerk_spec masters = masters_of(o);
    status = kv_command(lab4_program.name, node, o->beside.files,
                        o->beside.file_count, ask_ms(o), &clerk_kind, &masters);
    node_close(node);
    return status;
}

// --- lab4 status -----------------------------------------------------------

size_t groups_shards(const Shard__ShardsStatusReply *status,
                     Shard__ShardStatus__State state, char **text)
{
    uint64_t *states = xcalloc(status->n_shards + 1, sizeof *states);
    for (size_t i = 0; i < status->n_shards; i++)
        states[i] = status->shards[i]->state;
    size_t count =
        config_shards(states, status->n_shards, (uint64_t)state, text);
    free(states);
    return count;
}

static void print_shards(const Shard__ShardsStatusReply *r,
                         Shard__ShardStatus__State state, const char *what)
{
    char *shards;
    if (groups_shards(r, state, &shards) > 0)
        printf("; %s%s", what, shards);
    free(shards);
}

static void print_server(const char *name, const Shard__ShardsStatusReply *r)
{
    uint64_t keys = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < r->n_shards; i++) {
        keys += r->shards[i]->keys;
        bytes += r->shards[i]->bytes;
    }
    printf("%-12s  group %" PRIu64 ", configuration %" PRIu64, name, r->gid,
           r->config->number);
    print_shards(r, SHARD__SHARD_STATUS__STATE__SERVING, "serves");
    print_shards(r, SHARD__SHARD_STATUS__STATE__COMING, "waits for");
    printf("\n%-12s  slot %" PRId64 ": %" PRIu64 " operations; %" PRIu64
           " keys, %" PRIu64 " bytes",
           "", r->next, r->applied, keys, bytes);
    if (r->donated > 0)
        printf("; keeps %u copies, %" PRIu64 " bytes", r->donated,
               r->donated_bytes);
    if (r->debts > 0)
        printf("; has to tell of %u", r->debts);
    putchar('\n');
}

static void tell_of(struct node *node, const char *name, int64_t timeout_ms)
{
    struct rpc_method method = {&shard__shards_inspect__descriptor, "Status"};
    Shard__ShardsStatusRequest request = SHARD__SHARDS_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    rpc_call(node, name, &method, &request.base, clock_now_ms() + timeout_ms,
             &answer);
    if (answer.outcome == RPC_OK)
        print_server(name, (const Shard__ShardsStatusReply *)answer.reply);
    else
        printf("%-12s  %s\n", name, rpc_reason_text(answer.reason));
    rpc_answer_release(&answer);
}

void groups_tell(struct node *node, const Shard__Config *config,
                 int64_t timeout_ms)
{
    for (size_t i = 0; i < config->n_groups; i++)
        for (size_t j = 0; j < config->groups[i]->n_servers; j++)
            tell_of(node, config->groups[i]->servers[j], timeout_ms);
}
