// unit.c - the main of all test programs: picks tests, runs them, reports.
//
// It has three ways of working. Started by hand it runs what T and PART leave.
// run-tests starts it with UNIT_LIST for the list of its tests (listing.h),
// and then once for each test and repetition with UNIT_RUN.
#include "common/check/unit.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/block.h"
#include "common/check/graded.h"
#include "common/check/kept.h"
#include "common/check/listing.h"
#include "common/check/orphans.h"
#include "common/check/row.h"
#include "common/check/scratch.h"
#include "common/check/setting.h"
#include "common/check/standing.h"
#include "common/check/trial.h"
#include "common/runtime/alloc.h"

enum {
    PART_COLUMNS = 8,
    LINE_COLUMNS = 64,
    GRACE_MS = 500, // for what a test has killed but not waited for
};

struct run {
    const char *program;
    char *suite;
    const struct graded_test *tests;
    size_t count;
    uint64_t seed;
    double time_scale;
    double machine_factor;
    bool fork;    // false: CK_FORK=no
    bool keep;    // UNIT_KEEP=1
    char *list;   // UNIT_LIST; NULL: not wanted
    char *one;    // UNIT_RUN; NULL: all that T and PART leave
    size_t index; // its number
    char *result; // UNIT_RESULT; NULL: nobody reads it
    char *kept;   // UNIT_FAILED; NULL: nothing is kept
    char *tmp;    // tests get their folders in it
    int passed;
    int failed;
    char *to_do; // owned; what the last test found unsolved; NULL: nothing
    FILE *rows;  // writes to rows_text
    char *rows_text;
    size_t rows_size;
};

// Check's own signal handler passes SIGINT and SIGTERM on to this one when it
// has killed the test.
static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    interrupted = number;
}

// --- which tests ---

// "3a" picks the parts "3a" and "3a unit".
static bool part_matches(const char *part, const char *wanted)
{
    size_t size = strlen(wanted);
    return strncmp(part, wanted, size) == 0 &&
           (part[size] == '\0' || part[size] == ' ');
}

static bool name_matches(const char *suite, const char *name, const char *text)
{
    char *full = xasprintf("%s: %s", suite, name);
    bool found = strstr(full, text) != NULL;
    free(full);
    return found;
}

static bool wanted(const struct run *run, const struct graded_test *test)
{
    const char *part = setting("PART");
    const char *name = setting("T");
    return (part == NULL || part_matches(test->part, part)) &&
           (name == NULL || name_matches(run->suite, test->name, name));
}

static int repetitions(const struct graded_test *test)
{
    return test->repetitions > 0 ? test->repetitions : 1;
}

// --- one test ---

static void print_line(const struct graded_test *test, const struct trial *t)
{
    char *head = xasprintf("%-*s %s", PART_COLUMNS, test->part, test->name);
    line_print(stdout, head, LINE_COLUMNS,
               t->verdict == VERDICT_PASS ? "ok" : "FAILED", t->seconds);
    free(head);
}

// The block goes to people and, with its title, to what is kept.
static void tell_failure(const struct run *run, const struct block *block)
{
    block_print(stdout, block);
    if (!block->kept)
        return;
    char *path = xasprintf("%s/failure", block->folder);
    FILE *file = fopen(path, "we");
    if (file != NULL) {
        fprintf(file, "%s: %s\n", run->suite, block->test->name);
        block_print(file, block);
        fclose(file);
    }
    free(path);
}

static void add_row(struct run *run, const struct graded_test *test,
                    const struct trial *t, struct row_end *end)
{
    end->verdict = t->verdict;
    end->seconds = t->seconds;
    end->scale = run->time_scale;
    end->machine_factor = run->machine_factor;
    end->message = t->message;
    end->where = t->where;
    char *about = row_about(run->suite, run->program, test);
    char *row = row_make(about, end);
    fputs(row, run->rows);
    free(row);
    free(about);
}

static void report(struct run *run, const struct graded_test *test,
                   const struct trial *t, const char *folder,
                   struct row_end *end)
{
    bool passed = t->verdict == VERDICT_PASS;
    if (t->to_do != NULL) {
        free(run->to_do);
        run->to_do = xstrdup(t->to_do);
    }
    run->passed += passed;
    run->failed += !passed;
    if (run->one == NULL || run->result == NULL) // else run-tests prints it
        print_line(test, t);
    char *kept = NULL;
    if (!passed) {
        if (run->kept != NULL)
            kept = kept_copy(run->kept, run->suite, test->name, folder);
        struct block block = {
            .test = test,
            .trial = t,
            .program = run->program,
            .folder = kept != NULL ? kept : folder,
            .kept = kept != NULL,
            .seed = end->seed,
        };
        tell_failure(run, &block);
    }
    end->folder = kept;
    add_row(run, test, t, end);
    free(kept);
}

