// machine.h - the key/value service as a machine: operation in, answer out.
//
// Labs 2, 3 and 4 replicate this same machine: by a backup, by a log, by many
// logs with moving shards (Schneider, "Implementing Fault-Tolerant Services
// Using the State Machine Approach", 1990). It is deterministic: machines that
// apply the same operations in the same order answer the same and are in the
// same state, byte for byte of kv_fill.
//
// One thread at a time: its owner locks.
#ifndef COMMON_KV_MACHINE_H
#define COMMON_KV_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/kv/api.pb-c.h"

struct kv;

struct kv *kv_new(void);
void kv_free(struct kv *kv); // NULL is fine

// Applies an operation and fills in *answer, which borrows from `kv` until the
// next call. False: the operation is a late copy, nobody waits for an answer.
// An operation of a session that has been applied before changes nothing.
bool kv_apply(struct kv *kv, const Kv__Operation *operation,
              Kv__Answer *answer);

// The whole state, for another replica: borrowed from `kv` until its next
// change; kv_unfill frees what kv_fill made.
void kv_fill(const struct kv *kv, Kv__State *state);
void kv_unfill(Kv__State *state);

// A machine in this state: ERR_OK and *out, or ERR_PROTO.
int kv_from(const Kv__State *state, struct kv **out);

// Adds a piece of another machine's state: pairs and sessions that are not yet
// here. All pieces of a state, in its order, make a machine in that state.
// ERR_OK, or ERR_PROTO: then it is good for kv_free alone.
int kv_add(struct kv *kv, const Kv__State *piece);

size_t kv_keys(const struct kv *kv);
size_t kv_bytes(const struct kv *kv);      // of keys and values
uint32_t kv_sessions(const struct kv *kv); // remembered

#endif
