// gen.c - a history that is linearizable, and random: clients that do one
// operation after the other, each of which happens at a moment between its
// call and its return. One violation can be planted in what somebody sees.
//
// Values are "c3.17;", each written once: distinct, none the beginning of
// another. After at most 50 Appends to a key comes a Put.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/random.h"
#include "grading/linear/program/program.h"

enum {
    APPENDS_MAX = 50,
    TOKEN_MAX = 32,
    KINDS = 4,
};

enum plant {
    PLANT_NOTHING,
    PLANT_NOWHERE,
    PLANT_STALE,
    PLANT_FUTURE,
    PLANT_TWICE,
    PLANT_FORK,
};

static const char *const plants[] = {"nothing", "nowhere", "stale",
                                     "future",  "twice",   "fork"};

struct value {
    char *text; // owned; of tokens
    size_t size;
    size_t room;
    size_t last; // where its last token begins
    bool present;
    unsigned appends;
};

// Of a key. A value is stale once two writes have returned, of which it is the
// first's, and the second was called after that.
struct past {
    struct value last; // what a write left that has returned
    int64_t last_at;
    struct value stale;
    int64_t stale_at; // since when
};

struct client {
    bool is_open;
    bool happened;
    bool unknown;
    enum linear_kind kind;
    uint32_t key;
    int64_t call;
    uint64_t tokens; // written so far
    char token[TOKEN_MAX];
    struct value found;  // at the moment when it happened
    struct value wanted; // of a CAS
    bool refused;
    bool promised; // its next operation is a Put of its next token
};

struct gen {
    FILE *out;
    struct random random;
    uint64_t percents[KINDS]; // by enum linear_kind; CAS last
    uint64_t unknown;
    enum plant plant;
    uint64_t plant_from; // operations that have returned
    struct client *clients;
    uint64_t client_count;
    struct value *keys;
    struct past *pasts; // of each key
    uint64_t key_count;
    uint64_t begun;
    uint64_t wanted;
    uint64_t returned;
    int64_t time;
};

// --- Values ----------------------------------------------------------------

static void set(struct value *v, const char *text, size_t size, bool append)
{
    size_t begin = append ? v->size : 0;
    if (begin + size > v->room) {
        v->room = 2 * (begin + size);
        v->text = xrealloc(v->text, v->room);
    }
    memcpy(v->text + begin, text, size);
    v->size = begin + size;
    v->last = begin;
    v->present = true;
    v->appends = append ? v->appends + 1 : 0;
}

static void copy(struct value *to, const struct value *from)
{
    if (from->present)
        set(to, from->text, from->size, false);
    to->present = from->present;
    to->last = from->last;
    to->appends = from->appends;
}

static bool is_same(const struct value *a, const struct value *b)
{
    return a->present == b->present &&
           (!a->present ||
            (a->size == b->size && memcmp(a->text, b->text, a->size) == 0));
}

// --- Operations ------------------------------------------------------------

static enum linear_kind draw_kind(struct gen *g, uint32_t key)
{
    uint64_t dice = random_below(&g->random, 100);
    for (unsigned i = 0; i < KINDS; i++) {
        if (dice < g->percents[i])
            return i == LINEAR_APPEND && g->keys[key].appends >= APPENDS_MAX
                       ? LINEAR_PUT
                       : (enum linear_kind)i;
        dice -= g->percents[i];
    }
    return LINEAR_GET;
}

static void begin(struct gen *g, uint64_t i)
{
    struct client *c = &g->clients[i];
    c->is_open = true;
    c->happened = c->refused = false;
    if (!c->promised) {
        c->key = (uint32_t)random_below(&g->random, g->key_count);
        c->kind = draw_kind(g, c->key);
    } else {
        c->kind = LINEAR_PUT;
    }
    c->call = ++g->time;
    c->unknown = c->kind != LINEAR_GET &&
                 random_below(&g->random, 100) < g->unknown && !c->promised;
    if (c->kind != LINEAR_GET)
        snprintf(c->token, sizeof c->token, "c%" PRIu64 ".%" PRIu64 ";", i,
                 ++c->tokens);
    if (c->kind == LINEAR_CAS)
        copy(&c->wanted, &g->keys[c->key]);
    g->begun++;
}

