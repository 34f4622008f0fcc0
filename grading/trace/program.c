#include "grading/trace/program.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "grading/trace/print.h"
#include "grading/trace/story.h"

static const char usage[] =
    "usage: trace FOLDER [--node NAME]... [--tail N] [--json]\n";

static const char help[] =
    "\n"
    "Prints what the nodes of the cluster in FOLDER did, merged into one\n"
    "story in which nothing comes before its cause. Each node keeps its\n"
    "last 4,096 events, also after it was killed; a cluster that runs can\n"
    "be looked at as well.\n"
    "\n"
    "  --node NAME  only what this node did; more than once: these nodes\n"
    "  --tail N     only the last N events of what remains\n"
    "  --json       one JSON object a line\n"
    "  --help       this text\n"
    "\n"
    "A call from s1 to s2 that goes well is four events:\n"
    "  s1 -> s2  asks     the request leaves s1\n"
    "  s1 -> s2  gets     it has come to s2, whose handler runs now\n"
    "  s1 <- s2  replies  its reply leaves s2\n"
    "  s1 <- s2  ok       it has come to s1\n"
    "and otherwise REFUSED or UNKNOWN at s1. Messages are lost (LOST) or\n"
    "late (LATE) on order of a test, or by a cut. The number behind # is\n"
    "the call's.\n"
    "\n"
    "Exit status: 0; 1: the traces cannot be read; 2: wrong arguments.\n";

struct options {
    const char *folder;
    const char *nodes[FAULT_NODES_MAX]; // none: all
    size_t node_count;
    size_t tail;
    bool json;
    bool help;
};

// A number of digits alone, 1 at least.
static bool parse_count(const char *text, size_t *out)
{
    char *end = NULL;
    *out = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out > 0;
}

// False: they make no sense.
static bool parse(struct options *o, int argc, char **argv, FILE *complaints)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(arg, "--help") == 0) {
            o->help = true;
        } else if (strcmp(arg, "--json") == 0) {
            o->json = true;
        } else if (strcmp(arg, "--node") == 0 && value != NULL &&
                   o->node_count < FAULT_NODES_MAX) {
            o->nodes[o->node_count++] = value;
            i++;
        } else if (strcmp(arg, "--tail") == 0 && value != NULL &&
                   parse_count(value, &o->tail)) {
            i++;
        } else if (arg[0] != '-' && o->folder == NULL) {
            o->folder = arg;
        } else {
            fprintf(complaints, "trace: what is '%s'?\n", arg);
            return false;
        }
    }
    return o->help || o->folder != NULL;
}

static bool has_node(const struct story *s, const char *name)
{
    for (size_t i = 0; i < s->node_count; i++)
        if (strcmp(s->nodes[i].name, name) == 0)
            return true;
    return false;
}

// Is each --node one of the story's? Names those that there are if not.
static bool check_nodes(const struct options *o, const struct story *s,
                        FILE *complaints)
{
    for (size_t i = 0; i < o->node_count; i++) {
        if (has_node(s, o->nodes[i]))
            continue;
        fprintf(complaints, "trace: %s has no node '%s', but", o->folder,
                o->nodes[i]);
        for (size_t j = 0; j < s->node_count; j++)
            fprintf(complaints, " %s", s->nodes[j].name);
        fprintf(complaints, "\n");
        return false;
    }
    return true;
}

// Leaves the steps that are asked for; returns how many.
static size_t pick(const struct options *o, const struct story *s,
                   struct story_step *steps, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = s->nodes[steps[i].node].name;
        bool wanted = o->node_count == 0;
        for (size_t j = 0; j < o->node_count && !wanted; j++)
            wanted = strcmp(name, o->nodes[j]) == 0;
        if (wanted)
            steps[kept++] = steps[i];
    }
    if (o->tail == 0 || kept <= o->tail)
        return kept;
    memmove(steps, steps + kept - o->tail, o->tail * sizeof *steps);
    return o->tail;
}

static void tell(const struct options *o, const struct story *s, FILE *out)
{
    size_t count = 0;
    struct story_step *steps = story_tell(s, &count);
    struct printer p;
    printer_init(&p, out, s, steps, count);
    if (!o->json) {
        for (size_t i = 0; i < s->node_count; i++)
            if (s->nodes[i].gone > 0)
                fprintf(out, "%s: %" PRIu64 " older events are gone\n",
                        s->nodes[i].name, s->nodes[i].gone);
        print_head(&p);
    }
    count = pick(o, s, steps, count);
    for (size_t i = 0; i < count; i++) {
        if (o->json)
            print_json(&p, &steps[i]);
        else
            print_step(&p, &steps[i]);
    }
    free(steps);
}

int trace_program(int argc, char **argv, FILE *out, FILE *complaints)
{
    struct options o = {.folder = NULL};
    if (!parse(&o, argc, argv, complaints)) {
        fputs(usage, complaints);
        return 2;
    }
    if (o.help) {
        fprintf(out, "%s%s", usage, help);
        return 0;
    }
    struct story s;
    story_init(&s);
    int status = 1;
    if (story_load(&s, o.folder, complaints)) {
        status = check_nodes(&o, &s, complaints) ? 0 : 2;
        if (status == 0)
            tell(&o, &s, out);
    }
    story_release(&s);
    if (fflush(out) != 0 && status == 0) {
        fprintf(complaints, "trace: the output cannot be written\n");
        status = 1;
    }
    return status;
}
