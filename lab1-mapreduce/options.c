// options.c - see options.h.
#include "lab1-mapreduce/options.h"

#include <stdio.h>
#include <string.h>

#include "lab1-mapreduce/apps.h"
#include "lab1-mapreduce/split.h"

#define FIELD(name) offsetof(struct options, name)

const struct program_option options_all[] = {
    {"app", "APP", "the application", FIELD(app), 0},
    {"arg", "TEXT", "its argument: grep's pattern", FIELD(arg), 0},
    {"workers", "N", "worker processes (4)", FIELD(workers), WORKERS_MAX},
    {"reduces", "N", "reduce tasks and parts (8)", FIELD(reduces), REDUCES_MAX},
    {"split", "BYTES", "input for one map task (4194304)", FIELD(split),
     UINT64_C(1) << 40},
    {"out", "DIR", "output folder: new, or empty", FIELD(out), 0},
    {"cluster", "DIR", "folder where the nodes meet", FIELD(cluster), 0},
    {"name", "NAME", "this node's name", FIELD(name), 0},
    {"master", "NAME", "the master's name (master)", FIELD(master), 0},
    {NULL, NULL, NULL, 0, 0},
};

const struct options options_default = {
    .master = "master",
    .workers = WORKERS_DEFAULT,
    .reduces = REDUCES_DEFAULT,
    .split = SPLIT_BYTES_DEFAULT,
};

void options_help(const struct program_command *command)
{
    if (strstr(command->takes, " app ") == NULL)
        return;
    printf("\napplications:\n");
    for (size_t i = 0; app_at(i) != NULL; i++)
        printf("  %-6s %s\n", app_at(i)->name, app_at(i)->about);
}
