// lines_op.h - operations from the fields of a line of ours.
#ifndef GRADING_LINEAR_READ_LINES_OP_H
#define GRADING_LINEAR_READ_LINES_OP_H

#include "grading/linear/read/fields.h"

// What a line may call an operation.
enum lines_name {
    NAME_GET,
    NAME_PUT,
    NAME_APPEND,    // tells nothing
    NAME_APPENDRET, // tells what it found
    NAME_APPENDNEW, // tells what it left
    NAME_CAS,
    NAME_VPUT,
    NAMES, // how many
};

// What the lines of a file are.
enum lines_shape {
    SHAPE_NONE, // neither so far
    SHAPE_INTERVALS,
    SHAPE_EVENTS,
};

// Numbers of texts that came not long ago, by their last bytes: sooner found
// than by their hash.
struct recent {
    uint32_t numbers[256];
};

struct lines_ops {
    struct fields *f;
    struct slice client; // of the last call
    struct slice key;
    struct recent keys;
    struct recent clients;
    unsigned char *writers; // by key: the kinds of its writes
    size_t writers_room;
};

void lines_ops_init(struct lines_ops *o, struct fields *f);
void lines_ops_release(struct lines_ops *o);

// Operation and arguments; its client and key, which have no numbers yet.
bool lines_call(struct lines_ops *o, struct linear_op *op,
                enum lines_name *name);
// The outcome, and what it saw. In an interval an argument and a result that
// would have one name have two: "ver" and "sawver", "v" and "new".
bool lines_return(struct lines_ops *o, struct linear_op *op,
                  enum lines_name name, enum lines_shape shape);
// Numbers for client and key of the last call. False: its key has versions,
// and writes without.
bool lines_number(struct lines_ops *o, struct linear_op *op);

// What `from` knows of its keys' writes is known to `to`, where key k has the
// number numbers[k] (NULL: the same). False: as above.
bool lines_join_writers(struct lines_ops *to, const struct lines_ops *from,
                        const uint32_t *numbers);

#endif
