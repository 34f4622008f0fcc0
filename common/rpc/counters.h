// counters.h - what a node counted: messages and bytes by peer and method.
//
// One file, mapped by the node (which writes it) and by the harness; it
// survives SIGKILL and restarts. The trace ring (trace.h) stands behind the
// counters in the same file. Numbers are monotonic; read at any time.
#ifndef COMMON_RPC_COUNTERS_H
#define COMMON_RPC_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/rpc/faults.h"

enum {
    COUNT_METHODS_MAX = 48,
    COUNT_PEERS = FAULT_NODES_MAX + 1, // the last: peers without a number
    COUNT_STRANGER = FAULT_NODES_MAX,
};

// One peer and method. Bytes are whole frames.
struct count {
    // As caller.
    _Atomic uint64_t requests_sent; // the first byte was taken
    _Atomic uint64_t request_bytes;
    _Atomic uint64_t replies_taken; // RPC_OK
    _Atomic uint64_t reply_bytes;
    _Atomic uint64_t refused; // RPC_REFUSED
    _Atomic uint64_t unknown; // RPC_UNKNOWN
    // As server.
    _Atomic uint64_t arrived; // requests that came in, the lost ones too: k
    _Atomic uint64_t arrived_bytes;
    _Atomic uint64_t ran; // handlers started
    _Atomic uint64_t replies_sent;
    _Atomic uint64_t sent_bytes;
    // Of those that arrived: request or reply lost, late, cut while it waited.
    _Atomic uint64_t lost;
    _Atomic uint64_t cut; // requests that a cut kept from arriving
};

struct count_page; // the mapping's content: see counters.c

// For the harness: makes the file for a node. For the node: maps it; path NULL
// gives one that nobody else sees. ERR_PROTO if it is none.
int count_page_create(const char *path, struct count_page **out);
int count_page_open(const char *path, struct count_page **out);
// For a reader, while the node lives or after: copies it, the trace ring only
// if that is wanted (it is most of it), and else it must not be asked for.
// Nothing can be written to a copy.
int count_page_view(const char *path, bool trace, struct count_page **out);
void count_page_close(struct count_page *p); // NULL is fine

// The number of "Service.Method", given at its first use; any thread.
// -1 when COUNT_METHODS_MAX are known already.
int count_method(struct count_page *p, const char *method);
const char *count_method_name(const struct count_page *p, int method);

// The cell; `peer` outside 0..FAULT_NODES_MAX-1 stands for a stranger, method
// -1 for one more cell that takes the rest.
struct count *count_at(struct count_page *p, int peer, int method);

// The memory of fault_point_here.
_Atomic uint64_t *count_crashes_passed(struct count_page *p);
_Atomic uint64_t *count_crashes_fired(struct count_page *p);

// What a node tells of itself, and goes on telling when it is dead.
enum {
    COUNT_UNSOLVED_MAX = 128,
};
struct count_life {
    _Atomic uint64_t joined;     // node_open with this page, so far
    _Atomic uint64_t served;     // rpc_server_start at the node's own path
    _Atomic uint64_t controlled; // at a path of its own: a control server
    _Atomic uint64_t held;       // threads that wait for a fault_release
    _Atomic uint64_t crashed;    // crashes on order
    // What was called that nobody solved yet: "3a acceptor_prepare", or "".
    char unsolved[COUNT_UNSOLVED_MAX];
};
struct count_life *count_life(struct count_page *p);
void count_set_unsolved(struct count_page *p, const char *what); // cut to fit

// For a reader, at any time and often: copies that of the page at `path`.
// ERR_OK, or as count_page_view.
int count_life_view(const char *path, struct count_life *out);

struct trace_ring *count_trace(struct count_page *p);

#endif
