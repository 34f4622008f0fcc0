// origin.c - what can be told before a search: somebody found a value that
// nobody had written by then. Where many writes overlap, a search would first
// try all of their orders, and meet a limit. Only without Appends: what these
// leave is not known beforehand.
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "grading/linear/search/search.h"

// By node: of those that set it, the one that was called first.
static uint32_t *first_writers(const struct search *s)
{
    uint32_t *first = xmalloc(s->states.keys.count * sizeof first[0]);
    for (size_t node = 0; node < s->states.keys.count; node++)
        first[node] = NOBODY;
    for (uint32_t i = 0; i < s->ops.count; i++) {
        const struct step *step = &s->steps[i];
        if (step->effect != EFFECT_SET)
            continue;
        uint32_t *f = &first[step->target];
        if (*f == NOBODY ||
            key_op(&s->ops, i)->call < key_op(&s->ops, *f)->call)
            *f = i;
    }
    return first;
}

// Of those that found what nobody had written by then, the first to return.
static uint32_t first_without(const struct search *s, uint32_t begins,
                              const uint32_t *first)
{
    uint32_t reader = NOBODY;
    for (uint32_t i = 0; i < s->ops.count; i++) {
        const struct step *step = &s->steps[i];
        int64_t ret = key_ret(key_op(&s->ops, i));
        if (step->need != NEED_VALUE || step->optional ||
            step->node == begins || ret == INT64_MAX)
            continue;
        uint32_t writer = first[step->node];
        if ((writer == NOBODY || key_op(&s->ops, writer)->call > ret) &&
            (reader == NOBODY || ret < key_ret(key_op(&s->ops, reader))))
            reader = i;
    }
    return reader;
}

enum decision search_origins(struct search *s, struct linear_report *r)
{
    if (s->arguments.count > 0)
        return UNDECIDED;
    const struct linear_history *h = s->ops.h;
    uint32_t begins =
        h->begins_absent ? NODE_ABSENT : states_set(&s->states, h->init);
    uint32_t *first = first_writers(s);
    uint32_t reader = first_without(s, begins, first);
    enum decision d = UNDECIDED;
    if (reader != NOBODY) {
        uint32_t writer = first[s->steps[reader].node];
        d = key_report(&s->ops, r, DECIDED_NO,
                       writer == NOBODY ? LINEAR_FROM_NOWHERE
                                        : LINEAR_FROM_FUTURE,
                       (const uint32_t[]){reader, writer, WITNESSES_END});
    }
    free(first);
    return d;
}
