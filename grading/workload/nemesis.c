// nemesis.c - see nemesis.h.
#define CLUSTER_NO_PLACES
#include "grading/nemesis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/random.h"
#include "common/runtime/world.h"

enum {
    SERVERS_MAX = 16,
    DEEDS = 5,
    TICKS = 20,
};

enum deed_kind {
    KILL,         // and restart it when it has lasted
    CRASH,        // the same, at a point of its code
    QUICK,        // kill and restart at once
    PAUSE,        // and resume
    HOLD,         // a thread of it, at a point of its code
    CUT,          // its calls to another
    CUT_CENTER,   // its calls to the center
    PART,         // from all other servers and the center
    PART_CLIENTS, // from the clients
    DEED_KINDS,
};

static const unsigned needs[DEED_KINDS] = {
    [KILL] = ALLOW_KILL,      [CRASH] = ALLOW_KILL, [QUICK] = ALLOW_KILL,
    [PAUSE] = ALLOW_PAUSE,    [HOLD] = ALLOW_PAUSE, [CUT] = ALLOW_CUT,
    [CUT_CENTER] = ALLOW_CUT, [PART] = ALLOW_CUT,   [PART_CLIENTS] = ALLOW_CUT,
};

// What a profile does, as a set of kinds, and to messages.
struct profile {
    const char *name;
    unsigned kinds;
    bool loses;
    bool delays;
};
#define SET(kind) (1u << (kind))
static const struct profile profiles[] = {
    {"calm", 0, false, false},
    {"lossy", SET(HOLD) | SET(KILL), true, false},
    {"reordering", SET(HOLD) | SET(PAUSE), false, true},
    {"crashy", SET(KILL) | SET(CRASH) | SET(QUICK) | SET(PAUSE), false, false},
    {"partitions",
     SET(CUT) | SET(CUT_CENTER) | SET(PART) | SET(PART_CLIENTS) | SET(PAUSE),
     false, false},
    {"everything", SET(DEED_KINDS) - 1, true, true},
};

struct deed {
    enum deed_kind kind;
    const char *server;
    const char *other; // of the other servers, for CUT
    enum crash_kind point;
    uint64_t count;
    int gap;
    int lasts;
};

struct victim {
    char name[NODE_NAME_MAX + 1];
    struct deed deed; // that lasts
    int left;         // ticks that it lasts; 0: none does
};

struct nemesis {
    struct cluster *c;
    struct load *load;
    const struct nemesis_spec *spec;
    const struct profile *profile;
    struct victim victims[SERVERS_MAX];
    size_t count;
    unsigned dead; // for good
};

static const struct profile *profile_of(void)
{
    size_t count = sizeof profiles / sizeof *profiles;
    for (size_t i = 0; i < count; i++)
        if (strcmp(profiles[i].name, world_profile()) == 0)
            return &profiles[i];
    return &profiles[count - 1];
}

