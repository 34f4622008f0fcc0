// write.c - a history as lines of JSON, one an operation.
//
//     {"c":"c1","op":"appendret","k":"k0","v":"c1.7;","t0":12,"t1":15,
//      "r":"ok","old":"c2.3;"}
//
// op: get; put, append, appendret "v"; cas "a" (null: no value) to "b"; vput
// "v" at the version "ver". t0, t1: call and ret; t1 is null if it has not
// returned. r: ok; no, refused; fail, not done; maybe, if nobody knows, and of
// a get that says nothing. What it saw: of a get "v" and "ver"; of an
// appendret "old"; of a cas that was refused "v"; missing if there was no
// value, but null in the cas, where missing says nothing; of a vput "sawver".
//
// The first line is a head, with "init", if keys begin with a value. Notes, at
// the end, have "t", "who" and "text". What is no UTF-8 without quotes,
// backslashes and control characters is in base64, under the field's name with
// a "b" behind it: "vb", "oldb"; names of clients only if they are no UTF-8.
#include <inttypes.h>

#include "grading/linear/linear.h"
#include "grading/linear/read/unescape.h"

// --- Texts -------------------------------------------------------------------

static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] < 0x20 || s.data[i] == 0x7f || s.data[i] == '"' ||
            s.data[i] == '\\')
            return false;
    return utf8_valid(s);
}

static void write_base64(FILE *out, struct slice s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.size; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < s.size ? s.data[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            fputc(i + k > s.size ? '=' : digits[bits >> (18 - 6 * k) & 63],
                  out);
    }
}

static void write_plain(FILE *out, struct slice s)
{
    if (s.size > 0)
        fwrite(s.data, 1, s.size, out);
}

static void write_escaped(FILE *out, struct slice s)
{
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = s.data[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
}

// Without the comma before it.
static void write_field(FILE *out, const char *field, struct slice s)
{
    bool plain = is_plain(s);
    fprintf(out, "\"%s%s\":\"", field, plain ? "" : "b");
    if (plain)
        write_plain(out, s);
    else
        write_base64(out, s);
    fputc('"', out);
}

static void write_bytes(FILE *out, const char *field, struct slice s)
{
    fputc(',', out);
    write_field(out, field, s);
}

static void write_client(FILE *out, struct slice name)
{
    if (!utf8_valid(name)) {
        write_field(out, "c", name);
        return;
    }
    fprintf(out, "\"c\":\"");
    write_escaped(out, name);
    fputc('"', out);
}

// --- Operations --------------------------------------------------------------

static bool says_nothing(const struct linear_op *op)
{
    return op->kind == LINEAR_GET && op->outcome == LINEAR_OK &&
           op->seen == LINEAR_SAW_UNKNOWN;
}

static bool is_appendret(const struct linear_op *op)
{
    return op->kind == LINEAR_APPEND && op->outcome == LINEAR_OK &&
           op->seen != LINEAR_SAW_UNKNOWN;
}

static void write_arguments(FILE *out, const struct linear_op *op)
{
    if (op->kind == LINEAR_CAS) {
        if (op->expects_absent)
            fprintf(out, ",\"a\":null");
        else
            write_bytes(out, "a", op->expected);
        write_bytes(out, "b", op->argument);
    } else if (op->kind != LINEAR_GET) {
        write_bytes(out, "v", op->argument);
    }
    if (op->kind == LINEAR_VPUT)
        fprintf(out, ",\"ver\":%" PRId32, op->wanted);
}

static void write_seen(FILE *out, const struct linear_op *op)
{
    bool ok = op->outcome == LINEAR_OK;
    if (op->kind == LINEAR_GET && ok) {
        if (op->seen == LINEAR_SAW_VALUE)
            write_bytes(out, "v", op->result);
        if (op->version != LINEAR_NO_VERSION)
            fprintf(out, ",\"ver\":%" PRId32, op->version);
    }
    if (is_appendret(op) && op->seen == LINEAR_SAW_VALUE)
        write_bytes(out, "old", op->result);
    if (op->outcome != LINEAR_NO)
        return;
    if (op->kind == LINEAR_CAS && op->seen == LINEAR_SAW_VALUE)
        write_bytes(out, "v", op->result);
    if (op->kind == LINEAR_CAS && op->seen == LINEAR_SAW_ABSENT)
        fprintf(out, ",\"v\":null");
    if (op->kind == LINEAR_VPUT && op->version != LINEAR_NO_VERSION)
        fprintf(out, ",\"sawver\":%" PRId32, op->version);
}

void linear_write_op(FILE *out, const struct linear_history *h, size_t i)
{
    const struct linear_op *op = &h->ops[i];
    static const char *const names[] = {"get", "put", "append", "cas", "vput"};
    static const char *const outcomes[] = {"ok", "no", "maybe", "fail"};
    fputc('{', out);
    write_client(out, h->clients.at[op->client]);
    fprintf(out, ",\"op\":\"%s\"",
            is_appendret(op) ? "appendret" : names[op->kind]);
    write_bytes(out, "k", h->keys.at[op->key]);
    write_arguments(out, op);
    bool maybe = op->outcome == LINEAR_MAYBE || says_nothing(op);
    fprintf(out, ",\"t0\":%" PRId64 ",\"t1\":", op->call);
    if (maybe || op->ret == LINEAR_PENDING)
        fprintf(out, "null");
    else
        fprintf(out, "%" PRId64, op->ret);
    fprintf(out, ",\"r\":\"%s\"", maybe ? "maybe" : outcomes[op->outcome]);
    if (!maybe)
        write_seen(out, op);
    fprintf(out, "}\n");
}

static void write_note(FILE *out, const struct linear_note *note)
{
    fprintf(out, "{\"e\":\"note\",\"t\":%" PRId64, note->at);
    write_bytes(out, "who", note->who);
    write_bytes(out, "text", note->text);
    fprintf(out, "}\n");
}

void linear_write(FILE *out, const struct linear_history *h)
{
    if (!h->begins_absent) {
        fprintf(out, "{\"e\":\"head\",\"format\":\"lin1\"");
        write_bytes(out, "init", h->init);
        fprintf(out, "}\n");
    }
    for (size_t i = 0; i < h->count; i++)
        linear_write_op(out, h, i);
    for (size_t i = 0; i < h->note_count; i++)
        write_note(out, &h->notes[i]);
}
