// read_dump.c - see read_dump.h.
#include "grading/linear/tests/read_dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put_text(FILE *out, struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = text.data[i];
        if (c < 0x20 || c == '"' || c == 0x7f)
            fprintf(out, "<%02x>", c);
        else
            fputc(c, out);
    }
}

static void put_quoted(FILE *out, const char *before, struct slice text)
{
    fputs(before, out);
    fputc('\'', out);
    put_text(out, text);
    fputc('\'', out);
}

static void put_seen(FILE *out, const struct linear_op *op)
{
    if (op->seen == LINEAR_SAW_VALUE)
        put_quoted(out, " saw ", op->result);
    if (op->seen == LINEAR_SAW_ABSENT)
        fputs(" saw nothing", out);
    if (op->version != LINEAR_NO_VERSION)
        fprintf(out, " ver %" PRId32, op->version);
}

static void put_op(FILE *out, const struct linear_history *h, size_t i)
{
    static const char *const kinds[] = {"get", "put", "append", "cas", "vput"};
    static const char *const outcomes[] = {"ok", "no", "maybe", "failed"};
    const struct linear_op *op = &h->ops[i];
    put_text(out, h->clients.at[op->client]);
    fprintf(out, " %s ", kinds[op->kind]);
    put_text(out, h->keys.at[op->key]);
    if (op->kind == LINEAR_CAS && op->expects_absent)
        fputs(" nothing->", out);
    else if (op->kind == LINEAR_CAS)
        put_quoted(out, " ", op->expected);
    if (op->kind == LINEAR_CAS && !op->expects_absent)
        fputs("->", out);
    if (op->kind != LINEAR_GET)
        put_quoted(out, op->kind == LINEAR_CAS ? "" : " ", op->argument);
    if (op->kind == LINEAR_VPUT)
        fprintf(out, " if %" PRId32, op->wanted);
    fprintf(out, " [%" PRId64 ",", op->call);
    if (op->ret == LINEAR_PENDING)
        fputs("-]", out);
    else
        fprintf(out, "%" PRId64 "]", op->ret);
    fprintf(out, " %s", outcomes[op->outcome]);
    put_seen(out, op);
    if (h->times != NULL)
        fprintf(out, " at %" PRId64 ",%" PRId64, h->times[i][0],
                h->times[i][1]);
}

char *read_dump(const struct linear_history *h)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const char *between = "";
    if (!h->begins_absent) {
        put_quoted(out, "init ", h->init);
        between = "\n";
    }
    for (size_t i = 0; i < h->count; i++) {
        fputs(between, out);
        put_op(out, h, i);
        between = "\n";
    }
    for (size_t i = 0; i < h->note_count; i++) {
        fprintf(out, "%snote %" PRId64 " ", between, h->notes[i].at);
        put_text(out, h->notes[i].who);
        fputs(": ", out);
        put_text(out, h->notes[i].text);
        between = "\n";
    }
    fclose(out);
    return text;
}

char *read_text(const char *text, struct linear_reading how,
                struct linear_history *h)
{
    return linear_read_bytes("f", slice_text(text), &how, h);
}
