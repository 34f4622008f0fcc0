// reader.h - what the readers share; private to them.
#ifndef GRADING_LINEAR_READ_READER_H
#define GRADING_LINEAR_READ_READER_H

#include "grading/linear/read.h"

enum {
    NOT_OPEN = UINT32_MAX,
};

// A file on its way into a history. The first thing that is wrong ends it.
struct reader {
    const char *name;
    const unsigned char *at;
    const unsigned char *end;
    size_t line;
    struct linear_history *h;
    struct linear_reading *how;
    char *error; // owned; NULL: all is well

    // For files of events: the operation that each client has open, by its
    // number, and the position of the last event.
    uint32_t *open; // owned
    size_t open_room;
    int64_t position;
};

// Always false: "NAME:LINE: what".
bool reader_fail(struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// --- Events, by who called (pair.c) ----------------------------------------

// The client calls: a new operation, at the next position; NULL: it has one
// open.
struct linear_op *pair_call(struct reader *r, struct slice client);
// It returns: what it has open, at the next position; NULL: nothing.
struct linear_op *pair_return(struct reader *r, struct slice client);
// Like the one that is open, and it stays so; NULL: nothing.
struct linear_op *pair_open(struct reader *r, struct slice client);
// Of the event at hand, in nanoseconds.
void pair_time(struct reader *r, const struct linear_op *op, int64_t time,
               bool is_return);
// At the end: what is open may happen or not.
void pair_end(struct reader *r);

// --- Elements of EDN and JSON (scan.c) -------------------------------------

// One element as it stands in the file, without a tag.
struct element {
    struct slice raw; // size 0: there is none
    size_t line;
};

// The next element; none at a closing bracket or at the end of the input. In
// JSON a colon is a blank. False: it is malformed.
bool scan_element(struct reader *r, bool json, struct element *e);
void scan_blanks(struct reader *r, bool json);
// Enters a list, vector or map that scan_element has returned: its elements
// are read from *inner, which needs no release.
void scan_enter(const struct reader *r, const struct element *e,
                struct reader *inner);
bool element_is(const struct element *e, const char *text);
bool element_is_nil(const struct element *e);
bool element_is_list(const struct element *e); // a list or vector
bool element_is_number(const struct element *e);
// Its text: of a string what it says, of a keyword its name; of anything else
// what stands there.
bool element_text(struct reader *r, const struct element *e,
                  struct slice *text);
// A decimal integer from 0 on.
bool element_number(const struct element *e, int64_t *number);

// What the string says that stands, without its quotes, in `raw`.
bool scan_unescape(struct reader *r, struct slice raw, struct slice *text);
bool scan_base64(struct reader *r, struct slice raw, struct slice *text);

// The line at hand, without its end; false: there is none. Goes on.
bool scan_line(struct reader *r, struct slice *line);

// --- The formats -----------------------------------------------------------

bool read_lines(struct reader *r);
bool read_porcupine(struct reader *r);
bool read_jepsen(struct reader *r);
bool read_elements(struct reader *r, bool json); // EDN and elle

#endif
