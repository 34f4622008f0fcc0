// command.c - the commands but `mr run`.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "lab1-mapreduce/api.pb-c.h"
#include "lab1-mapreduce/master.h"
#include "lab1-mapreduce/options.h"
#include "lab1-mapreduce/prepare.h"
#include "lab1-mapreduce/program.h"
#include "lab1-mapreduce/sequential.h"
#include "lab1-mapreduce/worker.h"

enum {
    LOOK_MS = 50,     // from one look for a signal to the next
    LINGER_MS = 4000, // a master waits so long for workers to leave
    STATUS_MS = 2000, // a master has so long to answer
};

// node_open() has logged why.
static int cannot_join(const struct options *o)
{
    return complain(EXIT_USAGE,
                    xasprintf("cannot join the cluster in %s", o->cluster));
}

// --- mr master -------------------------------------------------------------

// Serves until the job is over or a signal comes. The exit status.
static int serve(struct node *node, const struct master_spec *spec)
{
    struct master *m = NULL;
    int err = master_start(node, spec, &m);
    if (err != ERR_OK)
        return complain(EXIT_FAILED, xasprintf("cannot start the master: %s",
                                               err_text(err)));
    int signal = process_interrupted();
    while (signal == 0 && !master_wait(m, clock_now_ms() + LOOK_MS))
        signal = process_interrupted();

    char *why = master_failure(m);
    if (signal == 0)
        master_linger(m, clock_now_ms() + LINGER_MS);
    master_stop(m);
    if (signal != 0) {
        free(why);
        return EXIT_SIGNAL + signal;
    }
    return why == NULL ? 0 : complain(EXIT_FAILED, why);
}

int command_master(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we clean up
    struct prepared job;
    char *why = prepare(o, &job);
    if (why != NULL)
        return complain(EXIT_USAGE, why);

    struct node *node = NULL;
    int status;
    int err = node_open(o->cluster, o->name == NULL ? "master" : o->name, true,
                        &node);
    if (err == ERR_OK)
        status = serve(node, &job.spec);
    else
        status = cannot_join(o);
    node_close(node);
    why = prepared_end(&job, status == 0);
    return why == NULL ? status : complain(EXIT_FAILED, why);
}

// --- mr worker -------------------------------------------------------------

int command_worker(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    process_interrupted(); // from now on we end in order
    struct node *node;
    int err = node_open(o->cluster, o->name, true, &node);
    if (err != ERR_OK)
        return cannot_join(o);
    char *why = worker_run(node, o->master);
    node_close(node);
    if (why != NULL)
        return complain(EXIT_FAILED, why);
    int signal = process_interrupted();
    return signal == 0 ? 0 : EXIT_SIGNAL + signal;
}

// --- mr sequential, mr merge -----------------------------------------------

int command_sequential(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    const struct mr_app *app;
    char *why = prepare_app(o, &app);
    if (why == NULL)
        why = sequential_run(app, o->arg, o->beside.files, o->beside.file_count,
                             (uint32_t)o->reduces, o->out);
    return why == NULL ? 0 : complain(EXIT_USAGE, why);
}

int command_merge(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    char *why = output_merge(o->beside.files[0]);
    return why == NULL ? 0 : complain(EXIT_FAILED, why);
}

// --- mr status -------------------------------------------------------------

static const char *phase_text(Mr__StatusReply__Phase phase)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &mr__status_reply__phase__descriptor, (int)phase);
    return value == NULL ? "?" : value->name;
}

static void print_status(const Mr__StatusReply *s)
{
    printf("phase          %s\n", phase_text(s->phase));
    printf("maps           %" PRIu32 " of %" PRIu32 "\n", s->maps_done,
           s->maps);
    printf("reduces        %" PRIu32 " of %" PRIu32 "\n", s->reduces_done,
           s->reduces);
    printf("running        %" PRIu32 "\n", s->live);
    printf("attempts       %" PRIu32 "\n", s->attempts);
    printf("re-executions  %" PRIu32 "\n", s->reexecutions);
    printf("backup copies  %" PRIu32 "\n", s->backups);
    printf("failures       %" PRIu32 "\n", s->failures);
    printf("workers        %" PRIu32 "\n", s->workers);
    if (s->failure.len > 0)
        printf("failure        %.*s\n", (int)s->failure.len,
               (const char *)s->failure.data);
}

int command_status(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    struct node *node;
    int err = node_open(o->cluster, "status", true, &node);
    if (err != ERR_OK)
        return cannot_join(o);

    struct rpc_method method = {&mr__inspect__descriptor, "Status"};
    Mr__StatusRequest request = MR__STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    rpc_call(node, o->master, &method, &request.base,
             clock_now_ms() + STATUS_MS, &answer);
    int status = 0;
    if (answer.outcome == RPC_OK)
        print_status((const Mr__StatusReply *)answer.reply);
    else
        status =
            complain(EXIT_FAILED,
                     xasprintf("no answer from %s in cluster %s: %s", o->master,
                               o->cluster, rpc_reason_text(answer.reason)));
    rpc_answer_release(&answer);
    node_close(node);
    return status;
}
