#include "grading/sim/sum.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "grading/seeds/row.h"

void sum_init(struct sum *s, const struct deal *d)
{
    *s = (struct sum){.deal = d,
                      .tests = xcalloc(d->test_count, sizeof *s->tests),
                      .first_failed = UINT64_MAX,
                      .begun_ms = clock_now_ms(),
                      .shows = isatty(2) == 1};
    for (size_t i = 0; i < d->test_count; i++) {
        s->tests[i].marks = xstrdup(";");
        s->tests[i].needs = d->tests[i].marks;
    }
}

void sum_release(struct sum *s)
{
    for (size_t i = 0; i < s->deal->test_count; i++) {
        free(s->tests[i].marks);
    }
    free(s->tests);
    free(s->first_folder);
    free(s->first_message);
}

// --- Progress ---------------------------------------------------------------

void sum_show(const struct sum *s)
{
    if (s->shows)
        fprintf(stderr,
                "\r%" PRIu64 " of %" PRIu64 " seeds, %" PRIu64 " failed ",
                s->seeds, s->deal->seeds, s->failed);
}

static void hide(const struct sum *s)
{
    if (s->shows)
        fprintf(stderr, "\r%40s\r", "");
}

// --- One seed ---------------------------------------------------------------

static void print_file(const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);
    FILE *in = fopen(path, "re");
    free(path);
    if (in == NULL)
        return;
    char line[1024];
    while (fgets(line, sizeof line, in) != NULL)
        fputs(line, stdout);
    fclose(in);
}

// The first failure of a test in full, the others in a line.
static void tell_failure(const struct sum *s, size_t test, uint64_t number,
                         const struct seeds_row *row)
{
    hide(s);
    const char *title = s->deal->tests[test].title;
    printf("FAILED  %s, seed %" PRIu64 "\n", title, s->deal->first + number);
    if (row->folder[0] != '\0') {
        print_file(row->folder, "failure");
        printf("    what happened, as short as it gets:\n");
        print_file(row->folder, "run.trace");
    } else {
        for (const char *at = row->message; *at != '\0'; at++)
            putchar(*at == '\v' ? '\n' : *at);
        putchar('\n');
    }
}

static void tell_replays(struct sum *s, size_t test, uint64_t number,
                         const struct seeds_row *row)
{
    s->replays += row->replays;
    s->same += row->same;
    if (row->same < row->replays)
        printf("FAILED  %s, seed %" PRIu64 ": only %u of %u replays were the "
               "same failure\n",
               s->deal->tests[test].title, s->deal->first + number, row->same,
               row->replays);
}

static void note_failure(struct sum *s, size_t test, uint64_t number,
                         const char *folder, const char *message)
{
    s->failed++;
    s->tests[test].failed++;
    if (number >= s->first_failed)
        return;
    s->first_failed = number;
    s->first_test = test;
    free(s->first_folder);
    free(s->first_message);
    s->first_folder = xstrdup(folder);
    s->first_message = xstrdup(message);
}

static void add_marks(char **all, const char *marks)
{
    char *list = xstrdup(marks);
    char *rest = list;
    for (char *mark = strtok_r(list, ";", &rest); mark != NULL;
         mark = strtok_r(NULL, ";", &rest)) {
        char *whole = xasprintf(";%s;", mark);
        if (strstr(*all, whole) == NULL) {
            char *longer = xasprintf("%s%s;", *all, mark);
            free(*all);
            *all = longer;
        }
        free(whole);
    }
    free(list);
}

void sum_add(struct sum *s, size_t test, uint64_t number,
             const struct seeds_row *row)
{
    struct sum_test *t = &s->tests[test];
    s->seeds++;
    t->seeds++;
    t->stuck += row->stuck;
    s->calls += row->calls;
    s->messages += row->messages;
    s->virtual_ms += row->virtual_ms;
    for (int i = 0; i < PLAN_KINDS; i++)
        s->counts[i] += row->counts[i];
    add_marks(&t->marks, row->marks);
    if (strcmp(row->verdict, "pass") == 0)
        return;
    if (!s->deal->hunt) // its first is shown in the end
        tell_failure(s, test, number, row);
    tell_replays(s, test, number, row);
    note_failure(s, test, number, row->folder, row->message);
}

void sum_show_first(struct sum *s, const struct seeds_row *row)
{
    tell_failure(s, s->first_test, s->first_failed, row);
    tell_replays(s, s->first_test, s->first_failed, row);
    free(s->first_folder);
    s->first_folder = xstrdup(row->folder);
}

void sum_add_lost(struct sum *s, size_t test, uint64_t number)
{
    hide(s);
    s->seeds++;
    s->tests[test].seeds++;
    printf("FAILED  %s, seed %" PRIu64 ": its process ended without a word\n",
           s->deal->tests[test].title, s->deal->first + number);
    note_failure(s, test, number, "", "no result");
}

