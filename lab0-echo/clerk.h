// clerk.h - the client's side of the echo service.
//
// A clerk numbers what it says, so that the server can tell a request that is
// asked again from a new one. What its caller may conclude is what rpc.h says
// of a call; a clerk that asks again knows less about how often it ran, and
// more about whether it ran at all.
#ifndef LAB0_CLERK_H
#define LAB0_CLERK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/rpc/rpc.h"

struct node;
struct echo_clerk;

struct echo_said {
    enum rpc_outcome outcome;
    enum rpc_reason reason;
    char *text; // RPC_OK: what the server said; owned, else NULL
    uint64_t executed;
    uint64_t total;
    uint32_t attempts; // calls that were made
};

// Talks to `server` (copied) from `node`.
struct echo_clerk *echo_clerk_start(struct node *node, const char *server);
void echo_clerk_stop(struct echo_clerk *c); // no call runs; NULL is fine

// Says `text`. Once; or, with `again`, until there is a reply or the deadline,
// always as the same request. Fills *said, which must get echo_said_release.
// Any thread, one at a time.
void echo_clerk_say(struct echo_clerk *c, const char *text, bool again,
                    int64_t deadline_ms, struct echo_said *said);
void echo_said_release(struct echo_said *said);

#endif
