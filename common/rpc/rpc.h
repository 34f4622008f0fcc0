// rpc.h - calls between nodes: one request, one reply, three outcomes.
//
// What a caller may conclude:
//   RPC_OK       the handler ran, and this is its reply
//   RPC_REFUSED  nothing was sent: it did not run and will not run
//   RPC_UNKNOWN  it may have run, may run later, or never
// So a caller that tries again after RPC_UNKNOWN may run it twice, unless the
// request says which one it is (Birrell & Nelson, "Implementing Remote
// Procedure Calls", 1984, section 3.2; here: common/kv/sessions.h).
//
//   at the call                                      outcome   when
//   no such peer, its owner dead, refusing cut,      REFUSED   at once
//     request too large, too many calls, no method
//   no connection before the deadline                REFUSED   deadline
//   request or reply lost, late, silent cut, paused  UNKNOWN   deadline
//   peer dies or stops while the call is in flight   UNKNOWN   at once
//   reply malformed or too large                     UNKNOWN   at once
//
// Messages are protobuf-c's. Any thread may call; none needs a lock, and none
// should hold one. A peer is named by its node name, or, if the name holds a
// slash, by the path of its socket.
//
// Read next: server.h (the other side), faults.h (what can go wrong on order).
#ifndef COMMON_RPC_RPC_H
#define COMMON_RPC_RPC_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;

enum rpc_outcome {
    RPC_OK,
    RPC_REFUSED,
    RPC_UNKNOWN,
};

// Why, for logs and traces. No program should decide by it.
enum rpc_reason {
    RPC_REASON_NONE,      // RPC_OK
    RPC_REASON_NO_PEER,   // nobody there, its owner dead, a refusing cut
    RPC_REASON_TOO_LARGE, // our own request exceeds RPC_FRAME_MAX
    RPC_REASON_BUSY,      // RPC_OUTSTANDING_MAX, or out of descriptors
    RPC_REASON_NO_METHOD, // the peer does not serve it
    RPC_REASON_TIMEOUT,   // the deadline passed
    RPC_REASON_CLOSED,    // the peer went away while the call was in flight
    RPC_REASON_MALFORMED, // the reply makes no sense or is too large
    RPC_REASON_CANCELLED, // node_cancel
};

// A method as its .proto declares it: {&echo__descriptor, "Say"}.
struct rpc_method {
    const ProtobufCServiceDescriptor *service;
    const char *name;
};

struct rpc_answer {
    enum rpc_outcome outcome;
    enum rpc_reason reason;
    ProtobufCMessage *reply; // RPC_OK: the method's output type; else NULL
};

// Calls `to` and waits for the outcome, until `deadline_ms` (clock_now_ms) at
// the latest; there is no call without one. All arguments are borrowed.
// `request` must be of the method's input type. Fills *answer, which must get
// rpc_answer_release, and returns answer->outcome.
enum rpc_outcome rpc_call(struct node *n, const char *to,
                          const struct rpc_method *method,
                          const ProtobufCMessage *request, int64_t deadline_ms,
                          struct rpc_answer *answer);

void rpc_answer_release(struct rpc_answer *answer); // frees the reply

// Asks `count` peers (1 to RPC_GATHER_MAX) the same at once, without a thread:
// each(arg, i, answer) is called in the caller's thread with each outcome as
// it comes, at most once a peer. The answer is borrowed for the time of each();
// who wants to keep its reply takes it and sets answer->reply to NULL. each()
// returns true to go on; false ends the gather: the rest is not waited for,
// and what was sent may still run. At the deadline all that is left is
// RPC_UNKNOWN or RPC_REFUSED. Returns how many outcomes were handed over.
enum {
    RPC_GATHER_MAX = 64,
};
size_t rpc_gather(struct node *n, const char *const *to, size_t count,
                  const struct rpc_method *method,
                  const ProtobufCMessage *request, int64_t deadline_ms,
                  bool (*each)(void *arg, size_t i, struct rpc_answer *answer),
                  void *arg);

const char *rpc_outcome_text(enum rpc_outcome outcome); // "ok", "refused", ...
const char *rpc_reason_text(enum rpc_reason reason);

#endif
