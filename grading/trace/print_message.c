#include "grading/trace/print_message.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/err.h"
#include "grading/trace/mend.h"

enum {
    TEXT_SHOWN = 60, // bytes of a string
    HEX_SHOWN = 16,
    ITEMS_SHOWN = 12, // of a repeated field
    DEPTH_MAX = 8,    // of messages in messages
};

static void add_bytes(struct buf *out, const void *data, size_t size)
{
    if (buf_append(out, data, size) == ERR_OK || out->max < 3)
        return;
    if (out->size > out->max - 3)
        out->size = out->max - 3;
    memcpy(buf_reserve(out, 3), "...", 3);
    out->size = out->max;
}

static void add(struct buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(struct buf *out, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size > 0)
        add_bytes(out, text, strlen(text));
}

// --- Bytes -------------------------------------------------------------------

static bool is_printed(unsigned char byte)
{
    return (byte >= ' ' && byte < 0x7f) || byte == '\n' || byte == '\t';
}

static bool is_text(struct slice bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        if (!is_printed(bytes.data[i]))
            return false;
    return true;
}

static void add_text(struct buf *out, struct slice text, size_t true_size)
{
    size_t shown = text.size < TEXT_SHOWN ? text.size : TEXT_SHOWN;
    add(out, "\"");
    for (size_t i = 0; i < shown; i++) {
        unsigned char byte = text.data[i];
        if (byte == '\n')
            add(out, "\\n");
        else if (byte == '\t')
            add(out, "\\t");
        else if (byte == '"' || byte == '\\')
            add(out, "\\%c", byte);
        else if (is_printed(byte))
            add(out, "%c", byte);
        else
            add(out, "\\x%02x", byte);
    }
    add(out, "\"");
    if (shown < true_size)
        add(out, "... (%zu bytes)", true_size);
}

static void add_hex(struct buf *out, struct slice bytes, size_t true_size)
{
    size_t shown = bytes.size < HEX_SHOWN ? bytes.size : HEX_SHOWN;
    add(out, "<");
    for (size_t i = 0; i < shown; i++)
        add(out, "%02x", bytes.data[i]);
    add(out, " ");
    for (size_t i = 0; i < shown; i++) {
        unsigned char byte = bytes.data[i];
        add(out, "%c", byte > ' ' && byte < 0x7f ? byte : '.');
    }
    add(out, ">");
    if (shown < true_size)
        add(out, "... (%zu bytes)", true_size);
}

void print_bytes(struct buf *out, struct slice bytes, size_t true_size)
{
    if (is_text(bytes))
        add_text(out, bytes, true_size);
    else
        add_hex(out, bytes, true_size);
}

// --- Values ------------------------------------------------------------------

static void add_message(struct buf *out, const ProtobufCMessage *message,
                        int depth);

static void add_enum(struct buf *out, const ProtobufCEnumDescriptor *type,
                     int value)
{
    const ProtobufCEnumValue *named =
        protobuf_c_enum_descriptor_get_value(type, value);
    if (named != NULL)
        add(out, "%s", named->name);
    else
        add(out, "%d", value);
}

// The value at `at`, as the generated struct holds it.
static void add_value(struct buf *out, const ProtobufCFieldDescriptor *field,
                      const void *at, int depth)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        add(out, "%" PRId32, *(const int32_t *)at);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        add(out, "%" PRId64, *(const int64_t *)at);
        return;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        add(out, "%" PRIu32, *(const uint32_t *)at);
        return;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        add(out, "%" PRIu64, *(const uint64_t *)at);
        return;
    case PROTOBUF_C_TYPE_FLOAT:
        add(out, "%g", (double)*(const float *)at);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        add(out, "%g", *(const double *)at);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        add(out, "%s", *(const protobuf_c_boolean *)at ? "true" : "false");
        return;
    case PROTOBUF_C_TYPE_ENUM:
        add_enum(out, field->descriptor, *(const int *)at);
        return;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char *const *)at;
        add_text(out, slice_text(text), strlen(text));
        return;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *bytes = at;
        print_bytes(out, slice_of(bytes->data, bytes->len), bytes->len);
        return;
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        add_message(out, *(const ProtobufCMessage *const *)at, depth);
        return;
    }
}

static size_t size_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    abort();
}

// --- Fields ------------------------------------------------------------------

static const void *member(const ProtobufCMessage *message, unsigned offset)
{
    return (const char *)message + offset;
}

// Is there something to show of a field that is not repeated?
static bool is_there(const ProtobufCMessage *message,
                     const ProtobufCFieldDescriptor *field)
{
    const void *at = member(message, field->offset);
    const void *quantifier = member(message, field->quantifier_offset);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        return *(const uint32_t *)quantifier == field->id;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(const void *const *)at != NULL;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(const char *const *)at;
        return text != NULL && text[0] != '\0';
    }
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
        return *(const protobuf_c_boolean *)quantifier;
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len > 0;
    return true;
}

static void add_items(struct buf *out, const ProtobufCFieldDescriptor *field,
                      const char *items, size_t count, int depth)
{
    size_t shown = count < ITEMS_SHOWN ? count : ITEMS_SHOWN;
    add(out, "[");
    for (size_t i = 0; i < shown; i++) {
        add(out, "%s", i > 0 ? ", " : "");
        add_value(out, field, items + i * size_of(field->type), depth);
    }
    if (shown < count)
        add(out, ", ... (%zu of them)", count);
    add(out, "]");
}

// "name: value", behind a comma if it is not the first. Did it print anything?
static bool add_field(struct buf *out, const ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field, bool first,
                      int depth)
{
    const void *at = member(message, field->offset);
    const void *quantifier = member(message, field->quantifier_offset);
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    size_t count = repeated ? *(const size_t *)quantifier : 0;
    if (repeated ? count == 0 : !is_there(message, field))
        return false;
    add(out, "%s%s: ", first ? "" : ", ", field->name);
    if (repeated)
        add_items(out, field, *(const char *const *)at, count, depth);
    else
        add_value(out, field, at, depth);
    return true;
}

static void add_message(struct buf *out, const ProtobufCMessage *message,
                        int depth)
{
    if (depth >= DEPTH_MAX) {
        add(out, "{...}");
        return;
    }
    const ProtobufCMessageDescriptor *type = message->descriptor;
    bool first = true;
    add(out, "{");
    for (unsigned i = 0; i < type->n_fields; i++)
        if (add_field(out, message, &type->fields[i], first, depth + 1))
            first = false;
    if (message->n_unknown_fields > 0)
        add(out, "%s%u unknown fields", first ? "" : ", ",
            message->n_unknown_fields);
    add(out, "}");
}

void print_message(struct buf *out, const ProtobufCMessage *message)
{
    add_message(out, message, 0);
}

void print_packed(struct buf *out, const ProtobufCMessageDescriptor *type,
                  struct slice bytes, size_t true_size)
{
    ProtobufCMessage *message = NULL;
    struct buf mended;
    buf_init(&mended, 2 * bytes.size + 64);
    if (type != NULL && bytes.size == true_size)
        message = protobuf_c_message_unpack(type, NULL, bytes.size, bytes.data);
    else if (type != NULL && mend_message(&mended, type, bytes))
        message =
            protobuf_c_message_unpack(type, NULL, mended.size, mended.data);
    if (message == NULL) {
        print_bytes(out, bytes, true_size);
    } else {
        add_message(out, message, 0);
        protobuf_c_message_free_unpacked(message, NULL);
        if (bytes.size < true_size)
            add(out, "... (%zu of %zu bytes)", bytes.size, true_size);
    }
    buf_release(&mended);
}
