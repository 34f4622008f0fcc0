// report.c - what is wrong, for people: a sentence, and the operations that
// show it, in the order of their calls.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/linear_private.h"

enum {
    SHOWN = 48, // bytes of a value: its end is what matters
};

static const char *sentence(enum linear_why why)
{
    switch (why) {
    case LINEAR_FINE:
        return "it is linearizable";
    case LINEAR_FROM_NOWHERE:
        return "a value was seen that nobody wrote";
    case LINEAR_FORK:
        return "two values disagree about what stands before an Append (or it "
               "is there twice)";
    case LINEAR_FROM_FUTURE:
        return "a Get had ended before what it saw was begun";
    case LINEAR_CHAIN_ORDER:
        return "one operation had ended before another began, and yet comes "
               "after it in the value";
    case LINEAR_LOST_UPDATE:
        return "two Appends found the same value: one of them is lost";
    case LINEAR_STALE:
        return "what had been overwritten was seen again, or what was done is "
               "missing";
    case LINEAR_NOT_DISTINCT:
        return "nobody can tell: values are empty, equal, or one is the "
               "beginning of another";
    }
    abort();
}

// The end of a value, in quotes; what is no text is shown as '?'.
static void print_value(FILE *out, struct slice value)
{
    size_t skip = value.size > SHOWN ? value.size - SHOWN : 0;
    fprintf(out, "'%s", skip > 0 ? "..." : "");
    for (size_t i = skip; i < value.size; i++) {
        unsigned char c = value.data[i];
        fputc(c >= 0x20 && c < 0x7f ? c : '?', out);
    }
    fputc('\'', out);
}

static void print_operation(FILE *out, const struct linear_op *op)
{
    static const char *const names[] = {"Get", "Put", "Append"};
    fprintf(out, "  %-8s %6" PRId64 " - ", op->client, op->call);
    if (op->ret == LINEAR_PENDING)
        fprintf(out, "%-6s ", "?");
    else
        fprintf(out, "%-6" PRId64 " ", op->ret);
    fprintf(out, "%s", names[op->kind]);
    if (op->kind != LINEAR_GET) {
        fputc(' ', out);
        print_value(out, op->argument);
    }
    if (!op->known) {
        fprintf(out, ": nobody knows whether it happened");
    } else if (op->kind != LINEAR_PUT) {
        fprintf(out, "%s", op->kind == LINEAR_GET ? " = " : " found ");
        if (op->found)
            print_value(out, op->result);
        else
            fprintf(out, "nothing");
    }
    fputc('\n', out);
}

static void add_witness(struct linear_report *r, size_t index)
{
    for (size_t i = 0; i < r->witness_count; i++)
        if (r->witnesses[i] == index)
            return;
    r->witnesses[r->witness_count++] = index;
}

static void sort_by_call(const struct linear_op *ops, struct linear_report *r)
{
    for (size_t i = 1; i < r->witness_count; i++)
        for (size_t j = i;
             j > 0 && ops[r->witnesses[j]].call < ops[r->witnesses[j - 1]].call;
             j--) {
            size_t other = r->witnesses[j];
            r->witnesses[j] = r->witnesses[j - 1];
            r->witnesses[j - 1] = other;
        }
}

bool report_wrong(struct key_check *k, enum linear_why why, const int64_t *ops)
{
    struct linear_report *r = k->report;
    r->verdict = why == LINEAR_NOT_DISTINCT ? LINEAR_UNKNOWN : LINEAR_NO;
    r->why = why;
    r->key = k->ops[k->mine[0]].key;
    for (size_t i = 0; ops[i] != WITNESSES_END; i++)
        if (ops[i] >= 0)
            add_witness(r, (size_t)ops[i]);
    sort_by_call(k->ops, r);
    size_t size = 0;
    FILE *out = open_memstream(&r->text, &size);
    fprintf(out, "key ");
    print_value(out, r->key);
    fprintf(out, ": %s\n", sentence(why));
    for (size_t i = 0; i < r->witness_count; i++)
        print_operation(out, &k->ops[r->witnesses[i]]);
    fclose(out);
    return false;
}

void linear_report_release(struct linear_report *r)
{
    free(r->text);
    r->text = NULL;
}
