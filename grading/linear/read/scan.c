// scan.c - elements of EDN and of JSON, as they stand in the file.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/read/reader.h"

enum {
    DEPTH_MAX = 64,
};

bool reader_fail(struct reader *r, const char *format, ...)
{
    if (r->error != NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    char *what = NULL;
    if (vasprintf(&what, format, arguments) < 0)
        abort();
    va_end(arguments);
    r->error = xasprintf("%s:%zu: %s", r->name, r->line, what);
    free(what);
    return false;
}

bool scan_line(struct reader *r, struct slice *line)
{
    if (r->at == r->end)
        return false;
    size_t left = (size_t)(r->end - r->at);
    const unsigned char *end = memchr(r->at, '\n', left);
    size_t size = end == NULL ? left : (size_t)(end - r->at);
    *line = slice_of(r->at, size);
    r->at += size + (end != NULL);
    r->line++;
    if (size > 0 && line->data[size - 1] == '\r')
        line->size--;
    return true;
}

// --- Elements --------------------------------------------------------------

static bool is_blank(unsigned char c, bool json)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' ||
           c == '\f' || (json && c == ':');
}

static void skip_line(struct reader *r)
{
    while (r->at < r->end && *r->at != '\n')
        r->at++;
}

void scan_blanks(struct reader *r, bool json)
{
    while (r->at < r->end) {
        if (*r->at == ';' && !json) {
            skip_line(r);
            continue;
        }
        if (!is_blank(*r->at, json))
            return;
        r->line += *r->at == '\n';
        r->at++;
    }
}

static bool skip_string(struct reader *r)
{
    size_t line = r->line;
    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '"') {
            r->at++;
            return true;
        }
        r->line += *r->at == '\n';
        if (*r->at == '\\' && r->at + 1 < r->end)
            r->at++;
    }
    r->line = line;
    return reader_fail(r, "a string does not end");
}

static bool ends_atom(unsigned char c, bool json)
{
    return is_blank(c, json) || strchr("()[]{}\";", c) != NULL;
}

static bool skip_atom(struct reader *r, bool json)
{
    const unsigned char *begin = r->at;
    if (*r->at == '\\' && !json && r->at + 1 < r->end)
        r->at += 2; // a character: \c, \newline
    while (r->at < r->end && *r->at != '\0' && !ends_atom(*r->at, json))
        r->at++;
    if (r->at < r->end && *r->at == '\0')
        return reader_fail(r, "a NUL byte");
    return r->at > begin || reader_fail(r, "'%c' makes no sense here", *begin);
}

static unsigned char closes(unsigned char c)
{
    return c == '(' ? ')' : c == '[' ? ']' : c == '{' ? '}' : '\0';
}

static bool skip_collection(struct reader *r, bool json)
{
    unsigned char wanted[DEPTH_MAX];
    size_t begun = r->line;
    size_t depth = 0;
    do {
        scan_blanks(r, json);
        if (r->at == r->end) {
            r->line = begun;
            return reader_fail(r, "a '%c' is missing", wanted[depth - 1]);
        }
        unsigned char c = *r->at;
        if (closes(c) != '\0') {
            if (depth == DEPTH_MAX)
                return reader_fail(r, "nested deeper than %d", DEPTH_MAX);
            wanted[depth++] = closes(c);
            r->at++;
        } else if (strchr(")]}", c) != NULL && c != '\0') {
            if (c != wanted[--depth])
                return reader_fail(r, "there is a '%c' where a '%c' should be",
                                   c, wanted[depth]);
            r->at++;
        } else if (c == '"') {
            if (!skip_string(r))
                return false;
        } else if (c == '#' && r->at + 1 < r->end && r->at[1] == '{') {
            r->at++;
        } else if (!skip_atom(r, json)) {
            return false;
        }
    } while (depth > 0);
    return true;
}

static bool skip_one(struct reader *r, bool json)
{
    if (closes(*r->at) != '\0')
        return skip_collection(r, json);
    return *r->at == '"' ? skip_string(r) : skip_atom(r, json);
}

// #_ and the element behind it, and tags. False: it is malformed.
static bool skip_marks(struct reader *r)
{
    size_t discards = 0;
    for (;;) {
        scan_blanks(r, false);
        bool mark = r->at < r->end && *r->at == '#';
        if (mark && r->at + 1 < r->end && r->at[1] == '_') {
            r->at += 2;
            discards++;
        } else if (mark && r->at + 1 < r->end && r->at[1] == '{') {
            r->at++; // a set
            return true;
        } else if (mark) {
            if (!skip_atom(r, false))
                return false;
        } else if (discards > 0) {
            if (r->at == r->end || strchr(")]}", *r->at) != NULL)
                return reader_fail(r, "nothing stands behind '#_'");
            if (!skip_one(r, false))
                return false;
            discards--;
        } else {
            return true;
        }
    }
}

bool scan_element(struct reader *r, bool json, struct element *e)
{
    scan_blanks(r, json);
    if (!json && !skip_marks(r))
        return false;
    *e = (struct element){.raw = {r->at, 0}, .line = r->line};
    if (r->at == r->end || (*r->at != '\0' && strchr(")]}", *r->at) != NULL))
        return true;
    if (!skip_one(r, json))
        return false;
    e->raw.size = (size_t)(r->at - e->raw.data);
    return true;
}

