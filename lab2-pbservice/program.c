// program.c - the commands: viewd, pbd, kv, status, clerks.
#include "lab2-pbservice/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clerks/clerks.h"
#include "common/clerks/direct.h"
#include "common/program/program.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/process.h"
#include "lab2-pbservice/api.pb-c.h"
#include "lab2-pbservice/clerk.h"
#include "lab2-pbservice/pinger.h"
#include "lab2-pbservice/replica.h"
#include "lab2-pbservice/server.h"
#include "lab2-pbservice/viewd.h"

enum {
    ASK_MS = 5000, // a person waits so long for an answer
    TICK_MS_MAX = 60 * 1000,
};

struct options {
    struct arguments beside; // first
    const char *cluster;
    const char *name;
    const char *names;
    const char *views;
    const char *role;
    const char *server;
    uint64_t tick_ms;
};

static const struct program lab2;

static struct clerk_spec spec_of(const struct options *o)
{
    return (struct clerk_spec){.viewd = o->views,
                               .tick_ms = (int64_t)o->tick_ms};
}

// --- lab2 viewd, lab2 pbd --------------------------------------------------

static int command_viewd(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we end in order
    struct node *node;
    const char *name = o->name != NULL ? o->name : o->views;
    int status = program_join(&lab2, o->cluster, name, &node);
    if (status != 0)
        return status;
    struct viewd *viewd = NULL;
    int err = viewd_start(node, (int64_t)o->tick_ms, &viewd);
    status = program_serve(&lab2, node, err);
    viewd_stop(viewd);
    node_close(node);
    return status;
}

static int command_pbd(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we end in order
    struct node *node;
    int status = program_join(&lab2, o->cluster, o->name, &node);
    if (status != 0)
        return status;
    struct server *server = NULL;
    int err = server_start(node, o->views, (int64_t)o->tick_ms, &server);
    status = program_serve(&lab2, node, err);
    server_stop(server);
    node_close(node);
    return status;
}

// --- lab2 kv ---------------------------------------------------------------

static int command_kv(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    struct node *node;
    const char *name = o->name != NULL ? o->name : "kv";
    int status = program_join(&lab2, o->cluster, name, &node);
    if (status != 0)
        return status;
    const struct clerk_spec spec = spec_of(o);
    status = kv_command(lab2.name, node, o->beside.files, o->beside.file_count,
                        ASK_MS, &clerk_kind, &spec);
    node_close(node);
    return status;
}

// --- lab2 status -----------------------------------------------------------

static const char *name_or_none(const char *name)
{
    return name[0] != '\0' ? name : "-";
}

// False: no answer, and that has been printed.
static bool ask_status(struct node *node, const char *to,
                       const ProtobufCServiceDescriptor *service,
                       const ProtobufCMessage *request, int64_t timeout_ms,
                       struct rpc_answer *answer)
{
    struct rpc_method method = {service, "Status"};
    rpc_call(node, to, &method, request, clock_now_ms() + timeout_ms, answer);
    if (answer->outcome != RPC_OK)
        printf("%-12s  %s\n", to, rpc_reason_text(answer->reason));
    return answer->outcome == RPC_OK;
}

static void print_server(struct node *node, const char *name,
                         int64_t timeout_ms)
{
    Pb__ServerStatusRequest request = PB__SERVER_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    if (ask_status(node, name, &pb__server_inspect__descriptor, &request.base,
                   timeout_ms, &answer)) {
        const Pb__ServerStatusReply *r =
            (const Pb__ServerStatusReply *)answer.reply;
        printf("%-12s  %-16s  view %" PRIu64 ", %" PRIu64 " keys, %" PRIu64
               " bytes, %u sessions, %" PRIu64 " batches\n",
               name, replica_state_text((enum replica_state)r->state),
               r->view != NULL ? r->view->number : 0, r->keys, r->bytes,
               r->sessions, r->applied);
    }
    rpc_answer_release(&answer);
}

static int command_status(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    struct node *node;
    int status = program_join(&lab2, o->cluster, "status", &node);
    if (status != 0)
        return status;
    Pb__ViewStatusRequest request = PB__VIEW_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    int64_t timeout_ms = 10 * (int64_t)o->tick_ms;
    status = EXIT_FAILED;
    if (ask_status(node, o->views, &pb__view_inspect__descriptor, &request.base,
                   timeout_ms, &answer)) {
        const Pb__ViewStatusReply *r =
            (const Pb__ViewStatusReply *)answer.reply;
        printf("%-12s  view %" PRIu64 ": primary %s, backup %s%s\n", o->views,
               r->view->number, name_or_none(r->view->primary),
               name_or_none(r->view->backup),
               r->acknowledged ? "" : "; not acknowledged");
        for (size_t i = 0; i < r->n_servers; i++)
            print_server(node, r->servers[i]->name, timeout_ms);
        status = 0;
    }
    rpc_answer_release(&answer);
    node_close(node);
    return status;
}

// --- lab2 clerks -----------------------------------------------------------

static int command_clerks(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    const struct clerk_spec spec = spec_of(o);
    const struct clerks_kind pingers = {pinger_start, pinger_stop};
    if (strcmp(o->role, "pinger") == 0)
        return clerks_main(o->cluster, o->names, &pingers, o->views);
    if (strcmp(o->role, "direct") == 0)
        return kv_clerks_main(o->cluster, o->names, &direct_kind, o->server);
    if (strcmp(o->role, "client") == 0)
        return kv_clerks_main(o->cluster, o->names, &clerk_kind, &spec);
    return program_complain(
        &lab2, EXIT_USAGE,
        xasprintf("--role is '%s': client, direct or pinger is needed",
                  o->role));
}

// --- The tables ------------------------------------------------------------

#define FIELD(name) offsetof(struct options, name)

static const struct program_option options[] = {
    {"cluster", "DIR", "folder where the nodes meet", FIELD(cluster), 0},
    {"name", "NAME", "this node's name", FIELD(name), 0},
    {"names", "NAMES", "the clerks' names, between commas", FIELD(names), 0},
    {"views", "NAME", "the view service's name (views)", FIELD(views), 0},
    {"role", "ROLE", "client, direct (of one server), pinger (client)",
     FIELD(role), 0},
    {"server", "NAME", "that of a direct client (s1)", FIELD(server), 0},
    {"tick", "MS", "from ping to ping (100); the same for all", FIELD(tick_ms),
     TICK_MS_MAX},
    {NULL, NULL, NULL, 0, 0},
};

static const struct program_command commands[] = {
    {"viewd", "Says who is primary and who is backup.",
     " cluster name views tick ", " cluster ", NULL, command_viewd},
    {"pbd", "Serves keys and values, as the view says.",
     " cluster name views tick ", " cluster name ", NULL, command_pbd},
    {"kv", "Does one operation: get KEY, put KEY VALUE, append KEY VALUE.",
     " cluster name views tick ", " cluster ", "WORD...", command_kv},
    {"status", "Prints the view, and what each server is and has.",
     " cluster views tick ", " cluster ", NULL, command_status},
    {"clerks", "Clients that a test harness drives.",
     " cluster names views role server tick ", " cluster names ", NULL,
     command_clerks},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct options defaults = {
    .views = "views", .role = "client", .server = "s1", .tick_ms = TICK_MS};

static const struct program lab2 = {
    .name = "lab2",
    .about = "A key/value service that survives the death of a server: a view "
             "service, servers, clients.",
    .options = options,
    .commands = commands,
    .size = sizeof(struct options),
    .defaults = &defaults,
};

int node_main(int argc, char **argv)
{
    return program_main(&lab2, argc, argv);
}
