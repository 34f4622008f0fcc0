// json.h - JSON (RFC 8259), scanned where it stands: nothing is copied.
#ifndef GRADING_LINEAR_READ_JSON_H
#define GRADING_LINEAR_READ_JSON_H

#include "grading/linear/history.h"

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json {
    const unsigned char *at;
    const unsigned char *end;
    const char *why; // what is wrong at `at`, once a function has said false
};

struct json_value {
    enum json_type type;
    bool escaped; // a string with backslashes in it
    // As written; of a string what is between the quotes, of arrays and
    // objects what is between the brackets.
    struct slice text;
    int64_t integer; // of a number; -1: see json_integer
};

bool json_fail(struct json *j, const char *why); // false
void json_space(struct json *j);
// Takes `c` and the space before it, if that is what comes.
bool json_take(struct json *j, unsigned char c);
bool json_read(struct json *j, struct json_value *value);
// "name": and the space around.
bool json_name(struct json *j, struct json_value *name);

// A whole number, 0 or more, in decimal digits; -1: it is none, or too big.
int64_t json_integer(struct slice text);

#endif
