#include "grading/cluster/tests/victim.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/rpc/node.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "common/runtime/unsolved.h"
#include "grading/cluster/tests/victim.pb-c.h"

enum {
    NAMES_MAX = 4,
    LOOK_MS = 2,
};

static void victim_ping(Victim__Victim_Service *service,
                        const Victim__Nothing *request,
                        Victim__Nothing_Closure reply, void *call)
{
    (void)service;
    (void)request;
    Victim__Nothing answer = VICTIM__NOTHING__INIT;
    reply(&answer, call);
}

static void victim_wait(Victim__Victim_Service *service,
                        const Victim__Nothing *request,
                        Victim__Nothing_Closure reply, void *call)
{
    (void)service;
    (void)request;
    (void)reply;
    (void)call;
    while (process_interrupted() == 0)
        clock_sleep_ms(LOOK_MS);
}

static void victim_solve(Victim__Victim_Service *service,
                         const Victim__Nothing *request,
                         Victim__Nothing_Closure reply, void *call)
{
    (void)service;
    (void)request;
    (void)reply;
    (void)call;
    not_implemented("9z victim_solve");
}

static Victim__Victim_Service service = VICTIM__VICTIM__INIT(victim_);

static void write_file(const char *folder, const char *text)
{
    char *path = xasprintf("%s/stray", folder);
    FILE *file = fopen(path, "we");
    if (file != NULL) {
        fputs(text, file);
        fclose(file);
    }
    free(path);
}

static void note_pid(const char *name)
{
    char *path = xasprintf("files/%s.pid", name);
    FILE *file = fopen(path, "we");
    if (file != NULL) {
        fprintf(file, "%d\n", (int)getpid());
        fclose(file);
    }
    free(path);
}

static void spawn_daemon(void)
{
    if (fork() != 0)
        return;
    setsid();
    close_range(0, ~0U, 0);
    pause();
    _exit(0);
}

// What it does once it is up; returns the status, or -1: nothing yet.
static int misbehave(const char *command)
{
    if (strcmp(command, "ends") == 0)
        return 3;
    if (strcmp(command, "dies") == 0)
        raise(SIGUSR1);
    if (strcmp(command, "litters") == 0)
        write_file(".", "litter\n");
    if (strcmp(command, "hoards") == 0)
        write_file(getenv("TMPDIR"), "hoard\n");
    if (strcmp(command, "spawns") == 0)
        spawn_daemon();
    if (strcmp(command, "unsolved") == 0)
        not_implemented("9z victim");
    return -1;
}

static void wait_for_signal(const char *command)
{
    while (process_interrupted() == 0 || strcmp(command, "deaf") == 0)
        clock_sleep_ms(LOOK_MS);
}

static int serve(const char *command, const char *name, bool control_only)
{
    struct node *node = NULL;
    struct rpc_server *server = NULL;
    struct rpc_server *control = NULL;
    ProtobufCService *services[] = {&service.base};
    int err = node_open(".", name, true, &node);
    if (err != ERR_OK)
        return 2;
    char *path = node_control_path(node);
    err = rpc_server_start(node, path, services, 1, &control);
    free(path);
    if (err == ERR_OK && !control_only)
        err = rpc_server_start(node, NULL, services, 1, &server);
    int status = err == ERR_OK ? misbehave(command) : 2;
    if (status < 0) {
        wait_for_signal(command);
        status = strcmp(command, "fails") == 0 ? 9 : 0;
        if (strcmp(command, "clings") == 0)
            _exit(0);
    }
    node_cancel(node);
    rpc_server_stop(server);
    rpc_server_stop(control);
    node_close(node);
    return status;
}

int victim_main(int argc, char **argv)
{
    if (argc < 6 || strcmp(argv[2], "--cluster") != 0)
        return 2;
    process_interrupted(); // from now on SIGTERM is noted
    note_pid(argv[5]);
    return serve(argv[1], argv[5], strcmp(argv[1], "clerks") == 0);
}
