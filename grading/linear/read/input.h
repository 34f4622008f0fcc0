// input.h - what all readers share: the bytes, where the history goes, and
// what is wrong with them.
#ifndef GRADING_LINEAR_READ_INPUT_H
#define GRADING_LINEAR_READ_INPUT_H

#include "grading/linear/read.h"

enum {
    INPUT_DEPTH = 64,     // collections in collections
    INPUT_SHOWN_MAX = 44, // bytes of a text in what is said, with its end
};

struct input {
    const char *name; // of the file
    struct slice bytes;
    struct linear_reading *how;
    struct linear_history *h;
    bool by_lines; // a line that is unclear can be skipped
    char *error;   // NULL: nothing is wrong so far. Owned
};

// Something is wrong at `at`, which is in the bytes. Always false.
bool input_wrong(struct input *in, const unsigned char *at, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));
// Likewise; but where lines are skipped it only returns false.
bool input_unclear(struct input *in, const unsigned char *at,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Gives each line that is not blank to `take`, without its end. False: wrong.
// A line that `take` finds unclear, before it changes anything, is skipped if
// the reading is lenient.
bool input_each_line(struct input *in,
                     bool (*take)(void *reader, struct slice line),
                     void *reader);

// False: there is a NUL byte, which is wrong in all formats but Porcupine's.
bool input_has_no_nul(struct input *in);

// Every key begins with this, unless the reading says otherwise.
void input_begins(struct input *in, struct slice init);
void input_begins_absent(struct input *in);

// A text as it can be shown, in `shown`, which it returns.
const char *input_show(char shown[INPUT_SHOWN_MAX], struct slice text);

// The readers. Each fills in->h. False: in->error says what is wrong.
bool read_lines(struct input *in);
bool read_porcupine(struct input *in);
bool read_jepsen(struct input *in);
bool read_edn(struct input *in);
bool read_elle(struct input *in);

#endif
