// write.c - a history as lines of JSON, one an operation.
//
//     {"c":"c1","op":"appendret","k":"k0","v":"c1.7;","t0":12,"t1":15,
//      "r":"ok","old":"c2.3;"}
//
// op: get, put, append, appendret (says what it found), cas, vput. k: the key.
// v: what is written; of a cas "a", the value that it wants (null: none), and
// "b"; of a vput "ver", the version. t0, t1: call and ret; t1 is null if it
// has not returned. r: ok; no, refused; maybe, nobody knows; fail, it did not
// happen. What it saw: of a get "v" and "ver", of an appendret "old", of a cas
// that was refused "v", of a vput "sawver". No "v" of a get, no "old", or null:
// there was no value. Bytes that are no plain text are in base64, under the
// field's name with a "b" behind it: "vb", "oldb".
//
// Before them, if keys begin with a value: {"e":"head","init":"0"}. Between
// them, notes: {"e":"note","t":17,"who":"s1","text":"killed"}.
#include <inttypes.h>

#include "grading/linear/linear.h"

static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] < 0x20 || s.data[i] >= 0x7f || s.data[i] == '"' ||
            s.data[i] == '\\')
            return false;
    return true;
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

static void write_bytes(FILE *out, const char *field, struct slice s)
{
    bool plain = is_plain(s);
    fprintf(out, ",\"%s%s\":\"", field, plain ? "" : "b");
    if (plain && s.size > 0)
        fwrite(s.data, 1, s.size, out);
    if (!plain)
        write_base64(out, s);
    fputc('"', out);
}

// Names: as JSON has them; bytes that are no ASCII as they are.
static void write_name(FILE *out, struct slice s)
{
    fputc('"', out);
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] < 0x20)
            fprintf(out, "\\u%04x", s.data[i]);
        else if (s.data[i] == '"' || s.data[i] == '\\')
            fprintf(out, "\\%c", s.data[i]);
        else
            fputc(s.data[i], out);
    }
    fputc('"', out);
}

static const char *name_of(const struct linear_op *op)
{
    static const char *const names[] = {"get", "put", "append", "cas", "vput"};
    bool blind = op->seen == LINEAR_SAW_UNKNOWN && op->outcome == LINEAR_OK;
    return op->kind == LINEAR_APPEND && !blind ? "appendret" : names[op->kind];
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

static void write_result(FILE *out, const struct linear_op *op)
{
    if (op->version != LINEAR_NO_VERSION)
        fprintf(out, ",\"%s\":%" PRId32,
                op->kind == LINEAR_VPUT ? "sawver" : "ver", op->version);
    if (op->seen == LINEAR_SAW_VALUE)
        write_bytes(out, op->kind == LINEAR_APPEND ? "old" : "v", op->result);
    if (op->seen == LINEAR_SAW_ABSENT && op->kind == LINEAR_CAS)
        fprintf(out, ",\"v\":null");
}

void linear_write_op(FILE *out, const struct linear_history *h, size_t i)
{
    const struct linear_op *op = &h->ops[i];
    static const char *const outcomes[] = {"ok", "no", "maybe", "fail"};
    // A read of which nobody knows what it saw.
    bool says = op->kind != LINEAR_GET || op->outcome != LINEAR_OK ||
                op->seen != LINEAR_SAW_UNKNOWN;
    enum linear_outcome outcome =
        says ? (enum linear_outcome)op->outcome : LINEAR_MAYBE;
    fprintf(out, "{\"c\":");
    write_name(out, h->clients.at[op->client]);
    fprintf(out, ",\"op\":\"%s\"", name_of(op));
    write_bytes(out, "k", h->keys.at[op->key]);
    write_arguments(out, op);
    fprintf(out, ",\"t0\":%" PRId64 ",\"t1\":", op->call);
    if (op->ret == LINEAR_PENDING || outcome == LINEAR_MAYBE)
        fprintf(out, "null");
    else
        fprintf(out, "%" PRId64, op->ret);
    fprintf(out, ",\"r\":\"%s\"", outcomes[outcome]);
    if (outcome == LINEAR_OK || outcome == LINEAR_NO)
        write_result(out, op);
    fprintf(out, "}\n");
}

void linear_write(FILE *out, const struct linear_history *h)
{
    if (!h->begins_absent) {
        fprintf(out, "{\"e\":\"head\"");
        write_bytes(out, "init", h->init);
        fprintf(out, "}\n");
    }
    for (size_t i = 0; i < h->note_count; i++) {
        const struct linear_note *n = &h->notes[i];
        fprintf(out, "{\"e\":\"note\",\"t\":%" PRId64 ",\"who\":", n->at);
        write_name(out, n->who);
        fprintf(out, ",\"text\":");
        write_name(out, n->text);
        fprintf(out, "}\n");
    }
    for (size_t i = 0; i < h->count; i++)
        linear_write_op(out, h, i);
}
