// clerk.h - a client of the key/value service.
//
// It stays with the server that has answered it last; if that does not, it asks
// the next one: until the operation is known to have run once. It has always
// the same number in the clerk's session, so it is run once, however many
// servers bring it into the log (common/kv/sessions.h).
//
// Read next: program.c.
#ifndef LAB3_CLERK_H
#define LAB3_CLERK_H

#include <stdint.h>

#include "common/clerks/kv.h"

struct clerk_spec {
    const char *servers; // names between commas; it begins with the first
    int64_t tick_ms;     // the unit of its patience
};

// start takes a struct clerk_spec.
extern const struct kv_clerk_kind clerk_kind;

#endif
