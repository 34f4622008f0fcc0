// trace.h - the last things a node did, in memory that survives it.
//
// A ring of the last TRACE_SLOTS events in the node's counter page. Writing
// one takes no system call. Each carries the node's vector clock (Mattern
// 1989; Fidge 1988): event a happened before event b exactly if a's clock is
// at most b's in every place and less in one. Merged by it, the rings of all
// nodes tell one story in which nothing arrives before it was sent, whatever
// the clocks on the wall said (grading/trace prints it).
#ifndef COMMON_RPC_TRACE_H
#define COMMON_RPC_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "common/rpc/faults.h"
#include "common/runtime/buf.h"

enum {
    TRACE_SLOTS = 4096,
    TRACE_BYTES = 512, // of a message or log line that are kept
};

// Written in files: do not renumber.
enum trace_kind {
    TRACE_NONE = 0,
    TRACE_START = 1,        // the node joined its cluster
    TRACE_SEND = 2,         // a request leaves
    TRACE_RECEIVE = 3,      // a request came in
    TRACE_REPLY = 4,        // its reply leaves
    TRACE_ANSWER = 5,       // the reply came back: RPC_OK
    TRACE_REFUSED = 6,      // the call's outcome
    TRACE_UNKNOWN = 7,      // the call's outcome
    TRACE_LOST_REQUEST = 8, // on order, or cut
    TRACE_LOST_REPLY = 9,
    TRACE_LATE = 10, // the caller is left alone, the request runs later
    TRACE_LOG = 11,
    TRACE_CRASH = 12,
};

// What an event is about. `source` and `target` are node numbers of the call
// (-1: without a number; for a log line or crash both are the node's).
struct trace_head {
    uint32_t kind; // enum trace_kind
    int32_t source;
    int32_t target;
    int32_t method;  // number in the node's counter page; -1: none
    uint32_t reason; // enum rpc_reason or enum crash_kind, by kind
    uint32_t length; // true length of the message body or line
    uint64_t id;     // the call's; the same at both ends
};

// One event as a reader sees it.
struct trace_event {
    struct trace_head head;
    uint64_t index;  // 0, 1, ... for this node, over restarts
    int64_t time_ns; // clock_now_ns
    uint32_t kept;   // bytes of the body that stand in `bytes`
    uint32_t places; // of the clock
    uint32_t clock[FAULT_NODES_MAX];
    unsigned char bytes[TRACE_BYTES];
};

struct trace_ring; // shared memory
struct trace;      // a node's writing end

size_t trace_ring_size(void);

// `nodes`: how many have numbers, `self`: ours. The ring is borrowed; its last
// clock is taken up, so that a restarted node's events follow its old ones.
struct trace *trace_new(struct trace_ring *ring, int nodes, int self);
void trace_free(struct trace *t); // NULL is fine, here and below

// Notes an event (head->length is taken from `body`). First takes over
// `heard`, the clock of `heard_count` places that came with a message, if any.
// Writes the clock after it to `after` (FAULT_NODES_MAX places) unless NULL,
// and returns how many places it has. Any thread; never blocks for long.
size_t trace_note(struct trace *t, const struct trace_head *head,
                  struct slice body, const uint32_t *heard, size_t heard_count,
                  uint32_t *after);

// For readers, also of a node that lives: copies event `index` if the ring
// still holds it whole. trace_ring_next: the index after the newest.
uint64_t trace_ring_next(const struct trace_ring *ring);
int trace_ring_get(const struct trace_ring *ring, uint64_t index,
                   struct trace_event *out); // ERR_OK or ERR_NOT_FOUND

#endif
