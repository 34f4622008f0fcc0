// unescape.c - see unescape.h.
#include "grading/linear/read/unescape.h"

#include <string.h>

// --- Escapes -----------------------------------------------------------------

enum {
    HIGH_FIRST = 0xd800, // surrogates: a high one and a low one behind it
    LOW_FIRST = 0xdc00,
    LOW_LAST = 0xdfff,
};

static size_t utf8_put(unsigned char *to, uint32_t point)
{
    if (point < 0x80) {
        to[0] = (unsigned char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--) {
        to[i] = (unsigned char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    to[0] = (unsigned char)(heads[size] | point);
    return size;
}

// Four hexadecimal digits; UINT32_MAX if there are none.
static uint32_t hex4(const unsigned char *at, const unsigned char *end)
{
    if (end - at < 4)
        return UINT32_MAX;
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        unsigned char c = at[i];
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return UINT32_MAX;
    }
    return value;
}

// Behind "\u"; *at moves behind it all.
static bool unescape_point(const unsigned char **at, const unsigned char *end,
                           uint32_t *point, const char **why)
{
    *point = hex4(*at, end);
    if (*point == UINT32_MAX) {
        *why = "\\u without four hexadecimal digits";
        return false;
    }
    *at += 4;
    if (*point < HIGH_FIRST || *point > LOW_LAST)
        return true;
    *why = "half of a surrogate pair";
    if (*point >= LOW_FIRST || end - *at < 6 || (*at)[0] != '\\' ||
        (*at)[1] != 'u')
        return false;
    uint32_t low = hex4(*at + 2, end);
    if (low < LOW_FIRST || low > LOW_LAST)
        return false;
    *at += 6;
    *point = 0x10000 + ((*point - HIGH_FIRST) << 10) + (low - LOW_FIRST);
    return true;
}

// Behind a backslash; *at moves behind the escape.
static bool unescape_one(const unsigned char **at, const unsigned char *end,
                         uint32_t *point, const char **why)
{
    static const char names[] = "\"\\/bfnrt";
    static const char means[] = "\"\\/\b\f\n\r\t";
    *why = "an escape that there is not";
    if (*at == end)
        return false;
    unsigned char c = *(*at)++;
    if (c == 'u')
        return unescape_point(at, end, point, why);
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    if (name == NULL)
        return false;
    *point = (uint32_t)means[name - names];
    return true;
}

bool unescape(struct linear_history *h, struct slice text, struct slice *out,
              const char **why)
{
    unsigned char *to = linear_history_reserve(h, text.size);
    const unsigned char *at = text.data;
    const unsigned char *end = at + text.size;
    size_t size = 0;
    while (at < end) { // no escape is shorter than what it stands for
        const unsigned char *slash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((slash != NULL ? slash : end) - at);
        memcpy(to + size, at, plain);
        size += plain;
        at += plain;
        if (slash == NULL)
            break;
        at++;
        uint32_t point;
        if (!unescape_one(&at, end, &point, why))
            return false;
        size += utf8_put(to + size, point);
    }
    *out = slice_of(to, size);
    return true;
}

// --- Base64 ------------------------------------------------------------------

static int digit64(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct linear_history *h, struct slice text,
                   struct slice *out, const char **why)
{
    *why = "no base64";
    if (text.size % 4 != 0)
        return false;
    size_t digits = text.size;
    while (digits > 0 && text.size - digits < 2 && text.data[digits - 1] == '=')
        digits--;
    unsigned char *to = linear_history_reserve(h, digits / 4 * 3 + 3);
    size_t size = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = digit64(text.data[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 > 0)
            to[size++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    *out = slice_of(to, size);
    return true;
}

// --- UTF-8 -------------------------------------------------------------------

// The size of the sequence at `at`; 0 if it is none. No more than is needed
// for the point, no surrogates, nothing above 0x10ffff (RFC 3629).
static size_t utf8_size(const unsigned char *at, size_t left)
{
    unsigned char c = at[0];
    size_t size = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (c > 0xf4 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool fits = (c != 0xe0 || at[1] >= 0xa0) && (c != 0xed || at[1] < 0xa0) &&
                (c != 0xf0 || at[1] >= 0x90) && (c != 0xf4 || at[1] < 0x90);
    return fits ? size : 0;
}

bool utf8_valid(struct slice text)
{
    size_t i = 0;
    while (i < text.size) {
        size_t size = utf8_size(text.data + i, text.size - i);
        if (size == 0)
            return false;
        i += size;
    }
    return true;
}
