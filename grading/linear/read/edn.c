// edn.c - see edn.h.
#include "grading/linear/read/edn.h"

#include <string.h>

#include "grading/linear/read/scan.h"

static enum edn_got fail(struct edn *e, const char *why)
{
    e->why = why;
    return EDN_WRONG;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || c == ',' || (c >= '\t' && c <= '\r');
}

// A character of a token: no space, nothing that ends one.
static bool is_token(unsigned char c)
{
    return c > ' ' && c != 0x7f && c != ',' && c != ';' && c != '"' &&
           c != '(' && c != ')' && c != '[' && c != ']' && c != '{' && c != '}';
}

static void skip_token(struct edn *e)
{
    while (e->at < e->end && is_token(*e->at))
        e->at++;
}

// Space and comments.
static void skip_space(struct edn *e)
{
    while (e->at < e->end && (is_space(*e->at) || *e->at == ';')) {
        if (*e->at == ';') {
            const unsigned char *stop =
                memchr(e->at, '\n', (size_t)(e->end - e->at));
            e->at = stop != NULL ? stop : e->end;
        } else {
            e->at++;
        }
    }
}

// --- Atoms -------------------------------------------------------------------

// At a quote. Line ends may be in a string; no other control character.
static enum edn_got read_string(struct edn *e, struct edn_element *out)
{
    const unsigned char *start = e->at + 1;
    const unsigned char *stop = scan_string(start, e->end);
    out->type = EDN_STRING;
    out->escaped = false;
    while (stop < e->end && *stop != '"') {
        size_t size = *stop == '\\' ? 2 : 1;
        if (size == 1 && !is_space(*stop))
            return fail(e, "a control character in a string");
        out->escaped = out->escaped || size == 2;
        stop = (size_t)(e->end - stop) < size
                   ? e->end
                   : scan_string(stop + size, e->end);
    }
    if (stop >= e->end)
        return fail(e, "a string without its end");
    out->text = slice_of(start, (size_t)(stop - start));
    e->at = stop + 1;
    return EDN_GOT;
}

// Digits, with a sign, perhaps with N behind.
static bool take_integer(struct slice text, struct slice *out)
{
    if (text.size > 1 && text.data[text.size - 1] == 'N')
        text.size--;
    if (text.size > 1 && text.data[0] == '+')
        text = slice_of(text.data + 1, text.size - 1);
    if (!is_integer(text))
        return false;
    if (text.size == 2 && memcmp(text.data, "-0", 2) == 0)
        text = slice_of(text.data + 1, 1);
    *out = text;
    size_t sign = text.data[0] == '-' ? 1 : 0;
    return text.data[sign] != '0' || text.size == sign + 1;
}

// Also as Java writes its objects' hashes: 0x3f.
static bool is_number(struct slice text)
{
    bool hex = text.size > 2 && memcmp(text.data, "0x", 2) == 0;
    const char *others = hex ? "0123456789abcdefABCDEF" : "0123456789.eE+-M/";
    for (size_t i = hex ? 2 : 0; i < text.size; i++)
        if (text.data[i] == '\0' || strchr(others, text.data[i]) == NULL)
            return false;
    return true;
}

// Number, keyword or symbol.
static enum edn_got read_token(struct edn *e, struct edn_element *out)
{
    const unsigned char *start = e->at;
    skip_token(e);
    struct slice text = slice_of(start, (size_t)(e->at - start));
    e->at = start;
    if (text.size == 0)
        return fail(e, "an odd character");
    bool sign = (*start == '-' || *start == '+') && text.size > 1;
    unsigned char first = start[sign ? 1 : 0];
    out->text = text;
    out->type = EDN_OTHER;
    if (*start == ':') {
        if (text.size == 1)
            return fail(e, "a keyword without a name");
        out->type = EDN_KEYWORD;
        out->text = slice_of(start + 1, text.size - 1);
    } else if (slice_equal(text, slice_text("nil"))) {
        out->type = EDN_NIL;
    } else if (first >= '0' && first <= '9') {
        if (take_integer(text, &out->text))
            out->type = EDN_INTEGER;
        else if (!is_number(text) || is_integer(text))
            return fail(e, "no number");
    }
    e->at += text.size;
    return EDN_GOT;
}

// At a backslash: a character, or the name of one.
static enum edn_got read_character(struct edn *e, struct edn_element *out)
{
    const unsigned char *start = e->at;
    if (e->end - start < 2 || start[1] < ' ')
        return fail(e, "a backslash without a character");
    e->at += 2;
    skip_token(e);
    out->type = EDN_OTHER;
    out->text = slice_of(start, (size_t)(e->at - start));
    return EDN_GOT;
}

// --- Collections -------------------------------------------------------------

// At a number that is none: ##NaN, ##Inf.
static bool is_symbolic(const struct edn *e)
{
    return e->end - e->at > 1 && e->at[0] == '#' && e->at[1] == '#';
}

