// program.c - the commands.
#include "lab1-mapreduce/program.h"

#include "lab1-mapreduce/options.h"

static const struct program_command commands[] = {
    {"run", "Does a job with worker processes of its own.",
     " app arg workers reduces split out ", " app out ", "FILE...",
     command_run},
    {"master",
     "Does a job with the workers that come, and tells them to "
     "leave.",
     " app arg reduces split out cluster name ", " app out cluster ", "FILE...",
     command_master},
    {"worker", "Works for a master until its job is done.",
     " cluster name master ", " cluster name ", NULL, command_worker},
    {"local", "Does a job in one process, one task after the other.",
     " app arg reduces split out cluster name ", " app out ", "FILE...",
     command_local},
    {"sequential", "Does a job in one process, simply: the same output.",
     " app arg reduces out ", " app out ", "FILE...", command_sequential},
    {"merge", "Prints the parts of an output in the order of their keys.", " ",
     " ", "DIR", command_merge},
    {"status", "Prints how far a master's job is.", " cluster master ",
     " cluster ", NULL, command_status},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct program mr = {
    .name = "mr",
    .about = "MapReduce: counts words, makes an index or finds lines, with "
             "many processes.",
    .options = options_all,
    .commands = commands,
    .size = sizeof(struct options),
    .defaults = &options_default,
    .help = options_help,
};

int complain(int status, char *why)
{
    return program_complain(&mr, status, why);
}

int node_main(int argc, char **argv)
{
    return program_main(&mr, argc, argv);
}
