// options.c - see options.h. getopt is not used: its state is global.
#include "lab1-mapreduce/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "lab1-mapreduce/apps.h"
#include "lab1-mapreduce/split.h"

struct option {
    const char *name;
    const char *value; // what stands for its value in the help
    const char *about;
    size_t offset; // in struct options
    uint64_t max;  // of a number, which is 1 at least; 0: a text
};

#define FIELD(name) offsetof(struct options, name)

static const struct option all[] = {
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

static bool takes(const struct command *command, const struct option *option)
{
    return has_name(command->takes, option->name, strlen(option->name));
}

static const struct option *find(const struct command *command,
                                 const char *name, size_t size)
{
    for (size_t i = 0; all[i].name != NULL; i++)
        if (strlen(all[i].name) == size &&
            memcmp(all[i].name, name, size) == 0 && takes(command, &all[i]))
            return &all[i];
    return NULL;
}

static char *read_number(const struct option *option, const char *text,
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

static char *set(const struct option *option, const char *value,
                 struct options *out)
{
    char *field = (char *)out + option->offset;
    if (option->max > 0)
        return read_number(option, value, (uint64_t *)(void *)field);
    *(const char **)(void *)field = value;
    return NULL;
}

// Reads the option at argv[*at], and its value if that is the next argument.
static char *read_option(const struct command *command, int argc, char **argv,
                         int *at, struct options *out)
{
    const char *text = argv[*at];
    const char *name = text + strspn(text, "-");
    size_t size = strcspn(name, "=");
    const struct option *option = NULL;
    if (name - text == 2)
        option = find(command, name, size);
    if (option == NULL)
        return xasprintf("%s knows no option %s: see mr %s --help",
                         command->name, text, command->name);
    if (name[size] == '=')
        return set(option, name + size + 1, out);
    if (*at + 1 == argc)
        return xasprintf("option %s needs a value", text);
    (*at)++;
    return set(option, argv[*at], out);
}

static char *check_needs(const struct command *command,
                         const struct options *out)
{
    for (size_t i = 0; all[i].name != NULL; i++) {
        const struct option *option = &all[i];
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
    if (command->operand != NULL && strcmp(command->operand, "DIR") == 0 &&
        out->file_count > 1)
        return xasprintf("%s takes one DIR only", command->name);
    return NULL;
}

char *options_read(const struct command *command, int argc, char **argv,
                   struct options *out)
{
    *out = (struct options){
        .master = "master",
        .workers = WORKERS_DEFAULT,
        .reduces = REDUCES_DEFAULT,
        .split = SPLIT_BYTES_DEFAULT,
        .files = xcalloc((size_t)argc + 1, sizeof out->files[0]),
    };
    bool only_files = false; // behind "--"
    char *why = NULL;
    for (int at = 0; at < argc && why == NULL; at++) {
        if (only_files || argv[at][0] != '-')
            out->files[out->file_count++] = argv[at];
        else if (strcmp(argv[at], "--") == 0)
            only_files = true;
        else
            why = read_option(command, argc, argv, &at, out);
    }
    if (why == NULL)
        why = check_needs(command, out);
    if (why != NULL)
        options_release(out);
    return why;
}

void options_release(struct options *o)
{
    free(o->files);
    o->files = NULL;
}

void options_help(const struct command *command)
{
    printf("usage: mr %s", command->name);
    for (size_t i = 0; all[i].name != NULL; i++)
        if (takes(command, &all[i]))
            printf(has_name(command->needs, all[i].name, strlen(all[i].name))
                       ? " --%s %s"
                       : " [--%s %s]",
                   all[i].name, all[i].value);
    printf("%s%s\n%s\n\n", command->operand != NULL ? " " : "",
           command->operand != NULL ? command->operand : "", command->about);
    for (size_t i = 0; all[i].name != NULL; i++)
        if (takes(command, &all[i]))
            printf("  --%-8s %-6s %s\n", all[i].name, all[i].value,
                   all[i].about);
    if (!has_name(command->takes, "app", 3))
        return;
    printf("\napplications:\n");
    for (size_t i = 0; app_at(i) != NULL; i++)
        printf("  %-6s %s\n", app_at(i)->name, app_at(i)->about);
}
