// story.c - what the harness has done, and the end of a test that failed.
//
// Each deed is a line in log/harness, with the time since the test began; the
// last of them stand in the failure's text. A failure is reported at the line
// of the test that called us, as far as that is known.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/world.h"
#include "grading/cluster/cluster_private.h"

enum {
    TAIL_BYTES = 600, // of a node's log, in a failure
};

// Where the test is, in words if the line is 0: not yet in it, or no longer.
// One a process, as assertions are.
static const char *here_file = "the start of the test";
static int here_line;

void cluster_here(const char *file, int line)
{
    here_file = file;
    here_line = line;
}

static void tell(struct cluster *c, const char *format, va_list args)
{
    if (c->story == NULL)
        return;
    int64_t ms = clock_now_ms() - c->started_ms;
    fprintf(c->story, "%4lld.%03lld  ", (long long)(ms / 1000),
            (long long)(ms % 1000));
    vfprintf(c->story, format, args);
    fputc('\n', c->story);
    fflush(c->story);
}

void cluster_tell(struct cluster *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(c, format, args);
    va_end(args);
}

void cluster_fail(struct cluster *c, const char *format, ...)
{
    char text[4096] = "";
    if (here_line == 0)
        snprintf(text, sizeof text, "at %s: ", here_file);
    size_t size = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + size, sizeof text - size, format, args);
    va_end(args);
    cluster_tell(c, "FAILED: %.*s", (int)strcspn(text, "\n"), text);
    _ck_assert_failed(here_file, here_line, text, NULL);
    abort(); // not reached: the line above ends the test
}

void cluster_mark(struct cluster *c, const char *mark)
{
    cluster_tell(c, "mark: %s", mark);
    world_mark(mark);
}

void cluster_stuck(struct cluster *c, const char *why)
{
    cluster_tell(c, "stuck, and has to be: %s", why);
    world_stuck(why);
}

// Who waits for what, also in log/waits; owned, "" if nobody can tell.
static char *read_waits(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    world_print_waits(out);
    fclose(out);
    FILE *file = size > 0 ? fopen("log/waits", "we") : NULL;
    if (file != NULL) {
        fputs(text, file);
        fclose(file);
    }
    return text;
}

void cluster_fail_waiting(struct cluster *c, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *waits = read_waits();
    cluster_fail(c, "%s%s%.2500s", text, waits[0] != '\0' ? "\n" : "", waits);
}

char *cluster_path(const struct cluster *c, const char *format, ...)
{
    char rest[512];
    va_list args;
    va_start(args, format);
    vsnprintf(rest, sizeof rest, format, args);
    va_end(args);
    return xasprintf("%s/%s", c->folder, rest);
}

char *cluster_log_tail(const struct cluster *c, const char *name)
{
    char *path = cluster_path(c, "log/%s", name);
    char text[TAIL_BYTES + 1] = "";
    FILE *file = fopen(path, "re");
    free(path);
    if (file == NULL)
        return xstrdup("");
    if (fseek(file, -TAIL_BYTES, SEEK_END) != 0)
        rewind(file);
    size_t size = fread(text, 1, TAIL_BYTES, file);
    fclose(file);
    // From the beginning of a line on.
    const char *from = text;
    if (size == TAIL_BYTES && strchr(text, '\n') != NULL)
        from = strchr(text, '\n') + 1;
    return *from == '\0' ? xstrdup("")
                         : xasprintf("\nthe end of its log:\n%s", from);
}
