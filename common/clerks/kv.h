// kv.h - clerks of a key/value service, whatever replicates it.
//
// Labs 2, 3 and 4 have a clerk each. What an operation says of its session and
// how it is asked for is the same for each of them (session.h, caller.h), and
// so are a program's `kv` and `clerks` commands.
#ifndef COMMON_CLERKS_KV_H
#define COMMON_CLERKS_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clerks/caller.h"
#include "common/clerks/session.h"
#include "common/kv/api.pb-c.h"
#include "common/rpc/rpc.h"
#include "common/runtime/buf.h"

struct node;

// The method that does operations of this kind, which must be one.
struct rpc_method kv_method(Kv__Kind kind);

// --- An operation ----------------------------------------------------------

// Makes `op` the next one in the session; a Get has no number.
void kv_number(struct session *s, Kv__Operation *op);

// One call to a server. The answer, owned (kv__answer__free_unpacked), or NULL;
// *ran: as caller.h says.
Kv__Answer *kv_call(struct caller *c, const char *to, const Kv__Operation *op,
                    int64_t deadline_ms, bool *ran);

// `op` was answered SESSION_EXPIRED. `ran`: a try of it may have run. True:
// nobody knows what became of it. Else it has been numbered in a new session,
// to be asked again. The session is another one in both cases.
bool kv_expired(struct session *s, Kv__Operation *op, bool ran);

// What is told of an answer, which may be NULL: itself; NULL if nobody knows,
// and then it is freed.
Kv__Answer *kv_known(Kv__Answer *answer);

// Ends the session, if there is anything to end, by one call to a server. In
// lab 4 `key` says which one it is; else it is empty.
void kv_close(struct caller *c, struct session *s, const char *to,
              struct slice key, int64_t deadline_ms);

// --- A clerk, and what drives it -------------------------------------------

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
