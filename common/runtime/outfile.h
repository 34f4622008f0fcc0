// outfile.h - a file that appears whole and once, or not at all.
//
// MapReduce's trick (Dean & Ghemawat, OSDI 2004, section 3.3): an attempt
// writes a private file and its commit renames it. Several attempts, in one
// or many processes, may write the same output at once; the first commit
// wins, the others learn ERR_EXISTS and have changed nothing.
//
// Bytes are buffered; a full disk (ERR_FULL) may show only at a later append
// or at commit. So that a file size limit shows the same way, the first
// outfile_begin() of a process ignores SIGXFSZ, unless it has a handler.
//
// Begin (the draft is there), append, before and after commit are crash
// points. An outfile belongs to one thread.
#ifndef COMMON_RUNTIME_OUTFILE_H
#define COMMON_RUNTIME_OUTFILE_H

#include <stddef.h>

struct outfile;

// Begins an attempt at `path` by writing `draft`, a path on the same file
// system that no other attempt uses; a file that stands there is replaced.
// Both are copied. ERR_OK and *out, or why not (nothing is left then).
int outfile_begin(const char *draft, const char *path, struct outfile **out);

// Copies the bytes. An error is for good: commit will return it as well.
int outfile_append(struct outfile *f, const void *data, size_t size);

// Flush, fsync, rename to `path` unless it exists, fsync of its folder. Frees
// `f` whatever it returns; unless ERR_OK the draft is gone. ERR_EXISTS:
// another attempt was first, and its output is there for good. Anything else:
// not committed, except that ERR_IO from the last fsync leaves that open.
int outfile_commit(struct outfile *f);

// Gives the attempt up: removes the draft, frees `f`. NULL is fine.
void outfile_abandon(struct outfile *f);

#endif
