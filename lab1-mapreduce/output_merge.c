// output_merge.c - the parts of an output as one, in the order of their keys.
//
// Each part is sorted and each key is in one part only. So the next line is
// always the smallest of the parts' first lines.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "lab1-mapreduce/input.h"
#include "lab1-mapreduce/output.h"

enum {
    MERGE_WINDOW = 64 * 1024, // bytes read at a time from a part
};

struct part {
    struct input *input;
    struct slice lines; // read and not yet written
    struct slice line;  // the first of them, with its newline
    struct slice key;   // what stands before its first TAB
};

struct parts {
    struct part *all;
    size_t count;
};

// Goes to the next line. READ_END behind the last.
static int next_line(struct part *part)
{
    if (part->lines.size == 0) {
        uint64_t ignored;
        int err = input_next(part->input, &part->lines, &ignored);
        if (err != ERR_OK)
            return err;
    }
    const unsigned char *begin = part->lines.data;
    size_t left = part->lines.size;
    const unsigned char *newline = memchr(begin, '\n', left);
    size_t size = newline == NULL ? left : (size_t)(newline - begin) + 1;
    part->line = slice_of(begin, size);
    part->lines = slice_of(begin + size, left - size);

    const unsigned char *tab = memchr(begin, '\t', size);
    part->key = slice_of(begin, tab == NULL ? size : (size_t)(tab - begin));
    return ERR_OK;
}

static char *cannot_read(const char *out, size_t part, int err)
{
    return xasprintf("cannot read %s/part-%05zu: %s", out, part, err_text(err));
}

static char *cannot_write(void)
{
    return xasprintf("cannot write to standard output: %s",
                     err_text(err_from_errno(errno)));
}

// Opens part after part until there is none.
static char *open_parts(const char *out, struct parts *parts)
{
    for (;;) { // ends: part numbers have five digits
        size_t i = parts->count;
        char *path = output_part(out, (uint32_t)i);
        uint64_t size = 0;
        int err = input_size(path, &size);
        if (err == ERR_OK) {
            parts->all = xrealloc(parts->all, (i + 1) * sizeof parts->all[0]);
            parts->all[i] = (struct part){
                .input = input_new(path, 0, size, MERGE_WINDOW),
            };
            parts->count++;
        }
        free(path);
        if (err == ERR_NOT_FOUND && i > 0)
            return NULL;
        if (err != ERR_OK)
            return cannot_read(out, i, err);
    }
}

static struct part *first_part(const struct parts *parts)
{
    struct part *first = NULL;
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->all[i];
        if (part->line.size > 0 &&
            (first == NULL || slice_compare(part->key, first->key) < 0))
            first = part;
    }
    return first;
}

static char *advance(const char *out, struct parts *parts, struct part *part)
{
    int err = next_line(part);
    if (err == READ_END)
        part->line = (struct slice){0};
    else if (err != ERR_OK)
        return cannot_read(out, (size_t)(part - parts->all), err);
    return NULL;
}

static char *write_line(struct slice line)
{
    if (fwrite(line.data, 1, line.size, stdout) == line.size)
        return NULL;
    return cannot_write();
}

static char *write_all(const char *out, struct parts *parts)
{
    char *why = NULL;
    for (size_t i = 0; i < parts->count && why == NULL; i++)
        why = advance(out, parts, &parts->all[i]);

    struct part *part = first_part(parts);
    while (why == NULL && part != NULL) { // ends: each turn takes a line
        why = write_line(part->line);
        if (why == NULL)
            why = advance(out, parts, part);
        part = first_part(parts);
    }
    if (why == NULL && fflush(stdout) != 0)
        why = cannot_write();
    return why;
}

// A job that runs, or one that was killed, has left this.
static bool is_unfinished(const char *out)
{
    char *temporary = xasprintf("%s/_temporary", out);
    bool empty;
    int err = folder_is_empty(temporary, &empty);
    free(temporary);
    return err == ERR_OK;
}

char *output_merge(const char *out)
{
    if (is_unfinished(out))
        return xasprintf("the job that writes to %s has not ended", out);
    struct parts parts = {0};
    char *why = open_parts(out, &parts);
    if (why == NULL)
        why = write_all(out, &parts);
    for (size_t i = 0; i < parts.count; i++)
        input_free(parts.all[i].input);
    free(parts.all);
    return why;
}
