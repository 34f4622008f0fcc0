// names.h - what a killed node had renamed may have its old name again.
//
// A rename is in the folder, and is on the disk when the folder has been synced
// by anybody. Of those that a node had done since, its death leaves the first
// ones, as many as the plan says, and undoes the others.
#ifndef COMMON_RUNTIME_SIM_NAMES_H
#define COMMON_RUNTIME_SIM_NAMES_H

#include <stdbool.h>

struct process;
struct stat;

void names_synced(const struct stat *folder);

// The node has ended: killed, or by itself, which loses nothing.
void names_end(const struct process *node, bool killed);

#endif
