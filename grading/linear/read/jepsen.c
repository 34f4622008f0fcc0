// jepsen.c - the etcd logs of Jepsen: one register, one event a line:
//
//     INFO  jepsen.util - 3   :invoke :cas    [2 4]
//
// A cas that fails says that the value was another. :info is followed by
// nothing: that process is gone.
#include <string.h>

#include "grading/linear/read/reader.h"

// The next word, up to a blank; of "[a b]" all of it.
static struct slice word(struct slice *s)
{
    size_t begin = 0;
    while (begin < s->size && (s->data[begin] == ' ' || s->data[begin] == '\t'))
        begin++;
    size_t end = begin;
    bool list = begin < s->size && s->data[begin] == '[';
    while (end < s->size &&
           (list || (s->data[end] != ' ' && s->data[end] != '\t'))) {
        if (s->data[end++] == ']' && list)
            break;
    }
    struct slice w = slice_of(s->data + begin, end - begin);
    *s = slice_of(s->data + end, s->size - end);
    return w;
}

static bool is(struct slice s, const char *text)
{
    return slice_equal(s, slice_text(text));
}

static bool is_number(struct slice s)
{
    struct element e = {.raw = s};
    return element_is_number(&e);
}

struct line {
    struct slice process;
    struct slice type;
    struct slice f;
    struct slice value;
};

static bool parse(struct slice s, struct line *l)
{
    if (!is(word(&s), "INFO") || !is(word(&s), "jepsen.util") ||
        !is(word(&s), "-"))
        return false;
    *l = (struct line){.process = word(&s)};
    l->type = word(&s);
    l->f = word(&s);
    l->value = word(&s);
    bool known = is(l->type, ":invoke") || is(l->type, ":ok") ||
                 is(l->type, ":fail") || is(l->type, ":info");
    return is_number(l->process) && known && l->value.size > 0 &&
           word(&s).size == 0;
}

static bool parse_pair(struct slice s, struct slice *a, struct slice *b)
{
    if (s.size < 2 || s.data[0] != '[' || s.data[s.size - 1] != ']')
        return false;
    s = slice_of(s.data + 1, s.size - 2);
    *a = word(&s);
    *b = word(&s);
    return is_number(*a) && is_number(*b) && word(&s).size == 0;
}

static bool note_call(struct reader *r, const struct line *l)
{
    struct linear_op *op = pair_call(r, l->process);
    if (op == NULL)
        return false;
    op->key = texts_add(&r->h->keys, slice_text(""), NULL);
    if (is(l->f, ":read") && is(l->value, "nil")) {
        op->kind = LINEAR_GET;
    } else if (is(l->f, ":write") && is_number(l->value)) {
        op->kind = LINEAR_PUT;
        op->argument = l->value;
    } else if (is(l->f, ":cas") &&
               parse_pair(l->value, &op->expected, &op->argument)) {
        op->kind = LINEAR_CAS;
    } else {
        return reader_fail(r, "%.*s of %.*s makes no sense", (int)l->f.size,
                           (const char *)l->f.data, (int)l->value.size,
                           (const char *)l->value.data);
    }
    return true;
}

static bool note_read(struct reader *r, const struct line *l,
                      struct linear_op *op)
{
    if (is(l->value, "nil")) {
        op->seen = r->how->nil == LINEAR_NIL_UNKNOWN ? LINEAR_SAW_UNKNOWN
                                                     : LINEAR_SAW_ABSENT;
        return true;
    }
    op->seen = LINEAR_SAW_VALUE;
    op->result = l->value;
    return is_number(l->value) || reader_fail(r, "a read of no number");
}

static bool note_return(struct reader *r, const struct line *l)
{
    static const char *const names[] = {
        [LINEAR_GET] = ":read", [LINEAR_PUT] = ":write", [LINEAR_CAS] = ":cas"};
    struct linear_op *op = pair_return(r, l->process);
    if (op == NULL)
        return false;
    if (!is(l->f, names[op->kind]))
        return reader_fail(r, "process %.*s returns from what it did not call",
                           (int)l->process.size, (const char *)l->process.data);
    if (is(l->type, ":info")) {
        op->outcome = LINEAR_MAYBE;
        op->ret = LINEAR_PENDING;
    } else if (is(l->type, ":fail")) {
        bool refused = op->kind == LINEAR_CAS && !is(l->value, ":timed-out");
        op->outcome = refused ? LINEAR_NO : LINEAR_FAILED;
    } else if (op->kind == LINEAR_GET) {
        return note_read(r, l, op);
    }
    return true;
}

bool read_jepsen(struct reader *r)
{
    struct slice text;
    while (scan_line(r, &text)) {
        struct line l;
        if (text.size == 0)
            continue;
        if (!parse(text, &l)) {
            if (!r->how->lenient)
                return reader_fail(r, "not a line of such a Jepsen log");
            r->how->skipped++;
        } else if (!(is(l.type, ":invoke") ? note_call(r, &l)
                                           : note_return(r, &l))) {
            return false;
        }
    }
    return true;
}
