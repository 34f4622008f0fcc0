#include "grading/runner/debug.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/kept.h"
#include "common/check/setting.h"
#include "common/runtime/alloc.h"

static bool is_simulated(const struct test *test)
{
    const char *world = strrchr(test->program, '-');
    return world != NULL && strcmp(world, "-sim") == 0;
}

// Is T its whole name? Then it does not matter that others contain it.
static bool is_named(const struct test *test, const char *name)
{
    char *full = xasprintf("%s: %s", test->about.suite, test->about.name);
    bool same = strcmp(test->about.name, name) == 0 || strcmp(full, name) == 0;
    free(full);
    return same;
}

// Simulated tests have no processes, so one in both worlds means the other.
static struct test *pick(const struct run *run, bool exact, size_t *count)
{
    struct test *found = NULL;
    *count = 0;
    for (size_t i = 0; i < run->test_count; i++) {
        struct test *test = run->tests[i];
        if (exact && !is_named(test, setting("T")))
            continue;
        if (found != NULL && is_simulated(test) != is_simulated(found)) {
            found = is_simulated(test) ? found : test;
            *count = is_simulated(test) ? *count : 1;
            continue;
        }
        found = test;
        ++*count;
    }
    return *count == 1 ? found : NULL;
}

static struct test *pick_one(const struct run *run)
{
    size_t count = 0;
    struct test *one = setting("T") != NULL ? pick(run, true, &count) : NULL;
    if (one == NULL)
        one = pick(run, false, &count);
    if (one != NULL)
        return one;
    const char *name = setting("T");
    fprintf(stderr, "One test is needed, and T='%s' picks %zu:\n",
            name != NULL ? name : "", run->test_count);
    for (size_t i = 0; i < run->test_count; i++)
        fprintf(stderr, "    %s: %s (%s)\n", run->tests[i]->about.suite,
                run->tests[i]->about.name, run->tests[i]->program);
    return NULL;
}

// The test program does not fork, so that gdb sees the test; and time passes
// slowly, since who looks at a node holds it up.
static void set_environment(const struct test *test, uint64_t seed)
{
    char *text = xasprintf("%zu", test->about.index);
    setenv("UNIT_RUN", text, 1);
    free(text);
    text = xasprintf("%" PRIu64, seed);
    setenv("SEED", text, 1);
    free(text);
    setenv("CK_FORK", "no", 1);
    setenv("LAB_TIME_SCALE", "1000", 1);
    setenv("LAB_MACHINE_FACTOR", "1", 1);
    unsetenv("UNIT_KEEP");
}

int debug_gdb(struct run *run, const char *node)
{
    const struct test *test = pick_one(run);
    scratch_remove(&run->tmp);
    if (test == NULL)
        return 2;
    set_environment(test, run->seed);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    char *program = (char *)test->program;
    if (node[0] != '\0') {
        setenv("UNIT_GDB", node, 1);
        printf("%s: %s, with %s under gdb\n", test->about.suite,
               test->about.name, node);
        fflush(stdout);
        execv(program, (char *[]){program, NULL});
    } else {
        execvp("gdb", (char *[]){"gdb", "--args", program, NULL});
        program = "gdb";
    }
    fprintf(stderr, "run-tests: cannot start %s: %s\n", program,
            strerror(errno));
    return 2;
}

static void print_title(void *arg, const char *title)
{
    FILE *out = arg;
    fprintf(out, "    %s\n", title);
}

int debug_trace(const char *trace)
{
    const char *base = setting("UNIT_FAILED");
    const char *name = setting("T") != NULL ? setting("T") : "";
    char *titles = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&titles, &size);
    char *folder =
        base != NULL ? kept_find(base, name, print_title, out) : NULL;
    fclose(out);
    if (folder != NULL) {
        execv(trace, (char *[]){(char *)trace, folder, NULL});
        fprintf(stderr, "run-tests: cannot start %s: %s\n", trace,
                strerror(errno));
    } else if (size > 0)
        fprintf(stderr,
                "Of no failed test with '%s' in its name is anything "
                "kept, but of\n%s",
                name, titles);
    else
        fprintf(stderr, "Nothing is kept: no test has failed.\n");
    free(folder);
    free(titles);
    return 2;
}
