// search.h - one key by search: what happened when, what is possible; private.
//
// A configuration is what may be the case at a moment: the state (value and
// version) and which of the open operations have already taken effect. An
// operation is open from its call to its return; one of unknown outcome, from
// its call until nobody can speak of its effect any more. Each open operation
// has a slot, a bit in the configuration.
//
// What is reduced, and why no answer changes by it:
//   R1  an open read takes effect as soon as the state is what it says: that
//       changes nothing for others.
//   R2  a configuration is not carried on if another, otherwise equal, has
//       used fewer of the operations that need not happen.
//   R3  of operations that do the same, one that must happen goes first, and of
//       these the one that returns first: if another went first, the two could
//       change places.
//   R4  one of unknown outcome happens only if what it leaves is then spoken
//       of, or built on.
//   R5  a write of what nobody will speak of happens right before the next
//       Put, for nothing.
// R4 (in part) and R5 are not used if an operation says only what the value
// was not.
#ifndef GRADING_LINEAR_SEARCH_SEARCH_H
#define GRADING_LINEAR_SEARCH_SEARCH_H

#include "grading/linear/search/states.h"

enum need {
    NEED_NOTHING,
    NEED_VALUE,   // `node`, and `version` unless that is -1
    NEED_VERSION, // `version`
    NEED_OTHER_VALUE,
    NEED_OTHER_VERSION,
};

enum effect {
    EFFECT_NONE,
    EFFECT_SET,
    EFFECT_APPEND,
};

// An operation as the search sees it.
struct step {
    uint8_t need;
    uint8_t effect;
    bool optional; // of unknown outcome
    bool bumps;    // the version
    uint32_t node; // needed
    int32_t version;
    uint32_t target;   // of EFFECT_SET
    uint32_t argument; // of EFFECT_APPEND: its number
    uint32_t twin;     // those that do the same have the same
    uint32_t before;   // while it is open: its twin that goes first; NOBODY
    uint32_t slot;
    int64_t until; // an optional one: nobody speaks of it later
};

enum event_kind {
    EVENT_CALL,
    EVENT_RETURN,
    EVENT_EXPIRE, // of an optional one
};

struct event {
    int64_t at;
    uint32_t op;
    uint8_t kind; // enum event_kind
};

struct search {
    struct key_ops ops;
    struct states states;
    struct records pairs; // node, version: the states' numbers
    struct texts arguments;
    struct step *steps;   // owned
    struct event *events; // owned
    size_t event_count;
    size_t words;      // of a configuration: the state, then bits
    bool has_refusals; // of those that do not say what they found
    bool ordinary;     // no versions

    uint32_t *open; // those that are, by call; owned
    size_t open_count;
    size_t now; // the event at hand

    uint64_t deadline_ms; // on the monotonic clock
    uint64_t max_mem;
    uint64_t max_configs;
    uint64_t steps_taken;
    enum linear_why limit; // LINEAR_FINE: none was met
};

// Word 0 of a configuration: the state; this bit: R4 wants its value spoken of.
#define CONFIG_OWES (UINT64_C(1) << 63)

void search_init(struct search *s, const struct key_ops *k,
                 const struct linear_options *o);
void search_release(struct search *s);
// The configuration before all events.
void search_begin(struct search *s, uint64_t *config);

// Forwards by one event, or back: what is open changes.
void search_enter(struct search *s);
void search_leave(struct search *s);

static inline bool config_has(const uint64_t *config, uint32_t slot)
{
    return (config[1 + slot / 64] >> slot % 64 & 1) != 0;
}
static inline void config_set(uint64_t *config, uint32_t slot)
{
    config[1 + slot / 64] |= UINT64_C(1) << slot % 64;
}
static inline void config_clear(uint64_t *config, uint32_t slot)
{
    config[1 + slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

// R1, for one that has just been called, or for all that are open.
void search_absorb_one(const struct search *s, uint64_t *config, uint32_t op);
bool search_absorb(const struct search *s, uint64_t *config);

// The operation takes effect: *to. False: it cannot, or need not.
bool search_apply(struct search *s, const uint64_t *from, uint32_t op,
                  uint64_t *to);
// R3: has one that does the same, and goes first, not happened yet?
bool search_has_twin(const struct search *s, const uint64_t *config,
                     uint32_t op);

// DECIDED_NO: somebody found what nobody had written. Else UNDECIDED.
enum decision search_origins(struct search *s, struct linear_report *r);

// One more step is taken. True: a limit is met, and s->limit says which.
bool search_is_over(struct search *s, size_t configs, size_t bytes);

// The engines' own.
enum decision engine_frontier(const struct key_ops *k,
                              const struct linear_options *o,
                              struct linear_report *r);
enum decision engine_depth(const struct key_ops *k,
                           const struct linear_options *o,
                           struct linear_report *r, uint32_t **witness,
                           size_t *witness_count);

#endif
