// node.c - programs that are nodes: see program.h.
#include "common/rpc/node.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/program/program.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

// Cuts `rest` into names[0 .. *count). What is wrong with one of them, or NULL.
static char *read_names(char *rest, size_t max, const char **names,
                        size_t *count)
{
    for (char *name = strsep(&rest, ","); name != NULL;
         name = strsep(&rest, ",")) {
        if (!node_is_name(name))
            return xasprintf("'%s' is no name: 1 to %d of a-z, 0-9 and -", name,
                             NODE_NAME_MAX);
        if (is_among(name, names, *count))
            return xasprintf("%s is there twice", name);
        if (*count == max)
            return xasprintf("%zu names at most", max);
        names[(*count)++] = name;
    }
    return NULL;
}

char *program_nodes_wrong(const char *option, const char *list, size_t max,
                          const char *me)
{
    char *copy = xstrdup(list);
    const char **names = xcalloc(max, sizeof *names);
    size_t count = 0;
    char *wrong = read_names(copy, max, names, &count);
    if (wrong == NULL && me != NULL && !is_among(me, names, count))
        wrong = xasprintf("%s is not among them", me);
    char *sentence = NULL;
    if (wrong != NULL)
        sentence = xasprintf("--%s %s: %s", option, list, wrong);
    free(wrong);
    free(names);
    free(copy);
    return sentence;
}

int program_join(const struct program *p, const char *folder, const char *name,
                 struct node **out)
{
    if (node_open(folder, name, true, out) == ERR_OK)
        return 0;
    return program_complain( // node_open has logged why
        p, EXIT_USAGE, xasprintf("cannot join the cluster in %s", folder));
}

int program_serve(const struct program *p, struct node *n, int err)
{
    if (err != ERR_OK)
        return program_complain(p, EXIT_FAILED,
                                xasprintf("cannot serve: %s", err_text(err)));
    int status = program_await_signal();
    node_cancel(n);
    return status;
}
