// child.h - runs a piece of a test in a process of its own, to watch it end.
#ifndef COMMON_RUNTIME_TESTS_CHILD_H
#define COMMON_RUNTIME_TESTS_CHILD_H

#include <stddef.h>

#include "common/runtime/self.h"

struct child_end {
    int status;      // as from waitpid()
    char text[8192]; // what it wrote to stderr, cut if there is more
};

// Runs fn(arg) in a forked child and waits for it: exit status 0 if fn
// returns. Assertions do not work in there; give back an exit status.
struct child_end child_run(void (*fn)(const void *arg), const void *arg);

// In a child: its node crashes when it gets to the `count`-th point of `kind`.
void child_crash_at(enum crash_kind kind, int count);

// In a child: the system answers call `number` by `error` from now on, as an
// older kernel, another file system or a broken disk would. The second: only
// if its first argument is `fd`.
void child_refuse_call(long number, int error);
void child_refuse_call_on(long number, int fd, int error);

// The number that the next open() will give.
int next_descriptor(void);

// In a child: gives up root's rights, if it has them, so that permissions and
// limits are enforced.
void child_become_nobody(void);

// The path of `name` in the test's own folder, which is removed when it ends.
// Valid until the tenth call from now.
const char *in_folder(const char *name);

#endif
