// program.c - the commands: kvd, kv, status, clerks, paxos-peer.
#include "lab3-paxos/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clerks/clerks.h"
#include "common/clerks/direct.h"
#include "common/program/program.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/process.h"
#include "lab3-paxos/api.pb-c.h"
#include "lab3-paxos/ballot.h"
#include "lab3-paxos/clerk.h"
#include "lab3-paxos/kvd.h"
#include "lab3-paxos/paxos_peer.h"
#include "lab3-paxos/probe.h"

enum {
    ASK_MS = 10 * 1000, // a person waits so long for an answer
    STATUS_TICKS = 10,
    TICK_MS = 100,
    TICK_MS_MAX = 60 * 1000,
};

struct options {
    struct arguments beside; // first
    const char *cluster;
    const char *name;
    const char *names;
    const char *peers;
    const char *role;
    const char *server;
    uint64_t tick_ms;
};

static const struct program lab3;

// Joins as `name`; `me`: who must be one of the replicas, NULL: nobody.
static int join(const struct options *o, const char *name, const char *me,
                struct node **out)
{
    char *wrong = program_nodes_wrong("peers", o->peers, PAXOS_PEERS_MAX, me);
    if (wrong != NULL)
        return program_complain(&lab3, EXIT_USAGE, wrong);
    return program_join(&lab3, o->cluster, name, out);
}

// --- lab3 paxos-peer -------------------------------------------------------

static int command_paxos_peer(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we end in order
    struct node *node;
    int status = join(o, o->name, o->name, &node);
    if (status != 0)
        return status;
    const struct paxos_spec spec = {o->peers, (int64_t)o->tick_ms};
    struct paxos_peer *peer = NULL;
    int err = paxos_peer_start(node, &spec, &peer);
    status = program_serve(&lab3, node, err);
    paxos_peer_stop(peer);
    node_close(node);
    return status;
}

// --- lab3 kvd --------------------------------------------------------------

static int command_kvd(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we end in order
    struct node *node;
    int status = join(o, o->name, o->name, &node);
    if (status != 0)
        return status;
    const struct paxos_spec spec = {o->peers, (int64_t)o->tick_ms};
    struct kvd *kvd = NULL;
    int err = kvd_start(node, &spec, &kvd);
    status = program_serve(&lab3, node, err);
    kvd_stop(kvd);
    node_close(node);
    return status;
}

// --- lab3 kv, lab3 clerks --------------------------------------------------

static struct clerk_spec spec_of(const struct options *o)
{
    return (struct clerk_spec){o->peers, (int64_t)o->tick_ms};
}

static int command_kv(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    struct node *node;
    const char *name = o->name != NULL ? o->name : "kv";
    int status = join(o, name, NULL, &node);
    if (status != 0)
        return status;
    const struct clerk_spec spec = spec_of(o);
    status = kv_command(lab3.name, node, o->beside.files, o->beside.file_count,
                        ASK_MS, &clerk_kind, &spec);
    node_close(node);
    return status;
}

static int command_clerks(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    const struct clerk_spec spec = spec_of(o);
    const struct clerks_kind probes = {probe_start, probe_stop};
    if (strcmp(o->role, "probe") == 0)
        return clerks_main(o->cluster, o->names, &probes, NULL);
    if (strcmp(o->role, "direct") == 0)
        return kv_clerks_main(o->cluster, o->names, &direct_kind, o->server);
    if (strcmp(o->role, "client") == 0)
        return kv_clerks_main(o->cluster, o->names, &clerk_kind, &spec);
    return program_complain(
        &lab3, EXIT_USAGE,
        xasprintf("--role is '%s': client, direct or probe is needed",
                  o->role));
}

// --- lab3 status -----------------------------------------------------------

// The answer to a Status of this service, which must get rpc_answer_release.
static const ProtobufCMessage *
ask_status(struct node *node, const char *to,
           const ProtobufCServiceDescriptor *service,
           const ProtobufCMessage *request, int64_t timeout_ms,
           struct rpc_answer *answer)
{
    struct rpc_method method = {service, "Status"};
    rpc_call(node, to, &method, request, clock_now_ms() + timeout_ms, answer);
    return answer->reply;
}

static void print_server(const char *name, const Px__ServerStatusReply *r)
{
    printf("%-12s  slot %" PRId64 ": %" PRIu64 " operations, %" PRIu64
           " keys, %" PRIu64 " bytes, %u sessions\n",
           name, r->next, r->applied, r->keys, r->bytes, r->sessions);
    printf("%-12s  filled %" PRIu64 " slots itself, %" PRIu64
           " are holes; %" PRIu64 " operations wait\n",
           "", r->ours, r->holes, r->waiting);
}

