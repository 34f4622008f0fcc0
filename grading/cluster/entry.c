// entry.c - the main() of test programs, and what a test asks of its test.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/cluster/cluster_private.h"

// What graded_main hands back for each test.
struct entry {
    const struct cluster_lab *lab;
    const struct cluster_test *test;
};

static void run_entry(void *arg)
{
    const struct entry *e = arg;
    struct cluster *c = xcalloc(1, sizeof *c);
    cluster_set_up(c, e->lab, e->test->nodes);
    e->test->run(c);
    cluster_tear_down(c);
    free(c);
}

// The Makefile names programs that are linked with the simulation so.
static bool is_simulation(const char *program)
{
    size_t size = strlen(program);
    return size > 4 && strcmp(program + size - 4, "-sim") == 0;
}

// The same test under many seeds: grading/seeds/.
static int run_seeds(const char *program, const char *suite,
                     const struct graded_test *tests, size_t count)
{
    char *name = xasprintf("%s sim", suite);
    int status = seeds_main(program, name, tests, count);
    free(name);
    return status;
}

int cluster_main(int argc, char **argv, const char *suite,
                 const struct cluster_lab *lab,
                 const struct cluster_test *tests, size_t count)
{
    struct graded_test *graded = xcalloc(count + 1, sizeof *graded);
    struct entry *entries = xcalloc(count + 1, sizeof *entries);
    bool simulated = is_simulation(argv[0]);
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct entry){lab, &tests[i]};
        graded[i] = tests[i].about;
        if (simulated) { // the code under test runs in this process
            graded[i].evidence = GRADED_SAME_PROCESS;
            graded[i].points = 0; // they are for what processes show
            if (tests[i].simulated > 0)
                graded[i].repetitions = tests[i].simulated;
        }
        graded[i].run = run_entry;
        graded[i].arg = &entries[i];
    }
    int status;
    if (simulated && seeds_main != NULL && seeds_wanted())
        status = run_seeds(argv[0], suite, graded, count);
    else
        status = graded_main(argc, argv, suite, graded, count);
    free(entries);
    free(graded);
    return status;
}

uint64_t cluster_seed(const struct cluster *c)
{
    return c->seed;
}

uint64_t cluster_random(struct cluster *c, uint64_t n)
{
    return random_below(&c->random, n);
}
