// standing.h - KEEP=1: the cluster of a failed test stays as it is.
#ifndef COMMON_CHECK_STANDING_H
#define COMMON_CHECK_STANDING_H

#include <stdio.h>

// Shows the children of this process (what the test's processes left to it),
// the test's folder, and how to look at them.
void standing_print(FILE *out, const char *folder);

// Waits until somebody has seen enough: SIGINT (Ctrl-C) or SIGTERM.
void standing_wait(void);

#endif
