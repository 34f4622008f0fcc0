// text.c - operations and values as text.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/explain/private.h"

enum {
    SHOWN = 48, // bytes of a value: its end is what matters
};

void linear_print_value(FILE *out, struct slice value)
{
    size_t skip = value.size > SHOWN ? value.size - SHOWN : 0;
    fprintf(out, "'%s", skip > 0 ? "..." : "");
    for (size_t i = skip; i < value.size; i++) {
        unsigned char c = value.data[i];
        if (c >= 0x20 && c < 0x7f && c != '\\')
            fputc(c, out);
        else
            fprintf(out, "\\x%02x", c);
    }
    fputc('\'', out);
}

static void print_call(FILE *out, const struct linear_op *op)
{
    static const char *const names[] = {"Get", "Put", "Append", "CAS", "Put"};
    fputs(names[op->kind], out);
    if (op->kind == LINEAR_CAS) {
        fputc(' ', out);
        if (op->expects_absent)
            fprintf(out, "nothing");
        else
            linear_print_value(out, op->expected);
        fprintf(out, " ->");
    }
    if (op->kind != LINEAR_GET) {
        fputc(' ', out);
        linear_print_value(out, op->argument);
    }
    if (op->kind == LINEAR_VPUT)
        fprintf(out, " if version %" PRId32, op->wanted);
}

static void print_seen(FILE *out, const struct linear_op *op,
                       const char *before)
{
    if (op->seen == LINEAR_SAW_UNKNOWN && op->version == LINEAR_NO_VERSION)
        return;
    fprintf(out, "%s", before);
    if (op->seen == LINEAR_SAW_ABSENT)
        fprintf(out, "nothing");
    if (op->seen == LINEAR_SAW_VALUE)
        linear_print_value(out, op->result);
    if (op->version != LINEAR_NO_VERSION)
        fprintf(out, "%sversion %" PRId32,
                op->seen == LINEAR_SAW_UNKNOWN ? "" : ", ", op->version);
}

void linear_print_op(FILE *out, const struct linear_history *h,
                     const struct linear_op *op)
{
    (void)h;
    print_call(out, op);
    switch ((enum linear_outcome)op->outcome) {
    case LINEAR_MAYBE: // its bar, or its "?", says so
        return;
    case LINEAR_FAILED:
        fprintf(out, ": failed");
        return;
    case LINEAR_NO:
        fprintf(out, ": refused");
        print_seen(out, op, ", it was ");
        return;
    case LINEAR_OK:
        print_seen(out, op, op->kind == LINEAR_GET ? " = " : " found ");
    }
}

char *op_words(const struct linear_history *h, size_t op)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct slice client = h->clients.at[h->ops[op].client];
    fprintf(out, "%.*s's ", (int)client.size, (const char *)client.data);
    print_call(out, &h->ops[op]);
    fclose(out);
    return text;
}

static void print_argument(FILE *out, const struct linear_history *h,
                           const struct linear_explanation *e)
{
    for (size_t i = 0; i < e->op_count; i++) {
        const struct linear_op *op = &h->ops[e->ops[i]];
        struct slice client = h->clients.at[op->client];
        fprintf(out, "  %zu. %-8.*s %6" PRId64 " - ", i + 1, (int)client.size,
                (const char *)client.data, op->call);
        if (op->ret == LINEAR_PENDING)
            fprintf(out, "%-6s  ", "?");
        else
            fprintf(out, "%-6" PRId64 "  ", op->ret);
        linear_print_op(out, h, op);
        fprintf(out, "%s\n",
                op->outcome == LINEAR_MAYBE ? ": outcome unknown" : "");
    }
    for (size_t i = 0; i < e->edge_count; i++)
        fprintf(out, "  %zu %s %zu%s%s\n", e->edges[i].from + 1,
                e->edges[i].reason, e->edges[i].to + 1,
                strncmp(e->edges[i].reason, "returned", 8) == 0 ? " was called"
                                                                : "",
                i + 1 < e->edge_count ? ";" : ".");
}

static void print_allowed(FILE *out, const struct linear_history *h,
                          const struct linear_explanation *e)
{
    if (e->allowed_count == 0 && !e->allowed_absent)
        return;
    char *words = op_words(h, e->allowed_op);
    fprintf(out, "%s would have been right with", words);
    free(words);
    const char *before = " ";
    if (e->allowed_absent) {
        fprintf(out, " nothing");
        before = ", ";
    }
    for (size_t i = 0; i < e->allowed_count; i++) {
        fprintf(out, "%s", before);
        linear_print_value(out, e->allowed[i]);
        before = ", ";
    }
    fprintf(out, ".\n");
}

void linear_explanation_print(FILE *out, const struct linear_history *h,
                              const struct linear_explanation *e)
{
    if (h->keys.count > 0 && e->report.verdict != LINEAR_YES) {
        fprintf(out, "key ");
        linear_print_value(out, h->keys.at[e->report.key]);
        fprintf(out, ": %s: ", e->kind);
    }
    fprintf(out, "%s\n", e->sentence);
    if (e->report.verdict != LINEAR_NO_ORDER)
        return;
    print_argument(out, h, e);
    print_allowed(out, h, e);
    fprintf(out,
            "It is certain from position %" PRId64
            " on; %zu operation%s to see it.\n",
            e->certain, e->minimal.count,
            e->minimal.count == 1 ? " suffices" : "s suffice");
}
