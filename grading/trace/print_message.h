// print_message.h - messages as people read them, by their descriptors.
//
//     {kind: MAP_TASK, task: 3, pieces: [{file: "a.txt", length: 12}]}
//
// Numbers are always shown, what is absent or empty and not a number is not.
// Strings, and bytes that are text, are quoted and cut if they are long, with
// their length; other bytes are shown as <00616263ff .abc.>.
#ifndef GRADING_TRACE_PRINT_MESSAGE_H
#define GRADING_TRACE_PRINT_MESSAGE_H

#include <protobuf-c/protobuf-c.h>

#include "common/runtime/buf.h"

// All append to `out`; what does not fit into its limit is left out, and
// "..." stands in its place.
void print_message(struct buf *out, const ProtobufCMessage *message);

// Prints a message of `type` (NULL: not known) of which only the first bytes
// are there: what `bytes` says of a message of `true_size` bytes. What cannot
// be read is shown as print_bytes does.
void print_packed(struct buf *out, const ProtobufCMessageDescriptor *type,
                  struct slice bytes, size_t true_size);

// Bytes as text or in hex; `true_size` is told if it is more than shown.
void print_bytes(struct buf *out, struct slice bytes, size_t true_size);

#endif
