// lines.h - the fields of one line of our histories; private to its reader.
#ifndef GRADING_LINEAR_READ_LINES_H
#define GRADING_LINEAR_READ_LINES_H

#include "grading/linear/read/reader.h"

enum field_name {
    FIELD_E,
    FIELD_ID,
    FIELD_C,
    FIELD_OP,
    FIELD_K,
    FIELD_V,
    FIELD_A,
    FIELD_B,
    FIELD_OLD,
    FIELD_NEW,
    FIELD_R,
    FIELD_T,
    FIELD_T0,
    FIELD_T1,
    FIELD_VER,
    FIELD_SAWVER,
    FIELD_WHO,
    FIELD_TEXT,
    FIELD_INIT,
    FIELD_COUNT,
};

extern const char *const field_names[FIELD_COUNT];

enum field_kind {
    FIELD_STRING,
    FIELD_ATOM, // a number, true, false
    FIELD_NULL,
    FIELD_OTHER, // an object or an array
};

struct field {
    enum field_kind kind;
    bool escaped; // a string with a backslash
    bool base64;
    bool is_number; // from 0 on
    int64_t number;
    struct slice raw; // without quotes
};

enum {
    FIELDS_KNOWN = 12, // places in a line of which is known what stood there
};

// The name that stood at a place in the line before: all of "name":
struct field_place {
    const unsigned char *text;
    size_t size;
    int index; // -1: no field that is known
    bool base64;
};

struct fields {
    uint32_t present;
    size_t read; // so far, of this line
    struct field_place places[FIELDS_KNOWN];
    struct field at[FIELD_COUNT]; // those that are
};

static inline bool fields_has(const struct fields *f, enum field_name name)
{
    return (f->present >> name & 1) != 0;
}
// Missing, or null.
static inline bool fields_is_null(const struct fields *f, enum field_name name)
{
    return !fields_has(f, name) || f->at[name].kind == FIELD_NULL;
}

// Those of the object that is the line. False: it is malformed.
bool fields_read(struct reader *r, struct slice line, struct fields *f);

#endif
