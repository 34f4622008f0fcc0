// master_clerk.h - asks the shard masters, until one answers.
//
// Administrators, groups that take the next configuration, and clerks that look
// for a shard have one each. It stays with the master that has answered it
// last; if that does not, it asks the next one. What is to run once (all but
// Query) has always the same number in its session, however often it asks.
//
// Threads: one at a time for each. Several may be at one node.
//
// Read next: masterd.h (the other side).
#ifndef LAB4_MASTER_CLERK_H
#define LAB4_MASTER_CLERK_H

#include <stdint.h>

#include "common/rpc/rpc.h"
#include "lab4-shardkv/api.pb-c.h"

struct master_clerk;
struct node;

// The method that does operations of this kind, which must be one.
struct rpc_method master_method(Shard__MasterKind kind);

struct master_clerk_spec {
    const char *masters; // names between commas, one at least; the first first
    int64_t tick_ms;     // the unit of its patience
};

// Borrows the node, copies the spec. The stop closes its session as well, if
// that takes not long; after node_cancel it calls nobody. NULL is fine.
struct master_clerk *master_clerk_start(struct node *n,
                                        const struct master_clerk_spec *spec);
void master_clerk_stop(struct master_clerk *c);

// Does one operation: its kind, groups, gids, shard and number; the session is
// the clerk's. The answer, owned (shard__master_answer__free_unpacked), or
// NULL: the deadline has passed or the node was cancelled, and nobody knows
// whether it ran.
Shard__MasterAnswer *master_clerk_run(struct master_clerk *c,
                                      const Shard__MasterOperation *operation,
                                      int64_t deadline_ms);

// The configuration of that number, or the newest, if there is none as high as
// that (CONFIG_NEWEST is higher than all). It reflects every operation that was
// answered before. Owned (config_free), and sound; or NULL: no master has
// answered in time, or what it said makes no sense. That is not number 0.
Shard__Config *master_clerk_query(struct master_clerk *c, uint64_t number,
                                  int64_t deadline_ms);

#endif
