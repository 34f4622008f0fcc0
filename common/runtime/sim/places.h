// places.h - where in the source a return address is.
#ifndef COMMON_RUNTIME_SIM_PLACES_H
#define COMMON_RUNTIME_SIM_PLACES_H

#include <stddef.h>

enum {
    PLACES_MAX = 256, // at a time
};

// "lab2-pbservice/server.c:71 (ping_locked)" for each of them, by addr2line:
// slow, for when something has gone wrong. Texts are owned, never NULL.
void places_find(const void *const *where, size_t count, char **texts);

// "build/debug/sim/lab2.so+0x1234": the same in each run, and at once. Static,
// until the next call.
const char *place_offset(const void *where);
// The place that such a text means, owned.
char *place_find_offset(const char *text);

#endif
