// clerks.h - a process that is the home of clerks, for a harness to drive.
//
// Each clerk is a node of its own, with a link folder and fault page of its
// own: so each can be cut off by itself. A harness asks a clerk, at its
// control server, to do one operation; the handler blocks while the clerk
// works, and returns without a reply if the clerk does not know what became of
// it. Each lab's `clerks` command is this main over the lab's own clerk.
#ifndef COMMON_CLERKS_CLERKS_H
#define COMMON_CLERKS_CLERKS_H

#include <protobuf-c/protobuf-c.h>

struct node;

enum {
    CLERKS_MAX = 64, // in one process
};

struct clerks_kind {
    // A clerk that works at `n`; what it returns begins with its service, as
    // server.h says. NULL if it cannot be made: a reason has been logged.
    ProtobufCService *(*start)(struct node *n, const void *arg);
    // Its node has been cancelled, no handler runs. Frees it.
    void (*stop)(ProtobufCService *clerk);
};

// Runs a clerk for each of `names` (between commas) in the cluster `folder`
// until SIGINT or SIGTERM. The exit status (common/program/program.h).
int clerks_main(const char *folder, const char *names,
                const struct clerks_kind *kind, const void *arg);

#endif
