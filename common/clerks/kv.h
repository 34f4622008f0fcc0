// kv.h - clerks of a key/value service, whatever replicates it.
//
// Labs 2, 3 and 4 have a clerk each; a program's `kv` and `clerks` commands
// are the same over each of them.
#ifndef COMMON_CLERKS_KV_H
#define COMMON_CLERKS_KV_H

#include <stddef.h>
#include <stdint.h>

#include "common/kv/api.pb-c.h"
#include "common/rpc/rpc.h"

struct node;

// The method that does operations of this kind, which must be one.
struct rpc_method kv_method(Kv__Kind kind);

struct kv_clerk_kind {
    // A clerk at `n`; `arg` is the caller's and is borrowed.
    void *(*start)(struct node *n, const void *arg);
    // Closes its session as well, if that takes not long. After node_cancel it
    // calls nobody.
    void (*stop)(void *clerk);
    // Does one operation (kind, key, value), asking again until it knows what
    // became of it or the deadline has passed. The answer, owned
    // (kv__answer__free_unpacked), or NULL: it is not known whether it ran.
    // *attempts: calls to servers. One thread at a time.
    Kv__Answer *(*run)(void *clerk, const Kv__Operation *operation,
                       int64_t deadline_ms, uint32_t *attempts);
};

// The clerks command: see clerks_main. Each is served as kv.Clerk.
int kv_clerks_main(const char *folder, const char *names,
                   const struct kv_clerk_kind *kind, const void *arg);

// The kv command: one operation, `words` being get KEY, put KEY VALUE, append
// KEY VALUE, done by a clerk at `n`. Prints the value that was got, or found by
// append. The exit status: 0; 1 if there is no such key, it was refused, or it
// is not known whether it ran; 2 if the words make no sense. What is wrong is
// said on stderr, behind "PROGRAM: ".
int kv_command(const char *program, struct node *n, const char *const *words,
               size_t count, int64_t timeout_ms,
               const struct kv_clerk_kind *kind, const void *arg);

#endif
