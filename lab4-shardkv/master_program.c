// master_program.c - the commands that serve and show masters: see admin.h.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/process.h"
#include "lab3-paxos/paxos.h"
#include "lab4-shardkv/admin.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/groups.h"
#include "lab4-shardkv/masterd.h"
#include "lab4-shardkv/options.h"

enum {
    STATUS_TICKS = 10,
};

// --- lab4 masterd ----------------------------------------------------------

int command_masterd(const struct arguments *arguments)
{
    const struct options *o = options_of(arguments);
    process_interrupted(); // from now on we end in order
    struct node *node;
    int status = program_join(&lab4_program, o->cluster, o->name, &node);
    if (status != 0)
        return status;
    const struct paxos_spec spec = {o->masters, (int64_t)o->tick_ms};
    struct masterd *masterd = NULL;
    int err = masterd_start(node, &spec, (size_t)o->shards, &masterd);
    status = program_serve(&lab4_program, node, err);
    masterd_stop(masterd);
    node_close(node);
    return status;
}

// --- lab4 status -----------------------------------------------------------

// Keeps the newest configuration that anybody knows of in *newest.
static void tell_of(struct node *node, const char *name, int64_t timeout_ms,
                    Shard__Config **newest)
{
    struct rpc_method method = {&shard__master_inspect__descriptor, "Status"};
    Shard__MasterStatusRequest request = SHARD__MASTER_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    rpc_call(node, name, &method, &request.base, clock_now_ms() + timeout_ms,
             &answer);
    bool ok = answer.outcome == RPC_OK;
    if (ok) {
        Shard__MasterStatusReply *r = (Shard__MasterStatusReply *)answer.reply;
        printf("%-12s  slot %" PRId64 ": %" PRIu64
               " operations, %u sessions, configuration %" PRIu64
               "; forgotten up to slot %" PRId64 "\n",
               name, r->next, r->applied, r->sessions, r->newest->number,
               r->min);
        if (*newest == NULL || (*newest)->number < r->newest->number) {
            config_free(*newest);
            *newest = r->newest;
            r->newest = NULL;
        }
    } else {
        printf("%-12s  %s\n", name, rpc_reason_text(answer.reason));
    }
    rpc_answer_release(&answer);
}

int command_status(const struct arguments *arguments)
{
    const struct options *o = options_of(arguments);
    struct node *node = NULL;
    int status = options_check(o);
    if (status == 0)
        status = program_join(&lab4_program, o->cluster, "status", &node);
    if (status != 0)
        return status;
    Shard__Config *newest = NULL;
    char *list = xstrdup(o->masters);
    char *rest = list;
    for (char *name = strtok_r(list, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest))
        tell_of(node, name, STATUS_TICKS * (int64_t)o->tick_ms, &newest);
    status = EXIT_FAILED;
    if (newest != NULL) {
        char *text = config_text(newest);
        fputs(text, stdout);
        free(text);
        groups_tell(node, newest, STATUS_TICKS * (int64_t)o->tick_ms);
        status = 0;
    }
    config_free(newest);
    free(list);
    node_close(node);
    return status;
}
