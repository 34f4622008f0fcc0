// depth.c - one way after the other, for histories in which so much overlaps
// that a frontier would be too wide (after Lowe's search of a graph: what was
// visited in vain is not visited again).
//
// A frame is a configuration at a return whose operation has not happened yet,
// and which of the open operations are still to be tried there. The frames
// from the first to the last are the order that has been found.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/search/search.h"

enum {
    PHASES = 4, // the operation; who writes what it needs; others; optional
};

struct frame {
    size_t event;
    uint32_t op; // that led here; NOBODY: none
    size_t next; // to be tried: a phase and a place in the open ones
};

struct depth {
    struct search s;
    struct frame *frames; // owned
    uint64_t *configs;    // of the frames; owned
    size_t count;
    size_t room;
    struct records visited; // event and configuration
    uint64_t *config;       // room for one, and the event; owned
    size_t farthest;        // event
};

static uint64_t *config_at(const struct depth *d, size_t frame)
{
    return d->configs + frame * d->s.words;
}

// From where the search is to the next return whose operation has not
// happened. True: there is one.
static bool advance(struct search *s, uint64_t *config)
{
    for (; s->now < s->event_count; search_enter(s)) {
        const struct event *e = &s->events[s->now];
        uint32_t slot = s->steps[e->op].slot;
        if (e->kind == EVENT_CALL) {
            search_absorb_one(s, config, e->op);
            continue;
        }
        if (e->kind == EVENT_RETURN && !config_has(config, slot))
            return true;
        config_clear(config, slot);
        config[0] &= ~CONFIG_OWES;
    }
    return false;
}

static void push(struct depth *d, const uint64_t *config, uint32_t op)
{
    if (d->count == d->room) {
        d->room = 2 * d->room + 64;
        d->frames = xrealloc(d->frames, d->room * sizeof d->frames[0]);
        d->configs =
            xrealloc(d->configs, d->room * d->s.words * sizeof d->configs[0]);
    }
    d->frames[d->count] = (struct frame){d->s.now, op, 0};
    memcpy(config_at(d, d->count), config, d->s.words * sizeof config[0]);
    d->count++;
    if (d->s.now > d->farthest)
        d->farthest = d->s.now;
}

// Is it the turn of the open operation in this phase?
static bool has_turn(const struct search *s, const uint64_t *config,
                     size_t phase, size_t open_index, uint32_t returns)
{
    uint32_t op = s->open[open_index];
    const struct step *step = &s->steps[op];
    const struct step *wants = &s->steps[returns];
    if (step->effect == EFFECT_NONE || config_has(config, step->slot) ||
        search_has_twin(s, config, op))
        return false;
    bool helps = wants->need == NEED_VALUE && step->effect == EFFECT_SET &&
                 step->target == wants->node;
    size_t its = op == returns ? 0 : helps ? 1 : step->optional ? 3 : 2;
    return its == phase;
}

// The next thing that can happen at the last frame: in d->config + 1. NOBODY:
// nothing is left.
static uint32_t next_op(struct depth *d)
{
    struct search *s = &d->s;
    struct frame *f = &d->frames[d->count - 1];
    uint32_t returns = s->events[f->event].op;
    while (f->next < PHASES * s->open_count) {
        size_t phase = f->next / s->open_count;
        size_t i = f->next++ % s->open_count;
        const uint64_t *config = config_at(d, d->count - 1);
        if (has_turn(s, config, phase, i, returns) &&
            search_apply(s, config, s->open[i], d->config + 1))
            return s->open[i];
    }
    return NOBODY;
}

static bool is_over(struct depth *d)
{
    return search_is_over(&d->s, 0,
                          records_bytes(&d->visited) +
                              d->room * d->s.words * sizeof d->configs[0]);
}

