// code.h - each node has a copy of the program of its own.
//
// A program bin/NAME has a twin sim/NAME.so, made of the same objects. A node
// gets a copy of that file, and so global variables that no other node has,
// and none from an earlier life. Where there is no such file the nodes run the
// node_main of the test program, and share its globals.
#ifndef COMMON_RUNTIME_SIM_CODE_H
#define COMMON_RUNTIME_SIM_CODE_H

#include <stdbool.h>
#include <stddef.h>

struct sim_code {
    int (*main)(int argc, char **argv); // NULL: there is none
    const char *begin;                  // of the copy in memory
    const char *end;
};

// For a node that runs `program`, build/debug/bin/lab2. Messages of the loader
// go to stderr.
struct sim_code sim_code_load(const char *program);

// The file that `where` is in, and its offset in it; NULL: in no copy.
const char *sim_code_find(const void *where, size_t *offset);

#endif
