// owner.h - a socket path's owner, who answers each request with its own name,
// and what a caller finds there. Below RPC: a port and a dialer.
#ifndef COMMON_RPC_TESTS_OWNER_H
#define COMMON_RPC_TESTS_OWNER_H

#include <stdint.h>
#include <sys/types.h>

#include "common/rpc/transport.h"

enum {
    OWNER_LONG_MS = 10000, // done in half of it is "at once"
};

struct path {
    char text[128];
};
struct path in_folder(const char *name); // the test's own

struct owner {
    struct port *port;
    char name[16];
    struct thread *thread;
};
int owner_start(struct owner *o, const char *path, const char *name);
void owner_stop(struct owner *o);

// What an exchange came to, and who answered.
struct answer {
    enum exchange_state state;
    char name[16];
    int64_t took_ms;
};
struct answer ask_owner(struct dialer *d, const char *path, int64_t timeout_ms);
void expect_owner(struct dialer *d, const char *path, const char *name);
void expect_nobody(struct dialer *d, const char *path); // refused, at once

ino_t inode_of(const char *path); // 0: nothing is there

#endif
