// file.h - files written for good: what disk.c and outfile.c share.
//
// Not for anybody else: use disk.h or outfile.h, which survive a crash.
#ifndef COMMON_RUNTIME_FILE_H
#define COMMON_RUNTIME_FILE_H

#include <stdbool.h>
#include <stddef.h>

// Writes all of it, whatever interrupts or shortens the system's writes.
int file_write(int fd, const void *data, size_t size);

// A file is there for good only when its folder, too, is on the disk.
int file_sync(int fd);
int file_sync_folder(int at, const char *path); // as openat() takes them
int file_sync_folder_of(const char *path);      // the one that `path` is in

// Gives the file the name `to` (names as openat() takes them), which another
// file may have if it `replaces`; else ERR_EXISTS. For good only when the
// folder has been synced.
int file_rename(int at, const char *from, const char *to, bool replaces);

// The part of `path` behind its last slash. Borrows.
const char *file_name_of(const char *path);

// From now on a file at the size limit (RLIMIT_FSIZE) is ERR_FULL, as a full
// disk is, where the signal SIGXFSZ would end the process.
void file_limit_is_an_error(void);

#endif
