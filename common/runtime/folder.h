// folder.h - folders, and the files in them: make, list, remove.
//
// Paths are copied or borrowed for the call. Any thread.
#ifndef COMMON_RUNTIME_FOLDER_H
#define COMMON_RUNTIME_FOLDER_H

#include <stdbool.h>

// Makes one folder. ERR_OK, ERR_EXISTS if something stands there, or why not.
int folder_make(const char *path);

// Makes a folder that nobody else uses, for sockets and the like: below TMPDIR
// if that is set and short, else below /tmp. *path is owned.
int folder_make_fresh(const char *prefix, char **path);

// Is it a folder with nothing in it? ERR_OK and *empty, ERR_NOT_FOUND, ...
int folder_is_empty(const char *path, bool *empty);

// Removes a file, or a folder with all that is in it (links are not followed).
// ERR_OK also if there was nothing.
int folder_remove(const char *path);

// Removes a folder if it is empty.
int folder_remove_empty(const char *path);

// `path` as it is from everywhere: owned, not resolved. `base` NULL stands for
// the working folder.
char *folder_absolute(const char *base, const char *path);

#endif
