// frontier.c - all that may be the case, carried along the events.
//
// An operation takes effect as late as it can: at a return, configurations in
// which the operation has not happened yet go through all that can happen
// before it (Lowe, "Testing for Linearizability", just-in-time
// linearization). If nothing is left, there is no order, and this return is
// the first moment at which that is certain.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/search/search.h"

enum {
    REDUCE_FROM = 4,  // configurations, for R2 to be worth it
    COMPARE_MAX = 64, // with so many others at most
};

struct frontier {
    struct search s;
    struct records now;   // what may be the case
    struct records next;  // behind the event at hand
    struct records tried; // on the way there
    uint64_t *config;     // room for one; owned
    uint64_t *optional;   // masks of slots, like configurations; owned
    uint64_t *reads;
    uint32_t *order; // owned
    size_t order_room;
};

static void add_next(struct frontier *f, const uint64_t *config, uint32_t slot)
{
    if (config != f->config)
        memcpy(f->config, config, f->s.words * sizeof config[0]);
    config_clear(f->config, slot);
    f->config[0] &= ~CONFIG_OWES;
    records_add(&f->next, f->config, NULL);
}

static bool is_over(struct frontier *f)
{
    return search_is_over(&f->s, f->next.count + f->tried.count,
                          records_bytes(&f->now) + records_bytes(&f->next) +
                              records_bytes(&f->tried));
}

// All that can come of tried[i], one step on. False: a limit is met.
static bool expand(struct frontier *f, size_t i, uint32_t slot)
{
    struct search *s = &f->s;
    for (size_t j = 0; j < s->open_count; j++) {
        const uint64_t *from = records_get(&f->tried, i);
        uint32_t op = s->open[j];
        const struct step *step = &s->steps[op];
        if (step->effect == EFFECT_NONE || config_has(from, step->slot) ||
            search_has_twin(s, from, op) ||
            !search_apply(s, from, op, f->config))
            continue;
        if (config_has(f->config, slot))
            add_next(f, f->config, slot);
        else
            records_add(&f->tried, f->config, NULL);
        if (is_over(f))
            return false;
    }
    return true;
}

// Operation `op` has returned: it has happened. False: a limit is met.
static bool pass_return(struct frontier *f, uint32_t op)
{
    uint32_t slot = f->s.steps[op].slot;
    records_clear(&f->next);
    records_clear(&f->tried);
    for (size_t i = 0; i < f->now.count; i++) {
        const uint64_t *config = records_get(&f->now, i);
        if (config_has(config, slot))
            add_next(f, config, slot);
        else
            records_add(&f->tried, config, NULL);
    }
    for (size_t i = 0; i < f->tried.count; i++)
        if (!expand(f, i, slot))
            return false;
    return true;
}

static void swap(struct frontier *f)
{
    struct records now = f->now;
    f->now = f->next;
    f->next = now;
}

static void pass_call(struct frontier *f, uint32_t op)
{
    if (f->s.steps[op].effect != EFFECT_NONE)
        return;
    records_clear(&f->next);
    for (size_t i = 0; i < f->now.count; i++) {
        memcpy(f->config, records_get(&f->now, i),
               f->s.words * sizeof f->config[0]);
        search_absorb_one(&f->s, f->config, op);
        records_add(&f->next, f->config, NULL);
    }
    swap(f);
}

static void pass_expire(struct frontier *f, uint32_t op)
{
    records_clear(&f->next);
    for (size_t i = 0; i < f->now.count; i++)
        add_next(f, records_get(&f->now, i), f->s.steps[op].slot);
    swap(f);
}

// --- R2 --------------------------------------------------------------------

static void set_masks(struct frontier *f)
{
    const struct search *s = &f->s;
    memset(f->optional, 0, s->words * sizeof f->optional[0]);
    memset(f->reads, 0, s->words * sizeof f->reads[0]);
    for (size_t i = 0; i < s->open_count; i++) {
        const struct step *step = &s->steps[s->open[i]];
        if (step->optional)
            config_set(f->optional, step->slot);
        else if (step->effect == EFFECT_NONE)
            config_set(f->reads, step->slot);
    }
}

