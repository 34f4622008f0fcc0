// edn_event.c - the reader of Jepsen's and Knossos's histories: events as maps
// or as short vectors, in one list or vector, or one after another.
#include <string.h>

#include "grading/linear/read/edn.h"
#include "grading/linear/read/json.h"
#include "grading/linear/read/unescape.h"

bool edn_value(struct input *in, const struct edn_element *element,
               struct value *value)
{
    const char *why = NULL;
    value->text = element->text;
    switch (element->type) {
    case EDN_NIL:
        value->type = VALUE_NIL;
        return true;
    case EDN_STRING:
        value->type = VALUE_TEXT;
        return !element->escaped ||
               unescape(in->h, element->text, &value->text, &why) ||
               input_wrong(in, element->written.data, "%s", why);
    case EDN_KEYWORD:
        value->text = element->written;
        value->type = VALUE_TEXT;
        return true;
    case EDN_INTEGER:
    case EDN_OTHER:
        value->type = VALUE_TEXT;
        return true;
    case EDN_LIST:
    case EDN_VECTOR:
        value->type = VALUE_LIST;
        return true;
    case EDN_MAP:
    case EDN_SET:
        break;
    }
    value->type = VALUE_OTHER;
    return true;
}

bool edn_split(struct input *in, struct slice list, struct value pair[2])
{
    struct edn e = {.at = list.data, .end = list.data + list.size};
    struct edn_element element;
    for (size_t i = 0; i < 2; i++)
        if (edn_next(&e, &element) != EDN_GOT ||
            !edn_value(in, &element, &pair[i]))
            return false;
    return edn_next(&e, &element) == EDN_END;
}

// --- Fields ------------------------------------------------------------------

enum edn_field {
    EDN_PROCESS,
    EDN_TYPE,
    EDN_F,
    EDN_VALUE,
    EDN_KEY,
    EDN_TIME,
    EDN_INDEX,
    EDN_FIELDS, // how many; the tuple has the first four
};

static enum edn_field field_named(const struct edn_element *key)
{
    static const char *const names[EDN_FIELDS] = {
        "process", "type", "f", "value", "key", "time", "index"};
    if (key->type != EDN_KEYWORD)
        return EDN_FIELDS;
    size_t i = 0;
    while (i < EDN_FIELDS && !slice_equal(key->text, slice_text(names[i])))
        i++;
    return (enum edn_field)i;
}

static bool set_value(struct input *in, struct event *event,
                      const struct edn_element *element)
{
    event->value_text = element->written;
    return edn_value(in, element, &event->value);
}

static bool set_key(struct input *in, struct event *event,
                    const struct edn_element *element)
{
    struct value value;
    if (!edn_value(in, element, &value))
        return false;
    event->has_key = true;
    event->key = value.text;
    return value.type == VALUE_TEXT ||
           input_wrong(in, element->written.data, "a :key that is no text");
}

// A keyword's name, a string's text, a number.
static bool set_word(struct input *in, struct slice *word,
                     const struct edn_element *element, const char *odd)
{
    struct value value = {.text = element->text};
    if (element->type != EDN_KEYWORD && element->type != EDN_STRING &&
        element->type != EDN_INTEGER)
        return input_wrong(in, element->written.data, "an odd %s", odd);
    if (element->type == EDN_STRING && !edn_value(in, element, &value))
        return false;
    *word = value.text;
    return true;
}

static bool set_type(struct input *in, struct event *event,
                     const struct edn_element *element)
{
    struct slice word;
    if (!set_word(in, &word, element, ":type"))
        return false;
    event->type = event_type_named(word);
    return event->type != EVENT_NONE ||
           input_wrong(in, element->written.data, "an odd :type");
}

