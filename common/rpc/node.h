// node.h - one node's end of the network: who it is and whom it can reach.
//
// All nodes of a cluster share a folder. A node finds there, by its name ME:
//
//     sock/ME/s     the socket it binds
//     net/ME/PEER   a hard link to PEER's socket, made by a test harness;
//                   without net/ME it dials sock/PEER/s
//     ctl/ME        its fault page, written by the harness (faults.h)
//     cnt/ME        its counters and trace, written by it (counters.h)
//     sock/ME/c     its control server, for the harness alone
//
// A cluster started by hand has only sock/: then there are no faults, no
// counters and no trace, and everything else is the same.
#ifndef COMMON_RPC_NODE_H
#define COMMON_RPC_NODE_H

#include <stdbool.h>

struct node;

// Names are 1 to NODE_NAME_MAX bytes of [a-z0-9-]: they stand in paths.
enum {
    NODE_NAME_MAX = 15,
};
bool node_is_name(const char *name);

// Joins the cluster in `folder` as `name`; both are copied. sock/NAME is made
// if it is missing. `whole_process`: log lines and crash points of this
// program are this node's (at most one node of a process says so). ERR_OK and
// *out, or why not; a reason in words has then been logged.
int node_open(const char *folder, const char *name, bool whole_process,
              struct node **out);

// Frees it: no call runs and no server is up. NULL is fine.
void node_close(struct node *n);

// Ends all calls that run, and every later one at once: RPC_UNKNOWN
// (cancelled), RPC_REFUSED if nothing was sent. For an orderly end.
void node_cancel(struct node *n);
bool node_is_cancelled(const struct node *n);

const char *node_name(const struct node *n);

// The path where `name` is dialed and that where this node is served. Owned.
char *node_peer_path(const struct node *n, const char *name);
char *node_serve_path(const struct node *n);

// Does a harness watch this node: has it a fault page? Then it should serve
// what a harness may ask it at a control server (server.h) here: owned.
bool node_is_tested(const struct node *n);
char *node_control_path(const struct node *n);

#endif
