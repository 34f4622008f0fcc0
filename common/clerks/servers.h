// servers.h - servers that are all alike, of which a clerk asks one.
//
// It stays with the one that has answered it last; when that one does not, the
// next one has its turn. When all have had theirs in vain it is time to rest.
//
// One thread at a time.
#ifndef COMMON_CLERKS_SERVERS_H
#define COMMON_CLERKS_SERVERS_H

#include <stddef.h>

enum {
    SERVERS_MAX = 16,
};

struct servers {
    char *list; // the names, in one piece of memory
    const char *names[SERVERS_MAX];
    size_t count;
    size_t at; // whose turn it is
};

// `names` between commas, one at least, are copied; it begins with the first.
// What is beyond SERVERS_MAX is never asked.
void servers_init(struct servers *s, const char *names);
void servers_release(struct servers *s);

// Whose turn it is, and: the next one's, please.
const char *servers_now(const struct servers *s);
void servers_next(struct servers *s);

#endif
