// target.h - a format that histories are converted to.
#ifndef GRADING_LINEAR_READ_TARGET_H
#define GRADING_LINEAR_READ_TARGET_H

#include <stdio.h>

#include "grading/linear/history.h"
#include "grading/linear/read/moments.h"

struct target_writing {
    FILE *out;
    const struct linear_history *h;
    bool independent; // values are [key value]
    size_t events;    // written so far
};

enum target_init {
    TARGET_BEGINS_ANYHOW, // its reader is told
    TARGET_BEGINS_EMPTY,  // absent or with a value of no bytes
    TARGET_BEGINS_ABSENT,
};

struct target {
    const char *name; // its files
    unsigned kinds;   // bits: it has these
    bool one_key;
    enum target_init init;
    // The texts of an operation can be said; else what there is not.
    bool (*fits)(const struct linear_history *h, const struct linear_op *op);
    const char *misfit;
    const char *before; // what is written before all events, and behind
    const char *behind;
    void (*write)(struct target_writing *w, const struct moment *moment,
                  uint64_t process);
    void (*write_note)(struct target_writing *w,
                       const struct linear_note *note);
};

extern const struct target target_porcupine;
extern const struct target target_jepsen;
extern const struct target target_edn;
extern const struct target target_elle;

// As it would be written itself: no zeros before it, not too long.
bool target_is_integer(struct slice text, size_t digits_max);
bool target_is_word(struct slice text); // a letter, then also digits - and _

#endif
