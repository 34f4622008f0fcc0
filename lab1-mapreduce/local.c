// local.c - `mr local`: the tasks of a job, one after the other, right here.
//
// No master and no other process; else all is as in a job: the input is cut,
// maps combine and leave files, reduces merge them. So an application can be
// tried, tested and stepped through in a debugger before there is a master.
#include <stdatomic.h>
#include <stdlib.h>

#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "lab1-mapreduce/prepare.h"
#include "lab1-mapreduce/program.h"
#include "lab1-mapreduce/task.h"

// NULL, or why a task failed (owned).
static char *do_tasks(const struct master_spec *spec)
{
    const atomic_bool unwanted = false;
    char *folder = folder_absolute(NULL, ".");
    struct attempt a = {
        .app = spec->app,
        .arg = spec->arg,
        .maps = (uint32_t)spec->split->count,
        .reduces = spec->reduces,
        .folder = folder,
        .out = spec->output->path,
        .temporary = spec->output->temporary,
        .label = "local",
        .unwanted = &unwanted,
        .map_bytes = TASK_MAP_BYTES,
    };
    char *why = NULL;
    for (a.task = 0; a.task < a.maps && why == NULL; a.task++)
        why = task_map(&a, &spec->split->tasks[a.task]);
    for (a.task = 0; a.task < a.reduces && why == NULL; a.task++)
        why = task_reduce(&a);
    free(folder);
    return why;
}

int command_local(const struct arguments *arguments)
{
    const struct options *o = (const struct options *)arguments;
    struct prepared job;
    char *why = prepare(o, &job);
    if (why != NULL)
        return complain(EXIT_USAGE, why);

    struct node *node = NULL; // only where a harness wants to see one
    int err = ERR_OK;
    if (o->cluster != NULL)
        err = node_open(o->cluster, o->name == NULL ? "local" : o->name, true,
                        &node);
    int status = EXIT_FAILED;
    if (err == ERR_OK) {
        why = do_tasks(&job.spec);
    } else {
        why = xasprintf("cannot join the cluster in %s", o->cluster);
        status = EXIT_USAGE;
    }
    node_close(node);
    char *not_kept = prepared_end(&job, why == NULL);
    why = why != NULL ? why : not_kept;
    return why == NULL ? 0 : complain(status, why);
}
