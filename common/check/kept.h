// kept.h - what is kept of a test that has failed: BASE/SUITE/NAME/.
//
// Its folder with the regular files in it - logs, disks, counters, traces -
// and `failure`, the block that was printed, whose first line is the test's
// "suite: name". The next failure of the same test takes its place.
#ifndef COMMON_CHECK_KEPT_H
#define COMMON_CHECK_KEPT_H

// Copies `folder` to its place below `base` and returns that, owned; NULL if
// it cannot be written. Files that would make it more than 64 MB are left out
// (holes in them do not count); neither links nor sockets nor devices are
// followed or copied.
char *kept_copy(const char *base, const char *suite, const char *name,
                const char *folder);

// The latest failure below `base` with `text` in its "suite: name": the path
// of its folder, owned; NULL if there is none. Calls each(arg, title) for all.
char *kept_find(const char *base, const char *text,
                void (*each)(void *arg, const char *title), void *arg);

enum {
    KEPT_TITLE_MAX = 512, // bytes of "suite: name"
};

#endif
