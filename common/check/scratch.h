// scratch.h - folders for files that nobody needs afterwards.
//
// The outermost one is locked as long as it is in use, and the lock goes with
// the process that made it (and those that it forked), however that ends. So
// what a SIGKILL left can be told from what somebody uses, and swept away.
#ifndef COMMON_CHECK_SCRATCH_H
#define COMMON_CHECK_SCRATCH_H

#include <stdbool.h>

enum {
    SCRATCH_MAX = 64, // bytes of a path, with the final NUL
};

struct scratch {
    char path[SCRATCH_MAX];
    int lock; // a descriptor; -1: it is not locked
};

// Makes a fresh folder in `parent`, or if that is NULL or long in /dev/shm, or
// in /tmp where that cannot be used: the paths of sockets in it must fit 107
// bytes. False if that cannot be done.
bool scratch_make(const char *parent, struct scratch *s);

// The same, locked. Not for sockets: who binds one locks the folder it is in.
bool scratch_make_locked(const char *parent, struct scratch *s);

// Removes the folder with all in it, also what has been locked by chmod.
void scratch_remove(struct scratch *s);

// Removes from `parent` (NULL: as above) the folders that scratch_make_locked
// made for this user and nobody uses any more. Never others', never through a
// link.
void scratch_sweep(const char *parent);

#endif
