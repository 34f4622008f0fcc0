// trial.h - one test, run once by Check: how it ended, where, and why.
//
// The test runs in a process of its own. It has passed only if its body came
// to its end there, which is noted in memory that both processes share: Check
// alone takes an exit(0) in the code under test for a pass. What a test has
// left running is ended, and fails it.
#ifndef COMMON_CHECK_TRIAL_H
#define COMMON_CHECK_TRIAL_H

#include <stdbool.h>

#include "common/check/graded.h"
#include "common/check/row.h"

struct trial {
    enum verdict verdict;
    double seconds;
    char *message; // owned; why it has not passed; NULL: it has
    char *where;   // owned; "file:line", or NULL if that says nothing
    bool behind;   // somewhere behind that line
    char *to_do;   // owned; "II job_request" is not implemented; NULL: all is
};

struct trial_options {
    const char *suite;
    bool fork;      // false: in this process, without a time limit, for gdb
    double limit_s; // as it is
    int grace_ms;   // for processes that the test killed and did not wait for
    bool keep;      // leave what runs as it is if the test fails
};

// Runs it; t must get trial_release. From one thread, one at a time.
void trial_run(const struct graded_test *test, const struct trial_options *o,
               struct trial *t);
void trial_release(struct trial *t);

// In the test's process: what the test asked for is not implemented. See
// unit_unsolved in unit.h.
void trial_unsolved(const char *what);

#endif
