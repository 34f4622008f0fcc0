// direct.h - a client that asks one server, whatever the view says, and once.
//
// For tests and the curious: who is not primary must not answer.
#ifndef LAB2_DIRECT_H
#define LAB2_DIRECT_H

#include "common/clerks/kv.h"

// start takes the server's name.
extern const struct kv_clerk_kind direct_kind;

#endif
