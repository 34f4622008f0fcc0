// program.c - the commands of lab4, and their options.
#include "lab4-shardkv/program.h"

#include <string.h>

#include "common/clerks/clerks.h"
#include "common/clerks/direct.h"
#include "common/kv/batch.h"
#include "common/runtime/alloc.h"
#include "lab4-shardkv/admin.h"
#include "lab4-shardkv/asker.h"
#include "lab4-shardkv/clerk.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/groups.h"
#include "lab4-shardkv/options.h"
#include "lab4-shardkv/playground.h"
#include "lab4-shardkv/table.h"

static int command_clerks(const struct arguments *arguments)
{
    const struct options *o = options_of(arguments);
    int status = options_check(o);
    if (status != 0)
        return status;
    const struct master_clerk_spec masters = masters_of(o);
    const struct clerks_kind admins = {asker_start, asker_stop};
    const struct clerks_kind probes = {asker_start_probe, asker_stop};
    if (strcmp(o->role, "client") == 0)
        return kv_clerks_main(o->cluster, o->names, &clerk_kind, &masters);
    if (strcmp(o->role, "direct") == 0)
        return kv_clerks_main(o->cluster, o->names, &direct_kind, o->server);
    if (strcmp(o->role, "admin") == 0)
        return clerks_main(o->cluster, o->names, &admins, &masters);
    if (strcmp(o->role, "probe") == 0)
        return clerks_main(o->cluster, o->names, &probes, o->server);
    return program_complain(
        &lab4_program, EXIT_USAGE,
        xasprintf("--role is '%s': client, direct, admin or probe is needed",
                  o->role));
}

int options_check(const struct options *o)
{
    if (o->masters[strspn(o->masters, ",")] != '\0')
        return 0;
    return program_complain(
        &lab4_program, EXIT_USAGE,
        xasprintf("--masters '%s': their names, between commas, are needed",
                  o->masters));
}

#define FIELD(name) offsetof(struct options, name)

static const struct program_option options[] = {
    {"cluster", "DIR", "folder where the nodes meet", FIELD(cluster), 0},
    {"name", "NAME", "this node's name", FIELD(name), 0},
    {"names", "NAMES", "the clerks' names, between commas", FIELD(names), 0},
    {"masters", "NAMES", "all shard masters, between commas (m1,m2,m3)",
     FIELD(masters), 0},
    {"gid", "GID", "the group's number", FIELD(gid), UINT64_MAX / 10 - 1},
    {"peers", "NAMES",
     "the group's servers, between commas; the same for all of them",
     FIELD(peers), 0},
    {"batch", "N", "operations in a slot of the log, at most", FIELD(batch),
     BATCH_OPS},
    {"role", "ROLE",
     "client, direct (of one server), admin (asks the masters), probe (of one "
     "master) (client)",
     FIELD(role), 0},
    {"server", "NAME", "the one that a probe or a direct client asks (m1)",
     FIELD(server), 0},
    {"shards", "N", "of all groups (10); the same for all masters",
     FIELD(shards), CONFIG_SHARDS_MAX},
    {"groups", "N", "how many (3)", FIELD(groups), TABLE_GROUPS_MAX},
    {"replicas", "N", "servers of a group (3)", FIELD(replicas),
     PLAYGROUND_REPLICAS_MAX},
    {"clients", "N", "that put and get all the time (none)", FIELD(clients),
     PLAYGROUND_CLIENTS_MAX},
    {"tick", "MS", "the unit of patience (100); the same for all",
     FIELD(tick_ms), TICK_MS_MAX},
    {NULL, NULL, NULL, 0, 0},
};

static const struct program_command commands[] = {
    {"masterd", "Serves configurations: one of the shard masters.",
     " cluster name masters shards tick ", " cluster name ", NULL,
     command_masterd},
    {"shardkvd", "Serves shards: one of a group's servers.",
     " cluster name gid peers masters batch tick ", " cluster name peers ",
     NULL, command_shardkvd},
    {"kv", "Does one operation: get KEY, put KEY VALUE, append KEY VALUE.",
     " cluster name masters tick ", " cluster ", "WORD...", command_kv},
    {"admin",
     "Asks the masters: join GID=SERVER,..., leave GID..., move SHARD GID, "
     "query [NUMBER].",
     " cluster name masters tick ", " cluster ", "WORD...", command_admin},
    {"status",
     "Prints what masters and groups have, and the newest configuration.",
     " cluster masters tick ", " cluster ", NULL, command_status},
    {"cluster",
     "Starts masters and groups to play with, and shows what they do.",
     " cluster groups replicas clients shards tick ", " ", NULL,
     command_cluster},
    {"clerks", "Clients that a test harness drives.",
     " cluster names masters role server tick ", " cluster names ", NULL,
     command_clerks},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct options defaults = {.masters = "m1,m2,m3",
                                        .role = "client",
                                        .server = "m1",
                                        .shards = CONFIG_SHARDS,
                                        .groups = 3,
                                        .replicas = 3,
                                        .tick_ms = TICK_MS};

const struct program lab4_program = {
    .name = "lab4",
    .about = "A key/value service of many groups, each with a log of its own.",
    .options = options,
    .commands = commands,
    .size = sizeof(struct options),
    .defaults = &defaults,
};

int node_main(int argc, char **argv)
{
    return program_main(&lab4_program, argc, argv);
}
