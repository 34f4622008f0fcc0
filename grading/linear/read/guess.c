// guess.c - see guess.h. Looks at the beginning only: what is wrong further
// behind is for the reader to say.
#include "grading/linear/read/guess.h"

#include <string.h>

#include "grading/linear/read/json.h"

static bool has_prefix(const struct json *j, const char *prefix)
{
    size_t size = strlen(prefix);
    return (size_t)(j->end - j->at) >= size && memcmp(j->at, prefix, size) == 0;
}

// An object that begins here: elle's fields or ours? A line without its end is
// ours, too: most likely our writer was killed.
static enum linear_format guess_object(struct json j)
{
    struct json_value name;
    struct json_value ignored;
    json_take(&j, '{');
    do { // ends: each turn takes bytes
        if (!json_name(&j, &name))
            return LINEAR_LINES;
        if (slice_equal(name.text, slice_text("type")) ||
            slice_equal(name.text, slice_text("process")))
            return LINEAR_ELLE;
        if (slice_equal(name.text, slice_text("op")) ||
            slice_equal(name.text, slice_text("e")))
            return LINEAR_LINES;
        if (!json_read(&j, &ignored))
            return LINEAR_LINES;
    } while (json_take(&j, ','));
    return LINEAR_LINES;
}

static enum linear_format guess_map(struct json j)
{
    struct json inside = {.at = j.at + 1, .end = j.end};
    json_space(&inside);
    if (inside.at == inside.end || *inside.at == '"' || *inside.at == '}')
        return guess_object(j);
    const unsigned char *stop = memchr(j.at, '\n', (size_t)(j.end - j.at));
    size_t size = (size_t)((stop != NULL ? stop : j.end) - j.at);
    static const char key[] = ", :key \"";
    bool porcupine = has_prefix(&j, "{:process ") &&
                     memmem(j.at, size, key, sizeof key - 1) != NULL;
    return porcupine ? LINEAR_PORCUPINE : LINEAR_EDN;
}

static enum linear_format guess_array(struct json j)
{
    json_take(&j, '[');
    if (!json_take(&j, '{'))
        return LINEAR_EDN;
    json_space(&j);
    return j.at < j.end && *j.at == '"' ? LINEAR_ELLE : LINEAR_EDN;
}

enum linear_format guess_format(struct slice bytes)
{
    if (bytes.size == 0)
        return LINEAR_LINES;
    struct json j = {.at = bytes.data, .end = bytes.data + bytes.size};
    while (j.at < j.end &&
           (*j.at == ',' || *j.at == ' ' || (*j.at >= '\t' && *j.at <= '\r')))
        j.at++;
    if (j.at == j.end)
        return LINEAR_LINES;
    if (*j.at == '{')
        return guess_map(j);
    if (*j.at == '[')
        return guess_array(j);
    if (*j.at == '(' || *j.at == ';' || *j.at == '#')
        return LINEAR_EDN;
    return has_prefix(&j, "INFO") ? LINEAR_JEPSEN : LINEAR_ANY;
}