// False if the file cannot be written. Who waits for it sees it whole.
static bool write_result(struct run *run)
{
    if (run->result == NULL)
        return true;
    fflush(run->rows);
    char *draft = xasprintf("%s.draft", run->result);
    FILE *file = fopen(draft, "we");
    bool ok = file != NULL;
    if (ok) {
        fprintf(file, "%d %d%s%s\n%s", run->passed, run->failed,
                run->to_do != NULL ? " " : "",
                run->to_do != NULL ? run->to_do : "", run->rows_text);
        ok = fclose(file) == 0 && rename(draft, run->result) == 0;
    }
    free(draft);
    return ok;
}

static void stand(struct run *run, const char *folder)
{
    standing_print(stdout, folder);
    write_result(run);
    standing_wait();
    char names[1];
    orphans_end(NULL, 0, 0, names, sizeof names);
}

static void run_test(struct run *run, const struct graded_test *test,
                     int repetition, uint64_t seed)
{
    struct scratch folder;
    if (!scratch_make(run->tmp, &folder)) {
        fprintf(stderr, "cannot make the folder %s\n", folder.path);
        abort();
    }
    setenv("TMPDIR", folder.path, 1);
    setenv("TEMP", folder.path, 1); // Check's own
    char *text = xasprintf("%" PRIu64, seed);
    setenv("LAB_SEED", text, 1);
    free(text);

    double limit_s = test->limit_s > 0 ? test->limit_s : UNIT_LIMIT_S;
    struct trial_options options = {
        .suite = run->suite,
        .fork = run->fork,
        .limit_s = limit_s * run->time_scale,
        .grace_ms = (int)(GRACE_MS * run->time_scale),
        .keep = run->keep,
    };
    struct trial trial;
    trial_run(test, &options, &trial);
    struct row_end end = {.repetition = repetition, .seed = seed};
    if (interrupted == 0)
        report(run, test, &trial, folder.path, &end);
    if (interrupted == 0 && run->keep && trial.verdict != VERDICT_PASS)
        stand(run, folder.path);
    scratch_remove(&folder);
    fflush(stdout);
    trial_release(&trial);
}

// --- the program ---

