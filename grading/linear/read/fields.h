// fields.h - a line of ours, taken apart: an object with the fields of 4.4.
#ifndef GRADING_LINEAR_READ_FIELDS_H
#define GRADING_LINEAR_READ_FIELDS_H

#include "grading/linear/read/input.h"
#include "grading/linear/read/json.h"

// Those that begin with one letter stand together, the most frequent one first.
// A field ..B behind another one is the same in base64.
enum field {
    FIELD_A,
    FIELD_AB,
    FIELD_B,
    FIELD_BB,
    FIELD_C,
    FIELD_CB,
    FIELD_E,
    FIELD_FORMAT,
    FIELD_ID,
    FIELD_INIT,
    FIELD_INITB,
    FIELD_K,
    FIELD_KB,
    FIELD_NEW,
    FIELD_NEWB,
    FIELD_OP,
    FIELD_OLD,
    FIELD_OLDB,
    FIELD_R,
    FIELD_SAWVER,
    FIELD_T0,
    FIELD_T1,
    FIELD_T,
    FIELD_TEXT,
    FIELD_TEXTB,
    FIELD_V,
    FIELD_VB,
    FIELD_VER,
    FIELD_WHO,
    FIELD_WHOB,
    FIELDS, // how many
};

struct fields {
    struct input *in;
    struct slice line;
    uint32_t has;   // bits by field: it is there, and not null
    uint32_t nulls; // it is there, and null
    struct json_value values[FIELDS];
};

// False if the line is unclear; so below.
bool fields_read(struct fields *f, struct slice line);

static inline bool fields_has(const struct fields *f, enum field field)
{
    return (f->has >> field & 1) != 0;
}

// It or its base64.
static inline bool fields_has_text(const struct fields *f, enum field field)
{
    return (f->has >> field & 3) != 0;
}

// A text, or its base64, that must be there.
bool fields_text(struct fields *f, enum field field, struct slice *out);
// A text that may be a number, as written.
bool fields_label(struct fields *f, enum field field, struct slice *out);
// A whole number up to `most`, that must be there; a string of its digits will
// do.
bool fields_integer(struct fields *f, enum field field, int64_t most,
                    int64_t *out);
// The string `field` without escapes, if it is one; else of size 0.
struct slice fields_word(const struct fields *f, enum field field);

#endif
