// sentence.c - what is wrong, in one sentence that has the names in it.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/explain/sentence.h"

const char *kind_of_violation(enum linear_why why)
{
    static const char *const kinds[] = {
        [LINEAR_FINE] = "linearizable",
        [LINEAR_FROM_NOWHERE] = "value from nowhere",
        [LINEAR_TWICE] = "duplicated effect",
        [LINEAR_FORK] = "fork",
        [LINEAR_FROM_FUTURE] = "read from the future",
        [LINEAR_CHAIN_ORDER] = "order inside a value",
        [LINEAR_STALE] = "stale read",
        [LINEAR_LOST_UPDATE] = "lost update",
        [LINEAR_LOST_WRITE] = "lost write",
        [LINEAR_UNJUST_REFUSAL] = "unjust refusal",
        [LINEAR_NO_ORDER_FITS] = "no order fits",
        [LINEAR_LIMIT_MS] = "unknown",
        [LINEAR_LIMIT_MEMORY] = "unknown",
        [LINEAR_LIMIT_CONFIGS] = "unknown",
        [LINEAR_NOT_DISTINCT] = "unknown",
    };
    return kinds[why];
}

// The argument's operations by what they are good for; the count for none.
struct roles {
    const struct linear_history *h;
    const struct linear_report *r;
    char *words[LINEAR_WITNESSES]; // of each, owned
    size_t writer;                 // the first that writes
    size_t other_writer;           // the second
    size_t reader;                 // the last that says what it saw
};

// A CAS that is OK found what it expected.
static bool has_found(const struct linear_op *op)
{
    return op->kind == LINEAR_CAS && op->outcome == LINEAR_OK;
}

static bool has_seen(const struct linear_op *op)
{
    return op->seen != LINEAR_SAW_UNKNOWN || op->version != LINEAR_NO_VERSION;
}

static void find_roles(const struct linear_history *h,
                       const struct linear_report *r, struct roles *out)
{
    size_t none = r->witness_count;
    *out = (struct roles){
        .h = h, .r = r, .writer = none, .other_writer = none, .reader = none};
    for (size_t i = 0; i < none; i++) {
        const struct linear_op *op = &h->ops[r->witnesses[i]];
        out->words[i] = op_words(h, r->witnesses[i]);
        if (linear_op_writes(op) && out->writer == none)
            out->writer = i;
        else if (linear_op_writes(op) && out->other_writer == none)
            out->other_writer = i;
        if (has_seen(op))
            out->reader = i;
    }
    for (size_t i = none; i-- > 0 && out->reader == none;)
        if (has_found(&h->ops[r->witnesses[i]]))
            out->reader = i;
}

static const char *words(const struct roles *x, size_t i)
{
    return i < x->r->witness_count ? x->words[i] : "an operation";
}

// What it tried to write is, or ends, `found`.
static bool would_leave(const struct linear_op *op, struct slice found)
{
    size_t size = op->argument.size;
    return op->kind != LINEAR_GET && size > 0 && found.size >= size &&
           (op->kind == LINEAR_APPEND || found.size == size) &&
           memcmp(found.data + found.size - size, op->argument.data, size) == 0;
}

// Has somebody tried to write what this one saw, in vain?
static bool was_failed(const struct roles *x)
{
    if (x->reader == x->r->witness_count)
        return false;
    const struct linear_op *op = &x->h->ops[x->r->witnesses[x->reader]];
    struct slice found = has_found(op) ? op->expected : op->result;
    for (size_t i = 0; i < x->h->count; i++) {
        const struct linear_op *other = &x->h->ops[i];
        if (other->key == op->key && other->outcome == LINEAR_FAILED &&
            would_leave(other, found))
            return true;
    }
    return false;
}

static void print_seen(FILE *out, const struct roles *x)
{
    if (x->reader == x->r->witness_count)
        return;
    const struct linear_op *op = &x->h->ops[x->r->witnesses[x->reader]];
    if (op->seen == LINEAR_SAW_ABSENT || (has_found(op) && op->expects_absent))
        fprintf(out, "nothing");
    else if (has_found(op))
        linear_print_value(out, op->expected);
    else if (op->seen == LINEAR_SAW_VALUE)
        linear_print_value(out, op->result);
    else
        fprintf(out, "version %" PRId32, op->version);
}

