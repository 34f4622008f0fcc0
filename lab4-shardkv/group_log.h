// group_log.h - a group's log: what its operations, as bytes, do to its shards.
//
// In the log are GroupOperations of log.proto, packed; the replies are
// GroupAnswers.
//
// Read next: errands.h.
#ifndef LAB4_GROUP_LOG_H
#define LAB4_GROUP_LOG_H

#include "lab3-paxos/rsm.h"

// The machine is a struct shards. Bytes that are no operation do nothing, on
// every replica alike.
extern const struct rsm_app group_log_app;

#endif
