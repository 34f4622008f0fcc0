// The page's writer changes a rule set that nobody reads and then turns the
// version; a reader that took longer than a turn reads again. Flags and cuts
// are single words. Crashes are only ever added.
#include "common/rpc/faults.h"

#include <assert.h>
#include <string.h>

#include "common/rpc/mapping.h"
#include "common/rpc/node.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"

enum {
    PAGE_MAGIC = 0x4c465031, // "LFP1"
    RULE_SETS = 2,
};

struct rule_set {
    int32_t count;
    struct fault_rule rules[FAULT_RULES_MAX];
};

struct fault_page {
    uint32_t magic;
    int32_t nodes;
    int32_t self;
    uint64_t seed;
    char names[FAULT_NODES_MAX][NODE_NAME_MAX + 1];
    _Atomic uint32_t flags;
    _Atomic uint64_t cut_out; // a bit a peer: calls this node makes to it
    _Atomic uint64_t cut_in;  // a bit a peer: calls it makes to this node
    _Atomic uint32_t version; // rules[version % RULE_SETS] is in force
    struct rule_set rules[RULE_SETS];
    _Atomic uint32_t released; // crashes[0, released) hold nobody
    _Atomic uint32_t disarmed; // crashes[0, disarmed) do nothing at all
    _Atomic uint32_t crash_count;
    struct fault_crash crashes[FAULT_CRASHES_MAX];
};

int fault_page_create(const char *path, uint64_t seed, const char *const *names,
                      int count, int me, struct fault_page **out)
{
    assert(count >= 1 && count <= FAULT_NODES_MAX);
    assert(me >= 0 && me < count);
    void *mapping;
    int err = mapping_create(path, sizeof(struct fault_page), &mapping);
    if (err != ERR_OK)
        return err;
    struct fault_page *p = mapping;
    p->nodes = count;
    p->self = me;
    p->seed = seed;
    for (int i = 0; i < count; i++) {
        assert(strlen(names[i]) <= NODE_NAME_MAX);
        memcpy(p->names[i], names[i], strlen(names[i]));
    }
    p->magic = PAGE_MAGIC;
    *out = p;
    return ERR_OK;
}

int fault_page_open(const char *path, struct fault_page **out)
{
    void *mapping;
    int err = mapping_open(path, sizeof(struct fault_page), false, &mapping);
    if (err != ERR_OK)
        return err;
    struct fault_page *p = mapping;
    if (p->magic != PAGE_MAGIC || p->nodes < 1 || p->nodes > FAULT_NODES_MAX) {
        fault_page_close(p);
        return ERR_PROTO;
    }
    *out = p;
    return ERR_OK;
}

void fault_page_close(struct fault_page *p)
{
    mapping_close(p, sizeof *p);
}

void fault_set_flags(struct fault_page *p, uint32_t flags)
{
    atomic_store(&p->flags, flags);
}

// The set that the next fault_turn brings into force.
static struct rule_set *next_rules(struct fault_page *p)
{
    return &p->rules[(atomic_load(&p->version) + 1) % RULE_SETS];
}

static const struct rule_set *rules_now(const struct fault_page *p)
{
    return &p->rules[atomic_load(&p->version) % RULE_SETS];
}

void fault_clear_rules(struct fault_page *p)
{
    next_rules(p)->count = 0;
    atomic_fetch_add(&p->version, 1);
}

int fault_add_rule(struct fault_page *p, const struct fault_rule *rule)
{
    struct rule_set *next = next_rules(p);
    *next = *rules_now(p);
    if (next->count == FAULT_RULES_MAX)
        return ERR_LIMIT;
    next->rules[next->count] = *rule;
    next->count++;
    atomic_fetch_add(&p->version, 1);
    return ERR_OK;
}

int fault_add_crash(struct fault_page *p, const struct fault_crash *crash)
{
    uint32_t n = atomic_load(&p->crash_count);
    if (n == FAULT_CRASHES_MAX)
        return ERR_LIMIT;
    assert(crash->count >= 1);
    p->crashes[n] = *crash;
    atomic_store(&p->crash_count, n + 1);
    return ERR_OK;
}

void fault_release(struct fault_page *p)
{
    atomic_store(&p->released, atomic_load(&p->crash_count));
}

void fault_disarm(struct fault_page *p)
{
    fault_release(p);
    atomic_store(&p->disarmed, atomic_load(&p->crash_count));
}

bool fault_is_released(const struct fault_page *p, uint32_t which)
{
    return which < atomic_load(&p->released);
}

static void set_bit(_Atomic uint64_t *word, int bit, bool on)
{
    assert(bit >= 0 && bit < FAULT_NODES_MAX);
    if (on)
        atomic_fetch_or(word, (uint64_t)1 << bit);
    else
        atomic_fetch_and(word, ~((uint64_t)1 << bit));
}

void fault_cut_out(struct fault_page *p, int peer, bool cut)
{
    set_bit(&p->cut_out, peer, cut);
}

void fault_cut_in(struct fault_page *p, int peer, bool cut)
{
    set_bit(&p->cut_in, peer, cut);
}

uint32_t fault_flags(const struct fault_page *p)
{
    return p == NULL ? 0 : atomic_load(&p->flags);
}

int fault_nodes(const struct fault_page *p)
{
    return p == NULL ? 0 : p->nodes;
}

int fault_self(const struct fault_page *p)
{
    return p == NULL ? -1 : p->self;
}