static void add_victims(struct nemesis *n)
{
    char *list = xstrdup(n->spec->servers);
    char *rest = list;
    for (char *name = strtok_r(list, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        ck_assert_uint_lt(n->count, SERVERS_MAX);
        snprintf(n->victims[n->count++].name, NODE_NAME_MAX + 1, "%s", name);
    }
    free(list);
}

static bool may_restart(const struct nemesis_spec *spec)
{
    return (spec->allows & (ALLOW_RESTART | ALLOW_RESTART_EMPTY)) != 0;
}

// --- Drawing ----------------------------------------------------------------

static struct random dice_of(struct cluster *c, const char *what, uint64_t k)
{
    struct random dice;
    uint64_t key = random_hash(what, strlen(what));
    random_init(&dice, random_mix(random_mix(cluster_seed(c), key), k));
    return dice;
}

// One of the profile's kinds that is allowed; false: there is none.
static bool draw_kind(const struct nemesis *n, struct random *dice,
                      enum deed_kind *kind)
{
    enum deed_kind kinds[DEED_KINDS];
    size_t count = 0;
    for (int i = 0; i < DEED_KINDS; i++)
        if ((n->profile->kinds & SET(i)) != 0 &&
            (n->spec->allows & needs[i]) != 0 &&
            (i != QUICK || may_restart(n->spec)) &&
            (i != CUT_CENTER || n->spec->center != NULL) &&
            (i != PART_CLIENTS || n->spec->clients != NULL))
            kinds[count++] = (enum deed_kind)i;
    if (count > 0)
        *kind = kinds[random_below(dice, count)];
    return count > 0;
}

static int or_else(int number, int otherwise)
{
    return number > 0 ? number : otherwise;
}

// The k-th deed.
static bool draw_deed(struct nemesis *n, uint64_t k, struct deed *d)
{
    static const enum crash_kind points[] = {
        CRASH_BEFORE_HANDLER, CRASH_BEFORE_REPLY, CRASH_AFTER_REPLY};
    struct random dice = dice_of(n->c, "nemesis", k);
    *d = (struct deed){.kind = DEED_KINDS};
    if (!draw_kind(n, &dice, &d->kind))
        return false;
    size_t who = random_below(&dice, n->count);
    d->server = n->victims[who].name;
    d->other =
        n->victims[(who + 1 + random_below(&dice, n->count)) % n->count].name;
    d->point = points[random_below(&dice, 3)];
    d->count = 1 + random_below(&dice, 3);
    d->gap =
        1 + (int)random_below(&dice, (uint64_t)or_else(n->spec->gap, TICKS));
    d->lasts =
        1 + (int)random_below(&dice, (uint64_t)or_else(n->spec->lasts, TICKS));
    return d->kind != CUT || d->other != d->server;
}

static void spoil(struct nemesis *n)
{
    struct random dice = dice_of(n->c, "spoil", 0);
    struct cluster_rule rule = {.at = n->spec->servers};
    if (n->profile->loses) {
        rule.lose_request_percent = (double)random_below(&dice, 12);
        rule.lose_reply_percent = (double)random_below(&dice, 16);
    }
    if (n->profile->delays) {
        rule.late_percent = (double)random_below(&dice, 10);
        rule.late_ticks = 1 + (int)random_below(&dice, 2 * TICKS);
        rule.delay_percent = (double)random_below(&dice, 40);
        rule.delay_max_ticks = 1 + (int)random_below(&dice, 4);
    }
    if (random_below(&dice, 2) == 0)
        cluster_flags(n->c, FAULT_FAST_LOSS);
    if (n->profile->loses || n->profile->delays)
        cluster_spoil(n->c, &rule);
}

// --- Doing ------------------------------------------------------------------

static void describe(const struct nemesis *n, const struct deed *d, char *words,
                     size_t size)
{
    switch (d->kind) {
    case KILL:
        snprintf(words, size, "kill %s", d->server);
        break;
    case CRASH:
        snprintf(words, size, "crash %s %s the %d. call", d->server,
                 crash_kind_text(d->point), (int)d->count);
        break;
    case QUICK:
        snprintf(words, size, "restart %s", d->server);
        break;
    case PAUSE:
        snprintf(words, size, "pause %s", d->server);
        break;
    case HOLD:
        snprintf(words, size, "hold %s %s the %d. call", d->server,
                 crash_kind_text(d->point), (int)d->count);
        break;
    case CUT:
        snprintf(words, size, "cut %s from %s", d->server, d->other);
        break;
    case CUT_CENTER:
        snprintf(words, size, "cut %s from %s", d->server, n->spec->center);
        break;
    case PART:
        snprintf(words, size, "part %s from all", d->server);
        break;
    case PART_CLIENTS:
        snprintf(words, size, "part %s from clients", d->server);
        break;
    case DEED_KINDS:
        break;
    }
}

// All names of a list but this one; owned.
static char *others(const char *list, const char *but, const char *and)
{
    char *names = xasprintf("%s", and != NULL ? and : "");
    char *copy = xstrdup(list);
    char *rest = copy;
    for (char *name = strtok_r(copy, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        if (strcmp(name, but) == 0)
            continue;
        char *longer = xasprintf("%s %s", names, name);
        free(names);
        names = longer;
    }
    free(copy);
    return names;
}

static void restart(struct cluster *c, const char *server,
                    const struct nemesis_spec *spec)
{
    if ((spec->allows & ALLOW_RESTART) != 0)
        cluster_restart(c, server, DISK_KEPT);
    else if ((spec->allows & ALLOW_RESTART_EMPTY) != 0)
        cluster_restart(c, server, DISK_LOST);
}

static void part(struct nemesis *n, const struct deed *d)
{
    char *rest = others(n->spec->servers, d->server, n->spec->center);
    cluster_part(n->c, d->server, rest, CUT_SILENT);
    free(rest);
}

static void begin_deed(struct nemesis *n, const struct deed *d)
{
    switch (d->kind) {
    case KILL:
        cluster_kill(n->c, d->server);
        break;
    case CRASH:
        cluster_crash_at(n->c, d->server, d->point, NULL, d->count);
        break;
    case QUICK:
        cluster_kill(n->c, d->server);
        restart(n->c, d->server, n->spec);
        break;
    case PAUSE:
        cluster_pause(n->c, d->server);
        break;
    case HOLD:
        cluster_hold_at(n->c, d->server, d->point, NULL, d->count);
        break;
    case CUT:
        cluster_cut(n->c, d->server, d->other, CUT_SILENT);
        break;
    case CUT_CENTER:
        cluster_cut(n->c, d->server, n->spec->center, CUT_SILENT);
        break;
    case PART:
        part(n, d);
        break;
    case PART_CLIENTS:
        cluster_part(n->c, d->server, n->spec->clients, CUT_REFUSE);
        break;
    case DEED_KINDS:
        break;
    }
}

static void end_deed(struct nemesis *n, const struct deed *d)
{
    switch (d->kind) {
    case KILL:
        restart(n->c, d->server, n->spec);
        break;
    case CRASH:
        cluster_disarm(n->c, d->server);
        if (!cluster_has_ended(n->c, d->server))
            cluster_kill(n->c, d->server);
        restart(n->c, d->server, n->spec);
        break;
    case QUICK:
        break;
    case PAUSE:
        cluster_resume(n->c, d->server);
        break;
    case HOLD:
        cluster_disarm(n->c, d->server);
        break;
    case CUT:
    case CUT_CENTER:
    case PART:
    case PART_CLIENTS:
        cluster_heal(n->c);
        break;
    case DEED_KINDS:
        break;
    }
}

// --- The whole --------------------------------------------------------------

static struct victim *victim_of(struct nemesis *n, const char *server)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->victims[i].name, server) == 0)
            return &n->victims[i];
    return NULL;
}

