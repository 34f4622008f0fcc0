// scratch.h - a folder for files that nobody needs afterwards.
#ifndef COMMON_CHECK_SCRATCH_H
#define COMMON_CHECK_SCRATCH_H

#include <stdbool.h>

enum {
    SCRATCH_MAX = 64, // bytes of a path, with the final NUL
};

// Makes a fresh folder in `parent`, or in /tmp if that is NULL or long: the
// paths of sockets in it must fit 107 bytes. False if that cannot be done.
bool scratch_make(const char *parent, char path[SCRATCH_MAX]);

// Removes the folder with all in it, also what has been locked by chmod.
void scratch_remove(const char *path);

#endif
