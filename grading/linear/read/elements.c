// elements.c - histories of Jepsen and Knossos in EDN, and of elle-cli in JSON.
//
//     {:process 0, :type :invoke, :f :cas, :value [1 2], :time 17}
//     [0 :invoke :read nil]
//     {"process":0,"type":"ok","f":"read","value":3}
//
// The operations stand one after the other, or in one list. The order in the
// file counts. Who is no number (the nemesis) makes notes.
#include "grading/linear/read/reader.h"

struct event {
    struct element process;
    struct element type;
    struct element f;
    struct element value;
    struct element time;
    size_t line;
};

struct history_reader {
    struct reader *r;
    bool json;
    bool independent;
    bool asked; // whether it is independent
};

// :ok, "ok" and ok are the same.
static struct slice name_of(const struct element *e)
{
    struct slice s = e->raw;
    if (s.size >= 2 && s.data[0] == '"')
        s = slice_of(s.data + 1, s.size - 2);
    if (s.size > 0 && s.data[0] == ':')
        s = slice_of(s.data + 1, s.size - 1);
    return s;
}

static bool is(const struct element *e, const char *name)
{
    return slice_equal(name_of(e), slice_text(name));
}

// What is wrong inside is told by the one outside.
static bool failed_in(struct reader *r, struct reader *inner)
{
    if (r->error == NULL)
        r->error = inner->error;
    return false;
}

static bool next_in(struct reader *r, struct reader *inner, bool json,
                    struct element *e)
{
    return scan_element(inner, json, e) || failed_in(r, inner);
}

static bool read_map(struct history_reader *x, const struct element *map,
                     struct event *e)
{
    struct reader inner;
    scan_enter(x->r, map, &inner);
    for (;;) {
        struct element key;
        struct element value;
        if (!next_in(x->r, &inner, x->json, &key))
            return false;
        if (key.raw.size == 0)
            return true;
        if (!next_in(x->r, &inner, x->json, &value))
            return false;
        if (value.raw.size == 0)
            return reader_fail(x->r, "a key without a value");
        struct element *to = is(&key, "process") ? &e->process
                             : is(&key, "type")  ? &e->type
                             : is(&key, "f")     ? &e->f
                             : is(&key, "value") ? &e->value
                             : is(&key, "time")  ? &e->time
                                                 : NULL;
        if (to != NULL)
            *to = value;
    }
}

static bool read_tuple(struct history_reader *x, const struct element *tuple,
                       struct event *e)
{
    struct reader inner;
    struct element more;
    scan_enter(x->r, tuple, &inner);
    struct element *to[] = {&e->process, &e->type, &e->f, &e->value};
    for (size_t i = 0; i < 4; i++)
        if (!next_in(x->r, &inner, x->json, to[i]))
            return false;
    if (!next_in(x->r, &inner, x->json, &more))
        return false;
    return more.raw.size == 0 ||
           reader_fail(x->r, "an operation of more than four parts");
}

// Two elements of a list, and no more.
static bool read_pair(struct history_reader *x, const struct element *list,
                      struct element *a, struct element *b)
{
    struct reader inner;
    struct element more = {0};
    if (!element_is_list(list))
        return reader_fail(x->r, "a vector of two is needed");
    scan_enter(x->r, list, &inner);
    if (!next_in(x->r, &inner, x->json, a) ||
        !next_in(x->r, &inner, x->json, b) ||
        !next_in(x->r, &inner, x->json, &more))
        return false;
    return (b->raw.size > 0 && more.raw.size == 0) ||
           reader_fail(x->r, "a vector of two is needed");
}

// Is each value [key value]? The first call tells: a read of a vector, a cas
// of a vector in a vector.
static bool ask(struct history_reader *x, const struct event *e)
{
    struct element a;
    struct element b;
    if (x->asked || x->independent)
        return true;
    x->asked = true;
    if (!element_is_list(&e->value))
        return true;
    if (!is(&e->f, "cas")) {
        x->independent = true;
        return true;
    }
    if (!read_pair(x, &e->value, &a, &b))
        return false;
    x->independent = element_is_list(&b);
    return true;
}

// Splits the event's value into the key's text and the value proper.
static bool split(struct history_reader *x, const struct event *e,
                  struct slice *key, struct element *value)
{
    *key = slice_text("");
    *value = e->value;
    if (!x->independent)
        return true;
    struct element k;
    return read_pair(x, &e->value, &k, value) && element_text(x->r, &k, key);
}

static bool scalar(struct history_reader *x, const struct element *e,
                   struct slice *text)
{
    if (element_is_nil(e))
        return reader_fail(x->r, "a value is nil");
    unsigned char c = e->raw.data[0];
    if (c == '[' || c == '(' || c == '{')
        return reader_fail(x->r, "a value is no number and no text");
    return element_text(x->r, e, text);
}

// What is written, and wanted.
static bool read_arguments(struct history_reader *x, struct linear_op *op,
                           const struct element *value)
{
    if (op->kind == LINEAR_GET)
        return true;
    if (op->kind != LINEAR_CAS)
        return scalar(x, value, &op->argument);
    struct element a;
    struct element b;
    if (!read_pair(x, value, &a, &b))
        return false;
    op->expects_absent = element_is_nil(&a);
    return (op->expects_absent || scalar(x, &a, &op->expected)) &&
           scalar(x, &b, &op->argument);
}

static bool read_kind(struct history_reader *x, const struct event *e,
                      uint8_t *kind)
{
    if (is(&e->f, "read") || is(&e->f, "r") || is(&e->f, "get"))
        *kind = LINEAR_GET;
    else if (is(&e->f, "write") || is(&e->f, "w") || is(&e->f, "put"))
        *kind = LINEAR_PUT;
    else if (is(&e->f, "append"))
        *kind = LINEAR_APPEND;
    else if (is(&e->f, "cas"))
        *kind = LINEAR_CAS;
    else
        return reader_fail(x->r, "not an operation of a register: %.*s",
                           (int)e->f.raw.size, (const char *)e->f.raw.data);
    return true;
}

