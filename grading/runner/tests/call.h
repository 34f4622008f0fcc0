// call.h - run-tests, called by a test: on scripts, or on this program itself.
//
// A test program of this folder is two: its tests, and with VICTIMS set in the
// environment one of the suites of victims.c, which run-tests is to run.
#ifndef GRADING_RUNNER_TESTS_CALL_H
#define GRADING_RUNNER_TESTS_CALL_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/runtime/process.h"

enum {
    OUTPUT_MAX = 65536,
    WAIT_MS = 20000, // nobody waits so long unless something is wrong
};

// A path in our folder, owned.
char *in_tmp(const char *name);

// A shell script in our folder.
void write_program(const char *name, const char *body);

// Starts run-tests with these words (NULL behind the last) and "NAME=value"
// settings (the same; NULL: none). What it prints goes to `output`, a file in
// our folder, "output" if NULL.
struct process *start_runner(const char *const *words, const char *const *env);
struct process *start_runner_to(const char *output, const char *const *words,
                                const char *const *env);

// Its exit status; its output in `text`. Frees `p`.
int finish_runner(struct process *p, char text[OUTPUT_MAX]);

// Both, for victims: `suite` is one of victims.c, `words` stand before the
// program.
int run_victims(const char *suite, const char *const *words,
                const char *const *env, char text[OUTPUT_MAX]);
struct process *start_victims(const char *suite, const char *const *words,
                              const char *const *env);

// The text of a file in our folder, as soon as it contains `what`.
void await_text(const char *name, const char *what, char text[OUTPUT_MAX]);

void assert_said(const char *text, const char *what);
void assert_not_said(const char *text, const char *what);
void assert_last_line(const char *text, const char *line);

// Waits, at most `limit_ms` (as time is scaled); a zombie that is ours counts
// as gone.
bool is_gone(pid_t pid, int limit_ms);

// The victims, if VICTIMS says that this process is one of them: true, and
// *status is the exit status.
bool victims_main(int argc, char **argv, int *status);

#endif
