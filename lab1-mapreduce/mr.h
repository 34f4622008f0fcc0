// mr.h - what a MapReduce application is: map, combine and reduce.
//
// The library cuts the input into tasks and calls map for their lines; it
// brings all values that were emitted for one key, anywhere, to one call of
// reduce, and writes what that emits to the part file of the key's partition
// (Dean & Ghemawat, "MapReduce: Simplified Data Processing on Large Clusters",
// OSDI 2004, section 2). Any task may be run more than once, by several
// processes at the same time, so these functions must do nothing but emit,
// and emit the same for the same input.
//
// Read next: app_wc.c, then apps.h.
#ifndef LAB1_MR_H
#define LAB1_MR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"

// Where map, combine and reduce leave their pairs. The bytes are copied.
struct emitter {
    void (*emit)(struct emitter *e, struct slice key, struct slice value);
};

static inline void mr_emit(struct emitter *e, struct slice key,
                           struct slice value)
{
    e->emit(e, key, value);
}

// The values of one key, in the order of the map tasks and, within one, in
// the order in which they were emitted.
struct values {
    bool (*next)(struct values *v, struct slice *value);
};

// The next value, borrowed until the one after it; false after the last.
static inline bool mr_next(struct values *v, struct slice *value)
{
    return v->next(v, value);
}

// A few whole lines of one input file; the last line of a file may lack its
// newline. All bytes are allowed. All of it is borrowed for the call.
struct map_input {
    const char *file;  // as the user wrote it
    uint64_t offset;   // where in the file the text begins
    struct slice text; // the lines
    void *state;       // what the application's start() made; or NULL
};

struct mr_app {
    const char *name;
    const char *about; // one line for --help

    // Optional: reads --arg (NULL if there was none) once for each task.
    // NULL and *state, which stop() must get, or why not (owned).
    char *(*start)(const char *arg, void **state);
    void (*stop)(void *state);

    void (*map)(const struct map_input *in, struct emitter *out);

    // Optional: folds some of the values of a key into fewer, at any time and
    // any number of times, before they are sent to reduce (section 4.3 of the
    // paper). Often it is the same function as reduce.
    void (*combine)(struct slice key, struct values *values,
                    struct emitter *out);

    // Combine and reduce may emit pairs for their own key only: so the parts
    // are sorted. A pair for another key fails the task.
    void (*reduce)(struct slice key, struct values *values,
                   struct emitter *out);
};

#endif
