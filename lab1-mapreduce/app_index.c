// app_index.c - inverted index: in which files does each word occur?
//
// Words are those of app_wc.c. Output: WORD TAB FILE SPACE FILE ..., the files
// sorted and each named once.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "lab1-mapreduce/apps.h"

enum {
    INDEX_LINE_MAX = 64 << 20, // bytes: more than fits a command line, escaped
};

// A growing list of names; each is owned.
struct names {
    struct slice *all;
    size_t count;
    size_t room;
};

static bool is_word_byte(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte >= 0x80;
}

static void index_map(const struct map_input *in, struct emitter *out)
{
    struct slice file = slice_text(in->file);
    const unsigned char *text = in->text.data;
    size_t word = 0; // where the word begins that is being read
    for (size_t at = 0; at <= in->text.size; at++) {
        if (at < in->text.size && is_word_byte(text[at]))
            continue;
        if (at > word)
            mr_emit(out, slice_of(text + word, at - word), file);
        word = at + 1;
    }
}

static void names_add(struct names *n, struct slice name)
{
    // Values come in the order of the input, so most repeats are neighbours.
    if (n->count > 0 && slice_equal(n->all[n->count - 1], name))
        return;
    if (n->count == n->room) {
        n->room = n->room * 2 + 4;
        n->all = xrealloc(n->all, n->room * sizeof n->all[0]);
    }
    n->all[n->count++] = slice_of(xmemdup(name.data, name.size), name.size);
}

static int names_order(const void *a, const void *b)
{
    const struct slice *left = a;
    const struct slice *right = b;
    return slice_compare(*left, *right);
}

static bool names_repeats(const struct names *n, size_t i)
{
    return i > 0 && slice_equal(n->all[i], n->all[i - 1]);
}

static void names_read(struct names *n, struct values *values)
{
    struct slice name;
    while (mr_next(values, &name))
        names_add(n, name);
    if (n->count > 0)
        qsort(n->all, n->count, sizeof n->all[0], names_order);
}

static void names_release(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free((void *)n->all[i].data);
    free(n->all);
}

static void index_combine(struct slice key, struct values *values,
                          struct emitter *out)
{
    struct names names = {0};
    names_read(&names, values);
    for (size_t i = 0; i < names.count; i++)
        if (!names_repeats(&names, i))
            mr_emit(out, key, names.all[i]);
    names_release(&names);
}

static void index_reduce(struct slice key, struct values *values,
                         struct emitter *out)
{
    struct names names = {0};
    struct buf line;
    buf_init(&line, INDEX_LINE_MAX);
    names_read(&names, values);
    for (size_t i = 0; i < names.count; i++) {
        if (names_repeats(&names, i))
            continue;
        if (line.size > 0)
            buf_append(&line, " ", 1);
        app_print_name(&line, names.all[i]);
    }
    mr_emit(out, key, buf_slice(&line));
    buf_release(&line);
    names_release(&names);
}

const struct mr_app app_index = {
    .name = "index",
    .about = "in which files does each word occur",
    .map = index_map,
    .combine = index_combine,
    .reduce = index_reduce,
};
