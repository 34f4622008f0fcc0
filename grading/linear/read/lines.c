// lines.c - our own histories: a JSON object a line; write.c has the grammar.
//
// One pass; texts without escapes are borrowed from where they stand.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/read/lines.h"
#include "grading/linear/read/reader.h"

enum {
    ID_RETURNED = UINT32_MAX,
    LINE_LEAST = 48, // bytes: shorter ones are rare
};

struct lines {
    struct reader *r;
    struct fields f; // of the line at hand
    bool intervals;  // of these shapes some were seen
    bool events;
    struct texts ids;
    uint32_t *op_of_id; // owned; ID_RETURNED
    size_t id_room;
    struct slice last_client; // and their numbers: mostly it is the same
    uint32_t last_client_number;
    struct slice last_key;
    uint32_t last_key_number;
    struct slice last_op; // and what it is
    uint8_t last_kind;
    uint8_t *versions; // owned; by key: 1 it has them, 2 it has other writes
    size_t version_room;
};

static bool text_of(struct lines *l, enum field_name name, struct slice *text)
{
    struct reader *r = l->r;
    const struct field *f = &l->f.at[name];
    if (fields_is_null(&l->f, name))
        return reader_fail(r, "\"%s\" is missing", field_names[name]);
    if (f->kind == FIELD_OTHER)
        return reader_fail(r, "\"%s\" is no text", field_names[name]);
    if (f->base64)
        return scan_base64(r, f->raw, text);
    *text = f->raw;
    return !f->escaped || scan_unescape(r, f->raw, text);
}

static bool number_of(struct lines *l, enum field_name name, int64_t *number)
{
    if (fields_has(&l->f, name) && l->f.at[name].is_number) {
        *number = l->f.at[name].number;
        return true;
    }
    if (fields_is_null(&l->f, name))
        return reader_fail(l->r, "\"%s\" is missing", field_names[name]);
    struct element e = {.raw = l->f.at[name].raw};
    if (l->f.at[name].kind != FIELD_OTHER && element_number(&e, number))
        return true;
    return reader_fail(l->r, "\"%s\" is no number from 0 on",
                       field_names[name]);
}

static bool version_of(struct lines *l, enum field_name name, int32_t *version)
{
    int64_t number;
    if (!number_of(l, name, &number))
        return false;
    *version = (int32_t)number;
    return number < INT32_MAX - 1 ||
           reader_fail(l->r, "\"%s\" is too large", field_names[name]);
}

static bool is(const struct lines *l, enum field_name name, const char *text)
{
    struct slice raw = l->f.at[name].raw;
    return fields_has(&l->f, name) && raw.size == strlen(text) &&
           memcmp(raw.data, text, raw.size) == 0;
}

// --- What an operation is --------------------------------------------------

static bool find_kind(struct lines *l, struct linear_op *op)
{
    static const struct {
        const char *name;
        uint8_t kind;
    } kinds[] = {
        {"get", LINEAR_GET},          {"put", LINEAR_PUT},
        {"appendret", LINEAR_APPEND}, {"append", LINEAR_APPEND},
        {"appendnew", LINEAR_APPEND}, {"cas", LINEAR_CAS},
        {"vput", LINEAR_VPUT},        {"read", LINEAR_GET},
        {"write", LINEAR_PUT},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is(l, FIELD_OP, kinds[i].name)) {
            op->kind = kinds[i].kind;
            return true;
        }
    struct slice name;
    return text_of(l, FIELD_OP, &name) &&
           reader_fail(l->r, "no operation that is known: \"%.*s\"",
                       (int)name.size, (const char *)name.data);
}

static bool set_kind(struct lines *l, struct linear_op *op)
{
    struct slice raw = l->f.at[FIELD_OP].raw;
    op->kind = l->last_kind;
    if (fields_has(&l->f, FIELD_OP) && raw.size == l->last_op.size &&
        raw.size > 0 && memcmp(raw.data, l->last_op.data, raw.size) == 0)
        return true;
    if (!find_kind(l, op))
        return false;
    l->last_op = raw;
    l->last_kind = op->kind;
    return true;
}

static bool set_key(struct lines *l, struct linear_op *op)
{
    struct slice key;
    if (!text_of(l, FIELD_K, &key))
        return false;
    if (l->last_key.data == NULL || !slice_equal(key, l->last_key)) {
        l->last_key = key;
        l->last_key_number = texts_add(&l->r->h->keys, key, NULL);
    }
    op->key = l->last_key_number;
    return true;
}

// Versions and other writes do not go together in a key.
static bool note_versions(struct lines *l, const struct linear_op *op)
{
    if (op->kind == LINEAR_GET)
        return true;
    if (op->key >= l->version_room) {
        size_t room = 2 * (size_t)op->key + 16;
        l->versions = xrealloc(l->versions, room);
        memset(l->versions + l->version_room, 0, room - l->version_room);
        l->version_room = room;
    }
    l->versions[op->key] |= op->kind == LINEAR_VPUT ? 1 : 2;
    return l->versions[op->key] != 3 ||
           reader_fail(l->r, "vput and other writes of one key");
}

