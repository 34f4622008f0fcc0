// write.c - a history as lines of JSON, one an operation.
//
//     {"c":"c1","op":"appendret","k":"k0","v":"c1.7;","t0":12,"t1":15,
//      "r":"ok","old":"c2.3;"}
//
// op: get, put, appendret. t0, t1: call and ret; t1 is null if it has not
// returned. r: ok, or maybe if nobody knows. What it saw: of a get "v", of an
// appendret "old"; missing if there was no value. Bytes that are no ASCII text
// are in base64, under the field's name with a "b" behind it: "vb", "oldb".
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

static void write_op(FILE *out, const struct linear_op *op)
{
    static const char *const names[] = {"get", "put", "appendret"};
    fprintf(out, "{\"c\":\"%s\",\"op\":\"%s\"", op->client, names[op->kind]);
    write_bytes(out, "k", op->key);
    if (op->kind != LINEAR_GET)
        write_bytes(out, "v", op->argument);
    fprintf(out, ",\"t0\":%" PRId64 ",\"t1\":", op->call);
    if (op->ret == LINEAR_PENDING)
        fprintf(out, "null");
    else
        fprintf(out, "%" PRId64, op->ret);
    fprintf(out, ",\"r\":\"%s\"", op->known ? "ok" : "maybe");
    if (op->known && op->found && op->kind != LINEAR_PUT)
        write_bytes(out, op->kind == LINEAR_GET ? "v" : "old", op->result);
    fprintf(out, "}\n");
}

void linear_write(FILE *out, const struct linear_op *ops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_op(out, &ops[i]);
}
