// search.c - see search.h: operations as steps, what happened when, and what
// one step makes of a configuration.
#include "grading/linear/search/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"

enum {
    CHECK_EVERY = 1024,   // steps between two looks at the clock
    TAILS_MAX = 20000000, // comparisons for the sake of `until`
    IMPOSSIBLE = -2,      // a version that never is
};

// --- Steps -----------------------------------------------------------------

static bool says_nothing(const struct linear_op *op)
{
    return op->outcome == LINEAR_FAILED ||
           (op->kind == LINEAR_GET && (op->outcome == LINEAR_MAYBE ||
                                       (op->seen == LINEAR_SAW_UNKNOWN &&
                                        op->version == LINEAR_NO_VERSION)));
}

static uint32_t seen_node(struct search *s, const struct linear_op *op)
{
    return op->seen == LINEAR_SAW_ABSENT ? NODE_ABSENT
                                         : states_set(&s->states, op->result);
}

static uint32_t expected_node(struct search *s, const struct linear_op *op)
{
    return op->expects_absent ? NODE_ABSENT
                              : states_set(&s->states, op->expected);
}

static struct step read_step(struct search *s, const struct linear_op *op)
{
    if (op->seen == LINEAR_SAW_UNKNOWN)
        return (struct step){.need = NEED_VERSION, .version = op->version};
    return (struct step){
        .need = NEED_VALUE, .node = seen_node(s, op), .version = op->version};
}

static struct step refused_step(struct search *s, const struct linear_op *op)
{
    if (op->kind == LINEAR_VPUT) {
        if (op->version == LINEAR_NO_VERSION)
            return (struct step){.need = NEED_OTHER_VERSION,
                                 .version = op->wanted};
        bool lies = op->version == op->wanted;
        return (struct step){.need = NEED_VERSION,
                             .version = lies ? IMPOSSIBLE : op->version};
    }
    uint32_t expected = expected_node(s, op);
    if (op->seen == LINEAR_SAW_UNKNOWN)
        return (struct step){.need = NEED_OTHER_VALUE, .node = expected};
    uint32_t seen = seen_node(s, op);
    return (struct step){.need = NEED_VALUE,
                         .node = seen,
                         .version = seen == expected ? IMPOSSIBLE : -1};
}

static struct step write_step(struct search *s, const struct linear_op *op)
{
    struct step step = {.optional = op->outcome == LINEAR_MAYBE,
                        .version = -1,
                        .effect = EFFECT_SET};
    if (op->kind == LINEAR_APPEND) {
        step.effect = EFFECT_APPEND;
        step.argument = texts_add(&s->arguments, op->argument, NULL);
        if (!step.optional && op->seen != LINEAR_SAW_UNKNOWN) {
            step.need = NEED_VALUE;
            step.node = seen_node(s, op);
        }
        return step;
    }
    step.target = states_set(&s->states, op->argument);
    if (op->kind == LINEAR_CAS) {
        step.need = NEED_VALUE;
        step.node = expected_node(s, op);
    } else if (op->kind == LINEAR_VPUT) {
        step.need = NEED_VERSION;
        step.version = op->wanted;
        step.bumps = true;
    }
    return step;
}

static void compile(struct search *s)
{
    struct records twins;
    records_init(&twins, 4);
    s->ordinary = true;
    for (uint32_t i = 0; i < s->ops.count; i++) {
        const struct linear_op *op = key_op(&s->ops, i);
        struct step *step = &s->steps[i];
        if (says_nothing(op))
            continue;
        *step = op->outcome == LINEAR_NO ? refused_step(s, op)
                : op->kind == LINEAR_GET ? read_step(s, op)
                                         : write_step(s, op);
        s->has_refusals = s->has_refusals || step->need == NEED_OTHER_VALUE ||
                          step->need == NEED_OTHER_VERSION;
        s->ordinary = s->ordinary && op->kind != LINEAR_VPUT;
        uint64_t twin[4] = {(uint64_t)step->need | (uint64_t)step->effect << 8 |
                                (uint64_t)step->bumps << 16,
                            (uint64_t)step->node << 32 |
                                (uint32_t)step->version,
                            step->target, step->argument};
        records_add(&twins, twin, &step->twin);
    }
    records_release(&twins);
}

// Until when an operation of unknown outcome may matter.
static int64_t until(const struct search *s, uint32_t i, bool cheap)
{
    const struct step *step = &s->steps[i];
    if (s->has_refusals || !s->ordinary)
        return INT64_MAX;
    if (step->effect == EFFECT_SET)
        return s->states.nodes[step->target].last;
    return cheap ? states_last_with(&s->states, key_op(&s->ops, i)->argument)
                 : INT64_MAX;
}

static void set_untils(struct search *s)
{
    size_t tails = 0;
    for (uint32_t i = 0; i < s->ops.count; i++)
        tails += s->steps[i].optional && s->steps[i].effect == EFFECT_APPEND;
    bool cheap = tails * (s->states.text_count + 1) <= TAILS_MAX;
    for (uint32_t i = 0; i < s->ops.count; i++)
        if (s->steps[i].optional)
            s->steps[i].until = until(s, i, cheap);
}

