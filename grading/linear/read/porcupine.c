// porcupine.c - the reader of Porcupine's key/value logs:
//
//     {:process 3, :type :invoke, :f :append, :key "1", :value "x 3 0 y"}
//
// A missing key is as good as one that is empty, so keys begin with "". What
// is open at the end may or may not have happened.
#include <string.h>

#include "grading/linear/read/json.h"
#include "grading/linear/read/register.h"

static bool take(struct json *j, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(j->end - j->at) < size || memcmp(j->at, text, size) != 0)
        return false;
    j->at += size;
    return true;
}

static bool take_digits(struct json *j, struct slice *out)
{
    const unsigned char *start = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
        j->at++;
    *out = slice_of(start, (size_t)(j->at - start));
    return out->size > 0;
}

// Between quotes; there are no escapes.
static bool take_string(struct json *j, struct slice *out)
{
    if (!take(j, "\""))
        return false;
    const unsigned char *stop = memchr(j->at, '"', (size_t)(j->end - j->at));
    if (stop == NULL)
        return false;
    *out = slice_of(j->at, (size_t)(stop - j->at));
    j->at = stop + 1;
    return true;
}

static bool take_type(struct json *j, struct event *e)
{
    if (!take(j, ", :type "))
        return false;
    e->type = take(j, ":invoke") ? EVENT_INVOKE
              : take(j, ":ok")   ? EVENT_OK
                                 : EVENT_NONE;
    return e->type != EVENT_NONE;
}

static bool take_f(struct json *j, struct event *e)
{
    static const char *const names[] = {":get", ":put", ":append"};
    if (!take(j, ", :f "))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (take(j, names[i])) {
            e->f = slice_text(names[i] + 1);
            return true;
        }
    return false;
}

static bool take_value(struct json *j, struct event *e)
{
    if (!take(j, ", :value "))
        return false;
    bool asks = e->type == EVENT_INVOKE && e->f.data[0] == 'g';
    if (asks && take(j, "nil"))
        return true;
    e->value.type = VALUE_TEXT;
    return take_string(j, &e->value.text);
}

static bool read_line(void *reader, struct slice line)
{
    struct registers *r = reader;
    struct json j = {.at = line.data, .end = line.data + line.size};
    struct event e = {
        .at = line.data, .is_client = true, .has_key = true, .time = -1};
    bool clear = take(&j, "{:process ") && take_digits(&j, &e.process) &&
                 take_type(&j, &e) && take_f(&j, &e) && take(&j, ", :key ") &&
                 take_string(&j, &e.key) && take_value(&j, &e) &&
                 take(&j, "}") && j.at == j.end;
    if (!clear)
        return input_unclear(r->in, line.data, "no line of porcupine's");
    return registers_take(r, &e);
}

bool read_porcupine(struct input *in)
{
    struct registers r;
    registers_init(&r, in, (struct register_style){.nil_absent = true});
    input_begins(in, slice_text(""));
    bool fine = input_each_line(in, read_line, &r);
    registers_release(&r);
    return fine;
}
