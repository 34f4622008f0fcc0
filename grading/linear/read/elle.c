// elle.c - the reader of elle-cli's JSON: EDN's maps as objects, in an array or
// one after another.
//
//     {"process":0,"type":"ok","f":"cas","value":[3,4],"time":12,"index":5}
#include "grading/linear/read/json.h"
#include "grading/linear/read/register.h"
#include "grading/linear/read/unescape.h"

static bool read_text(struct input *in, const struct json_value *value,
                      struct slice *out)
{
    const char *why = NULL;
    *out = value->text;
    return !value->escaped || unescape(in->h, value->text, out, &why) ||
           input_wrong(in, value->text.data, "%s", why);
}

static bool make_value(struct input *in, const struct json_value *json,
                       struct value *value)
{
    static const enum value_type types[] = {
        [JSON_NULL] = VALUE_NIL,    [JSON_BOOL] = VALUE_TEXT,
        [JSON_NUMBER] = VALUE_TEXT, [JSON_STRING] = VALUE_TEXT,
        [JSON_ARRAY] = VALUE_LIST,  [JSON_OBJECT] = VALUE_OTHER};
    value->type = types[json->type];
    return read_text(in, json, &value->text);
}

static bool split(struct input *in, struct slice list, struct value pair[2])
{
    struct json j = {.at = list.data, .end = list.data + list.size};
    struct json_value value;
    for (size_t i = 0; i < 2; i++)
        if ((i > 0 && !json_take(&j, ',')) || !json_read(&j, &value) ||
            !make_value(in, &value, &pair[i]))
            return false;
    json_space(&j);
    return j.at == j.end;
}

// --- Fields ------------------------------------------------------------------

enum elle_field {
    ELLE_PROCESS,
    ELLE_TYPE,
    ELLE_F,
    ELLE_VALUE,
    ELLE_KEY,
    ELLE_TIME,
    ELLE_INDEX,
    ELLE_FIELDS, // how many
};

static enum elle_field field_named(struct slice name)
{
    static const char *const names[ELLE_FIELDS] = {
        "process", "type", "f", "value", "key", "time", "index"};
    size_t i = 0;
    while (i < ELLE_FIELDS && !slice_equal(name, slice_text(names[i])))
        i++;
    return (enum elle_field)i;
}

static bool odd(struct input *in, const struct json_value *value,
                const char *name)
{
    return input_wrong(in, value->text.data, "an odd \"%s\"", name);
}

static bool set_process(struct input *in, struct event *event,
                        const struct json_value *value)
{
    event->is_client = value->type == JSON_NUMBER && is_integer(value->text);
    if (!event->is_client && value->type != JSON_STRING)
        return odd(in, value, "process");
    return read_text(in, value, &event->process);
}

static bool set_key(struct input *in, struct event *event,
                    const struct json_value *json)
{
    struct value value;
    if (!make_value(in, json, &value))
        return false;
    event->has_key = true;
    event->key = value.text;
    return value.type == VALUE_TEXT || odd(in, json, "key");
}

// `written`: of the value, all of it.
static bool set_field(struct input *in, struct event *event,
                      enum elle_field field, const struct json_value *value,
                      struct slice written)
{
    bool number = value->type == JSON_NUMBER && is_integer(value->text);
    switch (field) {
    case ELLE_PROCESS:
        return set_process(in, event, value);
    case ELLE_TYPE:
        event->type = event_type_named(value->text);
        return (value->type == JSON_STRING && event->type != EVENT_NONE) ||
               odd(in, value, "type");
    case ELLE_F:
        return value->type == JSON_STRING ? read_text(in, value, &event->f)
                                          : odd(in, value, "f");
    case ELLE_VALUE:
        event->value_text = written;
        return make_value(in, value, &event->value);
    case ELLE_KEY:
        return set_key(in, event, value);
    case ELLE_TIME:
        event->time = number ? json_integer(value->text) : -1;
        return true;
    case ELLE_INDEX:
        if (number && value->text.data[0] != '-') // -1: it has none
            event->index = value->text;
        return number || value->type == JSON_NULL || odd(in, value, "index");
    case ELLE_FIELDS:
        break;
    }
    return true;
}

static bool read_field(struct input *in, struct json *j, struct event *event,
                       unsigned *seen)
{
    struct json_value name;
    struct json_value value;
    const unsigned char *start = j->at;
    if (!json_name(j, &name))
        return input_wrong(in, j->at, "%s", j->why);
    json_space(j);
    const unsigned char *at = j->at;
    if (!json_read(j, &value))
        return input_wrong(in, j->at, "%s", j->why);
    enum elle_field field = field_named(name.text);
    if (field == ELLE_FIELDS)
        return true;
    if ((*seen >> field & 1) != 0)
        return input_wrong(in, start, "a field that is there twice");
    *seen |= 1U << field;
    return set_field(in, event, field, &value,
                     slice_of(at, (size_t)(j->at - at)));
}

// --- Events ------------------------------------------------------------------

static bool take_object(struct registers *r, struct json *j)
{
    unsigned seen = 0;
    json_space(j);
    struct event event = {.at = j->at, .type = EVENT_NONE, .time = -1};
    if (!json_take(j, '{'))
        return input_wrong(r->in, j->at, "no JSON object");
    if (!json_take(j, '}')) {
        do { // ends: each turn takes bytes
            if (!read_field(r->in, j, &event, &seen))
                return false;
        } while (json_take(j, ','));
        if (!json_take(j, '}'))
            return input_wrong(r->in, j->at, "no \",\" or \"}\"");
    }
    return registers_take(r, &event);
}

static bool take_array(struct registers *r, struct json *j)
{
    if (!json_take(j, ']')) {
        do { // ends: each turn takes bytes
            if (!take_object(r, j))
                return false;
        } while (json_take(j, ','));
        if (!json_take(j, ']'))
            return input_wrong(r->in, j->at, "no \",\" or \"]\"");
    }
    json_space(j);
    return j->at == j->end ||
           input_wrong(r->in, j->at, "more behind the array");
}

static bool take_all(struct registers *r, struct json *j)
{
    if (json_take(j, '['))
        return take_array(r, j);
    json_space(j);
    while (j->at < j->end) { // ends: each turn takes bytes
        if (!take_object(r, j))
            return false;
        json_space(j);
    }
    return true;
}

bool read_elle(struct input *in)
{
    struct registers r;
    struct json j = {.at = in->bytes.data,
                     .end = in->bytes.data + in->bytes.size};
    registers_init(&r, in,
                   (struct register_style){.split = split,
                                           .independent = in->how->independent,
                                           .lone_info = true,
                                           .named_clients = true});
    input_begins_absent(in);
    bool fine = take_all(&r, &j);
    registers_release(&r);
    return fine;
}