// --- Events ----------------------------------------------------------------

static int compare_events(const void *a, const void *b)
{
    const struct event *x = a;
    const struct event *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->op < y->op ? -1 : x->op > y->op;
}

static void add_event(struct search *s, int64_t at, uint32_t op,
                      enum event_kind kind)
{
    s->events[s->event_count++] = (struct event){at, op, (uint8_t)kind};
}

static void collect_events(struct search *s)
{
    s->events = xcalloc(2 * s->ops.count + 1, sizeof s->events[0]);
    for (uint32_t i = 0; i < s->ops.count; i++) {
        const struct linear_op *op = key_op(&s->ops, i);
        const struct step *step = &s->steps[i];
        if (says_nothing(op) || (step->optional && step->until < op->call))
            continue;
        add_event(s, op->call, i, EVENT_CALL);
        if (!step->optional && key_ret(op) != INT64_MAX)
            add_event(s, key_ret(op), i, EVENT_RETURN);
        if (step->optional && step->until != INT64_MAX)
            add_event(s, step->until, i, EVENT_EXPIRE);
    }
    qsort(s->events, s->event_count, sizeof s->events[0], compare_events);
}

static void give_slots(struct search *s)
{
    uint32_t *free_slots = xcalloc(s->ops.count + 1, sizeof free_slots[0]);
    size_t free_count = 0;
    uint32_t slots = 0;
    for (size_t i = 0; i < s->event_count; i++) {
        struct step *step = &s->steps[s->events[i].op];
        if (s->events[i].kind != EVENT_CALL)
            free_slots[free_count++] = step->slot;
        else
            step->slot = free_count > 0 ? free_slots[--free_count] : slots++;
    }
    free(free_slots);
    s->words = 1 + (slots + 63) / 64;
}

static bool called_before(const struct search *s, uint32_t a, uint32_t b)
{
    int64_t call_a = key_op(&s->ops, a)->call;
    int64_t call_b = key_op(&s->ops, b)->call;
    return call_a != call_b ? call_a < call_b : a < b;
}

// Of two that do the same: the one that must happen; the sooner, the first.
static bool goes_first(const struct search *s, uint32_t a, uint32_t b)
{
    if (s->steps[a].optional != s->steps[b].optional)
        return s->steps[b].optional;
    int64_t ret_a = key_ret(key_op(&s->ops, a));
    int64_t ret_b = key_ret(key_op(&s->ops, b));
    return ret_a != ret_b ? ret_a < ret_b : called_before(s, a, b);
}

// Those that are open and do the same are in a list, in the order of R3.
static void link_twin(struct search *s, uint32_t op)
{
    uint32_t before = NOBODY;
    uint32_t after = NOBODY;
    for (size_t i = 0; i < s->open_count; i++) {
        uint32_t other = s->open[i];
        if (s->steps[other].twin != s->steps[op].twin)
            continue;
        if (goes_first(s, other, op))
            before = before == NOBODY || goes_first(s, before, other) ? other
                                                                      : before;
        else
            after =
                after == NOBODY || goes_first(s, other, after) ? other : after;
    }
    s->steps[op].before = before;
    if (after != NOBODY)
        s->steps[after].before = op;
}

static void unlink_twin(struct search *s, uint32_t op)
{
    for (size_t i = 0; i < s->open_count; i++)
        if (s->steps[s->open[i]].before == op)
            s->steps[s->open[i]].before = s->steps[op].before;
}

static void open_op(struct search *s, uint32_t op)
{
    link_twin(s, op);
    size_t i = s->open_count++;
    for (; i > 0 && called_before(s, op, s->open[i - 1]); i--)
        s->open[i] = s->open[i - 1];
    s->open[i] = op;
}

static void close_op(struct search *s, uint32_t op)
{
    size_t i = 0;
    while (s->open[i] != op)
        i++;
    s->open_count--;
    memmove(&s->open[i], &s->open[i + 1],
            (s->open_count - i) * sizeof s->open[0]);
    unlink_twin(s, op);
}

void search_enter(struct search *s)
{
    struct event e = s->events[s->now++];
    if (e.kind == EVENT_CALL)
        open_op(s, e.op);
    else
        close_op(s, e.op);
}

void search_leave(struct search *s)
{
    struct event e = s->events[--s->now];
    if (e.kind == EVENT_CALL)
        close_op(s, e.op);
    else
        open_op(s, e.op);
}

// --- Configurations --------------------------------------------------------

static uint32_t pair(struct search *s, uint32_t node, int64_t version)
{
    uint32_t number;
    records_add(&s->pairs, (const uint64_t[]){node, (uint64_t)version},
                &number);
    return number;
}

