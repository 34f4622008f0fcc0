// orphans.h - processes that a test left behind: seen, named, ended.
//
// A process whose parent dies goes to the nearest ancestor that has declared
// itself a subreaper; the test main and the test runner do. Linux only, not
// part of the runtime: nodes have no use for it.
#ifndef COMMON_CHECK_ORPHANS_H
#define COMMON_CHECK_ORPHANS_H

#include <stddef.h>
#include <sys/types.h>

// From now on orphaned descendants become children of this process.
void orphans_adopt(void);

// Ends and reaps every child of this process but the `count` in `keep`, and
// those that they leave. They get `grace_ms` to end by themselves; returns how
// many did not and had to be killed, with their pids and command lines in
// `names` as far as `room` bytes go.
size_t orphans_end(const pid_t *keep, size_t count, int grace_ms, char *names,
                   size_t room);

// Looks only: the numbers of at most `room` children of this process, and how
// many these are.
size_t orphans_list(pid_t *pids, size_t room);

// The command line of a process, "sleep 100", cut to fit.
void orphans_command(pid_t pid, char *line, size_t room);

#endif
