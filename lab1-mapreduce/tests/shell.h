// shell.h - runs the real program, as people do: by a shell.
#ifndef LAB1_TESTS_SHELL_H
#define LAB1_TESTS_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// begin() of files.h, and "mr" in the test's folder is the program: that of
// the folder LAB_BIN, or else of bin/ beside the folder of tests.
void begin_shell(void);

// Runs a script with `mr` in its PATH and returns its exit status; it may not
// die of a signal. Its output goes to files "stdout" and "stderr". What is not
// implemented ends the test and says so.
int shell(const char *script);

// stderr of the last script holds these words, in one line that begins with
// "mr: ", and stdout nothing.
void expect_complaint(const char *words);

// Starts `mr` with these arguments (NULL at the end) and its output in the
// files; returns its pid. The status by shell_wait, as shell() has it, or
// 128 + the signal it died of.
pid_t shell_start(const char *const *arguments);
int shell_wait(pid_t pid);
bool shell_has_ended(pid_t pid); // without waiting for it
void shell_expect_running(pid_t pid);

// The workers that `mr run` has started, at most `room` of them. How many.
size_t workers_of(pid_t run, pid_t *pids, size_t room);

#endif
