// ask.h - timed calls from ME in a world, and what must come of them.
#ifndef COMMON_RPC_TESTS_ASK_H
#define COMMON_RPC_TESTS_ASK_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rpc/rpc.h"
#include "common/rpc/tests/world.h"

enum {
    SHORT_MS = 200,  // the timeout of a call that must use all of it
    LONG_MS = 10000, // of one that must not: done in half of it is "at once"
};

// What a caller was told; what stands behind took_ms is of Say or Big only.
struct told {
    enum rpc_outcome outcome;
    enum rpc_reason reason;
    int64_t timeout_ms;
    int64_t took_ms;
    char text[64];
    char name[16];
    char source[16];
    uint32_t life;
    int64_t left_ms;
    size_t size; // of SayReply's text or BigReply's data
};

// `to`: a node, or a path. Any thread.
struct told ask(struct world *w, const char *to, const char *method,
                const ProtobufCMessage *request, int64_t timeout_ms);
struct told ask_say(struct world *w, const char *to, const char *text,
                    int64_t timeout_ms);
struct told ask_nothing(struct world *w, const char *to, const char *method,
                        int64_t timeout_ms);

// The same, to be fetched later. The request is borrowed until then.
struct asking {
    struct world *w;
    const char *to;
    const char *method;
    const ProtobufCMessage *request; // NULL: a Nothing
    int64_t timeout_ms;
    struct thread *thread;
    struct told told;
};
void ask_begin(struct asking *a); // all but `thread` and `told` are filled in
struct told ask_end(struct asking *a);

// At once: long before the deadline. At the deadline: not before it, and not
// long after. Macros for the sake of the line that a failure shows.
enum when {
    AT_ONCE,
    AT_DEADLINE,
};
void expect_at(int line, struct told told, enum rpc_outcome outcome,
               enum rpc_reason reason, enum when when);
#define expect(...) expect_at(__LINE__, __VA_ARGS__)
#define expect_ok(told) expect(told, RPC_OK, RPC_REASON_NONE, AT_ONCE)

#endif
