// block.c - read at midnight, so: the reason first, one thing a paragraph, the
// commands last, where the eye is when it has read the rest.
#include "common/check/block.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/setting.h"
#include "common/runtime/alloc.h"

enum {
    INDENT = 4,
    LABEL_COLUMNS = 11,
    TEXT_COLUMNS = 78, // where text is wrapped
    STORY_LINES = 12,
    STORY_BYTES = 16384, // of the end of the file
    NAMES_MAX = 64,      // nodes of a test
};

void line_print(FILE *out, const char *head, int columns, const char *word,
                double seconds)
{
    int used = fprintf(out, "%s ", head);
    for (int i = used; i < columns || i < used + 3; i++)
        fputc('.', out);
    fprintf(out, " %-6s %6.1f s\n", word, seconds);
}

static void put_label(FILE *out, const char *label)
{
    fprintf(out, "%*s%-*s", INDENT, "", LABEL_COLUMNS, label);
}

// `size` bytes from column `indent` on, where the cursor stands, wrapped at
// blanks.
static void put_wrapped(FILE *out, int indent, const char *text, size_t size)
{
    const char *end = text + size;
    int column = indent;
    while (text < end) {
        int blanks = (int)strspn(text, " ");
        int word = blanks + (int)strcspn(text + blanks, " \n");
        if (text + word > end)
            word = (int)(end - text);
        if (column > indent && column + word > TEXT_COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            text += blanks;
            word -= blanks;
        }
        column += fprintf(out, "%.*s", word, text);
        text += word;
    }
    fputc('\n', out);
}

// Text that has lines of its own keeps them.
static void put_message(FILE *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0 && text[left - 1] == '\n')
        left--;
    if (memchr(text, '\n', left) == NULL) {
        fprintf(out, "%*s", INDENT, "");
        put_wrapped(out, INDENT, text, left);
        return;
    }
    while (left > 0) {
        const char *end = memchr(text, '\n', left);
        size_t size = end != NULL ? (size_t)(end - text) : left;
        fprintf(out, "%*s%.*s\n", size > 0 ? INDENT : 0, "", (int)size, text);
        size += end != NULL;
        text += size;
        left -= size;
    }
}

// `text` as one word for the shell, `$` doubled if it goes through make.
static void put_quoted(FILE *out, const char *text, bool make)
{
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (*text == '$' && make)
            fputs("$$", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

static void put_reason(FILE *out, const struct trial *t)
{
    put_message(out, t->message);
    if (t->where != NULL)
        fprintf(out, "%*sat %s%s\n", INDENT, "", t->where,
                t->behind ? ", or behind it" : "");
}

static void put_claim(FILE *out, const struct graded_test *test)
{
    if (test->claim == NULL)
        return;
    char *text = test->section != NULL ? xasprintf("%s (handout section %s)",
                                                   test->claim, test->section)
                                       : xstrdup(test->claim);
    fputc('\n', out);
    put_label(out, "must hold");
    put_wrapped(out, INDENT + LABEL_COLUMNS, text, strlen(text));
    free(text);
}

// The last lines of a file: a pointer into `text`.
static char *last_lines(const char *path, char text[STORY_BYTES])
{
    text[0] = '\0';
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return text;
    if (fseek(file, -(STORY_BYTES - 1), SEEK_END) != 0)
        rewind(file); // it is shorter than that
    size_t size = fread(text, 1, STORY_BYTES - 1, file);
    fclose(file);
    while (size > 0 && text[size - 1] == '\n')
        size--;
    text[size] = '\0';

    char *start = text + size;
    for (int lines = 0; start > text; start--) {
        lines += start[-1] == '\n';
        if (lines == STORY_LINES)
            break;
    }
    return start;
}

static void put_story(FILE *out, const char *folder)
{
    char *path = xasprintf("%s/log/harness", folder);
    char *text = xmalloc(STORY_BYTES);
    char *rest = last_lines(path, text);
    bool any = *rest != '\0';
    if (any) {
        fputc('\n', out);
        put_label(out, "story");
    }
    bool first = true;
    for (char *line = strsep(&rest, "\n"); any && line != NULL;
         line = strsep(&rest, "\n")) {
        fprintf(out, "%*s", first ? 0 : INDENT + LABEL_COLUMNS, "");
        put_wrapped(out, INDENT + LABEL_COLUMNS, line, strlen(line));
        first = false;
    }
    free(text);
    free(path);
}

static int is_log(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

// Shows all logs. Returns a node that has printed something, owned; NULL if
// there is none. Of clients and servers (c1, s1) that is a server.
static char *put_logs(FILE *out, const struct block *b)
{
    char *path = xasprintf("%s/log", b->folder);
    struct dirent **logs = NULL;
    int count = scandir(path, &logs, is_log, alphasort);
    char *node = NULL;
    if (count > 0) {
        put_label(out, "logs");
        fprintf(out, "%s/\n%*s", path, INDENT + LABEL_COLUMNS, "");
    }
    size_t used = 0;
    char names[1024] = "";
    for (int i = 0; i < count; i++) {
        const char *name = logs[i]->d_name;
        bool harness = strcmp(name, "harness") == 0;
        if (!harness && (node == NULL || name[0] > node[0])) {
            free(node);
            node = xstrdup(name);
        }
        if (used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     i > 0 ? " " : "", name);
        free(logs[i]);
    }
    if (count > 0)
        put_wrapped(out, INDENT + LABEL_COLUMNS, names, strlen(names));
    free(logs);
    free(path);
    return node;
}

static bool has(const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

// "make test VARIANT=asan" with another target: "make gdb VARIANT=asan".
static void put_make(FILE *out, const char *label, const char *target,
                     const struct block *b)
{
    static const char test[] = "make test";
    const char *command = setting("UNIT_COMMAND");
    const char *flags = "";
    if (command != NULL && strncmp(command, test, strlen(test)) == 0)
        flags = command + strlen(test);
    put_label(out, label);
    fprintf(out, "make %s%s T=", target, flags);
    put_quoted(out, b->test->name, true);
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static bool is_simulated(const struct block *b)
{
    return ends_with(b->program, "-sim");
}

// In a simulation there is no process that gdb could be told to start, but
// there are calls of the runtime, with numbers.
static void put_gdb(FILE *out, const struct block *b, const char *node)
{
    put_make(out, "in gdb", is_simulated(b) ? "sim" : "gdb", b);
    fprintf(out, " SEED=%" PRIu64, b->seed);
    if (is_simulated(b))
        fprintf(out, " GDB=1");
    else
        fprintf(out, "%s%s", node != NULL ? " NODE=" : "",
                node != NULL ? node : "");
    fputc('\n', out);
}

void block_print(FILE *out, const struct block *b)
{
    fputc('\n', out);
    put_reason(out, b->trial);
    put_claim(out, b->test);
    put_story(out, b->folder);
    fputc('\n', out);
    char *node = b->kept ? put_logs(out, b) : NULL;
    put_label(out, "seed");
    fprintf(out, "%" PRIu64 "\n", b->seed);

    const char *command = setting("UNIT_COMMAND");
    put_label(out, "again");
    fprintf(out, "%s T=", command != NULL ? command : "make test");
    put_quoted(out, b->test->name, true);
    fprintf(out, " SEED=%" PRIu64 "%s\n", b->seed,
            is_simulated(b) ? " SIM=1" : "");
    if (b->kept && has(b->folder, "cnt")) {
        put_make(out, "trace", "trace", b);
        fputc('\n', out);
    }
    put_gdb(out, b, node);
    fputc('\n', out);
    free(node);
}
