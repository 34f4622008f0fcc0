// history.h - what clients saw of a key/value service, in memory.
//
// One record an operation: who called what, when, and what came of it. Texts
// are borrowed: from the file that is mapped, or from memory that the history
// keeps. Not locked: one thread fills it; then any number may read it.
#ifndef GRADING_LINEAR_HISTORY_H
#define GRADING_LINEAR_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"
#include "grading/linear/texts.h"

enum linear_kind {
    LINEAR_GET,    // read
    LINEAR_PUT,    // write
    LINEAR_APPEND, // a missing key counts as empty
    LINEAR_CAS,    // argument, if the value is `expected`
    LINEAR_VPUT,   // argument, if the version is `wanted`; then that is + 1
};

enum linear_outcome {
    LINEAR_OK,
    LINEAR_NO,     // it ran and was refused: of LINEAR_CAS and LINEAR_VPUT
    LINEAR_MAYBE,  // it may happen at any moment after its call, or never
    LINEAR_FAILED, // it certainly did not happen
};

// What an operation says of the value that it found.
enum linear_seen {
    LINEAR_SAW_UNKNOWN, // nothing
    LINEAR_SAW_ABSENT,  // that there was none
    LINEAR_SAW_VALUE,   // `result`
};

enum {
    LINEAR_PENDING = -1,    // `ret` of an operation that has not returned
    LINEAR_NO_VERSION = -1, // `version` when no one has told it
};

// `seen` and `result` are of a Get that is OK, of an Append that tells what it
// found, and of a CAS that was refused and tells why. `version`: of a Get, and
// of a refused VPut. There are no versions in a key where no VPut is; a key
// that is missing has version 0.
struct linear_op {
    // Positions in the history, 0 or more; the call's is the lower. One
    // operation precedes another if its ret is below the other's call.
    int64_t call;
    int64_t ret; // or LINEAR_PENDING; means nothing if `outcome` is MAYBE

    uint32_t client;     // in `clients`
    uint32_t key;        // in `keys`
    uint8_t kind;        // enum linear_kind
    uint8_t outcome;     // enum linear_outcome
    uint8_t seen;        // enum linear_seen
    bool expects_absent; // a CAS for a key that is missing
    int32_t wanted;
    int32_t version;

    struct slice argument; // what it writes; a Get has none
    struct slice expected; // of a CAS
    struct slice result;
};

// Something else that happened, for pictures: a fault, say.
struct linear_note {
    int64_t at; // a position
    struct slice who;
    struct slice text;
};

struct linear_memory;

struct linear_history {
    struct linear_op *ops;
    size_t count;
    size_t room;
    // When it happened, if the file says so besides the positions: call and
    // ret of each operation, in nanoseconds. Else NULL.
    int64_t (*times)[2];

    struct texts clients;
    struct texts keys;
    struct linear_note *notes;
    size_t note_count;
    size_t note_room;

    // The value that each key begins with.
    bool begins_absent; // true after init
    struct slice init;

    struct linear_memory *memory; // private: texts that it keeps
    void *mapped;                 // private: the file
    size_t mapped_size;
};

void linear_history_init(struct linear_history *h);
void linear_history_release(struct linear_history *h);

// A new record at the end, zeroed but for ret (pending) and the versions
// (none). Borrowed until the next is added.
struct linear_op *linear_history_add(struct linear_history *h);
// Room for so many in all: memory that is not filled costs nothing.
void linear_history_expect(struct linear_history *h, size_t count);
void linear_history_note(struct linear_history *h, int64_t at, struct slice who,
                         struct slice text);

// `room` for times, of as many operations as `ops` has room for.
void linear_history_keep_times(struct linear_history *h);

// Copies the bytes; they stay as long as the history does.
struct slice linear_history_keep(struct linear_history *h, const void *data,
                                 size_t size);
// Likewise, for the caller to fill.
unsigned char *linear_history_reserve(struct linear_history *h, size_t size);
// Texts that `from` keeps stay as long as *h does instead.
void linear_history_take_memory(struct linear_history *h,
                                struct linear_history *from);

// The operation has an effect if it happens.
static inline bool linear_op_writes(const struct linear_op *op)
{
    return op->kind != LINEAR_GET && op->outcome != LINEAR_NO &&
           op->outcome != LINEAR_FAILED;
}

#endif
