// json.c - see json.h. Collections are skipped by recursion, INPUT_DEPTH deep
// at most.
#include "grading/linear/read/json.h"

#include <string.h>

#include "grading/linear/read/input.h"
#include "grading/linear/read/scan.h"

static bool skip(struct json *j, struct json_value *value, int depth);

bool json_fail(struct json *j, const char *why)
{
    j->why = why;
    return false;
}

void json_space(struct json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' ||
                              *j->at == '\n' || *j->at == '\r'))
        j->at++;
}

bool json_take(struct json *j, unsigned char c)
{
    if (j->at < j->end && *j->at <= ' ')
        json_space(j);
    if (j->at == j->end || *j->at != c)
        return false;
    j->at++;
    return true;
}

static bool read_string(struct json *j, struct json_value *value)
{
    const unsigned char *start = j->at + 1;
    const unsigned char *stop = scan_string(start, j->end);
    value->type = JSON_STRING;
    value->escaped = false;
    while (stop < j->end && *stop == '\\' && j->end - stop > 1) {
        value->escaped = true;
        stop = scan_string(stop + 2, j->end);
    }
    if (stop < j->end && *stop < 0x20) {
        j->at = stop;
        return json_fail(j, "a control character in a string");
    }
    if (stop == j->end || *stop != '"')
        return json_fail(j, "a string without its end");
    value->text = slice_of(start, (size_t)(stop - start));
    j->at = stop + 1;
    return true;
}

static const unsigned char *digits(const unsigned char *at,
                                   const unsigned char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

// The end of the number at `at`; NULL if it is none.
static const unsigned char *number_end(const unsigned char *at,
                                       const unsigned char *end)
{
    if (at < end && *at == '-')
        at++;
    const unsigned char *stop = digits(at, end);
    if (stop == at || (*at == '0' && stop - at > 1))
        return NULL;
    if (stop < end && *stop == '.') {
        at = stop + 1;
        stop = digits(at, end);
        if (stop == at)
            return NULL;
    }
    if (stop < end && (*stop == 'e' || *stop == 'E')) {
        at = stop + 1;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        stop = digits(at, end);
        if (stop == at)
            return NULL;
    }
    return stop;
}

static bool read_number(struct json *j, struct json_value *value)
{
    const unsigned char *stop = number_end(j->at, j->end);
    if (stop == NULL)
        return json_fail(j, "no number");
    value->type = JSON_NUMBER;
    value->text = slice_of(j->at, (size_t)(stop - j->at));
    value->integer = json_integer(value->text);
    j->at = stop;
    return true;
}

static bool read_word(struct json *j, struct json_value *value)
{
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(j->end - j->at) < size ||
            memcmp(j->at, words[i], size) != 0)
            continue;
        value->type = i == 0 ? JSON_NULL : JSON_BOOL;
        value->text = slice_of(j->at, size);
        j->at += size;
        return true;
    }
    return json_fail(j, "no JSON");
}

// The rest of an array or object, behind its bracket.
static bool skip_rest(struct json *j, unsigned char close, int depth)
{
    struct json_value ignored;
    if (json_take(j, close))
        return true;
    for (;;) { // ends: each turn takes bytes
        if (close == '}' && !json_name(j, &ignored))
            return false;
        if (!skip(j, &ignored, depth))
            return false;
        if (json_take(j, close))
            return true;
        if (!json_take(j, ','))
            return json_fail(j, close == '}' ? "no \",\" or \"}\""
                                             : "no \",\" or \"]\"");
    }
}

static bool skip_nested(struct json *j, struct json_value *value, int depth)
{
    bool object = *j->at == '{';
    if (depth == 0)
        return json_fail(j, "nested too deeply");
    j->at++;
    const unsigned char *start = j->at;
    if (!skip_rest(j, object ? '}' : ']', depth - 1))
        return false;
    value->type = object ? JSON_OBJECT : JSON_ARRAY;
    value->text = slice_of(start, (size_t)(j->at - 1 - start));
    return true;
}

static bool skip(struct json *j, struct json_value *value, int depth)
{
    json_space(j);
    if (j->at == j->end)
        return json_fail(j, "a value is missing");
    unsigned char c = *j->at;
    if (c == '"')
        return read_string(j, value);
    if ((c >= '0' && c <= '9') || c == '-')
        return read_number(j, value);
    if (c == '{' || c == '[')
        return skip_nested(j, value, depth);
    return read_word(j, value);
}

bool json_read(struct json *j, struct json_value *value)
{
    value->escaped = false;
    return skip(j, value, INPUT_DEPTH);
}

bool json_name(struct json *j, struct json_value *name)
{
    json_space(j);
    if (j->at == j->end || *j->at != '"')
        return json_fail(j, "no name of a field");
    if (!read_string(j, name))
        return false;
    return json_take(j, ':') || json_fail(j, "no \":\" behind a name");
}

int64_t json_integer(struct slice text)
{
    if (text.size == 0)
        return -1;
    uint64_t value = 0; // of 19 digits no more than twice INT64_MAX
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = text.data[i] - (unsigned)'0';
        if (digit > 9 || i == 19)
            return -1;
        value = value * 10 + digit;
    }
    return value <= INT64_MAX ? (int64_t)value : -1;
}
