// unit.h - one main for all suites of Check tests.
//
// A test is one sentence that must hold, and belongs to a part of the course:
//
//     START_TEST(dead_server_refuses)
//     {
//         ck_assert_int_eq(call(dead), RPC_REFUSED);
//     }
//     END_TEST
//
//     int main(int argc, char **argv)
//     {
//         const struct unit_test tests[] = {
//             {"rpc", "a dead server refuses", dead_server_refuses, 5},
//         };
//         return unit_main(argc, argv, "rpc contract", tests, 1);
//     }
//
// Each test runs in a process of its own with an empty folder, TMPDIR (short:
// socket paths hold 107 bytes), and a seed, LAB_SEED. When it has ended, no
// process that it started may be left, or it has failed; the folder goes.
// A failed assertion leaves by _exit: what stands behind it does not run. A
// test has passed only if its body came to its end: exit(0) is a failure.
//
// The environment picks and shapes (the Makefile passes these on):
//   T       only tests with this in their name or in "suite: name"
//   PART    only tests of this part
//   SEED    the seed; one is drawn if this is not set, and shown on failure.
//           The further repetitions of a test have seeds derived from it
//   CK_FORK=no      runs all in one process, for gdb; no time limits then
//   LAB_TIME_SCALE  multiplies the time limits; LAB_MACHINE_FACTOR says how
//                   much of that is for a slow machine
//   UNIT_COMMAND    what a failure tells people to type (make test)
//   UNIT_FAILED     the folder where files of failed tests are kept (kept.h)
//   UNIT_KEEP=1     stops at a failure and keeps the processes that the test
//                   has left, until SIGINT or SIGTERM
//   UNIT_GDB        a node that the test's harness is to start under gdb;
//                   SIGINT does not end the test then
// What run-tests says besides (these do not reach the tests):
//   UNIT_LIST=FILE  write the list of tests to it (listing.h) and do no more
//   UNIT_RUN=INDEX  run this test alone, once; UNIT_REPETITION=N for its row
//   UNIT_RESULT     gets "PASSED FAILED" and, if something is not implemented,
//                   what ("II job_request"); then a row (row.h) for each test
#ifndef COMMON_CHECK_UNIT_H
#define COMMON_CHECK_UNIT_H

#include <check.h>
#include <stddef.h>

enum {
    UNIT_LIMIT_S = 10, // for tests that name no limit
};

struct unit_test {
    const char *part; // "rpc", "3a": one word, or "3a unit"
    const char *name; // a sentence: what must hold
    const TTest *test;
    double limit_s; // 0: UNIT_LIMIT_S
};

// Runs what T and PART leave of `tests`. The exit status of the program: 0 if
// all passed, 1 if not, or if none ran. Borrows all.
int unit_main(int argc, char **argv, const char *suite,
              const struct unit_test *tests, size_t count);

// In a test's process: what it asked for is not implemented, `what` being
// "II job_request". The verdict will be "not implemented: II job_request",
// whatever else happens. Copies; returns; nothing outside of a test.
void unit_unsolved(const char *what);

#endif
