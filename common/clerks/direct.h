// direct.h - a client of a key/value service that asks one server, and once.
//
// For tests and the curious: some servers must not answer.
#ifndef COMMON_CLERKS_DIRECT_H
#define COMMON_CLERKS_DIRECT_H

#include "common/clerks/kv.h"

// start takes the server's name.
extern const struct kv_clerk_kind direct_kind;

#endif
