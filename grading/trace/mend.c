#include "grading/trace/mend.h"

#include <stdint.h>

#include "common/runtime/err.h"

enum {
    DEPTH_MAX = 16,
    VARINT_MAX = 10, // bytes
};

// How protobuf writes values: the low three bits of a tag.
enum wire_type {
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_LENGTH = 2, // a length, and so many bytes
    WIRE_32 = 5,
};

// Bytes that are read from the front.
struct cursor {
    struct slice rest;
    bool ended; // a read wanted more than there was
};

static uint64_t take_varint(struct cursor *c)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_MAX; i++) {
        if (c->rest.size == 0) {
            c->ended = true;
            return 0;
        }
        unsigned char byte = c->rest.data[0];
        c->rest = slice_of(c->rest.data + 1, c->rest.size - 1);
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return value;
    }
    return value; // what is no number is found when it is unpacked
}

static void skip(struct cursor *c, uint64_t n)
{
    if (n > c->rest.size) {
        c->ended = true;
        n = c->rest.size;
    }
    c->rest = slice_of(c->rest.data + n, c->rest.size - n);
}

static bool append_varint(struct buf *out, uint64_t value)
{
    unsigned char bytes[VARINT_MAX];
    size_t size = 0;
    do {
        unsigned char low = value & 0x7f;
        value >>= 7;
        bytes[size++] = value > 0 ? low | 0x80 : low;
    } while (value > 0);
    return buf_append(out, bytes, size) == ERR_OK;
}

static bool mend(struct buf *out, const ProtobufCMessageDescriptor *type,
                 struct slice bytes, int depth);

// The field `tag` is cut in two: appends what `there` has of its bytes.
static bool mend_field(struct buf *out, const ProtobufCMessageDescriptor *type,
                       uint64_t tag, struct slice there, int depth)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
    if (field == NULL)
        return true; // nobody knows it, nobody misses it
    bool bytes = field->type == PROTOBUF_C_TYPE_STRING ||
                 field->type == PROTOBUF_C_TYPE_BYTES;
    if (bytes)
        return append_varint(out, tag) && append_varint(out, there.size) &&
               buf_append(out, there.data, there.size) == ERR_OK;
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || depth == DEPTH_MAX)
        return true; // packed numbers are left out
    struct buf inner;
    buf_init(&inner, 2 * there.size + 64);
    bool fine = mend(&inner, field->descriptor, there, depth + 1) &&
                append_varint(out, tag) && append_varint(out, inner.size) &&
                buf_append(out, inner.data, inner.size) == ERR_OK;
    buf_release(&inner);
    return fine;
}

static bool mend(struct buf *out, const ProtobufCMessageDescriptor *type,
                 struct slice bytes, int depth)
{
    struct cursor c = {.rest = bytes};
    while (c.rest.size > 0) { // ends: each turn takes a byte at least
        struct slice field = c.rest;
        uint64_t tag = take_varint(&c);
        uint64_t length = 0;
        struct slice value = c.rest;
        if (!c.ended && (tag & 7) == WIRE_LENGTH) {
            length = take_varint(&c);
            value = c.rest;
            bool known = !c.ended;
            skip(&c, length);
            if (known && c.ended)
                return mend_field(out, type, tag, value, depth);
        } else if (!c.ended && (tag & 7) == WIRE_VARINT) {
            take_varint(&c);
        } else if (!c.ended && (tag & 7) == WIRE_64) {
            skip(&c, 8);
        } else if (!c.ended && (tag & 7) == WIRE_32) {
            skip(&c, 4);
        } else if (!c.ended) {
            return false;
        }
        if (c.ended)
            return true; // a tag or a number that is cut
        if (buf_append(out, field.data, field.size - c.rest.size) != ERR_OK)
            return false;
    }
    return true;
}

bool mend_message(struct buf *out, const ProtobufCMessageDescriptor *type,
                  struct slice bytes)
{
    return mend(out, type, bytes, 0);
}