static bool set_arguments(struct lines *l, struct linear_op *op)
{
    if (!set_kind(l, op) || !set_key(l, op) || !note_versions(l, op))
        return false;
    if (op->kind == LINEAR_GET)
        return true;
    if (op->kind == LINEAR_VPUT && !version_of(l, FIELD_VER, &op->wanted))
        return false;
    if (op->kind != LINEAR_CAS)
        return text_of(l, FIELD_V, &op->argument);
    op->expects_absent = fields_is_null(&l->f, FIELD_A);
    return (op->expects_absent || text_of(l, FIELD_A, &op->expected)) &&
           text_of(l, FIELD_B, &op->argument);
}

// --- What came of it -------------------------------------------------------

static bool set_seen(struct lines *l, struct linear_op *op,
                     enum field_name name)
{
    op->seen = LINEAR_SAW_ABSENT;
    if (fields_is_null(&l->f, name))
        return true;
    op->seen = LINEAR_SAW_VALUE;
    return text_of(l, name, &op->result);
}

// The new value: what it found is that without its end.
static bool set_new_value(struct lines *l, struct linear_op *op)
{
    struct slice value;
    if (!text_of(l, l->events ? FIELD_V : FIELD_NEW, &value))
        return false;
    struct slice tail = op->argument;
    if (value.size < tail.size ||
        !slice_equal(slice_of(value.data + value.size - tail.size, tail.size),
                     tail))
        return reader_fail(l->r, "the new value does not end with what was "
                                 "appended");
    op->result = slice_of(value.data, value.size - tail.size);
    op->seen = op->result.size > 0 || !l->r->h->begins_absent
                   ? LINEAR_SAW_VALUE
                   : LINEAR_SAW_ABSENT;
    return true;
}

static bool set_outcome(struct lines *l, struct linear_op *op)
{
    bool refusable = op->kind == LINEAR_CAS || op->kind == LINEAR_VPUT;
    if (is(l, FIELD_R, "ok"))
        op->outcome = LINEAR_OK;
    else if (is(l, FIELD_R, "no") && refusable)
        op->outcome = LINEAR_NO;
    else if (is(l, FIELD_R, "maybe"))
        op->outcome = LINEAR_MAYBE;
    else if (is(l, FIELD_R, "fail"))
        op->outcome = LINEAR_FAILED;
    else
        return reader_fail(l->r, "\"r\" must be ok, maybe, fail, or of cas "
                                 "and vput no");
    return true;
}

// `op_name`: which of the Appends it is.
static bool set_result(struct lines *l, struct linear_op *op,
                       struct slice op_name)
{
    if (!set_outcome(l, op))
        return false;
    if (op->outcome == LINEAR_MAYBE)
        op->ret = LINEAR_PENDING;
    if (op->outcome == LINEAR_MAYBE || op->outcome == LINEAR_FAILED)
        return true;
    enum field_name ver =
        l->events || op->kind == LINEAR_GET ? FIELD_VER : FIELD_SAWVER;
    bool versions = op->kind == LINEAR_GET ||
                    (op->kind == LINEAR_VPUT && op->outcome == LINEAR_NO);
    if (versions && !fields_is_null(&l->f, ver) &&
        !version_of(l, ver, &op->version))
        return false;
    if (op->kind == LINEAR_GET)
        return set_seen(l, op, FIELD_V);
    if (op->kind == LINEAR_APPEND) {
        if (slice_equal(op_name, slice_text("appendret")))
            return set_seen(l, op, FIELD_OLD);
        return slice_equal(op_name, slice_text("append")) ||
               set_new_value(l, op);
    }
    // What a CAS that was refused has found, if it says so.
    if (op->kind == LINEAR_CAS && op->outcome == LINEAR_NO &&
        fields_has(&l->f, FIELD_V))
        return set_seen(l, op, FIELD_V);
    return true;
}

// --- The shapes ------------------------------------------------------------

static bool read_interval(struct lines *l)
{
    struct linear_op *op = linear_history_add(l->r->h);
    struct slice client;
    if (l->events)
        return reader_fail(l->r, "an operation, in a file of events");
    l->intervals = true;
    if (!set_arguments(l, op) || !text_of(l, FIELD_C, &client) ||
        !number_of(l, FIELD_T0, &op->call))
        return false;
    if (!fields_is_null(&l->f, FIELD_T1) && !number_of(l, FIELD_T1, &op->ret))
        return false;
    if (op->ret != LINEAR_PENDING && op->ret < op->call)
        return reader_fail(l->r, "it returns before it is called");
    if (l->last_client.data == NULL || !slice_equal(client, l->last_client)) {
        l->last_client = client;
        l->last_client_number = texts_add(&l->r->h->clients, client, NULL);
    }
    op->client = l->last_client_number;
    bool pending = op->ret == LINEAR_PENDING;
    if (!set_result(l, op, l->f.at[FIELD_OP].raw))
        return false;
    return !pending || op->outcome == LINEAR_MAYBE ||
           reader_fail(l->r, "it has not returned, and its outcome is known");
}

