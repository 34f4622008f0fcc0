// caller.h - the calls of a clerk: each of them with patience, and none when
// nobody waits any more.
//
// One thread at a time.
#ifndef COMMON_CLERKS_CALLER_H
#define COMMON_CLERKS_CALLER_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

struct node;
struct rpc_method;

enum {
    // In ticks. A try may last as long as an agreement with a few lost messages
    // does: a server that does not answer may be one of too few.
    CALLER_TRY_TICKS = 20,
    CALLER_CLOSE_TICKS = 4, // the end of a session; it waits no longer
};

struct caller {
    struct node *node; // borrowed
    int64_t tick_ms;   // the unit of its patience
    int try_ticks;     // that a call may take; 0: all that is left
};

// One call, which ends at the deadline or before. The reply, owned
// (X__free_unpacked), or NULL. Then *ran becomes true if it may have run, and
// stays as it is if it has not. `ran` may be NULL.
ProtobufCMessage *caller_call(struct caller *c, const char *to,
                              const struct rpc_method *method,
                              const ProtobufCMessage *request,
                              int64_t deadline_ms, bool *ran);

// May it go on asking? Not after node_cancel: nobody waits for an answer then.
bool caller_has_time(const struct caller *c, int64_t deadline_ms);

// Waits for a tick, or for the deadline if that is earlier.
void caller_rest(const struct caller *c, int64_t deadline_ms);

// The deadline of what must not take long.
int64_t caller_soon_ms(const struct caller *c);

#endif
