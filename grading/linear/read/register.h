// register.h - operations on registers, from the events of processes: what
// the formats of Porcupine, Jepsen and Knossos share.
#ifndef GRADING_LINEAR_READ_REGISTER_H
#define GRADING_LINEAR_READ_REGISTER_H

#include "grading/linear/read/input.h"
#include "grading/linear/read/pair.h"

// A value, or argument.
enum value_type {
    VALUE_NIL,
    VALUE_TEXT,  // `text`, or a number as written
    VALUE_LIST,  // `text`: what is between its brackets
    VALUE_OTHER, // `text`: as written
};

struct value {
    enum value_type type;
    struct slice text;
};

enum event_type {
    EVENT_INVOKE,
    EVENT_OK,
    EVENT_FAIL,
    EVENT_INFO,
    EVENT_NONE, // has not been told
};

// What a format tells of an event, as far as it does.
struct event {
    const unsigned char *at; // for what is wrong
    enum event_type type;
    struct slice process;
    bool is_client; // its process is a number
    struct slice f; // "read", without a colon; NULL: not told
    bool has_key;
    struct slice key;
    struct value value;
    struct slice value_text; // as written, for notes
    int64_t time;            // -1: not told
    struct slice index;      // size 0: not told
};

// How a format takes things.
struct register_style {
    // The first two elements of a list. False if it does not have exactly two,
    // or, with in->error set, for worse.
    bool (*split)(struct input *in, struct slice list, struct value pair[2]);
    bool independent;    // values are [key value]; or the first call is so
    bool nil_absent;     // a read of nil has found nothing
    bool failed_cas_ran; // and found another value
    bool lone_info;      // may be there, and is a note
    bool named_clients;  // a process that is a word may be a client
};

struct registers {
    struct input *in;
    struct register_style style;
    struct pairing pairing;
    struct texts indices; // of the events
    bool asked;           // whether its keys are independent
    bool locks;           // they are, and no registers
};

void registers_init(struct registers *r, struct input *in,
                    struct register_style style);
void registers_release(struct registers *r);

// The next event. False: wrong.
bool registers_take(struct registers *r, const struct event *event);

// EVENT_NONE: it is none. "ok" and so on.
enum event_type event_type_named(struct slice name);
bool is_integer(struct slice text); // perhaps with a minus

#endif
