// spawn_private.h - fork and exec, for process.c only.
#ifndef COMMON_RUNTIME_POSIX_SPAWN_PRIVATE_H
#define COMMON_RUNTIME_POSIX_SPAWN_PRIVATE_H

#include <sys/types.h>

struct process_spec;

// Starts the program as process.h says. ERR_OK and its id, which must be
// waited for; else there is no child.
int spawn_child(const struct process_spec *spec, pid_t *out);

#endif
