// convert.c - a history in the formats of others: events in the order of their
// times, a call before a return at the same time.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/program/program.h"

struct moment {
    int64_t at;
    bool is_return;
    uint32_t op;
};

struct conversion {
    FILE *out;
    const struct linear_history *h;
    enum linear_format to;
    bool independent;  // several keys
    uint32_t *process; // of each operation; owned
    char *error;       // owned
};

static int compare_moments(const void *a, const void *b)
{
    const struct moment *x = a;
    const struct moment *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->is_return != y->is_return)
        return x->is_return ? 1 : -1;
    return x->op < y->op ? -1 : x->op > y->op;
}

static void cannot(struct conversion *c, uint32_t op, const char *what)
{
    struct slice client = c->h->clients.at[c->h->ops[op].client];
    if (c->error == NULL)
        c->error =
            xasprintf("%s has no %s (operation %" PRIu32 ", client %.*s)",
                      linear_format_name(c->to), what, op + 1, (int)client.size,
                      (const char *)client.data);
}

static bool is_number(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
    return s.size > 0 && s.size < 18;
}

static void print_text(struct conversion *c, uint32_t op, struct slice s)
{
    if (c->to != LINEAR_PORCUPINE && is_number(s)) {
        fprintf(c->out, "%.*s", (int)s.size, (const char *)s.data);
        return;
    }
    if (c->to == LINEAR_JEPSEN)
        cannot(c, op, "values that are no numbers");
    fputc('"', c->out);
    for (size_t i = 0; i < s.size; i++) {
        unsigned char b = s.data[i];
        if ((b == '"' || b == '\n' || b == '\r') && c->to == LINEAR_PORCUPINE)
            cannot(c, op, "quotes or ends of lines in values");
        if (b == '"' || (b == '\\' && c->to != LINEAR_PORCUPINE))
            fprintf(c->out, "\\%c", b);
        else if (b < 0x20 && c->to != LINEAR_PORCUPINE)
            fprintf(c->out, "\\u%04x", b);
        else
            fputc(b, c->out);
    }
    fputc('"', c->out);
}

static void print_nil(struct conversion *c)
{
    fputs(c->to == LINEAR_ELLE ? "null" : "nil", c->out);
}

// What stands as the value of the event.
static void print_value(struct conversion *c, uint32_t i, bool is_return)
{
    const struct linear_op *op = &c->h->ops[i];
    const char *between = c->to == LINEAR_ELLE ? "," : " ";
    if (op->kind == LINEAR_CAS) {
        fputc('[', c->out);
        if (op->expects_absent && c->to == LINEAR_JEPSEN)
            cannot(c, i, "cas of nothing");
        if (op->expects_absent)
            print_nil(c);
        else
            print_text(c, i, op->expected);
        fputs(between, c->out);
        print_text(c, i, op->argument);
        fputc(']', c->out);
    } else if (op->kind != LINEAR_GET) {
        print_text(c, i, op->argument);
    } else if (is_return && op->seen == LINEAR_SAW_VALUE) {
        print_text(c, i, op->result);
    } else {
        print_nil(c);
    }
}

static const char *type_of(const struct linear_op *op, bool is_return)
{
    if (!is_return)
        return "invoke";
    switch ((enum linear_outcome)op->outcome) {
    case LINEAR_OK:
        return "ok";
    case LINEAR_MAYBE:
        return "info";
    case LINEAR_NO:
    case LINEAR_FAILED:
        break;
    }
    return "fail";
}

static void print_porcupine(struct conversion *c, uint32_t i, bool is_return)
{
    static const char *const names[] = {"get", "put", "append"};
    const struct linear_op *op = &c->h->ops[i];
    if (op->outcome == LINEAR_FAILED)
        cannot(c, i, "operations that failed");
    if (is_return && op->kind == LINEAR_GET && op->seen != LINEAR_SAW_VALUE &&
        op->seen != LINEAR_SAW_ABSENT)
        cannot(c, i, "gets that saw nothing");
    fprintf(c->out, "{:process %" PRIu32 ", :type :%s, :f :%s, :key ",
            c->process[i], is_return ? "ok" : "invoke", names[op->kind]);
    print_text(c, i, c->h->keys.at[op->key]);
    fprintf(c->out, ", :value ");
    if (is_return && op->kind == LINEAR_GET && op->seen == LINEAR_SAW_ABSENT)
        print_text(c, i, slice_text(""));
    else
        print_value(c, i, is_return);
    fprintf(c->out, "}\n");
}

