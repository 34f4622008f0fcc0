// input.c - see input.h. The number of a line is counted only when something
// is wrong with it, and that ends the reading: no line is counted twice.
#include "grading/linear/read/input.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

static size_t line_of(const struct input *in, const unsigned char *at)
{
    size_t line = 1;
    const unsigned char *p = in->bytes.data;
    while (p != NULL && p < at) {
        p = memchr(p, '\n', (size_t)(at - p));
        if (p == NULL)
            break;
        p++;
        line++;
    }
    return line;
}

static bool wrong(struct input *in, const unsigned char *at, const char *format,
                  va_list args)
{
    if (in->error != NULL)
        return false;
    char *what = NULL;
    if (vasprintf(&what, format, args) < 0)
        abort();
    in->error = xasprintf("%s:%zu: %s", in->name, line_of(in, at), what);
    free(what);
    return false;
}

bool input_wrong(struct input *in, const unsigned char *at, const char *format,
                 ...)
{
    va_list args;
    va_start(args, format);
    wrong(in, at, format, args);
    va_end(args);
    return false;
}

bool input_unclear(struct input *in, const unsigned char *at,
                   const char *format, ...)
{
    if (in->by_lines && in->how->lenient)
        return false;
    va_list args;
    va_start(args, format);
    wrong(in, at, format, args);
    va_end(args);
    return false;
}

static bool is_blank(struct slice line)
{
    size_t i = 0;
    while (i < line.size && (line.data[i] == ' ' || line.data[i] == '\t'))
        i++;
    return i == line.size;
}

bool input_each_line(struct input *in,
                     bool (*take)(void *reader, struct slice line),
                     void *reader)
{
    const unsigned char *at = in->bytes.data;
    const unsigned char *end = at + in->bytes.size;
    in->by_lines = true;
    while (at < end) {
        const unsigned char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        struct slice line = slice_of(at, (size_t)(stop - at));
        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        if (!is_blank(line) && !take(reader, line)) {
            if (in->error != NULL)
                return false;
            in->how->skipped++;
        }
        at = stop < end ? stop + 1 : end;
    }
    return true;
}

bool input_has_no_nul(struct input *in)
{
    const unsigned char *nul = memchr(in->bytes.data, '\0', in->bytes.size);
    return nul == NULL || input_wrong(in, nul, "a NUL byte");
}

void input_begins(struct input *in, struct slice init)
{
    if (in->how->init != NULL)
        return;
    in->h->begins_absent = false;
    in->h->init = init;
}

void input_begins_absent(struct input *in)
{
    if (in->how->init == NULL)
        in->h->begins_absent = true;
}

const char *input_show(char shown[INPUT_SHOWN_MAX], struct slice text)
{
    static const char more[] = "...";
    size_t most = INPUT_SHOWN_MAX - sizeof more;
    size_t size = text.size < most ? text.size : most;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = text.data[i];
        shown[i] = (char)(c < 0x20 || c >= 0x7f ? '?' : c);
    }
    strcpy(shown + size, text.size > most ? more : "");
    return shown;
}
