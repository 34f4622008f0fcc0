// program.c - the commands: server, say, status, clerks.
#include "lab0-echo/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clerks/clerks.h"
#include "common/program/program.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/process.h"
#include "lab0-echo/api.pb-c.h"
#include "lab0-echo/clerk.h"
#include "lab0-echo/server.h"

enum {
    ASK_MS = 2000, // a person waits so long for a reply
};

struct options {
    struct arguments beside; // first
    const char *cluster;
    const char *name;
    const char *names;
    const char *server;
    const char *disk;
};

static const struct program lab0;

// --- lab0 server -----------------------------------------------------------

static int command_server(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we end in order
    struct node *node;
    int status = program_join(&lab0, o->cluster, o->name, &node);
    if (status != 0)
        return status;
    struct echo_server *server = NULL;
    int err = echo_server_start(node, o->disk, &server);
    status = program_serve(&lab0, node, err);
    echo_server_stop(server);
    node_close(node);
    return status;
}

// --- lab0 say --------------------------------------------------------------

static int print_said(const struct echo_said *said)
{
    switch (said->outcome) {
    case RPC_OK:
        printf("%s\n", said->text);
        return 0;
    case RPC_REFUSED:
        printf("refused (%s): it did not run and will not run\n",
               rpc_reason_text(said->reason));
        return EXIT_FAILED;
    case RPC_UNKNOWN:
        printf("unknown (%s): it may have run, may run later, or never\n",
               rpc_reason_text(said->reason));
        return EXIT_FAILED;
    }
    return EXIT_FAILED;
}

static int command_say(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    struct node *node;
    int status = program_join(&lab0, o->cluster, o->name, &node);
    if (status != 0)
        return status;
    struct echo_clerk *clerk = echo_clerk_start(node, o->server);
    for (size_t i = 0; i < o->beside.file_count && status == 0; i++) {
        struct echo_said said;
        echo_clerk_say(clerk, o->beside.files[i], false,
                       clock_now_ms() + ASK_MS, &said);
        status = print_said(&said);
        echo_said_release(&said);
    }
    echo_clerk_stop(clerk);
    node_close(node);
    return status;
}

// --- lab0 status -----------------------------------------------------------

static int command_status(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    struct node *node;
    int status = program_join(&lab0, o->cluster, "status", &node);
    if (status != 0)
        return status;
    struct rpc_method method = {&echo__inspect__descriptor, "Status"};
    Echo__StatusRequest request = ECHO__STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    rpc_call(node, o->server, &method, &request.base, clock_now_ms() + ASK_MS,
             &answer);
    if (answer.outcome == RPC_OK) {
        const Echo__StatusReply *reply = (Echo__StatusReply *)answer.reply;
        printf("executed       %" PRIu64 "\n", reply->total);
        printf("different      %" PRIu64 "\n", reply->distinct);
        printf("most often     %" PRIu64 "\n", reply->most);
    } else {
        status = program_complain(
            &lab0, EXIT_FAILED,
            xasprintf("no answer from %s in cluster %s: %s", o->server,
                      o->cluster, rpc_reason_text(answer.reason)));
    }
    rpc_answer_release(&answer);
    node_close(node);
    return status;
}

// --- lab0 clerks -----------------------------------------------------------

struct driven {
    Echo__Clerk_Service service; // first
    struct echo_clerk *clerk;
};

static void clerk_say(Echo__Clerk_Service *service,
                      const Echo__ClerkSay *request,
                      Echo__ClerkSaid_Closure reply, void *call)
{
    struct driven *d = (struct driven *)service;
    int64_t deadline_ms = clock_now_ms() + request->timeout_ms;
    struct echo_said said;
    echo_clerk_say(d->clerk, request->text, request->again, deadline_ms, &said);
    Echo__ClerkSaid answer = ECHO__CLERK_SAID__INIT;
    answer.outcome = (Echo__ClerkSaid__Outcome)said.outcome; // the same order
    answer.reason = (char *)rpc_reason_text(said.reason);
    if (said.text != NULL)
        answer.text = said.text;
    answer.executed = said.executed;
    answer.total = said.total;
    answer.attempts = said.attempts;
    reply(&answer, call);
    echo_said_release(&said);
}

static ProtobufCService *start_driven(struct node *n, const void *arg)
{
    static const Echo__Clerk_Service init = ECHO__CLERK__INIT(clerk_);
    struct driven *d = xcalloc(1, sizeof *d);
    d->service = init;
    d->clerk = echo_clerk_start(n, arg);
    return &d->service.base;
}

static void stop_driven(ProtobufCService *service)
{
    struct driven *d = (struct driven *)service;
    echo_clerk_stop(d->clerk);
    free(d);
}

static int command_clerks(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    const struct clerks_kind kind = {start_driven, stop_driven};
    return clerks_main(o->cluster, o->names, &kind, o->server);
}

// --- The tables ------------------------------------------------------------

#define FIELD(name) offsetof(struct options, name)

static const struct program_option options[] = {
    {"cluster", "DIR", "folder where the nodes meet", FIELD(cluster), 0},
    {"name", "NAME", "this node's name", FIELD(name), 0},
    {"names", "NAMES", "the clerks' names, between commas", FIELD(names), 0},
    {"server", "NAME", "the server's name (s1)", FIELD(server), 0},
    {"disk", "DIR", "folder where the count survives", FIELD(disk), 0},
    {NULL, NULL, NULL, 0, 0},
};

static const struct program_command commands[] = {
    {"server", "Says back what it is told, and counts.", " cluster name disk ",
     " cluster name ", NULL, command_server},
    {"say", "Says something and prints what is known of it.",
     " cluster name server ", " cluster name ", "TEXT...", command_say},
    {"status", "Prints what a server has counted.", " cluster server ",
     " cluster ", NULL, command_status},
    {"clerks", "Clients that a test harness drives.", " cluster names server ",
     " cluster names ", NULL, command_clerks},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct options defaults = {.server = "s1"};

static const struct program lab0 = {
    .name = "lab0",
    .about = "The echo service: a server, its clients, and what calls between "
             "them come to.",
    .options = options,
    .commands = commands,
    .size = sizeof(struct options),
    .defaults = &defaults,
};

int node_main(int argc, char **argv)
{
    return program_main(&lab0, argc, argv);
}
