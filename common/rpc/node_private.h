// node_private.h - what client.c and server.c share of a node.
#ifndef COMMON_RPC_NODE_PRIVATE_H
#define COMMON_RPC_NODE_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/rpc/counters.h"
#include "common/rpc/faults.h"
#include "common/rpc/node.h"
#include "common/rpc/trace.h"
#include "common/runtime/mutex.h"

struct dialer;

// Somebody that was called, found by the name the caller uses.
struct peer {
    char *name;
    char *path; // where it is dialed
    int number; // -1: not in the fault page
    struct peer *next;
};

struct node {
    // Constant from node_open on.
    char name[NODE_NAME_MAX + 1];
    char *folder;
    bool linked; // net/ME is there
    bool whole_process;
    struct fault_page *faults; // NULL: started by hand
    struct count_page *counts; // NULL: started by hand
    struct trace *trace;       // NULL: started by hand
    struct dialer *dialer;

    _Atomic uint64_t next_id; // of calls
    atomic_bool cancelled;
    _Atomic(struct peer *) peers; // only ever prepended
    struct mutex adding;          // who prepends
};

// The peer that `to` names, made at its first use; valid until node_close.
const struct peer *node_peer(struct node *n, const char *to);

// Passes the crash point `kind` for `what`: returns unless armed to crash.
void node_crash_point(struct node *n, enum crash_kind kind, const char *what);

#endif
