// graded.h - the registry: what a course says of each test that it grades.
//
//     int main(int argc, char **argv)
//     {
//         const struct graded_test tests[] = {
//             {.part = "II",
//              .name = "workers started late get work",
//              .claim = "A worker may join at any time and is given a task.",
//              .section = "3.2",
//              .points = 5,
//              .kind = GRADED_PROGRESS,
//              .evidence = GRADED_SAME_PROCESS,
//              .test = late_workers_get_work},
//         };
//         return graded_main(argc, argv, "lab1 core", tests, 1);
//     }
//
// Handout, grading script and failure messages read it from here and nowhere
// else. Tests of clusters are registered through grading/cluster.h.
#ifndef COMMON_CHECK_GRADED_H
#define COMMON_CHECK_GRADED_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

// What it is that a failure shows.
enum graded_kind {
    GRADED_SAFETY,   // something that must never happen has: once is enough
    GRADED_PROGRESS, // something has not happened in the time it may take
    GRADED_LIMIT,    // too many messages, bytes, seconds: such tests run alone
};

// Where the code under test ran.
enum graded_evidence {
    GRADED_PROCESS,      // in processes of its own: what counts most
    GRADED_SAME_PROCESS, // in the test's own process
};

struct graded_test {
    const char *part;    // "II", "3a": one word
    const char *name;    // a few words; the course's name of the test
    const char *claim;   // one sentence: what must hold
    const char *section; // of the lab's text; it says the rule
    int points;          // 0: run, not graded
    enum graded_kind kind;
    enum graded_evidence evidence;
    bool hidden; // not shipped to students
    // In simulation: what at least one of many seeds must have come to, between
    // semicolons: "lose-reply Replica.Forward;deed kill". NULL: nothing.
    const char *marks;
    int repetitions; // with another seed each; 0: once
    double limit_s;  // 0: UNIT_LIMIT_S
    // One of the two: a test of Check, or a function that gets `arg`.
    const TTest *test;
    void (*run)(void *arg);
    void *arg;
};

// As unit_main (unit.h), for tests with an entry in the registry.
int graded_main(int argc, char **argv, const char *suite,
                const struct graded_test *tests, size_t count);

#endif
