#include "common/rpc/wire.h"

#include <assert.h>
#include <stdlib.h>

#include "common/rpc/transport.h"
#include "common/runtime/err.h"

enum {
    LENGTH_SIZE = 4,
    ALLOC_COST = 16, // what malloc adds to each piece
};

static void put_length(unsigned char *to, size_t length)
{
    for (int i = 0; i < LENGTH_SIZE; i++)
        to[i] = (unsigned char)(length >> (8 * i));
}

static size_t get_length(const unsigned char *from)
{
    size_t length = 0;
    for (int i = 0; i < LENGTH_SIZE; i++)
        length |= (size_t)from[i] << (8 * i);
    return length;
}

int wire_pack(const ProtobufCMessage *body, struct buf *out)
{
    assert(out->size == 0);
    size_t size = protobuf_c_message_get_packed_size(body);
    if (size > RPC_FRAME_MAX - WIRE_HEAD_MAX)
        return ERR_LIMIT;
    unsigned char *room = buf_reserve(out, WIRE_HEAD_MAX + size);
    if (room == NULL)
        return ERR_LIMIT;
    protobuf_c_message_pack(body, room + WIRE_HEAD_MAX);
    out->size = WIRE_HEAD_MAX + size;
    return ERR_OK;
}

struct slice wire_body(const struct buf *packed)
{
    assert(packed->size >= WIRE_HEAD_MAX);
    return slice_of(packed->data + WIRE_HEAD_MAX, packed->size - WIRE_HEAD_MAX);
}

struct slice wire_seal(struct buf *packed, const ProtobufCMessage *head)
{
    size_t size = protobuf_c_message_get_packed_size(head);
    assert(TRANSPORT_ROOM + LENGTH_SIZE + size <= WIRE_HEAD_MAX);
    size_t start = WIRE_HEAD_MAX - LENGTH_SIZE - size;
    put_length(packed->data + start, size);
    protobuf_c_message_pack(head, packed->data + start + LENGTH_SIZE);
    return slice_of(packed->data + start, packed->size - start);
}

ProtobufCMessage *wire_open(struct slice frame,
                            const ProtobufCMessageDescriptor *head,
                            struct arena *arena, struct slice *body)
{
    if (frame.size < LENGTH_SIZE)
        return NULL;
    size_t size = get_length(frame.data);
    if (size > frame.size - LENGTH_SIZE || size > WIRE_HEAD_MAX - LENGTH_SIZE)
        return NULL;
    *body = slice_of(frame.data + LENGTH_SIZE + size,
                     frame.size - LENGTH_SIZE - size);
    return protobuf_c_message_unpack(head, &arena->allocator, size,
                                     frame.data + LENGTH_SIZE);
}

// malloc with a limit; what is given back does not count.
static void *budget_alloc(void *data, size_t size)
{
    size_t *left = data;
    if (size > *left || *left - size < ALLOC_COST)
        return NULL;
    *left -= size + ALLOC_COST;
    return malloc(size);
}

static void budget_free(void *data, void *pointer)
{
    (void)data;
    free(pointer);
}

ProtobufCMessage *wire_unpack(struct slice body,
                              const ProtobufCMessageDescriptor *type)
{
    size_t left = wire_arena_limit(body.size);
    ProtobufCAllocator budget = {budget_alloc, budget_free, &left};
    return protobuf_c_message_unpack(type, &budget, body.size, body.data);
}

size_t wire_arena_limit(size_t size)
{
    // An honest message needs a few times its packed size, one of many small
    // strings or messages fifty times. 64 MiB of them would be gigabytes: so
    // the small get more.
    size_t most = 32 << 20;
    return 8 * size + 64 * 1024 + (size < most / 64 ? 64 * size : most);
}
