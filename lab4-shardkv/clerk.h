// clerk.h - a client of the key/value service.
//
//  K1  A key is in a shard, a shard at a group, a group on several servers:
//      the clerk asks one of these, and stays with a server that answers.
//  K2  What it knows of configurations may be old. It asks the masters again
//      when it is told that a group is the wrong one, and when it has asked all
//      servers of a group in vain.
//  K3  However often and whomever it asks, an operation has the same number in
//      the same session; there is one session for each shard, because a
//      shard's table knows of no other.
//
// Read next: program.c.
#ifndef LAB4_CLERK_H
#define LAB4_CLERK_H

#include <stdint.h>

#include "common/clerks/kv.h"

// start takes a struct master_clerk_spec: where configurations come from.
extern const struct kv_clerk_kind clerk_kind;

#endif
