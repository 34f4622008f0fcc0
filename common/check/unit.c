#include "common/check/unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/graded.h"
#include "common/check/orphans.h"
#include "common/check/scratch.h"
#include "common/check/trial.h"
#include "common/runtime/alloc.h"

enum {
    PART_COLUMNS = 8,
    NAME_COLUMNS = 64,
    GRACE_MS = 500, // for what a test has killed but not waited for
};

struct run {
    const char *program;
    const char *suite;
    char seed[24];
    bool fork; // false: CK_FORK=no
    double time_scale;
    char *tmp; // tests get their folders in it; NULL: /tmp
    int passed;
    int failed;
};

// Check's own signal handler passes SIGINT and SIGTERM on to this one when it
// has killed the test.
static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    interrupted = number;
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

// "3a" picks the parts "3a" and "3a unit".
static bool part_matches(const char *part, const char *wanted)
{
    size_t size = strlen(wanted);
    return strncmp(part, wanted, size) == 0 &&
           (part[size] == '\0' || part[size] == ' ');
}

static bool wanted(const struct run *run, const struct graded_test *test)
{
    const char *part = setting("PART");
    const char *name = setting("T");
    char full[1024];
    snprintf(full, sizeof full, "%s: %s", run->suite, test->name);
    return (part == NULL || part_matches(test->part, part)) &&
           (name == NULL || strstr(full, name) != NULL);
}

// `text` as one word for the shell, `$` doubled if it goes through make.
static void print_quoted(const char *text, bool make)
{
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (*text == '$' && make)
            printf("$$");
        else
            putchar(*text);
    }
    putchar('\'');
}

static void print_line(const struct graded_test *test, bool passed,
                       double took_s)
{
    int used = printf("%-*s %s ", PART_COLUMNS, test->part, test->name);
    for (int i = used; i < NAME_COLUMNS || i < used + 3; i++)
        putchar('.');
    printf(" %s %7.2f s\n", passed ? "ok    " : "FAILED", took_s);
}

static void print_reason(const struct trial *t)
{
    if (t->where != NULL)
        printf("    %s: ", t->where);
    else
        printf("    ");
    printf("%s%s\n", t->message, t->behind ? " (behind this line)" : "");
}

static void print_help(const struct run *run, const struct graded_test *test)
{
    const char *command = setting("UNIT_COMMAND");
    printf("    seed     %s\n", run->seed);
    printf("    again    %s T=", command != NULL ? command : "make test");
    print_quoted(test->name, true);
    printf(" SEED=%s\n", run->seed);
    printf("    in gdb   CK_FORK=no SEED=%s T=", run->seed);
    print_quoted(test->name, false);
    printf(" gdb %s\n", run->program);
}

static void run_test(struct run *run, const struct graded_test *test)
{
    char folder[SCRATCH_MAX];
    if (!scratch_make(run->tmp, folder)) {
        fprintf(stderr, "cannot make the folder %s\n", folder);
        abort();
    }
    setenv("TMPDIR", folder, 1);
    setenv("TEMP", folder, 1); // Check's own

    double limit_s = test->limit_s > 0 ? test->limit_s : UNIT_LIMIT_S;
    struct trial_options options = {
        .suite = run->suite,
        .fork = run->fork,
        .limit_s = limit_s * run->time_scale,
        .grace_ms = (int)(GRACE_MS * run->time_scale),
    };
    struct trial trial;
    trial_run(test, &options, &trial);
    scratch_remove(folder);

    bool passed = trial.verdict == VERDICT_PASS;
    run->passed += passed;
    run->failed += !passed;
    if (interrupted == 0) {
        print_line(test, passed, trial.seconds);
        if (!passed) {
            print_reason(&trial);
            print_help(run, test);
        }
    }
    fflush(stdout);
    trial_release(&trial);
}

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

static void begin(struct run *run)
{
    const char *seed = setting("SEED");
    uint32_t drawn = 0;
    if (seed == NULL && getrandom(&drawn, sizeof drawn, 0) < 0)
        drawn = (uint32_t)getpid();
    snprintf(run->seed, sizeof run->seed, "%u", drawn);
    if (seed != NULL)
        snprintf(run->seed, sizeof run->seed, "%s", seed);
    setenv("LAB_SEED", run->seed, 1);

    const char *fork = setting("CK_FORK");
    run->fork = fork == NULL || strcmp(fork, "no") != 0;
    const char *scale = setting("LAB_TIME_SCALE");
    run->time_scale = scale != NULL ? strtod(scale, NULL) : 1;
    if (run->time_scale <= 0)
        run->time_scale = 1;

    const char *tmp = setting("TMPDIR");
    run->tmp = tmp != NULL ? strdup(tmp) : NULL; // each test changes TMPDIR
}

// False if the file cannot be written.
static bool write_result(const struct run *run)
{
    const char *path = setting("UNIT_RESULT");
    if (path == NULL)
        return true;
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    fprintf(file, "%d %d\n", run->passed, run->failed);
    return fclose(file) == 0;
}

static int finish(struct run *run)
{
    free(run->tmp);
    if (interrupted != 0)
        return 128 + interrupted;
    if (!write_result(run))
        return 1;
    bool managed = setting("UNIT_RESULT") != NULL; // others sum up then
    if (!managed && run->passed + run->failed == 0)
        printf("no test of \"%s\" matches T and PART\n", run->suite);
    if (!managed)
        printf("%d passed, %d failed\n", run->passed, run->failed);
    return run->failed > 0 || (!managed && run->passed == 0);
}

void unit_unsolved(const char *what)
{
    trial_unsolved(what);
}

int graded_main(int argc, char **argv, const char *suite,
                const struct graded_test *tests, size_t count)
{
    struct run run = {.program = argc > 0 ? argv[0] : "?", .suite = suite};
    reset_process();
    begin(&run);

    for (size_t i = 0; i < count && interrupted == 0; i++) {
        if (!wanted(&run, &tests[i]))
            continue;
        if (run.passed + run.failed == 0)
            printf("-- %s (%s)%s\n", suite, run.program,
                   run.fork ? "" : ", in one process, without time limits");
        run_test(&run, &tests[i]);
    }
    return finish(&run);
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
