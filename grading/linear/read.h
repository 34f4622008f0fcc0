// read.h - histories from files, in the formats that there are.
//
//   lines      ours: a JSON object a line, an operation or an event
//   porcupine  Porcupine's key/value logs (test_data/kv)
//   jepsen     the etcd logs of Jepsen that Porcupine ships (test_data/jepsen)
//   edn        histories of Jepsen and Knossos
//   elle       elle-cli's JSON: EDN's maps as an array of objects
//
// grading/linear/README.md has their grammars.
#ifndef GRADING_LINEAR_READ_H
#define GRADING_LINEAR_READ_H

#include "grading/linear/history.h"

enum linear_format {
    LINEAR_ANY, // what the file looks like
    LINEAR_LINES,
    LINEAR_PORCUPINE,
    LINEAR_JEPSEN,
    LINEAR_EDN,
    LINEAR_ELLE,
};

enum linear_nil {
    LINEAR_NIL_FORMAT,  // as is usual in the format
    LINEAR_NIL_ABSENT,  // a read of nil says that there was no value
    LINEAR_NIL_UNKNOWN, // it says nothing
};

struct linear_reading {
    enum linear_format format;
    enum linear_nil nil;
    bool independent;      // EDN, elle: each value is [key value]
    bool lenient;          // lines that are not understood are skipped
    unsigned threads;      // 0: as many as pay
    const char *init;      // the value that keys begin with, as in the file
                           // ("nil": none); NULL: as is usual in the format
    size_t skipped;        // out: lines that were skipped
    enum linear_format is; // out: the format that it was
};

// Fills *h, after its init. NULL, or what is wrong: owned, "FILE:LINE: what".
// `path` "-": standard input.
char *linear_read_file(const char *path, struct linear_reading *how,
                       struct linear_history *h);
// Likewise, from bytes, which must outlive the history; `name` stands for the
// file in what it says.
char *linear_read_bytes(const char *name, struct slice bytes,
                        struct linear_reading *how, struct linear_history *h);

// By its name above; -1: there is none such. And back.
int linear_format_named(const char *name);
const char *linear_format_name(enum linear_format format);

#endif
