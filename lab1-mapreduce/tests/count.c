#include "lab1-mapreduce/tests/count.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/shell.h"
#include "common/runtime/alloc.h"
#include "lab1-mapreduce/tests/files.h"

struct lines {
    char **all; // owned
    size_t count;
};

static void add(struct lines *l, char *line)
{
    l->all = xrealloc(l->all, (l->count + 1) * sizeof l->all[0]);
    l->all[l->count++] = line;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void release(struct lines *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->all[i]);
    free(l->all);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

static void add_words(struct lines *words, const char *file)
{
    size_t size;
    char *text = shell_read(file, &size);
    for (size_t at = 0; at < size;) {
        size_t end = at;
        while (end < size && is_letter(text[end]))
            end++;
        if (end > at)
            add(words, xasprintf("%.*s", (int)(end - at), text + at));
        at = end + 1;
    }
    free(text);
}

// "to be to" -> "be\t1", "to\t2": sorted
static struct lines count(struct lines *words)
{
    struct lines counts = {0};
    qsort(words->all, words->count, sizeof words->all[0], by_text);
    for (size_t i = 0; i < words->count;) {
        size_t same = i;
        while (same < words->count &&
               strcmp(words->all[same], words->all[i]) == 0)
            same++;
        add(&counts, xasprintf("%s\t%zu", words->all[i], same - i));
        i = same;
    }
    qsort(counts.all, counts.count, sizeof counts.all[0], by_text);
    return counts;
}

static void add_lines(struct lines *l, const char *file)
{
    char *text = shell_read(file, NULL);
    char *rest = text;
    char *line = strtok_r(text, "\n", &rest);
    for (; line != NULL; line = strtok_r(NULL, "\n", &rest))
        add(l, xstrdup(line));
    free(text);
}

void expect_word_counts(const char *folder, const char *const *files,
                        size_t file_count)
{
    struct lines words = {0};
    for (size_t i = 0; i < file_count; i++)
        add_words(&words, files[i]);
    struct lines wanted = count(&words);
    struct lines got = {0};
    for (size_t i = 0; i < count_names(folder); i++) {
        char *part = xasprintf("%s/part-%05zu", folder, i);
        add_lines(&got, part);
        free(part);
    }
    if (got.count > 0)
        qsort(got.all, got.count, sizeof got.all[0], by_text);
    for (size_t i = 0; i < wanted.count; i++)
        ck_assert_msg(i < got.count && strcmp(got.all[i], wanted.all[i]) == 0,
                      "the output should have the line '%s', and there is '%s'",
                      wanted.all[i], i < got.count ? got.all[i] : "nothing");
    ck_assert_msg(got.count == wanted.count,
                  "the output has a line too many: "
                  "'%s'",
                  got.count > wanted.count ? got.all[wanted.count] : "");
    release(&words);
    release(&wanted);
    release(&got);
}
