// wire.h - what a frame holds: a header message, then the method's message.
//
//     4 bytes   length of the header, little-endian
//     ...       RequestHeader or ReplyHeader (rpc.proto)
//     the rest  the method's input or output message
//
// A frame is built back to front: the body is packed while its owner's locks
// may be held, the header goes in front of it when it is sent.
#ifndef COMMON_RPC_WIRE_H
#define COMMON_RPC_WIRE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/rpc/arena.h"
#include "common/runtime/buf.h"

enum {
    WIRE_HEAD_MAX = 512, // bytes of a header with its length, packed, and
                         // the transport's room
};

// Packs `body` into the empty buf `out`, behind room for a header. ERR_LIMIT
// if the frame would exceed RPC_FRAME_MAX.
int wire_pack(const ProtobufCMessage *body, struct buf *out);

// The packed body, borrowed.
struct slice wire_body(const struct buf *packed);

// Puts `head` before the body and returns the frame, borrowed from `packed`.
// May be called again with another header.
struct slice wire_seal(struct buf *packed, const ProtobufCMessage *head);

// Takes a frame apart: *body borrows from `frame`, the header is in `arena`.
// NULL if it makes no sense.
ProtobufCMessage *wire_open(struct slice frame,
                            const ProtobufCMessageDescriptor *head,
                            struct arena *arena, struct slice *body);

// Unpacks a message into malloc's memory, for protobuf_c_message_free_unpacked
// with a NULL allocator. NULL if it makes no sense or would need more memory
// than wire_arena_limit.
ProtobufCMessage *wire_unpack(struct slice body,
                              const ProtobufCMessageDescriptor *type);

// A fair limit for the arena of a message of `size` bytes.
size_t wire_arena_limit(size_t size);

#endif
