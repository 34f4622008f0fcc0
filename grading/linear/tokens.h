// tokens.h - the set of texts that were written to a key, each with a number.
//
// Most are numbered by who wrote them: "c3.17;", a stem, a number, a last
// byte. Those are found by their number in an array of the stem, which is in
// the cache since a client counts upwards; all others in a hash table.
#ifndef GRADING_LINEAR_TOKENS_H
#define GRADING_LINEAR_TOKENS_H

#include "grading/linear/texts.h"

// The numbers of the texts of one stem; TEXTS_NONE: not written.
struct tokens_stem {
    uint32_t *numbers; // owned
    size_t room;
};

struct tokens {
    struct slice *at; // by number
    size_t count;
    size_t room;
    struct texts stems;
    struct tokens_stem *stem; // by the stem's number; owned
    size_t stem_room;
    struct texts others;
    uint32_t *other; // by the number in `others`; owned
    size_t other_room;
};

void tokens_init(struct tokens *t, size_t count); // so many at most
void tokens_release(struct tokens *t);
// False: it is there already.
bool tokens_add(struct tokens *t, struct slice text);
// A number for a text that cannot be found; until it is named. False: the text
// is there already.
void tokens_skip(struct tokens *t);
bool tokens_name(struct tokens *t, uint32_t number, struct slice text);
// TEXTS_NONE if it is not in it.
uint32_t tokens_find(const struct tokens *t, struct slice text);

#endif