static void happen(struct gen *g, struct client *c)
{
    struct value *v = &g->keys[c->key];
    c->happened = true;
    copy(&c->found, v);
    if (c->kind == LINEAR_GET ||
        (c->unknown && random_below(&g->random, 2) == 0))
        return;
    c->refused = c->kind == LINEAR_CAS && !is_same(&c->wanted, v);
    if (c->refused)
        return;
    set(v, c->token, strlen(c->token), c->kind == LINEAR_APPEND);
}

// A write of known outcome returns.
static void remember(struct gen *g, const struct client *c)
{
    struct past *p = &g->pasts[c->key];
    if (p->last.present && c->call <= p->last_at)
        return;
    copy(&p->stale, &p->last);
    p->stale_at = g->time;
    copy(&p->last, &c->found);
    set(&p->last, c->token, strlen(c->token), c->kind == LINEAR_APPEND);
    p->last_at = g->time;
}

// Changes what a Get has seen, if it is one that will do.
static void spoil(struct gen *g, struct client *c)
{
    struct value *v = &c->found;
    const struct past *p = &g->pasts[c->key];
    char token[TOKEN_MAX];
    bool more = g->begun < g->wanted; // for who has promised
    if (c->kind != LINEAR_GET || !more || g->plant == PLANT_NOTHING ||
        g->returned < g->plant_from || !v->present)
        return;
    switch (g->plant) {
    case PLANT_NOWHERE:
        set(v, "c0.0;", 5, false);
        break;
    case PLANT_STALE:
        if (!p->stale.present || c->call <= p->stale_at)
            return;
        copy(v, &p->stale);
        break;
    case PLANT_FUTURE:
        snprintf(token, sizeof token, "c%" PRIu64 ".%" PRIu64 ";",
                 (uint64_t)(c - g->clients), c->tokens + 1);
        set(v, token, strlen(token), false);
        c->promised = true;
        break;
    case PLANT_TWICE:
        if (v->appends == 0)
            return;
        snprintf(token, sizeof token, "%.*s", (int)(v->size - v->last),
                 v->text + v->last);
        set(v, token, strlen(token), true);
        break;
    case PLANT_FORK: // without what came before its last Append
        if (v->appends < 2)
            return;
        memmove(v->text, v->text + v->last, v->size - v->last);
        v->size -= v->last;
        break;
    case PLANT_NOTHING:
        return;
    }
    g->plant = PLANT_NOTHING; // one is enough
}

static void print_value(FILE *out, const char *field, const struct value *v)
{
    if (v->present)
        fprintf(out, ",\"%s\":\"%.*s\"", field, (int)v->size, v->text);
    else
        fprintf(out, ",\"%s\":null", field);
}

static void finish(struct gen *g, uint64_t i)
{
    static const char *const names[] = {"get", "put", "appendret", "cas"};
    struct client *c = &g->clients[i];
    spoil(g, c);
    fprintf(g->out,
            "{\"c\":\"c%" PRIu64 "\",\"op\":\"%s\",\"k\":\"k%" PRIu32 "\"", i,
            names[c->kind], c->key);
    if (c->kind == LINEAR_CAS)
        print_value(g->out, "a", &c->wanted);
    if (c->kind != LINEAR_GET)
        fprintf(g->out, ",\"%s\":\"%s\"", c->kind == LINEAR_CAS ? "b" : "v",
                c->token);
    fprintf(g->out, ",\"t0\":%" PRId64 ",\"t1\":", c->call);
    g->time++;
    if (c->unknown)
        fprintf(g->out, "null,\"r\":\"maybe\"}\n");
    else
        fprintf(g->out, "%" PRId64 ",\"r\":\"%s\"", g->time,
                c->refused ? "no" : "ok");
    if (!c->unknown && (c->kind == LINEAR_GET || c->refused))
        print_value(g->out, "v", &c->found);
    else if (!c->unknown && c->kind == LINEAR_APPEND)
        print_value(g->out, "old", &c->found);
    if (!c->unknown)
        fprintf(g->out, "}\n");
    if (c->kind != LINEAR_GET && !c->unknown && !c->refused)
        remember(g, c);
    c->is_open = false;
    g->returned++;
}

