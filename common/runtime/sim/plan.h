// plan.h - by what a run deviates from the quiet one.
//
// In the quiet run a thread goes on until it waits, who was ready first goes
// next, and every message takes the same time. Whatever else happens by chance
// or on order is an event: a kind, somebody, and the how-manieth occasion of
// that kind it is for him. So its name means the same after a small change of
// the code under test:
//
//     preempt s1/pinger.lock #17
//     delay c1>s1 #3 = 2500
//     lose-reply s1>s2:Replica.Forward #2
//
// Which ones occur is drawn from the seed by keyed dice, or read from a list.
// Both ways what has occurred is kept (record.h): a run that reads the list of
// another is the same run, and one that reads a part of it a simpler one.
#ifndef COMMON_RUNTIME_SIM_PLAN_H
#define COMMON_RUNTIME_SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plan_kind {
    PLAN_PREEMPT,      // another thread goes on; < 0: its priority from now on
    PLAN_PRIORITY,     // of a new thread: the highest goes first
    PLAN_DELAY,        // microseconds on top of what a message takes
    PLAN_LOSE_REQUEST, // these four were ordered, by a fault page
    PLAN_LOSE_REPLY,
    PLAN_LATE,
    PLAN_WAIT,
    PLAN_TEAR, // of what a killed node had not synced this is lost: ppm
    PLAN_UNDO, // a name that it had given is the old file's again
    PLAN_DEED, // a fault of a test's nemesis
    PLAN_OP,   // an operation of a test's clients
    PLAN_KINDS,
};

enum {
    PLAN_WHO_MAX = 96, // bytes, with the final NUL
    PLAN_WORDS_MAX = 80,
};

struct plan_event {
    enum plan_kind kind;
    char who[PLAN_WHO_MAX];     // no blanks
    uint64_t k;                 // from 1
    int64_t value;              // 1 where there is nothing to say; never 0
    int64_t at_us;              // of virtual time, for people, as the next
    char words[PLAN_WORDS_MAX]; // "": none
};

const char *plan_kind_text(enum plan_kind kind); // "lose-reply"

// Before the first call of the runtime: reads events instead of drawing them.
// Without it they are drawn from LAB_SEED; if that is not set, the run is
// quiet, and orders are followed.
void plan_read(const struct plan_event *events, size_t count);

// Whom events concern. Set once; `who` may be NULL until it is known.
struct plan_who {
    uint64_t key;
    const char *who; // borrowed
};
struct plan_who plan_who(const char *who);

// What occurs at the k-th occasion, and keeps it; 0: nothing. `draw` makes a
// value of a die, when values are drawn.
int64_t plan_draw(enum plan_kind kind, struct plan_who who, uint64_t k,
                  int64_t (*draw)(uint64_t die));
// May happen what was ordered? Keeps it, with these words, if so.
bool plan_grant(enum plan_kind kind, const char *who, uint64_t k,
                const char *words);

// One line, without the newline, and back; false if it is none.
int plan_event_print(char *out, size_t size, const struct plan_event *e);
bool plan_event_parse(const char *line, struct plan_event *e);

#endif
