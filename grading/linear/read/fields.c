// fields.c - see fields.h.
#include "grading/linear/read/fields.h"

#include <inttypes.h>
#include <string.h>

#include "grading/linear/read/scan.h"
#include "grading/linear/read/unescape.h"

enum {
    SIMPLE_LEAST = 11, // bytes: "initb": and one more
};

// Each with zeros behind: a word.
static const char names[FIELDS][8] = {
    "a",     "ab",   "b",     "bb",     "c",   "cb",   "e",    "format",
    "id",    "init", "initb", "k",      "kb",  "new",  "newb", "op",
    "old",   "oldb", "r",     "sawver", "t0",  "t1",   "t",    "text",
    "textb", "v",    "vb",    "ver",    "who", "whob",
};

// The first name that begins with a letter.
static const unsigned char begins[UINT8_MAX + 1] = {
    ['a'] = FIELD_A, ['b'] = FIELD_B,      ['c'] = FIELD_C,
    ['e'] = FIELD_E, ['f'] = FIELD_FORMAT, ['i'] = FIELD_ID,
    ['k'] = FIELD_K, ['n'] = FIELD_NEW,    ['o'] = FIELD_OP,
    ['r'] = FIELD_R, ['s'] = FIELD_SAWVER, ['t'] = FIELD_T0,
    ['v'] = FIELD_V, ['w'] = FIELD_WHO,
};

// By its name, as a word.
static enum field field_of_word(uint64_t word)
{
    unsigned char first = word & UINT8_MAX;
    for (unsigned i = begins[first]; i < FIELDS && names[i][0] == (char)first;
         i++)
        if (scan_load((const unsigned char *)names[i]) == word)
            return (enum field)i;
    return FIELDS;
}

static enum field field_named(struct slice name)
{
    uint64_t word = 0;
    if (name.size == 0 || name.size > sizeof word)
        return FIELDS;
    memcpy(&word, name.data, name.size);
    return field_of_word(word);
}

// --- The lines that we write -------------------------------------------------

// Nearly all fields are "name":"text" or "name":123, without spaces and
// escapes: these are read by what follows, which is fast. NULL: it is not so,
// and read_field() shall see.

// At a quote, more than SIMPLE_LEAST bytes before the end.
static const unsigned char *simple_name(const unsigned char *at,
                                        enum field *field)
{
    uint64_t word = scan_load(at + 1);
    uint64_t quotes = scan_zeros(word ^ SCAN_ONES * '"');
    if (quotes == 0)
        return NULL;
    size_t size = scan_first(quotes);
    *field = field_of_word(word & ~(UINT64_MAX << 8 * size));
    return *field < FIELDS && at[size + 2] == ':' ? at + size + 3 : NULL;
}

static const unsigned char *simple_value(const unsigned char *at,
                                         const unsigned char *end,
                                         struct json_value *value)
{
    value->escaped = false;
    if (*at == '"') {
        const unsigned char *stop = scan_string(++at, end);
        value->type = JSON_STRING;
        value->text = (struct slice){at, (size_t)(stop - at)};
        return end - stop > 1 && *stop == '"' ? stop + 1 : NULL;
    }
    const unsigned char *stop = at;
    uint64_t integer = 0;
    for (; stop < end && *stop >= '0' && *stop <= '9'; stop++)
        integer = integer * 10 + (*stop - (unsigned)'0');
    value->type = JSON_NUMBER;
    value->text = (struct slice){at, (size_t)(stop - at)};
    value->integer = (int64_t)integer;
    bool simple = stop > at && stop < end && stop - at < 19 &&
                  (*at != '0' || stop - at == 1);
    return simple && (*stop == ',' || *stop == '}') ? stop : NULL;
}

// Reads as many as there are, and returns what is behind the last one.
static const unsigned char *
read_simple(struct fields *f, const unsigned char *at, const unsigned char *end)
{
    const unsigned char *behind = NULL;
    uint32_t has = f->has;
    while (end - at > SIMPLE_LEAST && *at == '"') { // each turn takes bytes
        enum field field;
        const unsigned char *value = simple_name(at, &field);
        if (value == NULL || ((has | f->nulls) >> field & 1) != 0)
            break;
        const unsigned char *stop = simple_value(value, end, &f->values[field]);
        if (stop == NULL)
            break;
        has |= UINT32_C(1) << field;
        behind = stop;
        if (*stop != ',')
            break;
        at = stop + 1;
    }
    f->has = has;
    return behind;
}

