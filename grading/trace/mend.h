// mend.h - what can be read of a message whose end is missing.
#ifndef GRADING_TRACE_MEND_H
#define GRADING_TRACE_MEND_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "common/runtime/buf.h"

// Appends to `out` a message of `type` that is whole, made of the first bytes
// of a longer one: the fields that are there, and of the one that is cut in
// two its beginning, if it is a string, bytes or a message. False if `bytes`
// are not the beginning of any message, or `out` is too small.
bool mend_message(struct buf *out, const ProtobufCMessageDescriptor *type,
                  struct slice bytes);

#endif
