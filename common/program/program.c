// program.c - finds the command; reading its options is in options.c.
#include "common/program/program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/program/options_private.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"

enum {
    LOOK_MS = 10, // from one look for a signal to the next
};

int program_complain(const struct program *p, int status, char *why)
{
    fprintf(stderr, "%s: %s\n", p->name, why);
    free(why);
    return status;
}

int program_await_signal(void)
{
    while (process_interrupted() == 0)
        clock_sleep_ms(LOOK_MS);
    return EXIT_SIGNAL + process_interrupted();
}

// Output that did not reach its file is an error, like any other.
static int flush_output(const struct program *p, int status)
{
    if (fflush(stdout) == 0)
        return status;
    return program_complain(p, EXIT_FAILED,
                            xasprintf("cannot write to standard output: %s",
                                      err_text(err_from_errno(errno))));
}

static int help(const struct program *p)
{
    printf("usage: %s COMMAND ...\n%s\n\n", p->name, p->about);
    for (const struct program_command *c = p->commands; c->name != NULL; c++)
        printf("  %-11s %s\n", c->name, c->about);
    printf("\n%s COMMAND --help says more.\n", p->name);
    return flush_output(p, 0);
}

static const struct program_command *find_command(const struct program *p,
                                                  const char *name)
{
    for (const struct program_command *c = p->commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static bool is_help(const char *text)
{
    return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}

static int run(const struct program *p, const struct program_command *command,
               int argc, char **argv)
{
    struct arguments *arguments = xmemdup(p->defaults, p->size);
    char *why = program_options_read(p, command, argc, argv, arguments);
    int status = EXIT_USAGE;
    if (why != NULL)
        program_complain(p, status, why);
    else
        status = command->run(arguments);
    free(arguments->files);
    free(arguments);
    return status;
}

int program_main(const struct program *p, int argc, char **argv)
{
    if (argc >= 2 && (is_help(argv[1]) || strcmp(argv[1], "help") == 0))
        return help(p);
    if (argc < 2)
        return program_complain(
            p, EXIT_USAGE,
            xasprintf("what shall be done? See %s --help", p->name));
    const struct program_command *command = find_command(p, argv[1]);
    if (command == NULL)
        return program_complain(
            p, EXIT_USAGE,
            xasprintf("no such command: %s (see %s --help)", argv[1], p->name));
    if (argc == 3 && is_help(argv[2])) {
        program_options_help(p, command);
        return flush_output(p, 0);
    }
    return run(p, command, argc - 2, argv + 2);
}
