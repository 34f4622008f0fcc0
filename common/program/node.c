// node.c - programs that are nodes: see program.h.
#include "common/rpc/node.h"

#include "common/program/program.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

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
