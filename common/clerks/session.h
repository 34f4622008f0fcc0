// session.h - a clerk's end of at most once; a server's is in
// common/kv/sessions.h.
//
// A clerk numbers the operations of a session, asks again under the same
// number until it is answered, and may learn that the session has expired:
// then either no try can have run, and it goes on in a new session; or one may
// have, and nobody knows any more. What is numbered and how it says so is the
// service's: see kv.h.
//
// One thread at a time.
#ifndef COMMON_CLERKS_SESSION_H
#define COMMON_CLERKS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct session {
    uint64_t client;   // 0: none is open
    uint64_t sequence; // of the last operation
};

// Whose operations these are. Opens the session if none is open.
uint64_t session_client(struct session *s);

// Which operation the next one is: 1, 2, ... in the session.
uint64_t session_next(struct session *s);

// An operation was answered that the session has expired: opens another one. If
// no try of it can have run it is to be numbered anew, and asked again.
void session_expired(struct session *s);

// Is there anything for a server to forget?
bool session_is_used(const struct session *s);

#endif
