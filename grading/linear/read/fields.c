// fields.c - one line: an object of JSON, its known fields.
#include <string.h>

#include "grading/linear/read/lines.h"

enum {
    SHORT = 24, // bytes of a string that are looked at one by one
    DIGITS_MAX = 18,
};

const char *const field_names[FIELD_COUNT] = {
    "e", "id", "c",  "op", "k",   "v",      "a",   "b",    "old", "new",
    "r", "t",  "t0", "t1", "ver", "sawver", "who", "text", "init"};

// The one with this name, or with this name and a "b" behind it: then the
// field is base64.
static int field_named(struct slice name, bool *base64)
{
    *base64 = false;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const char *known = field_names[i];
        if (name.size > 0 && known[0] == (char)name.data[0] &&
            strlen(known) == name.size &&
            memcmp(known, name.data, name.size) == 0)
            return i;
    }
    if (name.size < 2 || name.data[name.size - 1] != 'b')
        return -1;
    name.size--;
    *base64 = true;
    for (int i = FIELD_K; i < FIELD_COUNT; i++)
        if (slice_equal(name, slice_text(field_names[i])))
            return i;
    return -1;
}

// Behind the quote that ends the string; NULL: it does not end. `at` is behind
// the one that begins it.
static const unsigned char *string_end(const unsigned char *at,
                                       const unsigned char *end, bool *escaped)
{
    const unsigned char *stop = end - at < SHORT ? end : at + SHORT;
    for (; at < stop && *at != '\\'; at++)
        if (*at == '"')
            return at + 1;
    while (at < end) {
        const unsigned char *quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL)
            return NULL;
        const unsigned char *slash = memchr(at, '\\', (size_t)(quote - at));
        if (slash == NULL)
            return quote + 1;
        *escaped = true;
        at = slash + 2;
    }
    return NULL;
}

static const unsigned char *blanks(const unsigned char *at,
                                   const unsigned char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static bool is_atom(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '+' || c == '.' || c == 'E';
}

// A value at `at`: *out; returns what is behind it, or NULL.
static const unsigned char *read_value(struct reader *r,
                                       const unsigned char *at,
                                       const unsigned char *end,
                                       struct field *out)
{
    *out = (struct field){.kind = FIELD_ATOM};
    if (at < end && *at == '"') {
        const unsigned char *behind = string_end(at + 1, end, &out->escaped);
        if (behind == NULL) {
            reader_fail(r, "a string does not end");
            return NULL;
        }
        out->kind = FIELD_STRING;
        out->raw = slice_of(at + 1, (size_t)(behind - at) - 2);
        return behind;
    }
    if (at < end && (*at == '{' || *at == '[')) {
        struct reader inner = *r;
        struct element e;
        inner.at = at;
        inner.end = end;
        if (!scan_element(&inner, true, &e)) {
            r->error = inner.error;
            return NULL;
        }
        out->kind = FIELD_OTHER;
        return inner.at;
    }
    const unsigned char *behind = at;
    int64_t number = 0;
    while (behind < end && *behind >= '0' && *behind <= '9' &&
           behind - at < DIGITS_MAX)
        number = number * 10 + (*behind++ - '0');
    out->is_number = behind > at && (behind == end || !is_atom(*behind));
    out->number = number;
    while (behind < end && is_atom(*behind))
        behind++;
    out->raw = slice_of(at, (size_t)(behind - at));
    if (out->raw.size == 4 && memcmp(at, "null", 4) == 0)
        out->kind = FIELD_NULL;
    if (behind > at)
        return behind;
    reader_fail(r, "a value is missing");
    return NULL;
}

// A name and the colon behind it; returns what is behind them, or NULL.
static const unsigned char *read_name(struct reader *r, const unsigned char *at,
                                      const unsigned char *end,
                                      struct field_place *place)
{
    struct field name;
    const unsigned char *begin = at;
    if (at < end && *at == '"')
        at = read_value(r, at, end, &name);
    if (at == begin || at == NULL || blanks(at, end) == end ||
        *blanks(at, end) != ':') {
        reader_fail(r, "not an object of JSON");
        return NULL;
    }
    at = blanks(at, end) + 1;
    place->text = begin;
    place->size = (size_t)(at - begin);
    place->index = field_named(name.raw, &place->base64);
    return at;
}

// A name and a value; returns what is behind them, or NULL. Mostly the names
// are those of the line before.
static const unsigned char *read_field(struct reader *r,
                                       const unsigned char *at,
                                       const unsigned char *end,
                                       struct fields *f)
{
    struct field ignored;
    struct field_place *place =
        &f->places[f->read < FIELDS_KNOWN ? f->read++ : FIELDS_KNOWN - 1];
    if (place->size > 0 && (size_t)(end - at) > place->size &&
        memcmp(at, place->text, place->size) == 0)
        at += place->size;
    else
        at = read_name(r, at, end, place);
    if (at == NULL)
        return NULL;
    int i = place->index;
    if (i >= 0 && fields_has(f, (enum field_name)i)) {
        reader_fail(r, "\"%s\" is there twice", field_names[i]);
        return NULL;
    }
    struct field *to = i >= 0 ? &f->at[i] : &ignored;
    at = read_value(r, blanks(at, end), end, to);
    if (i >= 0) {
        f->present |= 1U << i;
        to->base64 = place->base64;
    }
    return at;
}

bool fields_read(struct reader *r, struct slice line, struct fields *f)
{
    f->present = 0;
    f->read = 0;
    const unsigned char *end = line.data + line.size;
    const unsigned char *at = blanks(line.data, end);
    if (at == end || *at != '{')
        return reader_fail(r, "not an object of JSON");
    at = blanks(at + 1, end);
    bool more = at < end && *at != '}';
    while (more) {
        at = read_field(r, at, end, f);
        if (at == NULL)
            return false;
        at = blanks(at, end);
        more = at < end && *at == ',';
        if (more)
            at = blanks(at + 1, end);
    }
    if (at == end || *at != '}')
        return reader_fail(r, "the object does not end");
    return blanks(at + 1, end) == end ||
           reader_fail(r, "something stands behind the object");
}
