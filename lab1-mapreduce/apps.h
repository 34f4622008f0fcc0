// apps.h - the applications that this program knows.
#ifndef LAB1_APPS_H
#define LAB1_APPS_H

#include <stddef.h>

#include "lab1-mapreduce/mr.h"

extern const struct mr_app app_wc;    // app_wc.c
extern const struct mr_app app_index; // app_index.c
extern const struct mr_app app_grep;  // app_grep.c

const struct mr_app *app_find(const char *name); // NULL if there is none

const struct mr_app *app_at(size_t i); // 0, 1, ... for --help; NULL: the end

// Is `arg` (NULL: none) fine for the application? NULL, or why not (owned).
char *app_check(const struct mr_app *app, const char *arg);

// Appends a file's name to `out` as it can stand in a line of output: bytes
// up to space, DEL and backslash as \xHH.
void app_print_name(struct buf *out, struct slice file);

#endif
