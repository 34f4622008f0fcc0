// program.c - finds the command and reads its options.
#include "lab1-mapreduce/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "lab1-mapreduce/options.h"

static const struct command commands[] = {
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
    {"sequential", "Does a job in one process, simply: the same output.",
     " app arg reduces out ", " app out ", "FILE...", command_sequential},
    {"merge", "Prints the parts of an output in the order of their keys.", " ",
     " ", "DIR", command_merge},
    {"status", "Prints how far a master's job is.", " cluster master ",
     " cluster ", NULL, command_status},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

int complain(int status, char *why)
{
    fprintf(stderr, "mr: %s\n", why);
    free(why);
    return status;
}

// Output that did not reach its file is an error, like any other.
static int flush_output(int status)
{
    if (fflush(stdout) == 0)
        return status;
    return complain(EXIT_FAILED,
                    xasprintf("cannot write to standard output: %s",
                              err_text(err_from_errno(errno))));
}

static int help(void)
{
    printf("usage: mr COMMAND ...\nMapReduce: counts words, makes an index or "
           "finds lines, with many processes.\n\n");
    for (size_t i = 0; commands[i].name != NULL; i++)
        printf("  %-11s %s\n", commands[i].name, commands[i].about);
    printf("\nmr COMMAND --help says more.\n");
    return flush_output(0);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; commands[i].name != NULL; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static bool is_help(const char *text)
{
    return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}

int node_main(int argc, char **argv)
{
    if (argc >= 2 && (is_help(argv[1]) || strcmp(argv[1], "help") == 0))
        return help();
    if (argc < 2)
        return complain(EXIT_USAGE,
                        xstrdup("what shall be done? See mr --help"));
    const struct command *command = find_command(argv[1]);
    if (command == NULL)
        return complain(
            EXIT_USAGE,
            xasprintf("no such command: %s (see mr --help)", argv[1]));
    if (argc == 3 && is_help(argv[2])) {
        options_help(command);
        return flush_output(0);
    }
    struct options options;
    char *why = options_read(command, argc - 2, argv + 2, &options);
    if (why != NULL)
        return complain(EXIT_USAGE, why);
    int status = command->run(&options);
    options_release(&options);
    return status;
}