// By the state, and by the writes that must happen.
static int compare_groups(const void *a, const void *b, void *frontier)
{
    const struct frontier *f = frontier;
    const uint64_t *x = records_get(&f->now, *(const uint32_t *)a);
    const uint64_t *y = records_get(&f->now, *(const uint32_t *)b);
    if (x[0] != y[0])
        return x[0] < y[0] ? -1 : 1;
    for (size_t i = 1; i < f->s.words; i++) {
        uint64_t mask = ~(f->optional[i] | f->reads[i]);
        if ((x[i] & mask) != (y[i] & mask))
            return (x[i] & mask) < (y[i] & mask) ? -1 : 1;
    }
    return 0;
}

// Of one group: is what y can do no more than what x can?
static bool covers(const struct frontier *f, const uint64_t *x,
                   const uint64_t *y)
{
    for (size_t i = 1; i < f->s.words; i++)
        if ((x[i] & ~y[i] & f->optional[i]) != 0 ||
            (y[i] & ~x[i] & f->reads[i]) != 0)
            return false;
    return true;
}

static bool is_covered(struct frontier *f, size_t begin, size_t end, size_t i)
{
    const uint64_t *y = records_get(&f->now, f->order[i]);
    size_t compared = 0;
    for (size_t j = begin; j < end && compared < COMPARE_MAX; j++) {
        if (j == i || f->order[j] == UINT32_MAX)
            continue;
        compared++;
        if (covers(f, records_get(&f->now, f->order[j]), y))
            return true;
    }
    return false;
}

static void reduce(struct frontier *f)
{
    size_t count = f->now.count;
    if (count < REDUCE_FROM)
        return;
    if (count > f->order_room) {
        f->order_room = 2 * count;
        f->order = xrealloc(f->order, f->order_room * sizeof f->order[0]);
    }
    set_masks(f);
    for (uint32_t i = 0; i < count; i++)
        f->order[i] = i;
    qsort_r(f->order, count, sizeof f->order[0], compare_groups, f);
    records_clear(&f->next);
    for (size_t begin = 0, end = 0; begin < count; begin = end) {
        uint32_t first = f->order[begin];
        for (end = begin;
             end < count && compare_groups(&first, &f->order[end], f) == 0;)
            end++;
        for (size_t i = begin; i < end; i++)
            if (is_covered(f, begin, end, i))
                f->order[i] = UINT32_MAX;
            else
                records_add(&f->next, records_get(&f->now, f->order[i]), NULL);
    }
    swap(f);
}

// --- The whole -------------------------------------------------------------

static enum decision run(struct frontier *f, struct linear_report *r)
{
    struct search *s = &f->s;
    search_begin(s, f->config);
    records_add(&f->now, f->config, NULL);
    while (s->now < s->event_count) {
        struct event e = s->events[s->now];
        if (e.kind == EVENT_RETURN) {
            if (!pass_return(f, e.op))
                return UNDECIDED;
            swap(f);
            if (f->now.count == 0)
                return key_report(&s->ops, r, DECIDED_NO, LINEAR_NO_ORDER_FITS,
                                  (const uint32_t[]){e.op, WITNESSES_END});
        }
        search_enter(s);
        if (e.kind == EVENT_CALL)
            pass_call(f, e.op);
        else if (e.kind == EVENT_EXPIRE)
            pass_expire(f, e.op);
        if (e.kind == EVENT_RETURN)
            reduce(f);
    }
    return DECIDED_YES;
}

enum decision engine_frontier(const struct key_ops *k,
                              const struct linear_options *o,
                              struct linear_report *r)
{
    struct frontier f = {0};
    search_init(&f.s, k, o);
    records_init(&f.now, f.s.words);
    records_init(&f.next, f.s.words);
    records_init(&f.tried, f.s.words);
    f.config = xcalloc(f.s.words, sizeof f.config[0]);
    f.optional = xcalloc(f.s.words, sizeof f.optional[0]);
    f.reads = xcalloc(f.s.words, sizeof f.reads[0]);
    enum decision d = search_origins(&f.s, r);
    if (d == UNDECIDED)
        d = run(&f, r);
    if (d == UNDECIDED)
        key_report(k, r, UNDECIDED, f.s.limit,
                   (const uint32_t[]){f.s.events[f.s.now].op, WITNESSES_END});
    records_release(&f.now);
    records_release(&f.next);
    records_release(&f.tried);
    free(f.config);
    free(f.optional);
    free(f.reads);
    free(f.order);
    search_release(&f.s);
    return d;
}
