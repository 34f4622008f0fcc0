// options.c - see program.h. getopt is not used: its state is global.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/program/options_private.h"
#include "common/runtime/alloc.h"

// Does the list, names between spaces, hold the name?
static bool has_name(const char *list, const char *name, size_t size)
{
    const char *at = strstr(list, name);
    while (at != NULL) {
        if (at[-1] == ' ' && at[size] == ' ')
            return true;
        at = strstr(at + 1, name);
    }
    return false;
}

static bool takes(const struct program_command *command,
                  const struct program_option *option)
{
    return has_name(command->takes, option->name, strlen(option->name));
}

static const struct program_option *find(const struct program *p,
                                         const struct program_command *command,
                                         const char *name, size_t size)
{
    for (size_t i = 0; p->options[i].name != NULL; i++)
        if (strlen(p->options[i].name) == size &&
            memcmp(p->options[i].name, name, size) == 0 &&
            takes(command, &p->options[i]))
            return &p->options[i];
    return NULL;
}

static char *read_number(const struct program_option *option, const char *text,
                         uint64_t *to)
{
    uint64_t number = 0;
    const char *at = text;
    while (*at >= '0' && *at <= '9' && number <= option->max)
        number = number * 10 + (uint64_t)(*at++ - '0');
    if (at == text || *at != '\0' || number < 1 || number > option->max)
        return xasprintf("--%s %s: not a number from 1 to %" PRIu64,
                         option->name, text, option->max);
    *to = number;
    return NULL;
}

static char *set(const struct program_option *option, const char *value,
                 struct arguments *out)
{
    char *field = (char *)out + option->offset;
    if (option->max > 0)
        return read_number(option, value, (uint64_t *)(void *)field);
    *(const char **)(void *)field = value;
    return NULL;
}

// Reads the option at argv[*at], and its value if that is the next argument.
static char *read_option(const struct program *p,
                         const struct program_command *command, int argc,
                         char **argv, int *at, struct arguments *out)
{
    const char *text = argv[*at];
    const char *name = text + strspn(text, "-");
    size_t size = strcspn(name, "=");
    const struct program_option *option = NULL;
    if (name - text == 2)
        option = find(p, command, name, size);
    if (option == NULL)
        return xasprintf("%s knows no option %s: see %s %s --help",
                         command->name, text, p->name, command->name);
    if (name[size] == '=')
        return set(option, name + size + 1, out);
    if (*at + 1 == argc)
        return xasprintf("option %s needs a value", text);
    (*at)++;
    return set(option, argv[*at], out);
}

static char *check_needs(const struct program *p,
                         const struct program_command *command,
                         const struct arguments *out)
{
    for (size_t i = 0; p->options[i].name != NULL; i++) {
        const struct program_option *option = &p->options[i];
        const void *field = (const char *)out + option->offset;
        if (has_name(command->needs, option->name, strlen(option->name)) &&
            *(const char *const *)field == NULL)
            return xasprintf("%s needs --%s %s", command->name, option->name,
                             option->value);
    }
    if (command->operand == NULL && out->file_count > 0)
        return xasprintf("%s takes no argument %s", command->name,
                         out->files[0]);
    if (command->operand != NULL && out->file_count == 0)
        return xasprintf("%s needs %s", command->name, command->operand);
    if (command->operand != NULL && strstr(command->operand, "...") == NULL &&
        out->file_count > 1)
        return xasprintf("%s takes one %s only", command->name,
                         command->operand);
    return NULL;
}

char *program_options_read(const struct program *p,
                           const struct program_command *command, int argc,
                           char **argv, struct arguments *out)
{
    out->files = xcalloc((size_t)argc + 1, sizeof out->files[0]);
    out->file_count = 0;
    bool only_files = false; // behind "--"
    char *why = NULL;
    for (int at = 0; at < argc && why == NULL; at++) {
        bool is_file = argv[at][0] != '-' || argv[at][1] == '\0'; // "-"
        if (only_files || is_file)
            out->files[out->file_count++] = argv[at];
        else if (strcmp(argv[at], "--") == 0)
            only_files = true;
        else
            why = read_option(p, command, argc, argv, &at, out);
    }
    return why == NULL ? check_needs(p, command, out) : why;
}

void program_options_help(const struct program *p,
                          const struct program_command *command)
{
    printf("usage: %s %s", p->name, command->name);
    for (size_t i = 0; p->options[i].name != NULL; i++)
        if (takes(command, &p->options[i]))
            printf(has_name(command->needs, p->options[i].name,
                            strlen(p->options[i].name))
                       ? " --%s %s"
                       : " [--%s %s]",
                   p->options[i].name, p->options[i].value);
    printf("%s%s\n%s\n\n", command->operand != NULL ? " " : "",
           command->operand != NULL ? command->operand : "", command->about);
    for (size_t i = 0; p->options[i].name != NULL; i++)
        if (takes(command, &p->options[i]))
            printf("  --%-8s %-6s %s\n", p->options[i].name,
                   p->options[i].value, p->options[i].about);
    if (p->help != NULL)
        p->help(command);
}
