// session.h - a clerk's end of at most once; a server's is in
// common/kv/sessions.h.
//
// A clerk numbers the operations of a session, asks again under the same
// number until it is answered, and may learn that the session has expired:
// then either no try can have run, and it goes on in a new session; or one may
// have, and nobody knows any more.
//
// One thread at a time.
#ifndef COMMON_CLERKS_SESSION_H
#define COMMON_CLERKS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/kv/api.pb-c.h"

struct session {
    uint64_t client; // 0: none is open
    uint64_t sequence;
};

// Makes `op` the next one in the session, which is opened if there is none; a
// Get has no number.
void session_number(struct session *s, Kv__Operation *op);

// `op` was answered that the session has expired. `ran`: a try of it may have
// run. True: nobody knows what became of it. Else it has been numbered in a new
// session, to be asked again. The session is another in both cases.
bool session_expired(struct session *s, Kv__Operation *op, bool ran);

// Makes `op` the one that ends the session. False: there is nothing to end.
bool session_close(struct session *s, Kv__Operation *op);

#endif