static void print_unknown(FILE *out, const struct roles *x)
{
    if (x->r->why == LINEAR_NOT_DISTINCT) {
        fprintf(out, "nobody can tell by the values: some are equal, empty, "
                     "or one is the beginning of another");
        return;
    }
    const char *limit = x->r->why == LINEAR_LIMIT_MS ? "time (--max-ms)"
                        : x->r->why == LINEAR_LIMIT_MEMORY
                            ? "memory (--max-mem)"
                            : "configurations (--max-configs)";
    fprintf(out, "nobody can tell: the search met its limit of %s", limit);
    if (x->r->witness_count > 0)
        fprintf(out, " at position %" PRId64,
                x->h->ops[x->r->witnesses[0]].call);
}

static void print_chain(FILE *out, const struct roles *x)
{
    // The one that ended first is the one that comes too late.
    size_t first = 0;
    size_t last = 0;
    for (size_t i = 1; i < x->r->witness_count; i++) {
        const struct linear_op *op = &x->h->ops[x->r->witnesses[i]];
        if (op->ret != LINEAR_PENDING &&
            op->ret < x->h->ops[x->r->witnesses[first]].ret)
            first = i;
        if (op->call > x->h->ops[x->r->witnesses[last]].call)
            last = i;
    }
    fprintf(out,
            "%s had ended before %s began, and yet the values say that it "
            "came after it",
            words(x, first), words(x, last));
}

// Of what somebody saw.
static void print_sight(FILE *out, const struct roles *x, const char *what)
{
    fprintf(out, "%s saw ", words(x, x->reader));
    print_seen(out, x);
    fprintf(out, "%s", what);
}

static void print_sentence(FILE *out, const struct roles *x)
{
    switch (x->r->why) {
    case LINEAR_FINE:
        fprintf(out, "the history is linearizable");
        break;
    case LINEAR_FROM_NOWHERE:
        print_sight(out, x,
                    was_failed(x) ? ", whose write was reported failed"
                                  : ", which nobody wrote");
        break;
    case LINEAR_TWICE:
        fprintf(out, "%s took effect twice: what it appends is in ",
                words(x, x->writer));
        print_seen(out, x);
        fprintf(out, " two times");
        break;
    case LINEAR_FORK:
        fprintf(out, "two values disagree about what came before %s",
                words(x, x->other_writer < x->r->witness_count ? x->other_writer
                                                               : x->writer));
        break;
    case LINEAR_FROM_FUTURE:
        fprintf(out, "%s had ended before %s, whose value it saw, began",
                words(x, x->reader),
                words(x, x->writer == x->reader ? x->other_writer : x->writer));
        break;
    case LINEAR_CHAIN_ORDER:
        print_chain(out, x);
        break;
    case LINEAR_STALE:
        print_sight(out, x, " when that had certainly been replaced");
        break;
    case LINEAR_LOST_WRITE:
        print_sight(out, x, ", and what was written in between is missing");
        break;
    case LINEAR_LOST_UPDATE:
        fprintf(out,
                "%s and %s found, and replaced, the same: one of them is lost",
                words(x, x->writer), words(x, x->other_writer));
        break;
    case LINEAR_UNJUST_REFUSAL:
        fprintf(out, "a conditional write was refused although its condition "
                     "held all the time");
        break;
    case LINEAR_NO_ORDER_FITS:
        fprintf(out,
                "when %s returned, no order of what had been called fits "
                "any more",
                words(x, 0));
        break;
    case LINEAR_LIMIT_MS:
    case LINEAR_LIMIT_MEMORY:
    case LINEAR_LIMIT_CONFIGS:
    case LINEAR_NOT_DISTINCT:
        print_unknown(out, x);
        break;
    }
}

char *sentence_about(const struct linear_history *h,
                     const struct linear_report *r)
{
    struct roles x;
    char *text = NULL;
    size_t size = 0;
    find_roles(h, r, &x);
    FILE *out = open_memstream(&text, &size);
    print_sentence(out, &x);
    fclose(out);
    for (size_t i = 0; i < r->witness_count; i++)
        free(x.words[i]);
    return text;
}