static bool fits(const struct search *s, uint64_t state,
                 const struct step *step)
{
    const uint64_t *p = records_get(&s->pairs, state);
    switch ((enum need)step->need) {
    case NEED_NOTHING:
        return true;
    case NEED_VALUE:
        return p[0] == step->node &&
               (step->version == -1 || (int64_t)p[1] == step->version);
    case NEED_VERSION:
        return (int64_t)p[1] == step->version;
    case NEED_OTHER_VALUE:
        return p[0] != step->node;
    case NEED_OTHER_VERSION:
        return (int64_t)p[1] != step->version;
    }
    abort();
}

void search_absorb_one(const struct search *s, uint64_t *config, uint32_t op)
{
    const struct step *step = &s->steps[op];
    if (step->effect == EFFECT_NONE && fits(s, config[0] & ~CONFIG_OWES, step))
        config_set(config, step->slot);
}

bool search_absorb(const struct search *s, uint64_t *config)
{
    bool any = false;
    uint64_t state = config[0] & ~CONFIG_OWES;
    for (size_t i = 0; i < s->open_count; i++) {
        const struct step *step = &s->steps[s->open[i]];
        if (step->effect != EFFECT_NONE || config_has(config, step->slot) ||
            !fits(s, state, step))
            continue;
        config_set(config, step->slot);
        any = true;
    }
    return any;
}

bool search_has_twin(const struct search *s, const uint64_t *config,
                     uint32_t op)
{
    uint32_t other = s->steps[op].before;
    while (other != NOBODY && config_has(config, s->steps[other].slot))
        other = s->steps[other].before;
    return other != NOBODY;
}

// R5: Puts of what nobody will speak of.
static void drop_dead_writes(const struct search *s, uint64_t *config)
{
    int64_t now = s->now < s->event_count ? s->events[s->now].at : INT64_MAX;
    for (size_t i = 0; i < s->open_count; i++) {
        const struct step *step = &s->steps[s->open[i]];
        if (step->effect == EFFECT_SET && step->need == NEED_NOTHING &&
            !step->optional && s->states.nodes[step->target].last < now)
            config_set(config, step->slot);
    }
}

bool search_apply(struct search *s, const uint64_t *from, uint32_t op,
                  uint64_t *to)
{
    const struct step *step = &s->steps[op];
    uint64_t state = from[0] & ~CONFIG_OWES;
    bool speaks = step->need != NEED_NOTHING || step->effect == EFFECT_APPEND;
    if (!fits(s, state, step) || ((from[0] & CONFIG_OWES) != 0 && !speaks))
        return false;
    const uint64_t *p = records_get(&s->pairs, state);
    uint32_t node =
        step->effect == EFFECT_SET
            ? step->target
            : states_append(&s->states, (uint32_t)p[0],
                            s->arguments.at[step->argument], step->argument);
    uint32_t next = pair(s, node, (int64_t)p[1] + step->bumps);
    if (step->optional && next == state)
        return false;
    memcpy(to, from, s->words * sizeof to[0]);
    to[0] = next;
    config_set(to, step->slot);
    if (step->effect == EFFECT_SET && step->need == NEED_NOTHING &&
        !s->has_refusals && s->ordinary)
        drop_dead_writes(s, to);
    bool spoken_of = search_absorb(s, to);
    if (step->optional && !spoken_of)
        to[0] |= CONFIG_OWES;
    return true;
}

// --- The whole -------------------------------------------------------------

void search_init(struct search *s, const struct key_ops *k,
                 const struct linear_options *o)
{
    *s = (struct search){.ops = *k,
                         .deadline_ms = (uint64_t)clock_now_ms() + o->max_ms,
                         .max_mem = o->max_mem,
                         .max_configs = o->max_configs,
                         .limit = LINEAR_FINE};
    states_init(&s->states, k);
    records_init(&s->pairs, 2);
    texts_init(&s->arguments);
    s->steps = xcalloc(k->count + 1, sizeof s->steps[0]);
    s->open = xcalloc(k->count + 1, sizeof s->open[0]);
    compile(s);
    set_untils(s);
    collect_events(s);
    give_slots(s);
}

void search_release(struct search *s)
{
    states_release(&s->states);
    records_release(&s->pairs);
    texts_release(&s->arguments);
    free(s->steps);
    free(s->events);
    free(s->open);
}

void search_begin(struct search *s, uint64_t *config)
{
    memset(config, 0, s->words * sizeof config[0]);
    const struct linear_history *h = s->ops.h;
    uint32_t node =
        h->begins_absent ? NODE_ABSENT : states_set(&s->states, h->init);
    config[0] = pair(s, node, 0);
}

bool search_is_over(struct search *s, size_t configs, size_t bytes)
{
    if (configs > s->max_configs)
        s->limit = LINEAR_LIMIT_CONFIGS;
    if (bytes > s->max_mem)
        s->limit = LINEAR_LIMIT_MEMORY;
    if (s->steps_taken++ % CHECK_EVERY == 0 &&
        (uint64_t)clock_now_ms() > s->deadline_ms)
        s->limit = LINEAR_LIMIT_MS;
    return s->limit != LINEAR_FINE;
}
