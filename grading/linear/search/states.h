// states.h - the values that a key can have, as numbers; private to the
// search.
//
// No value is ever built. What counts of a value is which of those that
// somebody speaks of (read, found, expected) it is or can still become by
// Appends: so a value is the beginning of one of them, or one of no interest.
// All values of no interest are one state.
#ifndef GRADING_LINEAR_SEARCH_STATES_H
#define GRADING_LINEAR_SEARCH_STATES_H

#include "grading/linear/key.h"
#include "grading/linear/search/records.h"

enum {
    NODE_ABSENT = 0,
    NODE_OTHER = 1, // of no interest
};

// A value: so many bytes of one of the texts.
struct node {
    uint32_t text; // the first, in order, that begins so
    size_t size;
    int64_t last; // the last return of those that speak of it, or of what it
                  // begins; INT64_MAX: one that may never return; -1: nobody
};

struct states {
    struct slice *texts; // sorted, distinct; owned
    int64_t *lasts;      // by text; owned
    size_t text_count;
    struct node *nodes; // owned
    size_t node_room;
    struct records keys; // of nodes, for their numbers
    struct records memo; // node, argument -> appended[]
    uint32_t *appended;  // owned
    size_t appended_room;
};

void states_init(struct states *s, const struct key_ops *k);
void states_release(struct states *s);

// The node of a value.
uint32_t states_set(struct states *s, struct slice value);
// Of the value of `node` with `tail` behind it. `argument`: the tail's number.
uint32_t states_append(struct states *s, uint32_t node, struct slice tail,
                       uint32_t argument);

// Until when somebody may speak of a value that has `tail` in it; -1: nobody.
int64_t states_last_with(const struct states *s, struct slice tail);

#endif
