// edn.h - EDN (github.com/edn-format/edn), scanned where it stands: nothing is
// copied, and what is in a collection is looked at by those who want to know.
#ifndef GRADING_LINEAR_READ_EDN_H
#define GRADING_LINEAR_READ_EDN_H

#include "grading/linear/read/register.h"

enum edn_type {
    EDN_NIL,
    EDN_INTEGER, // `text` without plus and N
    EDN_STRING,
    EDN_KEYWORD, // `text` without the colon
    EDN_OTHER,   // true, 1.5, \c, symbol
    EDN_LIST,
    EDN_VECTOR,
    EDN_MAP,
    EDN_SET,
};

struct edn {
    const unsigned char *at;
    const unsigned char *end;
    const char *why; // what is wrong at `at`
};

struct edn_element {
    enum edn_type type;
    struct slice text;    // as written; of strings and collections the inside
    struct slice written; // all of it
    bool escaped;         // a string with backslashes in it
};

enum edn_got {
    EDN_GOT,
    EDN_END,   // there is none left
    EDN_WRONG, // see `why`
};

// The next element; tags, comments and what is discarded are passed over. A
// collection is passed over as a whole.
enum edn_got edn_next(struct edn *e, struct edn_element *out);
// If a list or vector of collections comes: goes into it. False: nothing has
// moved, and an edn_next() says why.
bool edn_enter(struct edn *e, unsigned char *closer);
// The same at its end.
bool edn_leave(struct edn *e, unsigned char closer);

// The value that an element is.
bool edn_value(struct input *in, const struct edn_element *element,
               struct value *value);
// See struct register_style.
bool edn_split(struct input *in, struct slice list, struct value pair[2]);

#endif
