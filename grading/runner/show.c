#include "grading/runner/show.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/check/block.h"
#include "common/check/setting.h"
#include "common/runtime/alloc.h"
#include "grading/runner/sum.h"

enum {
    LINE_COLUMNS = 62, // where dots end, at least: "ok" and the time follow
    SUITE_MAX = 18,    // columns; what is longer is out of line
    PART_MAX = 8,
    NAME_MAX_COLUMNS = 60,
    GAP = 2,
    OUTPUT_MAX = 64 << 10, // bytes that are shown of what a test printed
    SCREEN_COLUMNS_MAX = 512,
};

void show_scale(const struct run *run)
{
    if (run->time_scale == 1 && run->machine_factor == 1)
        return;
    printf("time limits are %.3g times the usual", run->time_scale);
    if (run->machine_factor != 1)
        printf(" (%.3g of it for this machine)", run->machine_factor);
    printf("\n");
}

// --- tests ---

static int at_most(size_t size, int max)
{
    return size < (size_t)max ? (int)size : max;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

// How wide the columns are that all tests of this run fit into.
struct columns {
    int suite;
    int part;
    int line;
};

static struct columns measure(const struct run *run)
{
    struct columns c = {.line = LINE_COLUMNS};
    int name = 0;
    for (size_t i = 0; i < run->test_count; i++) {
        const struct listing *about = &run->tests[i]->about;
        c.suite = larger(c.suite, at_most(strlen(about->suite), SUITE_MAX));
        c.part = larger(c.part, at_most(strlen(about->part), PART_MAX));
        name = larger(name, at_most(strlen(about->name), NAME_MAX_COLUMNS));
    }
    c.line = larger(c.line, c.suite + c.part + name + 2 * GAP + 4);
    return c;
}

static void print_test_line(const struct run *run, const struct test *test)
{
    struct columns c = measure(run);
    const struct listing *about = &test->about;
    char *head = xasprintf("%-*s%*s%-*s%*s%s", c.suite, about->suite, GAP, "",
                           c.part, about->part, GAP, "", about->name);
    const char *end = test->to_do != NULL ? "to do"
                      : test->failed > 0  ? "FAILED"
                                          : "ok";
    char *word = about->repetitions > 1 && test->failed == 0
                     ? xasprintf("%s x%d", end, about->repetitions)
                     : xstrdup(end);
    line_print(stdout, head, c.line, word, (double)test->took_ms / 1e3);
    free(head);
    free(word);
}

// The end of a file, OUTPUT_MAX bytes at most.
static void show_file(const char *path)
{
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    if (file == NULL)
        return;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    long skipped = size > OUTPUT_MAX ? size - OUTPUT_MAX : 0;
    if (skipped > 0)
        printf("(%ld bytes come before this)\n", skipped);
    fseek(file, skipped, SEEK_SET);
    char bytes[4096];
    for (size_t n = 1; n > 0;) {
        n = fread(bytes, 1, sizeof bytes, file);
        fwrite(bytes, 1, n, stdout);
    }
    fclose(file);
}

void show_test(const struct run *run, struct test *test)
{
    show_no_status();
    print_test_line(run, test);
    // Who picks a test wants to see what it prints, also if it passes. What is
    // yet to be written is no failure to be looked into.
    bool failed = test->failed > 0 && test->to_do == NULL;
    if (failed || setting("T") != NULL)
        show_file(test->output);
    if (test->complaint != NULL)
        printf("FAILED %s: it %s\n", test->program, test->complaint);
    if (test->more != NULL)
        printf("%s\n", test->more);
    fflush(stdout);
    if (!run->keep)
        unlink(test->output);
}

void show_program(const struct job *job, const char *complaint)
{
    show_no_status();
    show_file(job->output);
    if (complaint != NULL)
        printf("FAILED %s: it %s\n", job->program, complaint);
    fflush(stdout);
}

// --- the line at the bottom ---

// 0: there is no terminal.
static int screen_columns(void)
{
    struct winsize size;
    const char *kind = setting("TERM");
    if (!isatty(STDOUT_FILENO) || kind == NULL || strcmp(kind, "dumb") == 0 ||
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    int columns = size.ws_col > 0 ? size.ws_col : 80;
    return columns < SCREEN_COLUMNS_MAX ? columns : SCREEN_COLUMNS_MAX - 1;
}

void show_status(const struct run *run, const struct job *jobs, size_t started)
{
    int columns = screen_columns();
    if (columns == 0 || started == 0 || jobs[0].test == NULL || run->stop)
        return; // asking for lists takes no time, looking at a failure much
    char text[SCREEN_COLUMNS_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "%zu of %zu done",
                                   run->tests_ended, run->test_count);
    const char *between = "; ";
    for (size_t i = 0; i < started && used < sizeof text; i++) {
        if (!jobs[i].running)
            continue;
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s%s", between,
            jobs[i].test != NULL ? jobs[i].test->about.name : jobs[i].program);
        between = ", ";
    }
    // One column is left free: a full line would scroll.
    printf("\r%.*s\033[K", columns - 1, text);
    fflush(stdout);
}

void show_no_status(void)
{
    if (screen_columns() > 0)
        printf("\r\033[K");
}

void show_sum(const struct run *run)
{
    show_no_status();
    sum_print(stdout, run);
    if (run->passed + run->failed == 0) {
        const char *name = setting("T");
        const char *part = setting("PART");
        printf("No test was executed: none of these %zu programs has one",
               run->program_count);
        if (name != NULL)
            printf(" with T='%s'", name);
        if (part != NULL)
            printf(" %s PART='%s'", name != NULL ? "and" : "with", part);
        printf(".\n");
    }
    printf("%d passed, %d failed\n", run->passed, run->failed);
    fflush(stdout);
}
