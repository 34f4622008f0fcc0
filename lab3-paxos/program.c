// program.c - the commands: paxos-peer, clerks.
#include "lab3-paxos/program.h"

#include <stdio.h>
#include <string.h>

#include "common/clerks/clerks.h"
#include "common/program/program.h"
#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "lab3-paxos/paxos_peer.h"
#include "lab3-paxos/probe.h"

enum {
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
    uint64_t tick_ms;
};

static const struct program lab3;

static int cannot_join(const struct options *o) // node_open has logged why
{
    return program_complain(
        &lab3, EXIT_USAGE,
        xasprintf("cannot join the cluster in %s", o->cluster));
}

static int cannot_start(int err)
{
    return program_complain(&lab3, EXIT_FAILED,
                            xasprintf("cannot serve: %s", err_text(err)));
}

// --- lab3 paxos-peer -------------------------------------------------------

static int command_paxos_peer(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we end in order
    struct node *node;
    if (node_open(o->cluster, o->name, true, &node) != ERR_OK)
        return cannot_join(o);
    const struct paxos_spec spec = {o->peers, (int64_t)o->tick_ms};
    struct paxos_peer *peer;
    int err = paxos_peer_start(node, &spec, &peer);
    int status = 0;
    if (err == ERR_OK) {
        status = program_await_signal();
        node_cancel(node);
        paxos_peer_stop(peer);
    } else {
        status = cannot_start(err);
    }
    node_close(node);
    return status;
}

// --- lab3 clerks -----------------------------------------------------------

static int command_clerks(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    const struct clerks_kind probes = {probe_start, probe_stop};
    if (strcmp(o->role, "probe") == 0)
        return clerks_main(o->cluster, o->names, &probes, NULL);
    return program_complain(
        &lab3, EXIT_USAGE,
        xasprintf("--role is '%s': probe is needed", o->role));
}

// --- The tables ------------------------------------------------------------

#define FIELD(name) offsetof(struct options, name)

static const struct program_option options[] = {
    {"cluster", "DIR", "folder where the nodes meet", FIELD(cluster), 0},
    {"name", "NAME", "this node's name", FIELD(name), 0},
    {"names", "NAMES", "the clerks' names, between commas", FIELD(names), 0},
    {"peers", "NAMES", "all replicas, between commas; the same for all",
     FIELD(peers), 0},
    {"role", "ROLE", "probe (sends the messages of Paxos)", FIELD(role), 0},
    {"tick", "MS", "the unit of patience (100); the same for all",
     FIELD(tick_ms), TICK_MS_MAX},
    {NULL, NULL, NULL, 0, 0},
};

static const struct program_command commands[] = {
    {"paxos-peer", "A peer of Paxos alone, that a test harness drives.",
     " cluster name peers tick ", " cluster name peers ", NULL,
     command_paxos_peer},
    {"clerks", "Clients that a test harness drives.", " cluster names role ",
     " cluster names ", NULL, command_clerks},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct options defaults = {.role = "probe", .tick_ms = TICK_MS};

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
