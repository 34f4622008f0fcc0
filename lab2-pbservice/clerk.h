// clerk.h - a client of the key/value service.
//
// It remembers who is primary, and asks the view service only when that one
// did not answer, or is no longer. An operation is asked for again until it is
// known to have run once: always with the same number in the clerk's session,
// so that no server runs it twice (common/kv/sessions.h).
//
// Read next: program.c.
#ifndef LAB2_CLERK_H
#define LAB2_CLERK_H

#include <stdint.h>

#include "common/clerks/kv.h"

struct clerk_spec {
    const char *viewd; // the view service's node
    int64_t tick_ms;   // of the service
};

// start takes a struct clerk_spec.
extern const struct kv_clerk_kind clerk_kind;

#endif