// What we inherit may be anything: Check hangs if SIGCHLD is ignored, and
// picks tests by variables of its own.
static void reset_process(void)
{
    static const char *const names[] = {
        "CK_RUN_SUITE",         "CK_RUN_CASE",           "CK_INCLUDE_TAGS",
        "CK_EXCLUDE_TAGS",      "CK_LOG_FILE_NAME",      "CK_TAP_LOG_FILE_NAME",
        "CK_XML_LOG_FILE_NAME", "CK_DEFAULT_TIMEOUT",    "CK_MAX_MSG_SIZE",
        "CK_VERBOSITY",         "CK_TIMEOUT_MULTIPLIER",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
    umask(022);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    orphans_adopt();
}

// The same tests in a simulation are a suite of their own.
static char *suite_name(const char *suite, const char *program)
{
    const char *world = strrchr(program, '-');
    bool simulated = world != NULL && strcmp(world, "-sim") == 0;
    return xasprintf("%s%s", suite, simulated ? " sim" : "");
}

// What was said to us is not for the programs that tests start.
static void read_settings(struct run *run)
{
    run->seed = setting_seed();
    run->time_scale = setting_number("LAB_TIME_SCALE", 1);
    run->machine_factor = setting_number("LAB_MACHINE_FACTOR", 1);
    const char *fork = setting("CK_FORK");
    run->fork = fork == NULL || strcmp(fork, "no") != 0;
    const char *keep = setting("UNIT_KEEP");
    run->keep = keep != NULL && strcmp(keep, "1") == 0;
    run->list = setting_take("UNIT_LIST");
    run->one = setting_take("UNIT_RUN");
    run->result = setting_take("UNIT_RESULT");
    run->kept = setting_take("UNIT_FAILED");
    const char *tmp = setting("TMPDIR");
    run->tmp = tmp != NULL ? xstrdup(tmp) : NULL; // each test changes TMPDIR
}

static int write_list(const struct run *run)
{
    FILE *file = fopen(run->list, "we");
    if (file == NULL) {
        fprintf(stderr, "UNIT_LIST: cannot write %s\n", run->list);
        return 2;
    }
    for (size_t i = 0; i < run->count; i++)
        if (wanted(run, &run->tests[i]))
            listing_write(file, i, run->suite, run->program, &run->tests[i]);
    return fclose(file) == 0 ? 0 : 1;
}

// False, and a sentence, if UNIT_RUN makes no sense.
static bool parse_one(struct run *run)
{
    char *end = NULL;
    run->index = strtoul(run->one, &end, 10);
    if (end != run->one && *end == '\0' && run->index < run->count)
        return true;
    fprintf(stderr, "UNIT_RUN is \"%s\": a number below %zu is needed\n",
            run->one, run->count);
    return false;
}

// One test, once. SEED is that of this repetition.
static void run_one(struct run *run)
{
    if (run->keep) // who started us may be killed, and what we keep lives on
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    int repetition = (int)setting_number("UNIT_REPETITION", 1);
    unsetenv("UNIT_REPETITION");
    run_test(run, &run->tests[run->index], repetition, run->seed);
}

static void run_picked(struct run *run)
{
    bool stop = false;
    for (size_t i = 0; i < run->count; i++) {
        const struct graded_test *test = &run->tests[i];
        if (!wanted(run, test))
            continue;
        for (int k = 1; k <= repetitions(test) && !stop; k++) {
            if (run->passed + run->failed == 0)
                printf("-- %s (%s)%s\n", run->suite, run->program,
                       run->fork ? "" : ", in one process, no time limits");
            run_test(run, test, k, setting_seed_of(run->seed, k));
            stop = interrupted != 0 || (run->keep && run->failed > 0);
        }
    }
}

// What run-tests would do: a folder for all, which the next one sweeps away
// should we be killed.
static void run_in_folder(struct run *run, void (*tests)(struct run *run))
{
    struct scratch outer;
    if (!scratch_make_locked(run->tmp, &outer)) {
        fprintf(stderr, "cannot make the folder %s\n", outer.path);
        abort();
    }
    free(run->tmp);
    run->tmp = xstrdup(outer.path);
    tests(run);
    scratch_remove(&outer);
}

static int finish(struct run *run)
{
    if (interrupted != 0)
        return 128 + interrupted;
    if (!write_result(run))
        return 1;
    bool managed = run->result != NULL; // others sum up then
    if (!managed && run->passed + run->failed == 0)
        printf("no test of \"%s\" matches T and PART\n", run->suite);
    if (!managed)
        printf("%d passed, %d failed\n", run->passed, run->failed);
    return run->failed > 0 || (!managed && run->passed == 0);
}

static void release(struct run *run)
{
    fclose(run->rows);
    free(run->rows_text);
    free(run->to_do);
    free(run->suite);
    free(run->list);
    free(run->one);
    free(run->result);
    free(run->kept);
    free(run->tmp);
}

static int run_program(struct run *run)
{
    if (run->list != NULL)
        return write_list(run);
    if (run->one != NULL && !parse_one(run))
        return 2;
    void (*tests)(struct run * run) = run->one != NULL ? run_one : run_picked;
    if (run->result != NULL) // who reads it has made a folder
        tests(run);
    else
        run_in_folder(run, tests);
    return finish(run);
}

int graded_main(int argc, char **argv, const char *suite,
                const struct graded_test *tests, size_t count)
{
    struct run run = {
        .program = argc > 0 ? argv[0] : "?", .tests = tests, .count = count};
    run.suite = suite_name(suite, run.program);
    run.rows = open_memstream(&run.rows_text, &run.rows_size);
    reset_process();
    read_settings(&run);

    int status = run_program(&run);
    release(&run);
    return status;
}

int unit_main(int argc, char **argv, const char *suite,
              const struct unit_test *tests, size_t count)
{
    struct graded_test *all = xcalloc(count, sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct graded_test){
            .part = tests[i].part,
            .name = tests[i].name,
            .kind = GRADED_SAFETY,
            .evidence = GRADED_SAME_PROCESS,
            .limit_s = tests[i].limit_s,
            .test = tests[i].test,
        };
    int status = graded_main(argc, argv, suite, all, count);
    free(all);
    return status;
}

void unit_unsolved(const char *what)
{
    trial_unsolved(what);
}