static void run(struct gen *g)
{
    uint64_t open = 0;
    while (g->begun < g->wanted || open > 0) {
        uint64_t i = random_below(&g->random, g->client_count);
        struct client *c = &g->clients[i];
        if (!c->is_open && g->begun < g->wanted) {
            begin(g, i);
            open++;
        } else if (c->is_open && !c->happened) {
            happen(g, c);
        } else if (c->is_open) {
            finish(g, i);
            open--;
        }
    }
}

// --- What was asked for ----------------------------------------------------

static char *read_percent(const char *option, const char *text, size_t size,
                          uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < size; i++)
        *out = text[i] >= '0' && text[i] <= '9' && *out <= 100
                   ? *out * 10 + (uint64_t)(text[i] - '0')
                   : 1000;
    if (size > 0 && *out <= 100)
        return NULL;
    return xasprintf("--%s: '%.*s' is no number from 0 to 100", option,
                     (int)size, text);
}

static char *read_mix(const char *mix, uint64_t *percents)
{
    static const char *const names[] = {"get=", "put=", "append=", "cas="};
    uint64_t sum = 0;
    memset(percents, 0, KINDS * sizeof percents[0]);
    for (const char *at = mix; *at != '\0';) {
        size_t size = strcspn(at, ",");
        unsigned i = 0;
        while (i < KINDS && strncmp(at, names[i], strlen(names[i])) != 0)
            i++;
        if (i == KINDS)
            return xasprintf("--mix: '%.*s' is none of get=N, put=N, "
                             "append=N, cas=N",
                             (int)size, at);
        size_t skip = strlen(names[i]);
        char *bad = read_percent("mix", at + skip, size - skip, &percents[i]);
        if (bad != NULL)
            return bad;
        at += size + (at[size] == ',');
    }
    for (unsigned i = 0; i < KINDS; i++)
        sum += percents[i];
    return sum == 100 ? NULL
                      : xasprintf("--mix: the percents are %" PRIu64
                                  " in all, and must be 100",
                                  sum);
}

static char *read_plant(const char *name, enum plant *plant)
{
    *plant = PLANT_NOTHING;
    if (name == NULL)
        return NULL;
    for (unsigned i = PLANT_NOWHERE; i <= PLANT_FORK; i++)
        if (strcmp(plants[i], name) == 0)
            *plant = (enum plant)i;
    return *plant != PLANT_NOTHING
               ? NULL
               : xasprintf("--plant is '%s': it must be one of nowhere, stale, "
                           "future, twice, fork",
                           name);
}

static void release(struct gen *g)
{
    for (uint64_t i = 0; i < g->client_count; i++) {
        free(g->clients[i].found.text);
        free(g->clients[i].wanted.text);
    }
    for (uint64_t i = 0; i < g->key_count; i++) {
        free(g->keys[i].text);
        free(g->pasts[i].last.text);
        free(g->pasts[i].stale.text);
    }
    free(g->clients);
    free(g->keys);
    free(g->pasts);
}

char *linear_gen(const struct linear_arguments *a, FILE *out)
{
    struct gen g = {.out = out,
                    .client_count = a->clients,
                    .key_count = a->keys,
                    .wanted = a->ops,
                    .plant_from = a->ops - a->ops / 10};
    char *bad =
        read_percent("unknown", a->unknown, strlen(a->unknown), &g.unknown);
    if (bad == NULL)
        bad = read_mix(a->mix != NULL ? a->mix : "get=50,put=20,append=30",
                       g.percents);
    if (bad == NULL)
        bad = read_plant(a->plant, &g.plant);
    if (bad != NULL)
        return bad;
    random_init(&g.random, a->seed);
    g.clients = xcalloc(g.client_count, sizeof g.clients[0]);
    g.keys = xcalloc(g.key_count, sizeof g.keys[0]);
    g.pasts = xcalloc(g.key_count, sizeof g.pasts[0]);
    run(&g);
    bool planted = a->plant == NULL || g.plant == PLANT_NOTHING;
    release(&g);
    return planted ? NULL
                   : xasprintf("--plant %s: no Get was fit for it; more "
                               "--ops are needed",
                               a->plant);
}
