// program.c - the commands: check, explain, shrink, convert, gen.
#include "grading/linear/program/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/runtime/alloc.h"
#include "grading/linear/picture.h"

static const struct program linear;

static int complain(char *why)
{
    return program_complain(&linear, EXIT_USAGE, why);
}

// --- What was asked for ----------------------------------------------------

static char *bad_option(const char *name, const char *value, const char *known)
{
    return xasprintf("--%s is '%s': it must be one of %s", name, value, known);
}

static bool is_yes(const char *value)
{
    return value != NULL && strcmp(value, "yes") == 0;
}

static char *read_yes(const char *name, const char *value)
{
    return value == NULL || is_yes(value) || strcmp(value, "no") == 0
               ? NULL
               : bad_option(name, value, "yes, no");
}

static char *reading_of(const struct linear_arguments *a,
                        struct linear_reading *how)
{
    *how = (struct linear_reading){.init = a->init,
                                   .independent = is_yes(a->independent),
                                   .lenient = is_yes(a->lenient),
                                   .threads = (unsigned)a->threads};
    char *bad = read_yes("independent", a->independent);
    if (bad == NULL)
        bad = read_yes("lenient", a->lenient);
    if (bad != NULL)
        return bad;
    if (a->format != NULL) {
        int format = linear_format_named(a->format);
        if (format < 0)
            return bad_option("format", a->format,
                              "lines, porcupine, jepsen, edn, elle");
        how->format = (enum linear_format)format;
    }
    if (a->nil_read == NULL)
        return NULL;
    if (strcmp(a->nil_read, "absent") == 0)
        how->nil = LINEAR_NIL_ABSENT;
    else if (strcmp(a->nil_read, "unknown") == 0)
        how->nil = LINEAR_NIL_UNKNOWN;
    else
        return bad_option("nil-read", a->nil_read, "absent, unknown");
    return NULL;
}

static char *options_of(const struct linear_arguments *a,
                        struct linear_options *o)
{
    static const char *const names[] = {"auto", "blocks", "frontier", "depth"};
    *o = (struct linear_options){.threads = (unsigned)a->threads,
                                 .max_ms = a->max_ms,
                                 .max_mem = a->max_mem << 20,
                                 .max_configs = a->max_configs};
    if (a->engine == NULL)
        return NULL;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], a->engine) == 0) {
            o->engine = (enum linear_engine)i;
            return NULL;
        }
    return bad_option("engine", a->engine, "auto, blocks, frontier, depth");
}

// Reads a file. NULL, or what is wrong; *h must be released in any case.
static char *load(const struct linear_arguments *a, const char *path,
                  struct linear_options *o, struct linear_history *h)
{
    struct linear_reading how;
    linear_history_init(h);
    char *bad = reading_of(a, &how);
    if (bad == NULL)
        bad = options_of(a, o);
    if (bad == NULL)
        bad = linear_read_file(path, &how, h);
    if (bad == NULL && how.skipped > 0)
        fprintf(stderr, "linear: %s: %zu lines were not understood\n", path,
                how.skipped);
    return bad;
}

static int status_of(enum linear_verdict verdict)
{
    return verdict == LINEAR_YES        ? 0
           : verdict == LINEAR_NO_ORDER ? EXIT_FAILED
                                        : EXIT_UNKNOWN;
}

// What was printed may not have reached its file.
static int flushed(int status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    return complain(xasprintf("cannot write the output: %s", strerror(errno)));
}

// --- check, explain --------------------------------------------------------

static int print_verdict(const char *path, const struct linear_history *h,
                         const struct linear_report *r)
{
    static const char *const verdicts[] = {"linearizable", "NOT linearizable",
                                           "unknown"};
    printf("%s: %s (%zu operations, %zu keys)\n", path, verdicts[r->verdict],
           h->count, h->keys.count);
    return status_of(r->verdict);
}

static int check_file(const struct linear_arguments *a, const char *path)
{
    struct linear_history h;
    struct linear_options o;
    char *bad = load(a, path, &o, &h);
    if (bad != NULL) {
        linear_history_release(&h);
        return complain(bad);
    }
    struct linear_report r;
    linear_check(&h, &o, &r);
    int status = print_verdict(path, &h, &r);
    if (status != 0) {
        struct linear_explanation e;
        linear_explain(&h, &o, &r, &e);
        linear_explanation_print(stdout, &h, &e);
        linear_explanation_release(&e);
    }
    linear_history_release(&h);
    return status;
}