// --- The sum ----------------------------------------------------------------

static void print_counts(const struct sum *s)
{
    bool any = false;
    for (int i = 0; i < PLAN_KINDS; i++) {
        if (s->counts[i] == 0)
            continue;
        printf("%s%" PRIu64 " %s", any ? ", " : "events: ", s->counts[i],
               plan_kind_text((enum plan_kind)i));
        any = true;
    }
    if (any)
        putchar('\n');
}

// False: it should have reached more.
static bool check_marks(const struct sum_test *t, const char *title)
{
    bool all = true;
    char *list = xstrdup(t->needs);
    char *rest = list;
    for (char *mark = strtok_r(list, ";", &rest); mark != NULL;
         mark = strtok_r(NULL, ";", &rest)) {
        char *whole = xasprintf(";%s;", mark);
        bool reached = strstr(t->marks, whole) != NULL;
        free(whole);
        if (reached)
            continue;
        bool due = t->seeds >= SUM_SEEDS_MIN;
        printf("%s  %s: %" PRIu64 " seeds have not reached '%s'\n",
               due ? "FAILED" : "so far", title, t->seeds, mark);
        all = all && !due;
    }
    free(list);
    return all;
}

static bool check_stuck(const struct sum_test *t, const char *title)
{
    if (t->stuck == 0)
        return true;
    bool fine = t->seeds < SUM_SEEDS_MIN ||
                t->stuck * 100 <= t->seeds * SUM_STUCK_PERCENT;
    printf("%s  %s: %" PRIu64 " of %" PRIu64 " seeds (%.1f %%) end in a state "
           "that nobody can leave, by the fault model\n",
           fine ? "      " : "FAILED", title, t->stuck, t->seeds,
           100.0 * (double)t->stuck / (double)t->seeds);
    return fine;
}

static size_t count_marks(const struct sum *s)
{
    char *all = xstrdup(";");
    for (size_t i = 0; i < s->deal->test_count; i++)
        add_marks(&all, s->tests[i].marks);
    size_t count = 0;
    for (const char *at = all + 1; *at != '\0'; at++)
        count += *at == ';';
    free(all);
    return count;
}

int sum_print(struct sum *s)
{
    hide(s);
    bool fine = s->failed == 0 && s->seeds > 0;
    for (size_t i = 0; i < s->deal->test_count; i++) {
        const char *title = s->deal->tests[i].title;
        fine = check_marks(&s->tests[i], title) && fine;
        fine = check_stuck(&s->tests[i], title) && fine;
    }
    print_counts(s);
    printf("SEED=%" PRIu64 ": %zu tests, %" PRIu64
           " calls of the runtime, %" PRIu64
           " messages, %.1f virtual seconds, %zu marks reached, in %.1f s\n",
           s->deal->first, s->deal->test_count, s->calls, s->messages,
           (double)s->virtual_ms / 1000, count_marks(s),
           (double)(clock_now_ms() - s->begun_ms) / 1000);
    if (s->replays > 0)
        printf("%" PRIu64 " of %" PRIu64 " replays of failures were the same "
               "failure\n",
               s->same, s->replays);
    if (s->failed > 0 && s->deal->hunt)
        printf("the first that failed is seed %" PRIu64 ", number %" PRIu64
               "\n",
               s->deal->first + s->first_failed, s->first_failed + 1);
    printf("%" PRIu64 " seeds, %" PRIu64 " failed\n", s->seeds, s->failed);
    return fine ? 0 : 1;
}

// Bytes that JSON does not like are left out.
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= ' ' && *text != '"' && *text != '\\')
            fputc(*text, out);
}

void sum_append(const struct sum *s, const char *path)
{
    FILE *out = fopen(path, "ae");
    if (out == NULL)
        return;
    bool failed = s->first_failed != UINT64_MAX;
    fprintf(out,
            "{\"seeds\": %" PRIu64 ", \"failed\": %" PRIu64
            ", \"replays\": %" PRIu64 ", \"same\": %" PRIu64
            ", \"number\": %" PRIu64 ", \"seed\": %" PRIu64 ", \"test\": \"",
            s->seeds, s->failed, s->replays, s->same,
            failed ? s->first_failed + 1 : 0,
            failed ? s->deal->first + s->first_failed : 0);
    if (failed)
        put_text(out, s->deal->tests[s->first_test].title);
    fprintf(out, "\", \"folder\": \"");
    put_text(out, failed ? s->first_folder : "");
    fprintf(out, "\", \"message\": \"");
    put_text(out, failed ? s->first_message : "");
    fprintf(out, "\"}\n");
    fclose(out);
}
