// lines.c - the reader of our own files: a JSON object a line. A file has
// intervals, each an operation, or events, each a call or a return.
#include "grading/linear/read/lines.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

static bool set_shape(struct lines *l, enum lines_shape shape)
{
    if (l->shape != SHAPE_NONE && l->shape != shape)
        return input_wrong(l->f.in, l->f.line.data,
                           "events and intervals in one file");
    if (l->shape == SHAPE_NONE && shape == SHAPE_EVENTS)
        for (size_t i = 0; i < l->f.in->h->note_count; i++)
            l->f.in->h->notes[i].at = 0; // before all events
    l->shape = shape;
    return true;
}

// --- Intervals ---------------------------------------------------------------

static bool read_times(struct fields *f, struct linear_op *op)
{
    if (!fields_integer(f, FIELD_T0, INT64_MAX, &op->call))
        return false;
    op->ret = LINEAR_PENDING;
    if (fields_has(f, FIELD_T1)) {
        if (!fields_integer(f, FIELD_T1, INT64_MAX, &op->ret))
            return false;
        if (op->ret < op->call)
            return input_unclear(f->in, f->line.data,
                                 "\"t1\" is before \"t0\"");
    } else if (op->outcome == LINEAR_OK || op->outcome == LINEAR_NO) {
        return input_unclear(f->in, f->line.data,
                             "it has returned, but there is no \"t1\"");
    }
    if (op->outcome == LINEAR_MAYBE)
        op->ret = LINEAR_PENDING;
    return true;
}

static bool read_interval(struct lines *l)
{
    struct linear_op op = {.wanted = LINEAR_NO_VERSION,
                           .version = LINEAR_NO_VERSION};
    enum lines_name name;
    if (!lines_call(&l->ops, &op, &name) ||
        !lines_return(&l->ops, &op, name, SHAPE_INTERVALS) ||
        !read_times(&l->f, &op) || !set_shape(l, SHAPE_INTERVALS) ||
        !lines_number(&l->ops, &op))
        return false;
    *linear_history_add(l->f.in->h) = op;
    return true;
}

// --- Events ------------------------------------------------------------------

static bool read_time(struct fields *f, int64_t *time)
{
    *time = -1;
    return !fields_has(f, FIELD_T) ||
           fields_integer(f, FIELD_T, INT64_MAX, time);
}

static bool add_id(struct lines *l, struct slice id, enum lines_name name,
                   uint32_t client)
{
    char shown[INPUT_SHOWN_MAX];
    bool added = false;
    uint32_t number = texts_add(&l->ids, id, &added);
    if (!added)
        return input_wrong(l->f.in, l->f.line.data, "a second call of id %s",
                           input_show(shown, id));
    if (number >= l->called_room) {
        l->called_room = l->called_room > 0 ? 2 * l->called_room : 64;
        l->called = xrealloc(l->called, l->called_room * sizeof l->called[0]);
    }
    l->called[number] = (struct called){.client = client, .name = name};
    return true;
}

static bool read_call(struct lines *l)
{
    struct linear_op op = {.outcome = LINEAR_MAYBE,
                           .ret = LINEAR_PENDING,
                           .wanted = LINEAR_NO_VERSION,
                           .version = LINEAR_NO_VERSION};
    enum lines_name name;
    struct slice id;
    int64_t time;
    char shown[INPUT_SHOWN_MAX];
    if (!lines_call(&l->ops, &op, &name) ||
        !fields_label(&l->f, FIELD_ID, &id) || !read_time(&l->f, &time) ||
        !set_shape(l, SHAPE_EVENTS) || !lines_number(&l->ops, &op))
        return false;
    if (pairing_open(&l->pairing, op.client) != PAIR_NONE)
        return input_wrong(
            l->f.in, l->f.line.data,
            "client %s calls while its last call is open",
            input_show(shown, l->f.in->h->clients.at[op.client]));
    if (!add_id(l, id, name, op.client))
        return false;
    struct linear_op *called = pairing_call(&l->pairing, op.client, time);
    op.call = called->call;
    *called = op;
    return true;
}