static enum decision run(struct depth *d)
{
    struct search *s = &d->s;
    search_begin(s, d->config + 1);
    if (!advance(s, d->config + 1))
        return DECIDED_YES;
    push(d, d->config + 1, NOBODY);
    while (d->count > 0) {
        uint32_t op = next_op(d);
        if (is_over(d))
            return UNDECIDED;
        if (op == NOBODY) {
            d->count--;
            while (d->count > 0 && s->now > d->frames[d->count - 1].event)
                search_leave(s);
            continue;
        }
        if (!advance(s, d->config + 1)) {
            push(d, d->config + 1, op);
            return DECIDED_YES;
        }
        d->config[0] = s->now;
        if (records_add(&d->visited, d->config, NULL)) {
            push(d, d->config + 1, op);
            continue;
        }
        while (s->now > d->frames[d->count - 1].event)
            search_leave(s);
    }
    return DECIDED_NO;
}

// --- What has been found ---------------------------------------------------

struct path {
    uint32_t *at; // owned
    size_t count;
};

// The open operations that have happened in `to` and not yet in `from`: reads,
// or else writes, but for `not`.
static void emit(struct path *p, const struct search *s, const uint64_t *from,
                 const uint64_t *to, bool reads, uint32_t not )
{
    for (size_t i = 0; i < s->open_count; i++) {
        uint32_t op = s->open[i];
        const struct step *step = &s->steps[op];
        if (op != not &&(step->effect == EFFECT_NONE) == reads &&
            config_has(to, step->slot) && !config_has(from, step->slot))
            p->at[p->count++] = op;
    }
}

static void follow(struct path *p, struct search *s, uint64_t *config)
{
    while (s->now < s->event_count) {
        struct event e = s->events[s->now];
        uint32_t slot = s->steps[e.op].slot;
        if (e.kind == EVENT_RETURN && !config_has(config, slot))
            return;
        if (e.kind == EVENT_CALL) {
            search_absorb_one(s, config, e.op);
            if (config_has(config, slot))
                p->at[p->count++] = e.op;
        } else {
            config_clear(config, slot);
            config[0] &= ~CONFIG_OWES;
        }
        search_enter(s);
    }
}

static void trace(struct depth *d, struct path *p)
{
    struct search *s = &d->s;
    p->at = xcalloc(s->ops.count + 1, sizeof p->at[0]);
    while (s->now > 0)
        search_leave(s);
    uint64_t *now = xcalloc(s->words, sizeof now[0]);
    search_begin(s, now);
    follow(p, s, now);
    for (size_t i = 1; i < d->count; i++) {
        uint32_t op = d->frames[i].op;
        search_apply(s, now, op, d->config + 1);
        emit(p, s, now, d->config + 1, false, op);
        p->at[p->count++] = op;
        emit(p, s, now, d->config + 1, true, op);
        memcpy(now, d->config + 1, s->words * sizeof now[0]);
        follow(p, s, now);
    }
    free(now);
}

enum decision engine_depth(const struct key_ops *k,
                           const struct linear_options *o,
                           struct linear_report *r, uint32_t **witness,
                           size_t *witness_count)
{
    struct depth d = {0};
    search_init(&d.s, k, o);
    records_init(&d.visited, 1 + d.s.words);
    d.config = xcalloc(1 + d.s.words, sizeof d.config[0]);
    enum decision decision = search_origins(&d.s, r);
    bool searched = decision == UNDECIDED;
    if (searched)
        decision = run(&d);
    struct path p = {0};
    if (decision == DECIDED_YES && witness != NULL) {
        trace(&d, &p);
        *witness = p.at;
        *witness_count = p.count;
    } else if (decision != DECIDED_YES && searched) {
        key_report(
            k, r, decision,
            decision == DECIDED_NO ? LINEAR_NO_ORDER_FITS : d.s.limit,
            (const uint32_t[]){d.s.events[d.farthest].op, WITNESSES_END});
    }
    records_release(&d.visited);
    free(d.frames);
    free(d.configs);
    free(d.config);
    search_release(&d.s);
    return decision;
}
