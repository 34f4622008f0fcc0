#include "lab4-shardkv/groups.h"

#include "common/clerks/kv.h"
#include "common/program/program.h"
#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/process.h"
#include "lab4-shardkv/clerk.h"
#include "lab4-shardkv/options.h"
#include "lab4-shardkv/shardkvd.h"

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
