// sum.c - few tests and fewer parts, so: what belongs together is looked for.
#include "grading/runner/sum.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

enum {
    LABEL_COLUMNS = 8,
    PART_COLUMNS = 5,
    TEXT_COLUMNS = 78,
};

// --- what is to do ---

// The part that "II job_request" names.
static size_t part_size(const char *to_do)
{
    return strcspn(to_do, " ");
}

static int compare_parts(const char *a, const char *b)
{
    size_t of_a = part_size(a);
    size_t of_b = part_size(b);
    int order = strncmp(a, b, of_a < of_b ? of_a : of_b);
    return order != 0 ? order : (of_a > of_b) - (of_a < of_b);
}

// The part behind `after` (NULL: the first) in the order of their names: that
// in which tests come is not the same in each run. NULL: there is none.
static const char *next_part(const struct run *run, const char *after,
                             bool to_do)
{
    const char *next = NULL;
    for (size_t i = 0; i < run->test_count; i++) {
        const struct test *test = run->tests[i];
        const char *part = to_do ? test->to_do : test->about.part;
        if (part != NULL && (after == NULL || compare_parts(part, after) > 0) &&
            (next == NULL || compare_parts(part, next) < 0))
            next = part;
    }
    return next;
}

// Tests that came to this first, if `at` is the first of them; otherwise 0.
static size_t count_like(const struct run *run, size_t at)
{
    size_t count = 0;
    for (size_t i = 0; i < run->test_count; i++) {
        const char *other = run->tests[i]->to_do;
        if (other == NULL || strcmp(other, run->tests[at]->to_do) != 0)
            continue;
        if (i < at)
            return 0;
        count++;
    }
    return count;
}

static void print_part_to_do(FILE *out, const struct run *run, const char *part)
{
    int column = fprintf(out, "%-*s%-*.*s", LABEL_COLUMNS, "to do",
                         PART_COLUMNS, (int)part_size(part), part);
    const char *between = "";
    for (size_t i = 0; i < run->test_count; i++) {
        const char *what = run->tests[i]->to_do;
        if (what == NULL || compare_parts(what, part) != 0 ||
            count_like(run, i) == 0)
            continue;
        size_t count = count_like(run, i);
        what += part_size(what) + strspn(what + part_size(what), " ");
        char *text =
            xasprintf("%s (%zu test%s)", what, count, count > 1 ? "s" : "");
        column += fprintf(out, "%s", between);
        if (column + 1 + (int)strlen(text) > TEXT_COLUMNS && *between != '\0')
            column = fprintf(out, "\n%*s", LABEL_COLUMNS + PART_COLUMNS, "");
        else if (*between != '\0')
            column += fprintf(out, " ");
        column += fprintf(out, "%s", text);
        free(text);
        between = ",";
    }
    fputc('\n', out);
}

// --- points ---

struct points {
    int got;
    int of;
};

// part: NULL for all.
static struct points points_of(const struct run *run, const char *part)
{
    struct points p = {0};
    for (size_t i = 0; i < run->test_count; i++) {
        const struct test *test = run->tests[i];
        bool ran = test->ended > 0;
        if (!ran || (part != NULL && strcmp(test->about.part, part) != 0))
            continue;
        p.of += test->about.points;
        p.got += test->failed == 0 ? test->about.points : 0;
    }
    return p;
}

static void print_points(FILE *out, const char *part, struct points p)
{
    fprintf(out, "%-*s%-*s%4d of %d\n", LABEL_COLUMNS, "points", PART_COLUMNS,
            part, p.got, p.of);
}

void sum_print(FILE *out, const struct run *run)
{
    for (const char *part = next_part(run, NULL, true); part != NULL;
         part = next_part(run, part, true))
        print_part_to_do(out, run, part);
    int parts = 0;
    for (const char *part = next_part(run, NULL, false); part != NULL;
         part = next_part(run, part, false)) {
        struct points p = points_of(run, part);
        if (p.of == 0)
            continue;
        print_points(out, part, p);
        parts++;
    }
    if (parts > 1)
        print_points(out, "all", points_of(run, NULL));
}
