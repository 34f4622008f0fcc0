// moments.c - see moments.h.
#include "grading/linear/read/moments.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"

bool moments_is_open(const struct linear_op *op)
{
    return op->outcome == LINEAR_MAYBE ||
           (op->kind == LINEAR_GET && op->outcome == LINEAR_OK &&
            op->seen == LINEAR_SAW_UNKNOWN);
}

static int compare(const void *left, const void *right)
{
    const struct moment *a = left;
    const struct moment *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

struct moment *moments_of(const struct linear_history *h, size_t *count)
{
    struct moment *moments =
        xmalloc((2 * h->count + h->note_count + 1) * sizeof moments[0]);
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];
        moments[n++] = (struct moment){op->call, MOMENT_CALL, i};
        bool told = op->ret != LINEAR_PENDING; // else it failed, some time
        if (!moments_is_open(op))
            moments[n++] =
                (struct moment){told ? op->ret : op->call, MOMENT_RETURN, i};
    }
    for (size_t i = 0; i < h->note_count; i++)
        moments[n++] = (struct moment){h->notes[i].at, MOMENT_NOTE, i};
    qsort(moments, n, sizeof moments[0], compare);
    *count = n;
    return moments;
}

uint64_t *moments_processes(const struct linear_history *h,
                            const struct moment *moments, size_t count)
{
    uint64_t *processes = xcalloc(h->count + 1, sizeof processes[0]);
    bool *busy = xcalloc(h->clients.count + 1, sizeof busy[0]);
    uint64_t next = h->clients.count;
    for (size_t i = 0; i < count; i++) {
        size_t op = moments[i].index;
        if (moments[i].type == MOMENT_NOTE)
            continue;
        uint32_t client = h->ops[op].client;
        if (moments[i].type == MOMENT_CALL) {
            processes[op] = busy[client] ? next++ : client;
            busy[client] = true;
        } else if (processes[op] == client) {
            busy[client] = false;
        }
    }
    free(busy);
    return processes;
}
