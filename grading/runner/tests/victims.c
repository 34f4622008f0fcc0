// victims.c - suites for run-tests to run.
#include <check.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/check/graded.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "grading/runner/tests/call.h"

// In the folder of the test that has called run-tests.
static char *in_folder(const char *name)
{
    return xasprintf("%s/%s", getenv("VICTIM_FOLDER"), name);
}

// Appends a line to a file there, at once.
static void note(const char *name, const char *line)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "a");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%s\n", line);
    fclose(file);
    free(path);
}

static bool is_noted(const char *name)
{
    char *path = in_folder(name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static void passes(void *arg)
{
    (void)arg;
    printf("this one passes\n");
    fflush(stdout);
}

static void fails(void *arg)
{
    (void)arg;
    printf("what a test prints\n");
    fflush(stdout);
    ck_assert_msg(0, "two are not three");
}

// `arg` or, if there is none, II job_request.
static void is_not_written(void *arg)
{
    unit_unsolved(arg != NULL ? arg : "II job_request");
    _exit(77);
}

static void kills_its_parent(void *arg)
{
    (void)arg;
    kill(getppid(), SIGKILL);
    for (;;)
        pause();
}

// Fails with the seed that the file "bad-seed" names.
static void notes_its_seed(void *arg)
{
    (void)arg;
    note("seeds", getenv("LAB_SEED"));
    const char *bad = getenv("VICTIM_BAD_SEED");
    ck_assert_msg(bad == NULL || strcmp(bad, getenv("LAB_SEED")) != 0,
                  "this is the bad seed");
}

// Each of two waits for the other.
static void meets(void *arg)
{
    const char *const *names = arg; // mine, the other's
    note(names[0], "here");
    while (!is_noted(names[1]))
        clock_sleep_ms(1);
}

static void is_alone(void *arg)
{
    const char *name = arg;
    ck_assert(is_noted("a")); // the others have run
    ck_assert(is_noted("b"));
    ck_assert(!is_noted("alone"));
    note("alone", name);
    clock_sleep_ms(100);
    char *path = in_folder("alone");
    ck_assert_int_eq(unlink(path), 0);
    free(path);
}

// A node as the harness starts it, and one below it.
static void has_a_node(void *arg)
{
    (void)arg;
    const char *argv[] = {"/bin/sleep", "1000", NULL};
    struct process_spec spec = {.argv = argv};
    struct process *node = NULL;
    ck_assert_int_eq(process_spawn(&spec, &node), ERR_OK);
    char *line = xasprintf("%d %d %d %s.", getppid(), getpid(),
                           (int)process_id(node), getenv("TMPDIR"));
    note("chain", line);
    free(line);
    for (;;)
        pause();
}

// Fails, and its process lives on, as nodes do with UNIT_KEEP=1.
static void leaves_a_node(void *arg)
{
    (void)arg;
    const char *keep = getenv("UNIT_KEEP");
    ck_assert_str_eq(keep != NULL ? keep : "", "1");
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        for (;;)
            pause();
    }
    char *line = xasprintf("%d %s.", pid, getenv("TMPDIR"));
    note("kept", line);
    free(line);
    ck_assert_msg(0, "look at it");
}

static void shows_what_gdb_needs(void *arg)
{
    (void)arg;
    const char *node = getenv("UNIT_GDB");
    const char *fork = getenv("CK_FORK");
    kill(getpid(), SIGINT);
    printf("survived: %s %s %s\n", node != NULL ? node : "-",
           fork != NULL ? fork : "-", getenv("LAB_TIME_SCALE"));
    fflush(stdout);
}

static void shows_its_scale(void *arg)
{
    (void)arg;
    printf("scale %s\n", getenv("LAB_TIME_SCALE"));
    fflush(stdout);
}

static int plain_main(int argc, char **argv, const char *suite)
{
    const struct graded_test tests[] = {
        {.part = "I", .name = "it passes", .run = passes},
        {.part = "II",
         .name = "it fails",
         .claim = "Two are three.",
         .section = "1.2",
         .points = 5,
         .run = fails},
        {.part = "III", .name = "not written", .run = is_not_written},
    };
    return graded_main(argc, argv, suite, tests, 3);
}

// Parts side by side, as suites of one lab are.
static int unwritten_main(int argc, char **argv, const char *suite)
{
    char a[] = "I wc_map", b[] = "II job_request", c[] = "II job_heartbeat",
         d[] = "II a_name_that_is_so_long_that_it_has_to_stand_below";
    const struct graded_test tests[] = {
        {.part = "II", .name = "f", .points = 6, .run = fails}, // not in order
        {.part = "II", .name = "z", .run = is_not_written, .arg = b},
        {.part = "I", .name = "a", .points = 2, .run = passes},
        {.part = "I",
         .name = "b",
         .points = 3,
         .run = is_not_written,
         .arg = a},
        {.part = "II",
         .name = "c",
         .points = 4,
         .run = is_not_written,
         .arg = b},
        {.part = "II", .name = "d", .run = is_not_written, .arg = a},
        {.part = "II",
         .name = "e",
         .points = 5,
         .run = is_not_written,
         .arg = c},
        {.part = "II",
         .name = "g",
         .points = 7,
         .run = is_not_written,
         .arg = b},
        {.part = "II", .name = "h", .run = is_not_written, .arg = d},
    };
    return graded_main(argc, argv, suite, tests,
                       sizeof tests / sizeof tests[0]);
}

static int dying_main(int argc, char **argv, const char *suite)
{
    const struct graded_test tests[] = {
        {.part = "I", .name = "it dies", .points = 7, .run = kills_its_parent},
        {.part = "I", .name = "it passes", .run = passes},
    };
    return graded_main(argc, argv, suite, tests, 2);
}

static int repeated_main(int argc, char **argv, const char *suite)
{
    const struct graded_test tests[] = {
        {.part = "I", .name = "again", .repetitions = 5, .run = notes_its_seed},
    };
    return graded_main(argc, argv, suite, tests, 1);
}

static int limits_main(int argc, char **argv, const char *suite)
{
    const char *a[] = {"a", "b"};
    const char *b[] = {"b", "a"};
    const struct graded_test tests[] = {
        {.part = "I",
         .name = "alone",
         .kind = GRADED_LIMIT,
         .repetitions = 3,
         .run = is_alone,
         .arg = (char[]){"x"}},
        {.part = "I", .name = "side a", .run = meets, .arg = a},
        {.part = "I", .name = "side b", .run = meets, .arg = b},
    };
    return graded_main(argc, argv, suite, tests, 3);
}

static int nodes_main(int argc, char **argv, const char *suite)
{
    const struct graded_test tests[] = {
        {.part = "chain", .name = "a node", .run = has_a_node},
        {.part = "kept", .name = "a node is kept", .run = leaves_a_node},
        {.part = "kept", .name = "it passes", .run = passes},
        {.part = "gdb", .name = "gdb here", .run = shows_what_gdb_needs},
        {.part = "scale", .name = "scale", .run = shows_its_scale},
    };
    return graded_main(argc, argv, suite, tests, 5);
}

bool victims_main(int argc, char **argv, int *status)
{
    static const struct {
        const char *name;
        int (*main)(int argc, char **argv, const char *suite);
    } suites[] = {
        {"plain", plain_main},       {"dying", dying_main},
        {"repeated", repeated_main}, {"limits", limits_main},
        {"nodes", nodes_main},       {"unwritten", unwritten_main},
    };
    const char *wanted = getenv("VICTIMS");
    if (wanted == NULL || wanted[0] == '\0')
        return false;
    if (strcmp(wanted, "none") == 0)
        *status = graded_main(argc, argv, wanted, NULL, 0);
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (strcmp(suites[i].name, wanted) == 0)
            *status = suites[i].main(argc, argv, wanted);
    return true;
}