// Passes over "#" and the name of a tag, or "#_".
static enum edn_got skip_tag(struct edn *e, bool *discards)
{
    *discards = e->end - e->at > 1 && e->at[1] == '_';
    if (*discards) {
        e->at += 2;
        return EDN_GOT;
    }
    const unsigned char *start = e->at++;
    skip_token(e);
    if (e->at - start > 1)
        return EDN_GOT;
    e->at = start;
    return fail(e, "\"#\" without a tag");
}

static unsigned char closer_of(unsigned char open)
{
    return open == '(' ? ')' : open == '[' ? ']' : '}';
}

// One step inside of collections: an atom, or a bracket. `closers` are those
// that are awaited.
static enum edn_got step(struct edn *e, unsigned char closers[INPUT_DEPTH],
                         size_t *depth)
{
    struct edn_element ignored;
    bool discards;
    unsigned char c = *e->at;
    if (c == '#' && e->end - e->at > 1 && e->at[1] == '{')
        c = *++e->at;
    if (c == '(' || c == '[' || c == '{') {
        if (*depth == INPUT_DEPTH)
            return fail(e, "nested too deeply");
        closers[(*depth)++] = closer_of(c);
    } else if (c == ')' || c == ']' || c == '}') {
        if (closers[*depth - 1] != c)
            return fail(e, "a bracket that closes nothing");
        --*depth;
    } else if (c == '"') {
        return read_string(e, &ignored);
    } else if (c == '\\') {
        return read_character(e, &ignored);
    } else if (c == '#' && !is_symbolic(e)) {
        return skip_tag(e, &discards);
    } else {
        return read_token(e, &ignored);
    }
    e->at++;
    return EDN_GOT;
}

// At an opening bracket: passes over the collection.
static enum edn_got skip_collection(struct edn *e, struct edn_element *out)
{
    static const enum edn_type types[] = {
        ['('] = EDN_LIST, ['['] = EDN_VECTOR, ['{'] = EDN_MAP};
    const unsigned char *start = e->at;
    unsigned char closers[INPUT_DEPTH];
    size_t depth = 0;
    out->type = *start == '#' ? EDN_SET : types[*start];
    do { // ends: each turn takes bytes
        enum edn_got got = step(e, closers, &depth);
        if (got != EDN_GOT)
            return got;
        if (depth > 0)
            skip_space(e);
    } while (depth > 0 && e->at < e->end);
    if (depth > 0) {
        e->at = start;
        return fail(e, "a collection without its end");
    }
    size_t open = *start == '#' ? 2 : 1;
    out->text = slice_of(start + open, (size_t)(e->at - 1 - start) - open);
    return EDN_GOT;
}

// One element, which may be one that is to be discarded.
static enum edn_got read_one(struct edn *e, struct edn_element *out)
{
    const unsigned char *start = e->at;
    enum edn_got got;
    out->escaped = false;
    if (*start == '"')
        got = read_string(e, out);
    else if (*start == '\\')
        got = read_character(e, out);
    else if (*start == '(' || *start == '[' || *start == '{' ||
             (*start == '#' && !is_symbolic(e)))
        got = skip_collection(e, out);
    else if (*start == ')' || *start == ']' || *start == '}')
        got = fail(e, "a bracket that closes nothing");
    else
        got = read_token(e, out);
    if (got == EDN_GOT)
        out->written = slice_of(start, (size_t)(e->at - start));
    return got;
}

// Passes over tags and what is discarded, to where an element begins.
static enum edn_got skip_prefix(struct edn *e)
{
    struct edn_element ignored;
    size_t discarded = 0; // so many of the next are to be
    bool tagged = false;
    for (;;) { // ends: each turn takes bytes
        skip_space(e);
        if (e->at == e->end)
            return discarded == 0 && !tagged
                       ? EDN_END
                       : fail(e, "a tag with nothing behind it");
        bool tag = *e->at == '#' && !is_symbolic(e) &&
                   (e->end - e->at < 2 || e->at[1] != '{');
        bool discards = false;
        enum edn_got got;
        if (tag) {
            got = skip_tag(e, &discards);
            discarded += discards ? 1 : 0;
            tagged = !discards;
        } else if (discarded == 0) {
            return EDN_GOT;
        } else {
            got = read_one(e, &ignored);
            discarded--;
            tagged = false;
        }
        if (got != EDN_GOT)
            return got;
    }
}

enum edn_got edn_next(struct edn *e, struct edn_element *out)
{
    enum edn_got got = skip_prefix(e);
    return got == EDN_GOT ? read_one(e, out) : got;
}

bool edn_enter(struct edn *e, unsigned char *closer)
{
    struct edn inside = *e;
    if (skip_prefix(&inside) != EDN_GOT ||
        (*inside.at != '[' && *inside.at != '('))
        return false;
    *closer = closer_of(*inside.at++);
    skip_space(&inside);
    if (inside.at < inside.end && *inside.at != *closer &&
        (*inside.at == '\0' || strchr("{[(#", *inside.at) == NULL))
        return false;
    e->at = inside.at;
    return true;
}

bool edn_leave(struct edn *e, unsigned char closer)
{
    skip_space(e);
    if (e->at == e->end || *e->at != closer)
        return false;
    e->at++;
    return true;
}