static void print_jepsen(struct conversion *c, uint32_t i, bool is_return)
{
    static const char *const names[] = {"read", "write", "append", "cas"};
    const struct linear_op *op = &c->h->ops[i];
    fprintf(c->out, "INFO  jepsen.util - %" PRIu32 "\t:%s\t:%s\t",
            c->process[i], type_of(op, is_return), names[op->kind]);
    bool lost = is_return &&
                (op->outcome == LINEAR_MAYBE || (op->outcome == LINEAR_FAILED));
    if (lost)
        fprintf(c->out, ":timed-out");
    else
        print_value(c, i, is_return);
    fputc('\n', c->out);
}

static void print_element(struct conversion *c, uint32_t i, bool is_return)
{
    static const char *const names[] = {"read", "write", "append", "cas"};
    const struct linear_op *op = &c->h->ops[i];
    bool json = c->to == LINEAR_ELLE;
    fprintf(c->out,
            json ? "{\"process\":%" PRIu32
                   ",\"type\":\"%s\",\"f\":\"%s\",\"value\":"
                 : "{:process %" PRIu32 ", :type :%s, :f :%s, :value ",
            c->process[i], type_of(op, is_return), names[op->kind]);
    if (c->independent) {
        fputc('[', c->out);
        print_text(c, i, c->h->keys.at[op->key]);
        fputs(json ? "," : " ", c->out);
    }
    print_value(c, i, is_return);
    fprintf(c->out, c->independent ? "]}" : "}");
}

static void check_op(struct conversion *c, uint32_t i)
{
    const struct linear_op *op = &c->h->ops[i];
    if (op->kind == LINEAR_VPUT)
        cannot(c, i, "puts of versions");
    if (c->to == LINEAR_PORCUPINE && op->kind == LINEAR_CAS)
        cannot(c, i, "cas");
    if (c->to != LINEAR_PORCUPINE && op->kind == LINEAR_APPEND)
        cannot(c, i, "append");
    if (c->to == LINEAR_JEPSEN && c->independent)
        cannot(c, i, "keys");
    if (c->to != LINEAR_JEPSEN && op->outcome == LINEAR_NO)
        cannot(c, i, "refused cas");
}

static void print_event(struct conversion *c, const struct moment *m, bool last)
{
    check_op(c, m->op);
    if (c->error != NULL)
        return;
    switch (c->to) {
    case LINEAR_PORCUPINE:
        print_porcupine(c, m->op, m->is_return);
        break;
    case LINEAR_JEPSEN:
        print_jepsen(c, m->op, m->is_return);
        break;
    default:
        print_element(c, m->op, m->is_return);
        fprintf(c->out, c->to == LINEAR_ELLE && !last ? ",\n" : "\n");
    }
}

static size_t collect(const struct linear_history *h, struct moment *moments)
{
    size_t n = 0;
    for (uint32_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];
        moments[n++] = (struct moment){op->call, false, i};
        if (op->ret != LINEAR_PENDING)
            moments[n++] = (struct moment){op->ret, true, i};
    }
    qsort(moments, n, sizeof moments[0], compare_moments);
    return n;
}

// A process that does not know what became of its operation is not heard of
// again: its client goes on as another.
static void number_processes(struct conversion *c, const struct moment *moments,
                             size_t count)
{
    const struct linear_history *h = c->h;
    c->process = xcalloc(h->count + 1, sizeof c->process[0]);
    uint32_t *now = xcalloc(h->clients.count + 1, sizeof now[0]);
    uint32_t next = (uint32_t)h->clients.count;
    for (uint32_t i = 0; i < h->clients.count; i++)
        now[i] = i;
    for (size_t i = 0; i < count; i++) {
        const struct linear_op *op = &h->ops[moments[i].op];
        if (moments[i].is_return)
            continue;
        c->process[moments[i].op] = now[op->client];
        if (op->outcome == LINEAR_MAYBE)
            now[op->client] = next++;
    }
    free(now);
}

char *linear_convert(FILE *out, const struct linear_history *h,
                     enum linear_format to)
{
    if (to == LINEAR_LINES) {
        linear_write(out, h);
        return NULL;
    }
    struct conversion c = {
        .out = out, .h = h, .to = to, .independent = h->keys.count > 1};
    struct moment *moments = xcalloc(2 * h->count + 1, sizeof moments[0]);
    size_t n = collect(h, moments);
    number_processes(&c, moments, n);
    if (to == LINEAR_ELLE)
        fprintf(out, "[");
    for (size_t i = 0; i < n && c.error == NULL; i++)
        print_event(&c, &moments[i], i + 1 == n);
    if (to == LINEAR_ELLE)
        fprintf(out, "]\n");
    free(moments);
    free(c.process);
    return c.error;
}