void scan_enter(const struct reader *r, const struct element *e,
                struct reader *inner)
{
    *inner = *r;
    inner->at = e->raw.data + 1;
    inner->end = e->raw.data + e->raw.size - 1;
    inner->line = e->line;
    inner->error = NULL;
}

bool element_is(const struct element *e, const char *text)
{
    return slice_equal(e->raw, slice_text(text));
}

bool element_is_nil(const struct element *e)
{
    return e->raw.size == 0 || element_is(e, "nil") || element_is(e, "null");
}

bool element_is_list(const struct element *e)
{
    return e->raw.size > 0 && (e->raw.data[0] == '[' || e->raw.data[0] == '(');
}

bool element_number(const struct element *e, int64_t *number)
{
    int64_t n = 0;
    size_t i = e->raw.size > 1 && e->raw.data[0] == '+';
    if (i == e->raw.size)
        return false;
    for (; i < e->raw.size; i++) {
        unsigned char c = e->raw.data[i];
        if (c == 'N' && i + 1 == e->raw.size && i > 0)
            break;
        if (c < '0' || c > '9' || n > (INT64_MAX - 9) / 10)
            return false;
        n = n * 10 + (c - '0');
    }
    *number = n;
    return true;
}

bool element_is_number(const struct element *e)
{
    struct element digits = *e;
    int64_t n;
    if (digits.raw.size > 1 && digits.raw.data[0] == '-') {
        digits.raw.data++;
        digits.raw.size--;
    }
    return element_number(&digits, &n);
}

bool element_text(struct reader *r, const struct element *e, struct slice *text)
{
    struct slice raw = e->raw;
    if (raw.size > 0 && raw.data[0] == '"')
        return scan_unescape(r, slice_of(raw.data + 1, raw.size - 2), text);
    if (element_is_number(e)) { // +3 and 3N are 3
        size_t skip = raw.data[0] == '+';
        size_t less = raw.data[raw.size - 1] == 'N';
        *text = slice_of(raw.data + skip, raw.size - skip - less);
        return true;
    }
    *text = raw;
    return true;
}

// --- Strings ---------------------------------------------------------------

static bool hex(const unsigned char *at, const unsigned char *end,
                unsigned *out)
{
    unsigned n = 0;
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        unsigned char c = at[i];
        unsigned digit = c >= '0' && c <= '9'   ? c - '0' + 0U
                         : c >= 'a' && c <= 'f' ? c - 'a' + 10U
                         : c >= 'A' && c <= 'F' ? c - 'A' + 10U
                                                : 16;
        if (digit == 16)
            return false;
        n = n * 16 + digit;
    }
    *out = n;
    return true;
}

static size_t put_utf8(unsigned char *out, unsigned c)
{
    if (c < 0x80) {
        out[0] = (unsigned char)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size; i > 1; i--, c >>= 6)
        out[i - 1] = (unsigned char)(0x80 | (c & 0x3f));
    out[0] = (unsigned char)(first[size] | c);
    return size;
}

// \uXXXX, and the second half if it is one of a pair. `*at` is at the first
// digit, and goes behind the last. The bytes written; 0: it is malformed.
static size_t unescape_unicode(const unsigned char **at,
                               const unsigned char *end, unsigned char *out)
{
    unsigned c;
    if (!hex(*at, end, &c) || (c >= 0xdc00 && c < 0xe000))
        return 0;
    *at += 4;
    if (c < 0xd800 || c >= 0xdc00)
        return put_utf8(out, c);
    unsigned low;
    if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u' ||
        !hex(*at + 2, end, &low) || low < 0xdc00 || low >= 0xe000)
        return 0;
    *at += 6;
    return put_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
}

bool scan_unescape(struct reader *r, struct slice raw, struct slice *text)
{
    *text = raw;
    if (raw.size == 0 || memchr(raw.data, '\\', raw.size) == NULL)
        return true;
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    unsigned char *out = linear_history_reserve(r->h, raw.size);
    const unsigned char *at = raw.data;
    const unsigned char *end = raw.data + raw.size;
    size_t n = 0;
    while (at < end) {
        if (*at != '\\') {
            out[n++] = *at++;
            continue;
        }
        const char *found =
            at + 1 < end && at[1] != '\0' ? strchr(from, at[1]) : NULL;
        if (found != NULL) {
            out[n++] = (unsigned char)to[found - from];
            at += 2;
            continue;
        }
        size_t size = 0;
        if (at + 1 < end && at[1] == 'u') {
            at += 2;
            size = unescape_unicode(&at, end, out + n);
        }
        if (size == 0)
            return reader_fail(r, "a string has an escape that is none");
        n += size;
    }
    *text = slice_of(out, n);
    return true;
}

bool scan_base64(struct reader *r, struct slice raw, struct slice *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = raw.size;
    while (size > 0 && raw.size - size < 2 && raw.data[size - 1] == '=')
        size--;
    unsigned char *out = linear_history_reserve(r->h, raw.size);
    size_t n = 0;
    unsigned bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < size; i++) {
        const char *digit =
            raw.data[i] != '\0' ? strchr(digits, raw.data[i]) : NULL;
        if (digit == NULL)
            return reader_fail(r, "base64 has a byte that is none of it");
        bits = bits << 6 | (unsigned)(digit - digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[n++] = (unsigned char)(bits >> count);
        }
    }
    if (raw.size % 4 != 0)
        return reader_fail(r, "base64 is cut off");
    *text = slice_of(out, n);
    return true;
}
