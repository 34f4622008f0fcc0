// words.c - see words.h.
#include "grading/linear/picture/words.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

// What stands at one place of a text: a character, or a byte that is none.
struct sign {
    size_t size; // bytes
    size_t columns;
    bool plain; // it can be shown as it is
};

// The code point at `s`, its size in *size; 0 bytes: that is no UTF-8.
static uint32_t decode(const unsigned char *s, size_t left, size_t *size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80   ? 1
               : s[0] < 0xc2 ? 0
               : s[0] < 0xe0 ? 2
               : s[0] < 0xf0 ? 3
               : s[0] < 0xf5 ? 4
                             : 0;
    *size = 0;
    if (n == 0 || n > left)
        return 0;
    uint32_t code = n == 1 ? s[0] : s[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3fU);
    }
    if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *size = n;
    return code;
}

static bool is_shown(uint32_t code)
{
    return code >= 0x20 && code != 0x7f && (code < 0x80 || code >= 0xa0) &&
           code != 0xad && code != 0x061c && code != 0xfeff &&
           !(code >= 0x200b && code <= 0x200f) &&
           !(code >= 0x2028 && code <= 0x202e) &&
           !(code >= 0x2060 && code <= 0x206f) &&
           !(code >= 0xfdd0 && code <= 0xfdef) && (code & 0xfffe) != 0xfffe;
}

static size_t columns_of(uint32_t code)
{
    if (code >= 0x300 && code < 0x370)
        return 0; // accents
    return (code >= 0x1100 && code < 0x1160) ||
                   (code >= 0x2e80 && code < 0xd7a4) ||
                   (code >= 0xf900 && code < 0xfb00) ||
                   (code >= 0xfe30 && code < 0xfe70) ||
                   (code >= 0xff00 && code < 0xff61) || code >= 0x1f000
               ? 2
               : 1;
}

static struct sign sign_at(struct slice text, size_t at, bool ascii)
{
    size_t size;
    uint32_t code = decode(text.data + at, text.size - at, &size);
    if (size == 0)
        return (struct sign){1, 4, false};
    if (!is_shown(code) || (ascii && code >= 0x80))
        return (struct sign){size, 4 * size, false};
    return (struct sign){size, columns_of(code), true};
}

static void write_sign(FILE *out, const unsigned char *s, struct sign sign)
{
    if (sign.plain)
        fwrite(s, 1, sign.size, out);
    else
        for (size_t i = 0; i < sign.size; i++)
            fprintf(out, "\\x%02x", s[i]);
}

static size_t all_columns(struct slice text, bool ascii)
{
    size_t columns = 0;
    for (size_t at = 0; at < text.size;) {
        struct sign sign = sign_at(text, at, ascii);
        columns += sign.columns;
        at += sign.size;
    }
    return columns;
}

char *words_fit(struct slice text, size_t columns, bool ascii)
{
    const char *gap = ascii ? ".." : "…";
    size_t gap_columns = ascii ? 2 : 1;
    size_t all = all_columns(text, ascii);
    bool whole = all <= columns;
    size_t head = whole ? all : (columns - gap_columns) / 3;
    size_t tail = whole ? 0 : columns - gap_columns - head;
    char *fit;
    size_t size;
    FILE *out = open_memstream(&fit, &size);
    bool cut = false;
    size_t column = 0;
    for (size_t at = 0; at < text.size;) {
        struct sign sign = sign_at(text, at, ascii);
        if (column + sign.columns <= head || column >= all - tail)
            write_sign(out, text.data + at, sign);
        else if (!cut) {
            fputs(gap, out);
            cut = true;
        }
        column += sign.columns;
        at += sign.size;
    }
    fclose(out);
    return fit;
}

char *words_op(const struct linear_history *h, const struct linear_op *op,
               size_t columns, bool ascii)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    linear_print_op(out, h, op);
    fclose(out);
    char *fit = words_fit(slice_of(text, size), columns, ascii);
    free(text);
    return fit;
}

char *words_value(struct slice value, bool absent, size_t columns, bool ascii)
{
    if (absent)
        return xstrdup("no value");
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    linear_print_value(out, value);
    fclose(out);
    char *fit = words_fit(slice_of(text, size), columns, ascii);
    free(text);
    return fit;
}

size_t words_columns(const char *text)
{
    return all_columns(slice_text(text), false);
}

void words_xml(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

void words_put(FILE *out, struct slice text, size_t columns)
{
    char *fit = words_fit(text, columns, false);
    words_xml(out, fit);
    free(fit);
}

void words_wrap(FILE *out, const char *text, size_t width)
{
    size_t size = strlen(text);
    size_t room = width;
    while (size > room) {
        size_t cut = room;
        while (cut > room / 2 && text[cut] != ' ')
            cut--;
        size_t next = cut;
        if (text[cut] != ' ')
            next = cut = room;
        fprintf(out, "%.*s\n   ", (int)cut, text);
        text += text[next] == ' ' ? next + 1 : next;
        size = strlen(text);
        room = width - 3;
    }
    fprintf(out, "%s\n", text);
}
