#include "common/runtime/sim/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/random.h"
#include "common/runtime/sim/record.h"

enum {
    SLOTS_MIN = 1024,
};

enum mode {
    MODE_QUIET,
    MODE_DRAWN,
    MODE_READ,
};

static const char *const kinds[PLAN_KINDS] = {
    [PLAN_PREEMPT] = "preempt",
    [PLAN_PRIORITY] = "priority",
    [PLAN_DELAY] = "delay",
    [PLAN_LOSE_REQUEST] = "lose-request",
    [PLAN_LOSE_REPLY] = "lose-reply",
    [PLAN_LATE] = "late",
    [PLAN_WAIT] = "wait",
    [PLAN_TEAR] = "tear",
    [PLAN_UNDO] = "undo",
    [PLAN_DEED] = "deed",
    [PLAN_OP] = "op",
};

// What is to occur, by a table without deletion: open addressing.
struct wanted {
    uint64_t key; // 0: free
    int64_t value;
};

struct plan {
    bool decided; // the mode is
    enum mode mode;
    uint64_t seed;
    struct wanted *wanted; // owned
    size_t slots;          // a power of two
};

// One a program, as the simulation is.
static struct plan plan;

const char *plan_kind_text(enum plan_kind kind)
{
    return kinds[kind];
}

static uint64_t key_of(enum plan_kind kind, uint64_t who, uint64_t k)
{
    uint64_t key = random_mix(random_mix(who, (uint64_t)kind), k);
    return key + (key == 0);
}

static struct wanted *slot_of(uint64_t key)
{
    size_t i = key & (plan.slots - 1);
    while (plan.wanted[i].key != 0 && plan.wanted[i].key != key)
        i = (i + 1) & (plan.slots - 1); // ends: half of them are free
    return &plan.wanted[i];
}

void plan_read(const struct plan_event *events, size_t count)
{
    plan.decided = true;
    plan.mode = MODE_READ;
    plan.slots = SLOTS_MIN;
    while (plan.slots < 2 * count)
        plan.slots *= 2;
    plan.wanted = xcalloc(plan.slots, sizeof *plan.wanted);
    for (size_t i = 0; i < count; i++) {
        const struct plan_event *e = &events[i];
        uint64_t key = key_of(e->kind, plan_who(e->who).key, e->k);
        *slot_of(key) = (struct wanted){key, e->value};
    }
}

static enum mode mode(void)
{
    if (plan.decided)
        return plan.mode;
    const char *seed = getenv("LAB_SEED");
    plan.decided = true;
    plan.mode = seed != NULL ? MODE_DRAWN : MODE_QUIET;
    plan.seed = seed != NULL ? strtoull(seed, NULL, 0) : 0;
    return plan.mode;
}

struct plan_who plan_who(const char *who)
{
    return (struct plan_who){random_hash(who, strlen(who)), who};
}

static void keep(enum plan_kind kind, const char *who, uint64_t k,
                 int64_t value, const char *words)
{
    struct sim_record *r = sim_record();
    if (r->event_count == RECORD_EVENTS_MAX)
        return;
    struct plan_event *e = &r->events[r->event_count++];
    *e = (struct plan_event){.kind = kind, .k = k, .value = value};
    e->at_us = r->now_ns > 0 ? (r->now_ns - SIM_START_NS) / 1000 : 0;
    snprintf(e->who, sizeof e->who, "%s", who);
    snprintf(e->words, sizeof e->words, "%s", words != NULL ? words : "");
}

int64_t plan_draw(enum plan_kind kind, struct plan_who who, uint64_t k,
                  int64_t (*draw)(uint64_t die))
{
    int64_t value = 0;
    switch (mode()) {
    case MODE_QUIET:
        return 0;
    case MODE_DRAWN:
        value = draw(random_mix(plan.seed, key_of(kind, who.key, k)));
        break;
    case MODE_READ:
        value = slot_of(key_of(kind, who.key, k))->value;
        break;
    }
    if (value != 0)
        keep(kind, who.who, k, value, NULL);
    return value;
}

bool plan_grant(enum plan_kind kind, const char *who, uint64_t k,
                const char *words)
{
    if (mode() == MODE_READ &&
        slot_of(key_of(kind, plan_who(who).key, k))->value == 0)
        return false;
    keep(kind, who, k, 1, words);
    return true;
}

int plan_event_print(char *out, size_t size, const struct plan_event *e)
{
    char value[32] = "";
    if (e->value != 1)
        snprintf(value, sizeof value, " = %" PRId64, e->value);
    return snprintf(
        out, size, "%s %s #%" PRIu64 "%s  -- %" PRId64 ".%03d ms%s%s",
        kinds[e->kind], e->who, e->k, value, e->at_us / 1000,
        (int)(e->at_us % 1000), e->words[0] != '\0' ? ": " : "", e->words);
}

static bool parse_kind(const char *word, enum plan_kind *kind)
{
    for (int i = 0; i < PLAN_KINDS; i++)
        if (strcmp(kinds[i], word) == 0) {
            *kind = (enum plan_kind)i;
            return true;
        }
    return false;
}

bool plan_event_parse(const char *line, struct plan_event *e)
{
    char kind[16];
    int at = 0;
    *e = (struct plan_event){.value = 1};
    if (sscanf(line, "%15s %95s #%" SCNu64 "%n", kind, e->who, &e->k, &at) !=
            3 ||
        !parse_kind(kind, &e->kind))
        return false;
    int more = 0;
    if (sscanf(line + at, " = %" SCNd64 "%n", &e->value, &more) == 1)
        at += more;
    const char *words = strstr(line + at, "-- ");
    if (words != NULL)
        snprintf(e->words, sizeof e->words, "%.*s",
                 (int)strcspn(words + 3, "\n"), words + 3);
    return e->value != 0;
}
