// shell.h - child processes that are shells, and write what they see.
#ifndef COMMON_RUNTIME_TESTS_SHELL_H
#define COMMON_RUNTIME_TESTS_SHELL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/runtime/process.h"

// The deadline for what must happen at once, on a busy machine as well.
int64_t soon(void);

// Starts what must be startable.
struct process *spawn(struct process_spec spec);

// Runs `script` in a shell that appends its output to the file "out".
struct process *shell(const char *script);

// Waits for the end, which must be soon, and frees `p`.
struct process_end end_of(struct process *p);

// What is in the file "out". Valid until the next call.
const char *output(void);

// Whether this is a whole line of the text.
bool has_line(const char *text, const char *line);

// Waits until this is a whole line in "out", which must be soon.
void wait_for_line(const char *line);

// The number behind `key` in "out": 123 for "id " if it has "id 123".
int number_after(const char *key);

#endif
