// spoil.c - what happens on order to messages, and at points in nodes' code.
#include <stdio.h>
#include <string.h>

#include "common/runtime/err.h"
#include "grading/cluster/cluster_private.h"

static uint32_t ppm(double percent)
{
    return (uint32_t)(percent / 100 * FAULT_SURE + 0.5);
}

static uint32_t ticks_ms(int ticks)
{
    return (uint32_t)(ticks * cluster_tick_ms());
}

// --- Messages --------------------------------------------------------------

// The rule in words, for log/harness.
static void tell_rule(struct cluster *c, const struct cluster_rule *r)
{
    const struct {
        const char *what;
        double percent;
    } parts[] = {
        {"requests lost", r->lose_request_percent},
        {"replies lost", r->lose_reply_percent},
        {"late", r->late_percent},
        {"delayed", r->delay_percent},
    };
    char text[256] = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t used = strlen(text);
        if (parts[i].percent > 0)
            snprintf(text + used, sizeof text - used, "%s%g %% %s",
                     used > 0 ? ", " : "", parts[i].percent, parts[i].what);
    }
    cluster_tell(c, "spoil %s from %s at %s: %s",
                 r->method != NULL ? r->method : "all calls",
                 r->from != NULL ? r->from : "anybody",
                 r->at != NULL ? r->at : "all nodes", text);
}

static void add_rule(struct cluster *c, struct member *m, void *arg)
{
    const struct cluster_rule *r = arg;
    if (r->at != NULL) // at all nodes: at those that it is allowed for
        cluster_allow_ahead(c, m, ALLOW_LOSS, "spoil the messages of");
    else if (m->role != NULL && (m->role->allows & ALLOW_LOSS) == 0)
        return;
    struct fault_rule rule = {
        .source = r->from == NULL ? FAULT_ANYBODY
                                  : cluster_member(c, r->from)->number,
        .lose_request_ppm = ppm(r->lose_request_percent),
        .lose_reply_ppm = ppm(r->lose_reply_percent),
        .late_ppm = ppm(r->late_percent),
        .late_ms = ticks_ms(r->late_ticks),
        .delay_ppm = ppm(r->delay_percent),
        .delay_min_ms = ticks_ms(r->delay_min_ticks),
        .delay_max_ms = ticks_ms(r->delay_max_ticks),
    };
    if (r->method != NULL) {
        snprintf(rule.method, sizeof rule.method, "%s", r->method);
        // At all nodes: at those that have it.
        if (r->at != NULL)
            member_needs_method(c, m, r->method);
    }
    if (fault_add_rule(m->faults, &rule) != ERR_OK)
        cluster_fail(c, "more than %d rules at %s", FAULT_RULES_MAX, m->name);
}

void cluster_spoil(struct cluster *c, const struct cluster_rule *rule)
{
    tell_rule(c, rule);
    struct cluster_rule copy = *rule;
    cluster_each(c, rule->at, add_rule, &copy);
}

static void clear_rules(struct cluster *c, struct member *m, void *arg)
{
    (void)c;
    (void)arg;
    fault_clear_rules(m->faults);
}

void cluster_unspoil(struct cluster *c)
{
    cluster_tell(c, "spoil nothing any more");
    cluster_each(c, NULL, clear_rules, NULL);
}

static void set_flags(struct cluster *c, struct member *m, void *arg)
{
    fault_set_flags(m->faults, *(const uint32_t *)arg | c->flags);
}

void cluster_flags(struct cluster *c, uint32_t flags)
{
    uint32_t all = flags | c->flags;
    if (all != 0)
        cluster_tell(c, "flags:%s%s",
                     (all & FAULT_FAST_LOSS) != 0 ? " fast loss" : "",
                     (all & FAULT_NO_REFUSED) != 0 ? " no refused" : "");
    cluster_each(c, NULL, set_flags, &flags);
}

// --- Points ----------------------------------------------------------------

static bool is_of_method(enum crash_kind kind)
{
    return kind == CRASH_BEFORE_HANDLER || kind == CRASH_BEFORE_REPLY ||
           kind == CRASH_AFTER_REPLY;
}

static void add_point(struct cluster *c, const char *name, enum crash_kind kind,
                      const char *what, uint64_t count, bool holds)
{
    struct member *m = cluster_member(c, name);
    char passing[48] = "";
    if (count > 1)
        snprintf(passing, sizeof passing, ", passing no. %llu",
                 (unsigned long long)count);
    cluster_tell(c, "%s %s %s %s%s", holds ? "hold" : "crash", name,
                 crash_kind_text(kind), what != NULL ? what : "anything",
                 passing);
    cluster_allow_ahead(c, m, holds ? ALLOW_PAUSE : ALLOW_KILL,
                        holds ? "hold" : "crash");
    if (what != NULL && is_of_method(kind))
        member_needs_method(c, m, what);
    struct fault_crash crash = {
        .kind = (uint32_t)kind, .count = count, .holds = holds};
    snprintf(crash.method, sizeof crash.method, "%s", what != NULL ? what : "");
    if (fault_add_crash(m->faults, &crash) != ERR_OK)
        cluster_fail(c, "more than %d points at %s", FAULT_CRASHES_MAX, name);
}

void cluster_crash_at(struct cluster *c, const char *name, enum crash_kind kind,
                      const char *what, uint64_t count)
{
    add_point(c, name, kind, what, count, false);
}

void cluster_hold_at(struct cluster *c, const char *name, enum crash_kind kind,
                     const char *what, uint64_t count)
{
    add_point(c, name, kind, what, count, true);
}

bool cluster_is_held(struct cluster *c, const char *name)
{
    struct count_life life = member_life(c, cluster_member(c, name));
    return life.held > 0;
}

void cluster_release(struct cluster *c, const char *name)
{
    cluster_tell(c, "release %s", name);
    fault_release(cluster_member(c, name)->faults);
}

void cluster_disarm(struct cluster *c, const char *name)
{
    cluster_tell(c, "disarm %s", name);
    fault_disarm(cluster_member(c, name)->faults);
}
