// asker.h - clients of the shard masters that a test harness drives: each
// serves shard.Master at its control server, and is no master.
#ifndef LAB4_ASKER_H
#define LAB4_ASKER_H

#include <protobuf-c/protobuf-c.h>

#include "lab4-shardkv/master_clerk.h"

// By a clerk, which gives the session and asks until somebody answers. start
// takes a struct master_clerk_spec.
ProtobufCService *asker_start(struct node *n, const void *spec);
// Passes on to one node what it is asked, as it is, the session too: once.
// start takes the node's name, which is borrowed.
ProtobufCService *asker_start_probe(struct node *n, const void *name);
void asker_stop(ProtobufCService *asker); // either of them

#endif
