// self.h - which node the running code belongs to.
//
// In a process there is one; in a simulation the scheduler says which. Only
// the libraries in common/ use this: the log to put the node's name in front,
// the durable store to ask whether it is to crash here. Lab code is told who
// it is by its arguments.
#ifndef COMMON_RUNTIME_SELF_H
#define COMMON_RUNTIME_SELF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SELF_NAME_MAX = 32, // bytes, with the final NUL
};

// Where a node can be made to crash. Written in full in fault pages, traces
// and messages: do not renumber.
enum crash_kind {
    CRASH_NONE = 0,
    CRASH_BEFORE_HANDLER = 1,
    CRASH_BEFORE_REPLY = 2, // the handler ran, its reply is not yet sent
    CRASH_AFTER_REPLY = 3,
    CRASH_BEFORE_PUT = 4, // disk_put and disk_remove: nothing is durable yet
    CRASH_AFTER_PUT = 5,  // durable, the caller does not know
    CRASH_OUTFILE_BEGIN = 6,
    CRASH_OUTFILE_APPEND = 7, // half of the bytes are in the file
    CRASH_BEFORE_COMMIT = 8,
    CRASH_AFTER_COMMIT = 9,
};

struct self {
    char name[SELF_NAME_MAX]; // "-" until self_set_name()
    atomic_uint seeds;        // random_seed() calls so far
    // All may be NULL; called from any thread of the node, without locks.
    // Of not_implemented (unsolved.h).
    void (*on_unsolved)(void *arg, const char *what);
    void (*on_log)(void *arg, const char *line, size_t size);
    void (*on_crash_point)(void *arg, enum crash_kind kind, const char *what);
    // Would the next call of the above crash? Saves preparing for it; NULL:
    // nobody knows. Must not be told wrong.
    bool (*is_crash_next)(void *arg, enum crash_kind kind, const char *what);
    void *arg;
};

// This node's. Never NULL, valid until the node ends.
struct self *self_get(void);

// Names this node; `name` is copied, cut to SELF_NAME_MAX - 1 bytes.
void self_set_name(const char *name);

// Descriptor `fd` is this node's: a simulation closes it when the node is
// killed, as the system does for a process. Give it back before closing it.
void self_own_fd(int fd);
void self_disown_fd(int fd);

// Says that the node is at a place where it can be made to crash; `what` is
// the method, or the file's name without its folders. Returns unless it is to
// crash here.
void self_crash_point(enum crash_kind kind, const char *what);

// "before the handler of", to be followed by what. Static, never NULL.
const char *crash_kind_text(enum crash_kind kind);

#endif