static bool read_return(struct lines *l)
{
    struct slice id;
    int64_t time;
    char shown[INPUT_SHOWN_MAX];
    if (!fields_label(&l->f, FIELD_ID, &id) || !read_time(&l->f, &time) ||
        !set_shape(l, SHAPE_EVENTS))
        return false;
    uint32_t number = texts_find(&l->ids, id);
    if (number == TEXTS_NONE)
        return input_wrong(l->f.in, l->f.line.data, "id %s returns uncalled",
                           input_show(shown, id));
    struct called *called = &l->called[number];
    if (called->returned)
        return input_wrong(l->f.in, l->f.line.data, "id %s returns twice",
                           input_show(shown, id));
    struct linear_op op =
        l->f.in->h->ops[pairing_open(&l->pairing, called->client)];
    if (!lines_return(&l->ops, &op, called->name, SHAPE_EVENTS))
        return false;
    struct linear_op *returned = pairing_return(
        &l->pairing, called->client, (enum linear_outcome)op.outcome, time);
    op.ret = returned->ret;
    *returned = op;
    called->returned = true;
    return true;
}

// --- Other lines -------------------------------------------------------------

static bool read_note(struct lines *l)
{
    int64_t at;
    struct slice who;
    struct slice text;
    if (!fields_integer(&l->f, FIELD_T, INT64_MAX, &at) ||
        !fields_text(&l->f, FIELD_WHO, &who) ||
        !fields_text(&l->f, FIELD_TEXT, &text))
        return false;
    if (l->shape == SHAPE_EVENTS)
        at = l->pairing.position;
    linear_history_note(l->f.in->h, at, who, text);
    return true;
}

static bool read_head(struct lines *l)
{
    struct slice init;
    if (!slice_equal(fields_word(&l->f, FIELD_FORMAT), slice_text("lin1")))
        return input_wrong(l->f.in, l->f.line.data,
                           "the \"format\" is not \"lin1\"");
    if (l->begun)
        return input_wrong(l->f.in, l->f.line.data,
                           "a head that is not the first line");
    if (!fields_has_text(&l->f, FIELD_INIT))
        return true;
    if (!fields_text(&l->f, FIELD_INIT, &init))
        return false;
    input_begins(l->f.in, init);
    return true;
}

static bool read_kind(struct lines *l)
{
    char shown[INPUT_SHOWN_MAX];
    struct slice e = fields_word(&l->f, FIELD_E);
    if (slice_equal(e, slice_text("call")))
        return read_call(l);
    if (slice_equal(e, slice_text("ret")))
        return read_return(l);
    if (slice_equal(e, slice_text("note")))
        return read_note(l);
    if (slice_equal(e, slice_text("head")))
        return read_head(l);
    return input_unclear(l->f.in, l->f.line.data, "unknown \"e\": \"%s\"",
                         input_show(shown, e));
}

bool lines_take(void *lines, struct slice line)
{
    struct lines *l = lines;
    if (!fields_read(&l->f, line))
        return false;
    bool fine = fields_has(&l->f, FIELD_E) ? read_kind(l) : read_interval(l);
    l->begun = true;
    return fine;
}

void lines_init(struct lines *l, struct input *in)
{
    *l = (struct lines){.f.in = in};
    lines_ops_init(&l->ops, &l->f);
    pairing_init(&l->pairing, in->h);
    texts_init(&l->ids);
}

void lines_release(struct lines *l)
{
    texts_release(&l->ids);
    pairing_release(&l->pairing);
    lines_ops_release(&l->ops);
    free(l->called);
}

static bool read_whole(struct input *in)
{
    struct lines l;
    input_begins_absent(in);
    linear_history_expect(in->h, in->bytes.size / LINES_LEAST);
    lines_init(&l, in);
    bool fine = input_each_line(in, lines_take, &l);
    lines_release(&l);
    return fine;
}

bool read_lines(struct input *in)
{
    return lines_in_parts(in) || read_whole(in);
}
