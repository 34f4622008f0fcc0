// master.h - the core of a shard master: operation in, answer out.
//
// All configurations that there ever were, and what each client did last. It
// is a machine as lab 3's rsm.h wants it: masters that apply the same
// operations in the same order answer the same.
//
//  C1  Configurations are numbered 0, 1, 2, ... A change makes the next one;
//      those that are there never change, and none is dropped.
//  C2  Join brings groups, Leave takes some away; then the shards are balanced
//      (balance.h). All of them or none: if one is wrong, nothing is done.
//  C3  Move gives one shard to a group, and does not balance: the next Join or
//      Leave does.
//  C4  What would change nothing makes no configuration: what is refused (its
//      status says why), and a Move to the group that has the shard already.
//  C5  Query says what one configuration is; a number beyond the newest means
//      the newest. It changes nothing: a copy runs again.
//  C6  All the others run at most once: a copy is answered as before
//      (common/kv/sessions.h).
//
// What is wrong with a Join: see MasterStatus of api.proto. A server is of one
// group at a time. A group that has left may join again, with its old servers
// or others; its shards come to it empty-handed.
//
// One thread at a time: its owner locks.
//
// Read next: masterd.h.
#ifndef LAB4_MASTER_H
#define LAB4_MASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab4-shardkv/api.pb-c.h"

struct master;

// It has configuration 0, of so many shards (1 .. CONFIG_SHARDS_MAX).
struct master *master_new(size_t shards);
void master_free(struct master *m); // NULL is fine

// Applies an operation. The answer, owned; NULL: it is a late copy, or no
// operation at all, and nobody is answered.
Shard__MasterAnswer *master_apply(struct master *m,
                                  const Shard__MasterOperation *operation);

// Configuration `number`, or the newest if there is none as high. Borrowed:
// valid as long as the master is.
const Shard__Config *master_config(const struct master *m, uint64_t number);
uint32_t master_sessions(const struct master *m); // remembered

#endif