// Of several files the worst: unreadable, wrong, unknown.
static int worse(int a, int b)
{
    static const int rank[] = {0, 2, 3, 1};
    return rank[b] > rank[a] ? b : a;
}

static int command_check(const struct arguments *arguments)
{
    const struct linear_arguments *a =
        (const struct linear_arguments *)arguments;
    int status = 0;
    for (size_t i = 0; i < a->beside.file_count; i++)
        status = worse(status, check_file(a, a->beside.files[i]));
    return flushed(status);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat of_a;
    struct stat of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 &&
           of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

static char *write_html(const struct linear_arguments *a, const char *path,
                        const struct linear_history *h,
                        const struct linear_explanation *e)
{
    if (is_same_file(a->html, path)) // it is mapped, and would be lost
        return xasprintf("%s: --html would overwrite the history", path);
    FILE *out = fopen(a->html, "we");
    if (out == NULL)
        return xasprintf("%s: %s", a->html, strerror(errno));
    linear_picture_html(out, path, h, e, 0);
    bool bad = ferror(out) != 0;
    return fclose(out) != 0 || bad
               ? xasprintf("%s: %s", a->html, strerror(errno))
               : NULL;
}

static char *explain(const struct linear_arguments *a, const char *path,
                     const struct linear_options *o,
                     const struct linear_history *h, int *status)
{
    struct linear_report r;
    linear_check(h, o, &r);
    *status = print_verdict(path, h, &r);
    bool wrong = r.verdict != LINEAR_YES;
    struct linear_explanation e;
    linear_explain(h, o, &r, &e);
    if (wrong)
        linear_explanation_print(stdout, h, &e);
    if (r.verdict == LINEAR_NO_ORDER) {
        putchar('\n');
        linear_picture_text(stdout, h, &e, (unsigned)a->width);
    }
    char *bad = NULL;
    if (a->html != NULL)
        bad = write_html(a, path, h, wrong ? &e : NULL);
    linear_explanation_release(&e);
    return bad;
}

static int command_explain(const struct arguments *arguments)
{
    const struct linear_arguments *a =
        (const struct linear_arguments *)arguments;
    struct linear_history h;
    struct linear_options o;
    int status = 0;
    const char *path = a->beside.files[0];
    char *bad = load(a, path, &o, &h);
    if (bad == NULL)
        bad = explain(a, path, &o, &h, &status);
    linear_history_release(&h);
    return bad != NULL ? complain(bad) : flushed(status);
}

// --- shrink, convert, gen --------------------------------------------------

static int command_shrink(const struct arguments *arguments)
{
    const struct linear_arguments *a =
        (const struct linear_arguments *)arguments;
    struct linear_history h;
    struct linear_options o;
    char *bad = load(a, a->beside.files[0], &o, &h);
    if (bad != NULL) {
        linear_history_release(&h);
        return complain(bad);
    }
    struct linear_report r;
    struct linear_explanation e;
    linear_check(&h, &o, &r);
    int status = status_of(r.verdict);
    if (r.verdict == LINEAR_NO_ORDER) {
        linear_explain(&h, &o, &r, &e);
        linear_write(stdout, &e.minimal);
        linear_explanation_release(&e);
    } else {
        fprintf(stderr, "linear: %s: there is nothing to shrink: %s\n",
                a->beside.files[0],
                status == 0 ? "it is linearizable" : "its verdict is unknown");
    }
    linear_history_release(&h);
    return flushed(status);
}

// What the new file does not say, and how it must be read.
static void tell_lost(const char *path, const struct linear_history *h,
                      enum linear_format to)
{
    size_t lost = linear_convert_loses(h, to);
    bool absent = false;
    for (size_t i = 0; i < h->count; i++)
        absent = absent || h->ops[i].seen == LINEAR_SAW_ABSENT;
    if (lost > 0)
        fprintf(stderr,
                "linear: %s: %zu operations say less as %s: the verdict may "
                "be another\n",
                path, lost, linear_format_name(to));
    if (to != LINEAR_EDN && to != LINEAR_ELLE)
        return;
    if (absent)
        fprintf(stderr, "linear: %s: to be read with --nil-read absent\n",
                path);
    if (!h->begins_absent)
        fprintf(stderr, "linear: %s: to be read with --init '%.*s'\n", path,
                (int)h->init.size, (const char *)h->init.data);
}

static int command_convert(const struct arguments *arguments)
{
    const struct linear_arguments *a =
        (const struct linear_arguments *)arguments;
    struct linear_history h;
    struct linear_options o;
    int to = linear_format_named(a->to);
    if (to < 0)
        return complain(
            bad_option("to", a->to, "lines, porcupine, jepsen, edn, elle"));
    char *bad = load(a, a->beside.files[0], &o, &h);
    if (bad == NULL)
        bad = linear_convert(stdout, &h, (enum linear_format)to);
    if (bad == NULL)
        tell_lost(a->beside.files[0], &h, (enum linear_format)to);
    linear_history_release(&h);
    return bad != NULL ? complain(bad) : flushed(0);
}

static int command_gen(const struct arguments *arguments)
{
    char *bad = linear_gen((const struct linear_arguments *)arguments, stdout);
    return bad != NULL ? complain(bad) : flushed(0);
}

// --- The tables ------------------------------------------------------------

#define FIELD(name) offsetof(struct linear_arguments, name)

static const struct program_option options[] = {
    {"format", "NAME",
     "lines, porcupine, jepsen, edn or elle; else what it looks like",
     FIELD(format), 0},
    {"init", "VALUE", "that keys begin with; nil: none", FIELD(init), 0},
    {"nil-read", "WHAT", "a read of nil says: absent, or unknown",
     FIELD(nil_read), 0},
    {"independent", "yes", "edn, elle: each value is [key value]",
     FIELD(independent), 0},
    {"lenient", "yes",
     "lines, porcupine, jepsen: skip lines that are not understood",
     FIELD(lenient), 0},
    {"engine", "NAME", "auto, blocks, frontier or depth", FIELD(engine), 0},
    {"threads", "N", "to read lines, and for keys; else as many as pay",
     FIELD(threads), 64},
    {"max-ms", "N", "of a search of a key; 60000", FIELD(max_ms), UINT32_MAX},
    {"max-mem", "MIB", "of a search of a key; 1024", FIELD(max_mem), 1 << 20},
    {"max-configs", "N",
     "at a moment; if more, another search is tried; 100000",
     FIELD(max_configs), UINT32_MAX},
    {"html", "FILE", "write a picture, too", FIELD(html), 0},
    {"width", "N", "of the picture in text; 80", FIELD(width), 500},
    {"to", "FORMAT", "lines, porcupine, jepsen, edn or elle", FIELD(to), 0},
    {"ops", "N", "operations; 1000", FIELD(ops), UINT32_MAX - 2},
    {"keys", "N", "keys; 1", FIELD(keys), 1 << 20},
    {"clients", "N", "clients, one operation each at a time; 10",
     FIELD(clients), 100000},
    {"unknown", "PERCENT", "of the writes: their outcome; 10", FIELD(unknown),
     0},
    {"seed", "N", "of the dice; 1", FIELD(seed), UINT64_MAX},
    {"mix", "LIST", "percents: get=50,put=20,append=30,cas=0", FIELD(mix), 0},
    {"plant", "KIND",
     "nowhere, stale, future, twice or fork: one, near the end", FIELD(plant),
     0},
    {NULL, NULL, NULL, 0, 0},
};

#define READING " format init nil-read independent lenient "
#define LIMITS " engine threads max-ms max-mem max-configs "

static const struct program_command commands[] = {
    {"check", "Says whether histories are linearizable; if not, why.",
     READING LIMITS, "", "FILE...", command_check},
    {"explain", "Says why a history is not linearizable, with a picture.",
     READING LIMITS " html width ", "", "FILE", command_explain},
    {"shrink", "Prints the least of a history that is not linearizable.",
     READING LIMITS, "", "FILE", command_shrink},
    {"convert", "Prints a history in another format.", READING " to ", " to ",
     "FILE", command_convert},
    {"gen", "Prints a random history, linearizable unless --plant.",
     " ops keys clients unknown seed mix plant ", "", NULL, command_gen},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static void help(const struct program_command *command)
{
    if (command->run != command_convert && command->run != command_gen)
        printf("\nExit status: 0 linearizable, 1 not, 3 a limit ended the "
               "check, 2 bad usage or input.\n");
}

static const struct linear_arguments defaults = {.ops = 1000,
                                                 .keys = 1,
                                                 .clients = 10,
                                                 .unknown = "10",
                                                 .seed = 1,
                                                 .width = 80};

static const struct program linear = {
    .name = "linear",
    .about = "Judges, explains and makes histories of key/value services.",
    .options = options,
    .commands = commands,
    .size = sizeof(struct linear_arguments),
    .defaults = &defaults,
    .help = help,
};

int linear_program(int argc, char **argv)
{
    return program_main(&linear, argc, argv);
}