static bool set_field(struct input *in, struct event *event,
                      enum edn_field field, const struct edn_element *element)
{
    bool number = element->type == EDN_INTEGER;
    switch (field) {
    case EDN_PROCESS:
        event->is_client = number;
        return set_word(in, &event->process, element, ":process");
    case EDN_TYPE:
        return set_type(in, event, element);
    case EDN_F:
        return set_word(in, &event->f, element, ":f");
    case EDN_VALUE:
        return set_value(in, event, element);
    case EDN_KEY:
        return set_key(in, event, element);
    case EDN_TIME:
        event->time = number ? json_integer(element->text) : -1;
        return true;
    case EDN_INDEX:
        if (number && element->text.data[0] != '-') // -1: it has none
            event->index = element->text;
        return number || element->type == EDN_NIL ||
               input_wrong(in, element->written.data,
                           "an :index that is no integer");
    case EDN_FIELDS:
        break;
    }
    return true;
}

// --- Events ------------------------------------------------------------------

static bool read_map(struct input *in, struct slice inside, struct event *event)
{
    struct edn e = {.at = inside.data, .end = inside.data + inside.size};
    struct edn_element key;
    struct edn_element element;
    unsigned seen = 0;
    for (;;) { // ends: each turn takes bytes
        enum edn_got got = edn_next(&e, &key);
        if (got == EDN_END)
            return true;
        if (got == EDN_GOT)
            got = edn_next(&e, &element);
        if (got == EDN_END)
            e.why = "a key without its value";
        if (got != EDN_GOT)
            return input_wrong(in, e.at, "%s", e.why);
        enum edn_field field = field_named(&key);
        if (field == EDN_FIELDS)
            continue;
        if ((seen >> field & 1) != 0)
            return input_wrong(in, key.written.data,
                               "a key that is there "
                               "twice");
        seen |= 1U << field;
        if (!set_field(in, event, field, &element))
            return false;
    }
}

static bool read_tuple(struct input *in, struct slice inside,
                       struct event *event)
{
    struct edn e = {.at = inside.data, .end = inside.data + inside.size};
    struct edn_element element;
    unsigned field = EDN_PROCESS;
    for (;;) { // ends: each turn takes bytes
        enum edn_got got = edn_next(&e, &element);
        if (got == EDN_WRONG)
            return input_wrong(in, e.at, "%s", e.why);
        if (got == EDN_END)
            return field >= EDN_VALUE ||
                   input_wrong(in, event->at, "no [process type f value]");
        if (field > EDN_VALUE)
            return input_wrong(in, event->at, "no [process type f value]");
        if (!set_field(in, event, (enum edn_field)field++, &element))
            return false;
    }
}

static bool take_element(struct registers *r, const struct edn_element *element)
{
    struct event event = {
        .at = element->written.data, .type = EVENT_NONE, .time = -1};
    if (element->type == EDN_MAP)
        return read_map(r->in, element->text, &event) &&
               registers_take(r, &event);
    if (element->type == EDN_VECTOR)
        return read_tuple(r->in, element->text, &event) &&
               registers_take(r, &event);
    return input_wrong(r->in, event.at, "no map, and no vector");
}

static bool take_all(struct registers *r, struct edn *e)
{
    struct edn_element element;
    unsigned char closer = 0;
    enum edn_got got = EDN_GOT;
    bool inside = edn_enter(e, &closer);
    while (got == EDN_GOT) { // ends: each turn takes bytes
        if (inside && edn_leave(e, closer)) {
            inside = false;
            got = edn_next(e, &element);
            if (got == EDN_GOT)
                return input_wrong(r->in, element.written.data,
                                   "more behind the list");
            continue;
        }
        got = edn_next(e, &element);
        if (got == EDN_GOT && !take_element(r, &element))
            return false;
    }
    if (got == EDN_WRONG)
        return input_wrong(r->in, e->at, "%s", e->why);
    return !inside || input_wrong(r->in, e->end, "the list has no end");
}

bool read_edn(struct input *in)
{
    struct registers r;
    struct edn e = {.at = in->bytes.data,
                    .end = in->bytes.data + in->bytes.size};
    registers_init(&r, in,
                   (struct register_style){.split = edn_split,
                                           .independent = in->how->independent,
                                           .lone_info = true,
                                           .named_clients = true});
    input_begins_absent(in);
    bool fine = input_has_no_nul(in) && take_all(&r, &e);
    registers_release(&r);
    return fine;
}
