// siege.h - a world with one server, bob, who must come out as he went in.
#ifndef COMMON_RPC_TESTS_SIEGE_H
#define COMMON_RPC_TESTS_SIEGE_H

#include <sys/types.h>

#include "common/rpc/tests/raw.h"
#include "common/rpc/tests/world.h"
#include "common/runtime/buf.h"

struct siege {
    struct world w;
    struct world_path path; // of bob's socket
    struct slice frame;     // a good request with id 1: Say("good")
    struct slice large;     // one of 3 KiB
    struct buf frame_bytes;
    struct buf large_bytes;
    struct usage before; // what bob used when he was warm
};

void siege_init(struct siege *s);

// Asserts that bob uses no more than before and serves, and ends him in order:
// a sanitizer finds leaks then.
void siege_release(struct siege *s);

pid_t siege_bob(const struct siege *s);

#endif
