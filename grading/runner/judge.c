#include "grading/runner/judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/row.h"
#include "common/check/setting.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "grading/runner/show.h"

static bool picky(void)
{
    return setting("T") != NULL || setting("PART") != NULL;
}

struct result {
    int passed;
    int failed;
    char *to_do; // owned; what is not implemented; NULL: nothing
    char *row;   // owned; NULL: none
};

static void result_release(struct result *r)
{
    free(r->to_do);
    free(r->row);
}

// "PASSED FAILED TO DO", the last of which may be missing.
static bool read_counts(FILE *file, struct result *r)
{
    char *line = NULL;
    size_t room = 0;
    int size = 0;
    bool ok = getline(&line, &room, file) > 0 &&
              sscanf(line, "%d %d %n", &r->passed, &r->failed, &size) == 2 &&
              r->passed >= 0 && r->failed >= 0;
    if (ok) {
        line[strcspn(line, "\n")] = '\0';
        if (strlen(line) > (size_t)size)
            r->to_do = xstrdup(line + size);
    }
    free(line);
    return ok;
}

// False: there is none, or it makes no sense.
static bool read_result(const char *path, struct result *r)
{
    *r = (struct result){0};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool ok = read_counts(file, r);
    size_t room = 0;
    if (getline(&r->row, &room, file) <= 0 || r->row[0] != '{') {
        free(r->row);
        r->row = NULL;
    }
    fclose(file);
    return ok;
}

bool judge_sees_failure(const struct job *job)
{
    struct result r;
    bool sees =
        job->test != NULL && read_result(job->result, &r) && r.failed > 0;
    if (job->test != NULL)
        result_release(&r);
    return sees;
}

// How a job has ended; owned.
static char *describe(const struct job *job)
{
    if (job->start_err != ERR_OK)
        return xasprintf("cannot be started: %s", err_text(job->start_err));
    if (job->end.exited)
        return xasprintf("ended with status %d", job->end.code);
    return xasprintf("died of signal %d (%s)", job->end.signal,
                     strsignal(job->end.signal));
}

// What is wrong with a job that reported `r` (NULL: nothing); owned, or NULL.
static char *complaint_about(const struct job *job, const struct result *r)
{
    bool clean = job->end.exited && job->end.code == 0;
    if (r != NULL && (clean || r->failed > 0 || job->running))
        return NULL;
    char *end = describe(job);
    char *complaint = job->start_err != ERR_OK
                          ? xstrdup(end)
                          : xasprintf(r != NULL ? "%s, though no test failed"
                                                : "%s, and reported nothing",
                                      end);
    free(end);
    return complaint;
}

// --- programs ---

static void add_test(struct run *run, const struct job *job,
                     const struct listing *about)
{
    struct test *test = xcalloc(1, sizeof *test);
    *test = (struct test){.about = *about, .program = job->program};
    run->tests =
        xrealloc(run->tests, (run->test_count + 1) * sizeof(run->tests[0]));
    run->tests[run->test_count++] = test;
}

// What is wrong with its list; owned, or NULL.
static char *read_list(struct run *run, const struct job *job)
{
    FILE *file = fopen(job->list, "re");
    if (file == NULL)
        return xasprintf("has a list that cannot be read");
    size_t count = 0;
    struct listing about;
    for (; listing_read(file, &about); count++)
        add_test(run, job, &about);
    bool whole = feof(file) != 0;
    fclose(file);
    if (!whole)
        return xasprintf("has a list of tests that makes no sense");
    if (count == 0 && !picky())
        return xasprintf("has no test");
    return NULL;
}

static char *judge_whole(struct run *run, const struct job *job)
{
    struct result r;
    bool reported = read_result(job->result, &r);
    char *complaint = complaint_about(job, reported ? &r : NULL);
    if (reported) {
        run->passed += r.passed;
        run->failed += r.failed;
        if (r.passed + r.failed == 0 && complaint == NULL && !picky())
            complaint = xasprintf("has executed no test");
    }
    result_release(&r);
    return complaint;
}

void judge_listing(struct run *run, struct job *job)
{
    bool clean = job->end.exited && job->end.code == 0;
    bool listed = clean && access(job->list, F_OK) == 0;
    char *complaint = listed ? read_list(run, job) : judge_whole(run, job);
    run->failed += complaint != NULL;
    if (!listed || complaint != NULL)
        show_program(job, complaint);
    run->stop = run->stop || (run->keep && run->failed > 0);
    unlink(job->list);
    unlink(job->output);
    free(complaint);
}

// --- tests ---

static void write_row(struct run *run, const struct job *job, const char *row,
                      const char *complaint)
{
    if (run->rows == NULL)
        return;
    if (row != NULL && complaint == NULL) {
        fputs(row, run->rows);
    } else {
        struct row_end end = {
            .repetition = job->repetition,
            .verdict = VERDICT_ERROR,
            .seconds = (double)job->took_ms / 1e3,
            .seed = job->seed,
            .scale = run->time_scale,
            .machine_factor = run->machine_factor,
            .message = complaint,
        };
        char *made = row_make(job->test->about.about, &end);
        fputs(made, run->rows);
        free(made);
    }
    fflush(run->rows);
}

// The first failure is shown whole, of others only how to repeat them.
static void note_end(struct test *test, struct job *job, bool failed,
                     char *complaint)
{
    test->ended++;
    test->took_ms += job->took_ms;
    if (failed && test->failed > 0) {
        char *more = xasprintf(
            "%s    repetition %d failed, too: SEED=%" PRIu64 "\n",
            test->more != NULL ? test->more : "", job->repetition, job->seed);
        free(test->more);
        test->more = more;
    }
    if (test->failed == 0) {
        free(test->output);
        test->output = xstrdup(job->output);
        test->complaint = complaint;
    } else
        free(complaint);
    test->failed += failed;
}

void judge_test(struct run *run, struct job *job)
{
    if (job->told)
        return;
    struct result r;
    bool reported = read_result(job->result, &r);
    char *complaint = complaint_about(job, reported ? &r : NULL);
    if (complaint == NULL && r.passed + r.failed != 1)
        complaint = xasprintf("reported %d tests for one", r.passed + r.failed);
    bool failed = complaint != NULL || r.failed > 0;
    write_row(run, job, r.row, complaint);
    unlink(job->result);

    struct test *test = job->test;
    if (complaint == NULL && r.to_do != NULL && test->to_do == NULL)
        test->to_do = xstrdup(r.to_do);
    result_release(&r);
    note_end(test, job, failed, complaint);
    run->stop = run->stop || (run->keep && failed);
    if (test->ended < test->about.repetitions && !run->stop)
        return;
    run->tests_ended++;
    run->passed += test->failed == 0;
    run->failed += test->failed > 0;
    show_test(run, test);
}