static bool note_time(struct lines *l, const struct linear_op *op, bool ret)
{
    int64_t time;
    if (fields_is_null(&l->f, FIELD_T))
        return true;
    if (!number_of(l, FIELD_T, &time))
        return false;
    pair_time(l->r, op, time, ret);
    return true;
}

static uint32_t *op_of(struct lines *l, uint32_t id)
{
    if (id >= l->id_room) {
        l->id_room = 2 * (size_t)id + 64;
        l->op_of_id = xrealloc(l->op_of_id, l->id_room * sizeof l->op_of_id[0]);
    }
    return &l->op_of_id[id];
}

static bool read_call(struct lines *l)
{
    struct slice id;
    struct slice client;
    bool added = false;
    if (!text_of(l, FIELD_ID, &id) || !text_of(l, FIELD_C, &client))
        return false;
    uint32_t number = texts_add(&l->ids, id, &added);
    if (!added)
        return reader_fail(l->r, "id %.*s is called a second time",
                           (int)id.size, (const char *)id.data);
    struct linear_op *op = pair_call(l->r, client);
    if (op == NULL)
        return false;
    *op_of(l, number) = (uint32_t)(op - l->r->h->ops);
    return set_arguments(l, op) && note_time(l, op, false);
}

// Which of the Appends it was called as is kept in `seen` until it returns.
static bool read_ret(struct lines *l)
{
    struct slice id;
    if (!text_of(l, FIELD_ID, &id))
        return false;
    uint32_t number = texts_find(&l->ids, id);
    uint32_t *index = number == TEXTS_NONE ? NULL : op_of(l, number);
    if (index == NULL || *index == ID_RETURNED)
        return reader_fail(l->r, "id %.*s returns, and %s", (int)id.size,
                           (const char *)id.data,
                           index == NULL ? "was not called"
                                         : "has returned before");
    struct linear_op *op = &l->r->h->ops[*index];
    *index = ID_RETURNED;
    if (pair_return(l->r, l->r->h->clients.at[op->client]) == NULL)
        return false;
    static const char *const appends[] = {"append", "appendret", "appendnew"};
    struct slice name = slice_text(appends[op->seen]);
    op->seen = LINEAR_SAW_UNKNOWN;
    return set_result(l, op, name) && note_time(l, op, true);
}

static bool read_event(struct lines *l)
{
    if (l->intervals)
        return reader_fail(l->r, "an event, in a file of operations");
    l->events = true;
    if (is(l, FIELD_E, "ret"))
        return read_ret(l);
    if (!read_call(l))
        return false;
    struct linear_op *op = &l->r->h->ops[l->r->h->count - 1];
    op->seen = is(l, FIELD_OP, "appendret")   ? 1
               : is(l, FIELD_OP, "appendnew") ? 2
                                              : 0;
    return true;
}

static bool read_note(struct lines *l)
{
    int64_t at = l->r->position;
    struct slice who = {0};
    struct slice text = {0};
    if (!l->events && !number_of(l, FIELD_T, &at))
        return false;
    if (!fields_is_null(&l->f, FIELD_WHO) && !text_of(l, FIELD_WHO, &who))
        return false;
    if (!text_of(l, FIELD_TEXT, &text))
        return false;
    linear_history_note(l->r->h, at, who, text);
    return true;
}

static bool read_head(struct lines *l)
{
    struct linear_history *h = l->r->h;
    if (h->count > 0)
        return reader_fail(l->r, "the head must be the first line");
    if (!fields_has(&l->f, FIELD_INIT) || l->r->how->init != NULL)
        return true;
    h->begins_absent = fields_is_null(&l->f, FIELD_INIT);
    return h->begins_absent || text_of(l, FIELD_INIT, &h->init);
}

static bool read_line(struct lines *l)
{
    if (!fields_has(&l->f, FIELD_E))
        return read_interval(l);
    if (is(l, FIELD_E, "call") || is(l, FIELD_E, "ret"))
        return read_event(l);
    if (is(l, FIELD_E, "note"))
        return read_note(l);
    if (is(l, FIELD_E, "head"))
        return read_head(l);
    return reader_fail(l->r, "\"e\" must be call, ret, note or head");
}

static bool read_all(struct lines *l)
{
    struct slice line;
    while (scan_line(l->r, &line)) {
        if (line.size == 0)
            continue;
        bool is_object = fields_read(l->r, line, &l->f);
        if (is_object && read_line(l))
            continue;
        if (is_object || !l->r->how->lenient)
            return false;
        free(l->r->error);
        l->r->error = NULL;
        l->r->how->skipped++;
    }
    return true;
}

bool read_lines(struct reader *r)
{
    struct lines l = {.r = r};
    linear_history_expect(r->h, (size_t)(r->end - r->at) / LINE_LEAST);
    texts_init(&l.ids);
    bool ok = read_all(&l);
    for (size_t i = 0; i < r->h->count && ok && l.events; i++)
        if (r->h->ops[i].ret == LINEAR_PENDING)
            r->h->ops[i].seen = LINEAR_SAW_UNKNOWN;
    texts_release(&l.ids);
    free(l.op_of_id);
    free(l.versions);
    return ok;
}
