// view.h - who is primary and who is backup: a value.
#ifndef LAB2_VIEW_H
#define LAB2_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/rpc/node.h"

// A node's name; "" is nobody.
struct who {
    char name[NODE_NAME_MAX + 1];
};

struct view {
    uint64_t number; // from 1; 0: no view yet, nobody is anything
    struct who primary;
    struct who backup;
};

// What is longer than a name is nobody's.
struct who who(const char *name);
bool is_nobody(const struct who *w);
bool same_who(const struct who *a, const struct who *b);

#endif