int fault_number(const struct fault_page *p, const char *name)
{
    for (int i = 0; i < fault_nodes(p); i++)
        if (strcmp(p->names[i], name) == 0)
            return i;
    return -1;
}

const char *fault_name(const struct fault_page *p, int number)
{
    if (number < 0 || number >= fault_nodes(p))
        return "?";
    return p->names[number];
}

static bool bit_is_set(const _Atomic uint64_t *word, int bit)
{
    return bit >= 0 && (atomic_load(word) >> bit & 1) != 0;
}

bool fault_is_cut_out(const struct fault_page *p, int peer)
{
    return p != NULL && bit_is_set(&p->cut_out, peer);
}

bool fault_is_cut_in(const struct fault_page *p, int peer)
{
    return p != NULL && bit_is_set(&p->cut_in, peer);
}

static bool rule_matches(const struct fault_rule *rule, int source,
                         const char *method)
{
    if (rule->source != FAULT_ANYBODY && rule->source != source)
        return false;
    return rule->method[0] == '\0' || strcmp(rule->method, method) == 0;
}

// The last rule that matches, in *out; false if none does.
static bool find_rule(const struct fault_page *p, int source,
                      const char *method, struct fault_rule *out)
{
    uint32_t version;
    bool found;
    do { // ends: the harness changes rules a few times a second at most
        version = atomic_load(&p->version);
        found = false;
        const struct rule_set *set = &p->rules[version % RULE_SETS];
        for (int i = set->count - 1; i >= 0 && !found; i--) {
            found = rule_matches(&set->rules[i], source, method);
            if (found)
                *out = set->rules[i];
        }
    } while (atomic_load(&p->version) != version);
    return found;
}

// What the dice of one request are keyed by, besides their kind.
static uint64_t dice_key(const struct fault_page *p, int source,
                         const char *method, uint64_t k)
{
    const char *names[] = {fault_name(p, source), fault_name(p, p->self),
                           method};
    uint64_t key = p->seed;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        key = random_mix(key, random_hash(names[i], strlen(names[i])));
    return random_mix(key, k);
}

// A number below `range`, the same for the same key and kind of dice.
static uint32_t roll(uint64_t key, const char *kind, uint32_t range)
{
    uint64_t hash = random_mix(key, random_hash(kind, strlen(kind)));
    return (uint32_t)(((hash >> 32) * range) >> 32);
}

struct fault_draw fault_draw(const struct fault_page *p, int source,
                             const char *method, uint64_t k)
{
    struct fault_draw draw = {.fate = FATE_NORMAL, .wait_ms = 0};
    struct fault_rule rule = {0};
    if (p == NULL || !find_rule(p, source, method, &rule))
        return draw;
    uint64_t key = dice_key(p, source, method, k);
    if (roll(key, "lose request", FAULT_SURE) < rule.lose_request_ppm) {
        draw.fate = FATE_LOSE_REQUEST;
    } else if (roll(key, "lose reply", FAULT_SURE) < rule.lose_reply_ppm) {
        draw.fate = FATE_LOSE_REPLY;
    } else if (roll(key, "late", FAULT_SURE) < rule.late_ppm) {
        draw.fate = FATE_LATE;
        draw.wait_ms = rule.late_ms;
    } else if (roll(key, "delay", FAULT_SURE) < rule.delay_ppm) {
        uint32_t range = rule.delay_max_ms > rule.delay_min_ms
                             ? rule.delay_max_ms - rule.delay_min_ms + 1
                             : 1;
        draw.wait_ms = rule.delay_min_ms + roll(key, "delay ms", range);
    }
    return draw;
}

// Is crash i armed for this place and not yet fired?
static bool is_armed(const struct fault_page *p, uint32_t i,
                     enum crash_kind kind, const char *what,
                     const _Atomic uint64_t *fired)
{
    const struct fault_crash *c = &p->crashes[i];
    return c->kind == kind && atomic_load(&fired[i]) == 0 &&
           i >= atomic_load(&p->disarmed) &&
           !(c->holds && fault_is_released(p, i)) &&
           (c->method[0] == '\0' || strcmp(c->method, what) == 0);
}

static uint32_t crash_count(const struct fault_page *p)
{
    return p == NULL ? 0 : atomic_load(&p->crash_count);
}

enum fault_point fault_point_here(const struct fault_page *p,
                                  enum crash_kind kind, const char *what,
                                  _Atomic uint64_t *passed,
                                  _Atomic uint64_t *fired, uint32_t *which)
{
    enum fault_point point = POINT_PASS;
    for (uint32_t i = 0; i < crash_count(p); i++) {
        if (!is_armed(p, i, kind, what, fired) ||
            atomic_fetch_add(&passed[i], 1) + 1 != p->crashes[i].count)
            continue;
        atomic_store(&fired[i], 1);
        if (!p->crashes[i].holds) {
            point = POINT_CRASH;
        } else if (point == POINT_PASS) {
            point = POINT_HOLD;
            *which = i;
        }
    }
    return point;
}

bool fault_is_crash_next(const struct fault_page *p, enum crash_kind kind,
                         const char *what, const _Atomic uint64_t *passed,
                         const _Atomic uint64_t *fired)
{
    for (uint32_t i = 0; i < crash_count(p); i++)
        if (is_armed(p, i, kind, what, fired) &&
            atomic_load(&passed[i]) + 1 == p->crashes[i].count)
            return true;
    return false;
}