static bool note_call(struct history_reader *x, const struct event *e)
{
    uint8_t kind;
    struct slice key;
    struct slice client;
    struct element value;
    if (!read_kind(x, e, &kind) || !ask(x, e) || !split(x, e, &key, &value) ||
        !element_text(x->r, &e->process, &client))
        return false;
    struct linear_op *op = pair_call(x->r, client);
    if (op == NULL)
        return false;
    op->kind = kind;
    op->key = texts_add(&x->r->h->keys, key, NULL);
    return read_arguments(x, op, &value);
}

static bool note_seen(struct history_reader *x, struct linear_op *op,
                      const struct element *value)
{
    if (element_is_nil(value)) {
        op->seen = x->r->how->nil == LINEAR_NIL_ABSENT ? LINEAR_SAW_ABSENT
                                                       : LINEAR_SAW_UNKNOWN;
        return true;
    }
    op->seen = LINEAR_SAW_VALUE;
    return scalar(x, value, &op->result);
}

static bool note_ok(struct history_reader *x, const struct event *e,
                    struct linear_op *op)
{
    struct slice key;
    struct element value;
    if (op->kind != LINEAR_GET && element_is_nil(&e->value))
        return true;
    if (!split(x, e, &key, &value))
        return false;
    if (!slice_equal(key, x->r->h->keys.at[op->key]))
        return reader_fail(x->r, "it returns for another key");
    if (op->kind == LINEAR_GET)
        return note_seen(x, op, &value);
    return read_arguments(x, op, &value);
}

static bool note_return(struct history_reader *x, const struct event *e)
{
    struct slice client;
    uint8_t kind;
    if (!element_text(x->r, &e->process, &client))
        return false;
    struct linear_op *op = pair_open(x->r, client);
    if (op == NULL && is(&e->type, "info")) {
        linear_history_note(x->r->h, x->r->position, client, name_of(&e->f));
        return true;
    }
    op = pair_return(x->r, client);
    if (op == NULL)
        return false;
    if (e->f.raw.size > 0 && (!read_kind(x, e, &kind) || kind != op->kind))
        return reader_fail(x->r, "it returns from what it did not call");
    if (is(&e->type, "ok"))
        return note_ok(x, e, op);
    op->outcome = is(&e->type, "fail") ? LINEAR_FAILED : LINEAR_MAYBE;
    if (op->outcome == LINEAR_MAYBE)
        op->ret = LINEAR_PENDING;
    return true;
}

static bool note_event(struct history_reader *x, const struct event *e)
{
    struct reader *r = x->r;
    r->line = e->line;
    if (e->process.raw.size == 0 || e->type.raw.size == 0)
        return reader_fail(r, "an operation without process or type");
    bool call = is(&e->type, "invoke");
    if (!call && !is(&e->type, "ok") && !is(&e->type, "fail") &&
        !is(&e->type, "info"))
        return reader_fail(r, "a type that is none: %.*s",
                           (int)e->type.raw.size,
                           (const char *)e->type.raw.data);
    if (!element_is_number(&e->process)) {
        linear_history_note(r->h, r->position, name_of(&e->process),
                            name_of(&e->f));
        return true;
    }
    if (!(call ? note_call(x, e) : note_return(x, e)))
        return false;
    int64_t time;
    struct slice client;
    if (!element_number(&e->time, &time))
        return true;
    element_text(r, &e->process, &client);
    const struct linear_op *op = call ? pair_open(r, client) : NULL;
    if (op != NULL)
        pair_time(r, op, time, false);
    return true;
}

static bool read_one(struct history_reader *x, const struct element *one)
{
    struct event e = {.line = one->line};
    x->r->line = one->line;
    unsigned char c = one->raw.data[0];
    if (c == '{')
        return read_map(x, one, &e) && note_event(x, &e);
    if (c == '[')
        return read_tuple(x, one, &e) && note_event(x, &e);
    return reader_fail(x->r, "an operation is a map, or a vector of four");
}

// Does the list hold operations? Otherwise it is one: [0 :invoke :read nil].
static bool holds_operations(struct history_reader *x,
                             const struct element *list)
{
    struct reader inner;
    struct element first = {0};
    scan_enter(x->r, list, &inner);
    return list->raw.data[0] == '(' ||
           (scan_element(&inner, x->json, &first) &&
            (first.raw.size == 0 || first.raw.data[0] == '{' ||
             first.raw.data[0] == '['));
}

static bool read_some(struct history_reader *x, const struct element *e)
{
    if (!element_is_list(e) || !holds_operations(x, e))
        return read_one(x, e);
    struct reader inner;
    scan_enter(x->r, e, &inner);
    for (;;) {
        struct element one;
        if (!next_in(x->r, &inner, x->json, &one))
            return false;
        if (one.raw.size == 0)
            return true;
        if (!read_one(x, &one))
            return false;
    }
}

bool read_elements(struct reader *r, bool json)
{
    struct history_reader x = {
        .r = r, .json = json, .independent = r->how->independent};
    for (;;) {
        struct element e;
        if (!scan_element(r, json, &e))
            return false;
        if (e.raw.size == 0 && r->at < r->end)
            return reader_fail(r, "a '%c' too many", *r->at);
        if (e.raw.size == 0)
            return true;
        struct reader whole = *r;
        if (!read_some(&x, &e))
            return false;
        r->line = whole.line;
    }
}