static bool any_lasts(const struct nemesis *n)
{
    for (size_t i = 0; i < n->count; i++)
        if (n->victims[i].left > 0)
            return true;
    return false;
}

static void pass_tick(struct nemesis *n)
{
    if (n->spec->work != NULL)
        n->spec->work(n->spec->arg);
    if (n->load != NULL)
        load_drift(n->load, 1);
    else
        never(n->c, false, 1);
    for (size_t i = 0; i < n->count; i++) {
        struct victim *v = &n->victims[i];
        if (v->left > 0 && --v->left == 0)
            end_deed(n, &v->deed);
    }
}

// Servers that die for good: not more than the service can bear.
static bool can_bear(struct nemesis *n, const struct deed *d)
{
    bool dies = d->kind == KILL || d->kind == CRASH;
    if (!dies || may_restart(n->spec))
        return true;
    unsigned most = n->spec->may_die > 0 ? n->spec->may_die : 1;
    return n->dead < most && !cluster_has_ended(n->c, d->server);
}

// One deed: none if its victim suffers from another, or if it is left out.
static void do_deed(struct nemesis *n, uint64_t k)
{
    struct deed d;
    bool drawn = draw_deed(n, k, &d);
    for (int i = 0; drawn && i < d.gap; i++)
        pass_tick(n);
    if (!drawn)
        return;
    if (n->spec->await_ready != NULL) {
        while (any_lasts(n)) // ends: each lasts its ticks
            pass_tick(n);
        n->spec->await_ready(n->c);
    }
    char words[80];
    describe(n, &d, words, sizeof words);
    struct victim *v = victim_of(n, d.server);
    if (v->left > 0 || cluster_has_ended(n->c, d.server) || !can_bear(n, &d) ||
        !world_grants(WORLD_DEED, "nemesis", k, words))
        return;
    n->dead += d.kind == KILL || d.kind == CRASH;
    v->deed = d;
    v->left = d.lasts;
    begin_deed(n, &d);
}

void nemesis_run(struct cluster *c, struct load *l,
                 const struct nemesis_spec *spec)
{
    struct nemesis n = {
        .c = c, .load = l, .spec = spec, .profile = profile_of()};
    add_victims(&n);
    cluster_tell(c, "profile %s", n.profile->name);
    spoil(&n);
    unsigned deeds = spec->deeds > 0 ? spec->deeds : DEEDS;
    for (unsigned k = 1; k <= deeds; k++)
        do_deed(&n, k);
    while (any_lasts(&n)) // ends: each lasts its ticks
        pass_tick(&n);
    cluster_unspoil(c);
    cluster_flags(c, 0);
}

void nemesis_mend(struct cluster *c, const struct nemesis_spec *spec)
{
    cluster_heal(c);
    char *list = xstrdup(spec->servers);
    char *rest = list;
    for (char *name = strtok_r(list, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        cluster_disarm(c, name);
        if (cluster_has_ended(c, name))
            restart(c, name, spec);
    }
    free(list);
}
