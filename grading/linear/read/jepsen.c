// jepsen.c - the reader of the logs of Jepsen's test of etcd, as Porcupine has
// them: one register, integers, values as in EDN.
//
//     INFO  jepsen.util - 3 :invoke :cas [1 4]
//
// A cas that failed has run, and found another value. Lines of the nemesis
// ("- :nemesis :info :start nil") are notes.
#include "grading/linear/read/edn.h"

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

// Takes the next word off the line, and the space behind it.
static struct slice take_word(struct slice *line)
{
    size_t size = 0;
    while (size < line->size && !is_blank(line->data[size]))
        size++;
    struct slice word = slice_of(line->data, size);
    while (size < line->size && is_blank(line->data[size]))
        size++;
    *line = slice_of(line->data + size, line->size - size);
    return word;
}

static bool take_the(struct slice *line, const char *word)
{
    return slice_equal(take_word(line), slice_text(word));
}

static struct slice without_colon(struct slice word)
{
    if (word.size < 2 || word.data[0] != ':')
        return slice_of(NULL, 0);
    return slice_of(word.data + 1, word.size - 1);
}

static bool is_known(struct slice f)
{
    return slice_equal(f, slice_text("read")) ||
           slice_equal(f, slice_text("write")) ||
           slice_equal(f, slice_text("cas"));
}

// nil, an integer, two of them, or :timed-out.
static bool set_value(struct input *in, struct slice text, struct event *event)
{
    struct edn e = {.at = text.data, .end = text.data + text.size};
    struct edn_element element;
    struct value pair[2];
    event->value_text = text;
    if (edn_next(&e, &element) != EDN_GOT || e.at < e.end ||
        !edn_value(in, &element, &event->value))
        return false;
    if (element.type == EDN_KEYWORD) {
        event->value.type = VALUE_OTHER;
        return event->type == EVENT_FAIL || event->type == EVENT_INFO;
    }
    if (element.type == EDN_VECTOR)
        return edn_split(in, element.text, pair) && is_integer(pair[0].text) &&
               is_integer(pair[1].text);
    return element.type == EDN_NIL || element.type == EDN_INTEGER;
}

static bool read_event(struct input *in, struct slice line, struct event *event)
{
    if (!take_the(&line, "INFO") || !take_the(&line, "jepsen.util") ||
        !take_the(&line, "-"))
        return false;
    event->process = take_word(&line);
    event->type = event_type_named(without_colon(take_word(&line)));
    event->f = without_colon(take_word(&line));
    event->is_client = is_integer(event->process);
    while (line.size > 0 && is_blank(line.data[line.size - 1]))
        line.size--;
    if (event->type == EVENT_NONE || event->f.size == 0 || line.size == 0)
        return false;
    if (event->is_client)
        return is_known(event->f) && set_value(in, line, event);
    event->process = without_colon(event->process);
    event->value_text = line;
    event->value.type =
        slice_equal(line, slice_text("nil")) ? VALUE_NIL : VALUE_OTHER;
    return event->process.size > 0;
}

static bool read_line(void *reader, struct slice line)
{
    struct registers *r = reader;
    struct event event = {.at = line.data, .time = -1};
    if (!read_event(r->in, line, &event))
        return input_unclear(r->in, line.data, "no line of jepsen's");
    return registers_take(r, &event);
}

bool read_jepsen(struct input *in)
{
    struct registers r;
    registers_init(&r, in,
                   (struct register_style){.split = edn_split,
                                           .nil_absent = true,
                                           .failed_cas_ran = true});
    input_begins_absent(in);
    bool fine = input_has_no_nul(in) && input_each_line(in, read_line, &r);
    registers_release(&r);
    return fine;
}
