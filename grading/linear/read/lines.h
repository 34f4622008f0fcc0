// lines.h - the reader of our lines, from its first line on; and what reads
// parts of a file at the same time.
#ifndef GRADING_LINEAR_READ_LINES_H
#define GRADING_LINEAR_READ_LINES_H

#include "grading/linear/read/lines_op.h"
#include "grading/linear/read/pair.h"

enum {
    LINES_LEAST = 48, // bytes: shorter lines are rare
    LINES_PARTS = 16, // of a file, at most
};

// An operation whose id is known.
struct called {
    uint32_t client;
    bool returned;
    enum lines_name name; // of its operation
};

struct lines {
    struct fields f;
    struct lines_ops ops;
    enum lines_shape shape;
    bool begun; // a line has been read
    struct pairing pairing;
    struct texts ids;      // of calls
    struct called *called; // by number of id
    size_t called_room;
};

// Adds to in->h, which must outlive it.
void lines_init(struct lines *l, struct input *in);
void lines_release(struct lines *l);
// One line, for input_each_line().
bool lines_take(void *lines, struct slice line);

// Reads all of a file of intervals with several threads. False: that does not
// pay, or a line is not as it should be or not alone to be understood; then
// nothing has been read, and one thread shall begin anew and tell.
bool lines_in_parts(struct input *in);

#endif
