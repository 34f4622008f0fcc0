// porcupine.c - Porcupine's key/value logs, one event a line:
//
//     {:process 3, :type :invoke, :f :append, :key "1", :value "x 3 0 y"}
//
// No escapes; of a get the value is nil until it is known. Keys begin with the
// empty value.
#include <string.h>

#include "grading/linear/read/reader.h"

static bool take(struct slice *s, const char *text)
{
    size_t size = strlen(text);
    if (s->size < size || memcmp(s->data, text, size) != 0)
        return false;
    *s = slice_of(s->data + size, s->size - size);
    return true;
}

static bool take_number(struct slice *s, struct slice *number)
{
    size_t n = 0;
    while (n < s->size && s->data[n] >= '0' && s->data[n] <= '9')
        n++;
    *number = slice_of(s->data, n);
    *s = slice_of(s->data + n, s->size - n);
    return n > 0;
}

static bool take_string(struct slice *s, struct slice *text)
{
    if (!take(s, "\""))
        return false;
    const unsigned char *end =
        s->size > 0 ? memchr(s->data, '"', s->size) : NULL;
    if (end == NULL)
        return false;
    *text = slice_of(s->data, (size_t)(end - s->data));
    *s = slice_of(end + 1, s->size - text->size - 1);
    return true;
}

struct line {
    struct slice process;
    bool call;
    enum linear_kind kind;
    struct slice key;
    bool nil;
    struct slice value;
};

static bool parse(struct slice s, struct line *l)
{
    if (!take(&s, "{:process ") || !take_number(&s, &l->process) ||
        !take(&s, ", :type :"))
        return false;
    l->call = take(&s, "invoke");
    if (!l->call && !take(&s, "ok"))
        return false;
    if (!take(&s, ", :f :"))
        return false;
    if (take(&s, "get"))
        l->kind = LINEAR_GET;
    else if (take(&s, "put"))
        l->kind = LINEAR_PUT;
    else if (take(&s, "append"))
        l->kind = LINEAR_APPEND;
    else
        return false;
    if (!take(&s, ", :key ") || !take_string(&s, &l->key) ||
        !take(&s, ", :value "))
        return false;
    l->nil = take(&s, "nil");
    if (l->nil && !(l->call && l->kind == LINEAR_GET))
        return false;
    return (l->nil || take_string(&s, &l->value)) && take(&s, "}") &&
           s.size == 0;
}

static bool note_call(struct reader *r, const struct line *l)
{
    struct linear_op *op = pair_call(r, l->process);
    if (op == NULL)
        return false;
    op->key = texts_add(&r->h->keys, l->key, NULL);
    op->kind = (uint8_t)l->kind;
    if (l->kind != LINEAR_GET)
        op->argument = l->value;
    return true;
}

static bool note_return(struct reader *r, const struct line *l)
{
    struct linear_op *op = pair_return(r, l->process);
    if (op == NULL)
        return false;
    if (op->kind != l->kind || !slice_equal(r->h->keys.at[op->key], l->key))
        return reader_fail(r, "process %.*s returns from what it did not call",
                           (int)l->process.size, (const char *)l->process.data);
    if (l->kind != LINEAR_GET)
        return true;
    op->seen = LINEAR_SAW_VALUE;
    op->result = l->value;
    return true;
}

bool read_porcupine(struct reader *r)
{
    struct slice text;
    while (scan_line(r, &text)) {
        struct line l = {0};
        if (text.size == 0)
            continue;
        if (!parse(text, &l)) {
            if (!r->how->lenient)
                return reader_fail(r, "not a line of a Porcupine log");
            r->how->skipped++;
        } else if (!(l.call ? note_call(r, &l) : note_return(r, &l))) {
            return false;
        }
    }
    return true;
}
