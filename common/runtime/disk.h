// disk.h - a folder of small files that survives a crash: the durable store.
//
// A put is atomic and durable: after ERR_OK the new value is there whatever
// happens, before it the old one (temporary file, fsync, rename, fsync of the
// folder). A crash at any point leaves one of the two, never a mixture; what
// temporary files remain are removed by the next disk_open.
//
// Names are 1 to DISK_NAME_MAX bytes of [A-Za-z0-9._-], not beginning with a
// dot; others are ERR_PROTO. One process a folder at a time (ERR_BUSY); any
// thread, one at a time for each name. Before and after each put and remove
// is a crash point. What fails has changed nothing; only after ERR_IO it may
// have. SIGXFSZ is ignored from the first open on, see
// outfile.h.
#ifndef COMMON_RUNTIME_DISK_H
#define COMMON_RUNTIME_DISK_H

#include <stddef.h>

#include "common/runtime/buf.h"

enum {
    DISK_NAME_MAX = 128,
};

struct disk;

// Opens folder `path`, made if it is missing (not its parents). ERR_OK and
// *out, or why not. `path` is copied.
int disk_open(const char *path, struct disk **out);
void disk_close(struct disk *d); // NULL is fine

int disk_put(struct disk *d, const char *name, struct slice value);

// Appends the value to *out. ERR_NOT_FOUND if there is none; ERR_LIMIT if it
// does not fit.
int disk_get(struct disk *d, const char *name, struct buf *out);

int disk_remove(struct disk *d, const char *name); // ERR_NOT_FOUND if none

// Calls each(arg, name) for every name, in bytewise order.
int disk_list(struct disk *d, void (*each)(void *arg, const char *name),
              void *arg);

#endif
