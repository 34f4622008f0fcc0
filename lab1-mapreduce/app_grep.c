// app_grep.c - the lines that match an extended regular expression (--arg).
//
// Output: FILE:OFFSET TAB LINE, the offset being where in the file the line
// begins, in twelve digits so that the order of bytes is the order of lines.
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "lab1-mapreduce/apps.h"

enum {
    GREP_KEY_MAX = 64 * 1024, // bytes: no path is that long, even escaped
};

static char *grep_start(const char *arg, void **state)
{
    if (arg == NULL)
        return xasprintf("application grep needs --arg PATTERN");

    regex_t *pattern = xmalloc(sizeof *pattern);
    int wrong = regcomp(pattern, arg, REG_EXTENDED);
    if (wrong == 0) {
        *state = pattern;
        return NULL;
    }
    char text[128];
    regerror(wrong, pattern, text, sizeof text);
    free(pattern);
    return xasprintf("--arg %s is no regular expression: %s", arg, text);
}

static void grep_stop(void *state)
{
    regfree(state);
    free(state);
}

// Binary lines too: unlike regexec(), re_search() is told the length and stops
// at no NUL.
static bool matches(regex_t *pattern, struct slice line)
{
    int size = (int)line.size;
    return re_search(pattern, (const char *)line.data, size, 0, size, NULL) >=
           0;
}

static void emit_line(const struct map_input *in, struct slice line,
                      struct emitter *out)
{
    uint64_t offset = in->offset + (uint64_t)(line.data - in->text.data);
    char place[32];
    snprintf(place, sizeof place, ":%012" PRIu64, offset);

    struct buf key;
    buf_init(&key, GREP_KEY_MAX);
    app_print_name(&key, slice_text(in->file));
    buf_append(&key, place, strlen(place));
    mr_emit(out, buf_slice(&key), line);
    buf_release(&key);
}

static void grep_map(const struct map_input *in, struct emitter *out)
{
    const unsigned char *at = in->text.data;
    const unsigned char *end = at + in->text.size;
    while (at < end) {
        const unsigned char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        struct slice line = slice_of(at, (size_t)(stop - at));
        if (matches(in->state, line))
            emit_line(in, line, out);
        at = stop + 1;
    }
}

// A file that was named twice has each of its lines twice.
static void grep_reduce(struct slice key, struct values *values,
                        struct emitter *out)
{
    struct slice line;
    while (mr_next(values, &line))
        mr_emit(out, key, line);
}

const struct mr_app app_grep = {
    .name = "grep",
    .about = "the lines that match the extended regular expression --arg",
    .start = grep_start,
    .stop = grep_stop,
    .map = grep_map,
    .reduce = grep_reduce,
};