static void print_paxos(const Px__PaxosStatusReply *r)
{
    printf("%-12s  instances %" PRId64 " to %" PRId64 ": %" PRIu64
           " in memory, %" PRIu64 " bytes; ballot %" PRIu64 ".%u\n",
           "", r->min, r->max, r->instances, r->bytes, ballot_round(r->ballot),
           ballot_peer(r->ballot));
    printf("%-12s  the first that each needs:", "");
    for (size_t i = 0; i < r->n_peers; i++)
        printf(" %s %" PRId64, r->peers[i]->name, r->peers[i]->min);
    putchar('\n');
}

// False: it does not answer.
static bool tell_of(struct node *node, const char *name, int64_t timeout_ms)
{
    Px__ServerStatusRequest of_server = PX__SERVER_STATUS_REQUEST__INIT;
    Px__PaxosStatusRequest of_paxos = PX__PAXOS_STATUS_REQUEST__INIT;
    struct rpc_answer server;
    struct rpc_answer paxos;
    ask_status(node, name, &px__server_inspect__descriptor, &of_server.base,
               timeout_ms, &server);
    ask_status(node, name, &px__paxos_inspect__descriptor, &of_paxos.base,
               timeout_ms, &paxos);
    bool ok = server.outcome == RPC_OK && paxos.outcome == RPC_OK;
    if (ok) {
        print_server(name, (const Px__ServerStatusReply *)server.reply);
        print_paxos((const Px__PaxosStatusReply *)paxos.reply);
    } else {
        printf("%-12s  %s\n", name, rpc_reason_text(server.reason));
    }
    rpc_answer_release(&server);
    rpc_answer_release(&paxos);
    return ok;
}

static int command_status(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    struct node *node;
    int status = join(o, "status", NULL, &node);
    if (status != 0)
        return status;
    status = EXIT_FAILED;
    char *list = xstrdup(o->peers);
    char *rest = list;
    for (char *name = strtok_r(list, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest))
        if (tell_of(node, name, STATUS_TICKS * (int64_t)o->tick_ms))
            status = 0;
    free(list);
    node_close(node);
    return status;
}

// --- The tables ------------------------------------------------------------

#define FIELD(name) offsetof(struct options, name)

static const struct program_option options[] = {
    {"cluster", "DIR", "folder where the nodes meet", FIELD(cluster), 0},
    {"name", "NAME", "this node's name", FIELD(name), 0},
    {"names", "NAMES", "the clerks' names, between commas", FIELD(names), 0},
    {"peers", "NAMES", "all replicas, between commas (s1,s2,s3)", FIELD(peers),
     0},
    {"role", "ROLE",
     "client, direct (of one server), probe (of Paxos) (client)", FIELD(role),
     0},
    {"server", "NAME", "that of a direct client (s1)", FIELD(server), 0},
    {"tick", "MS", "the unit of patience (100); the same for all",
     FIELD(tick_ms), TICK_MS_MAX},
    {NULL, NULL, NULL, 0, 0},
};

static const struct program_command commands[] = {
    {"kvd", "Serves keys and values: one of the replicas.",
     " cluster name peers tick ", " cluster name ", NULL, command_kvd},
    {"kv", "Does one operation: get KEY, put KEY VALUE, append KEY VALUE.",
     " cluster name peers tick ", " cluster ", "WORD...", command_kv},
    {"status", "Prints what each replica has, and what it knows of the others.",
     " cluster peers tick ", " cluster ", NULL, command_status},
    {"clerks", "Clients that a test harness drives.",
     " cluster names peers role server tick ", " cluster names ", NULL,
     command_clerks},
    {"paxos-peer", "A peer of Paxos alone, that a test harness drives.",
     " cluster name peers tick ", " cluster name ", NULL, command_paxos_peer},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct options defaults = {
    .peers = "s1,s2,s3", .role = "client", .server = "s1", .tick_ms = TICK_MS};

static const struct program lab3 = {
    .name = "lab3",
    .about = "A key/value service over a log that its replicas agree on by "
             "Paxos.",
    .options = options,
    .commands = commands,
    .size = sizeof(struct options),
    .defaults = &defaults,
};

int node_main(int argc, char **argv)
{
    return program_main(&lab3, argc, argv);
}
