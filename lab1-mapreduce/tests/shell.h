// shell.h - `mr` beside a test: started, watched, waited for. Others are run
// by common/check/shell.h.
#ifndef LAB1_TESTS_SHELL_H
#define LAB1_TESTS_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Starts `mr` with these arguments (NULL at the end) and its output in the
// files "stdout" and "stderr"; returns its pid. The status by shell_wait, as
// shell_run() has it, or 128 + the signal it died of.
pid_t shell_start(const char *const *arguments);
int shell_wait(pid_t pid);
bool shell_has_ended(pid_t pid); // without waiting for it
void shell_expect_running(pid_t pid);

// The workers that `mr run` has started, at most `room` of them. How many.
size_t workers_of(pid_t run, pid_t *pids, size_t room);

#endif