// --- Any JSON ----------------------------------------------------------------

static bool read_field(struct fields *f, struct json *j)
{
    struct json_value name;
    struct json_value ignored;
    const unsigned char *at = j->at;
    if (!json_name(j, &name))
        return false;
    enum field field = field_named(name.text);
    if (field == FIELDS)
        return json_read(j, &ignored);
    uint32_t bit = UINT32_C(1) << field;
    if (((f->has | f->nulls) & bit) != 0) {
        j->at = at;
        return json_fail(j, "a field that is there twice");
    }
    if (!json_read(j, &f->values[field]))
        return false;
    if (f->values[field].type == JSON_NULL)
        f->nulls |= bit;
    else
        f->has |= bit;
    return true;
}

static bool read_object(struct fields *f, struct json *j)
{
    if (!json_take(j, '{'))
        return json_fail(j, "no JSON object");
    if (json_take(j, '}'))
        return true;
    do { // ends: each turn takes bytes
        const unsigned char *behind = read_simple(f, j->at, j->end);
        if (behind != NULL)
            j->at = behind;
        else if (!read_field(f, j))
            return false;
    } while (json_take(j, ','));
    return json_take(j, '}') || json_fail(j, "no \",\" or \"}\"");
}

bool fields_read(struct fields *f, struct slice line)
{
    struct json j = {.at = line.data, .end = line.data + line.size};
    f->line = line;
    f->has = 0;
    f->nulls = 0;
    if (!read_object(f, &j))
        return input_unclear(f->in, j.at, "%s", j.why);
    json_space(&j);
    if (j.at < j.end)
        return input_unclear(f->in, j.at, "more behind the object");
    return true;
}

static bool decode(struct fields *f, enum field field, struct slice *out)
{
    const struct json_value *value = &f->values[field + 1];
    const char *why = NULL;
    if (fields_has(f, field))
        return input_unclear(f->in, f->line.data, "both \"%s\" and \"%s\"",
                             names[field], names[field + 1]);
    if (value->type != JSON_STRING)
        return input_unclear(f->in, f->line.data, "\"%s\" is no string",
                             names[field + 1]);
    struct slice digits = value->text;
    if (value->escaped && !unescape(f->in->h, digits, &digits, &why))
        return input_unclear(f->in, f->line.data, "\"%s\": %s",
                             names[field + 1], why);
    return base64_decode(f->in->h, digits, out, &why) ||
           input_unclear(f->in, f->line.data, "\"%s\" is %s", names[field + 1],
                         why);
}

bool fields_text(struct fields *f, enum field field, struct slice *out)
{
    const struct json_value *value = &f->values[field];
    if (fields_has(f, field + 1))
        return decode(f, field, out);
    if (!fields_has(f, field))
        return input_unclear(f->in, f->line.data, "no \"%s\"", names[field]);
    if (value->type != JSON_STRING)
        return input_unclear(f->in, f->line.data, "\"%s\" is no string",
                             names[field]);
    *out = value->text;
    const char *why = NULL;
    if (value->escaped && !unescape(f->in->h, value->text, out, &why))
        return input_unclear(f->in, f->line.data, "\"%s\": %s", names[field],
                             why);
    return true;
}

bool fields_label(struct fields *f, enum field field, struct slice *out)
{
    if (!fields_has(f, field) || f->values[field].type != JSON_NUMBER)
        return fields_text(f, field, out);
    *out = f->values[field].text;
    return true;
}

bool fields_integer(struct fields *f, enum field field, int64_t most,
                    int64_t *out)
{
    const struct json_value *value = &f->values[field];
    if (!fields_has(f, field))
        return input_unclear(f->in, f->line.data, "no \"%s\"", names[field]);
    *out = -1;
    if (value->type == JSON_NUMBER)
        *out = value->integer;
    else if (value->type == JSON_STRING)
        *out = json_integer(value->text);
    if (*out < 0 || *out > most)
        return input_unclear(f->in, f->line.data,
                             "\"%s\" is no integer of 0 to %" PRId64,
                             names[field], most);
    return true;
}

struct slice fields_word(const struct fields *f, enum field field)
{
    const struct json_value *value = &f->values[field];
    if (!fields_has(f, field) || value->type != JSON_STRING || value->escaped)
        return slice_of(NULL, 0);
    return value->text;
}
