// sessions.h - at most once: what each client did last, and was answered.
//
// A client that does not learn the outcome of an operation asks again, with
// the same number; whoever runs operations asks here first (Birrell & Nelson,
// "Implementing Remote Procedure Calls", 1984, section 3.2; Liskov &
// Cowling, "Viewstamped Replication Revisited", 2012, section 4.1: the client
// table). A client has one operation under way at a time and numbers them 1,
// 2, ...; so the answer to the last one is all that is ever asked for again.
//
// The table is part of the replicated state: the same calls in the same order
// leave the same table on every replica, and it travels with the data. Nothing
// in it depends on time.
//
// Limits: SESSIONS_MAX sessions and SESSIONS_BYTES_MAX bytes of answers. Beyond
// them the session that was used longest ago goes; its client learns
// SESSIONS_EXPIRED, and does not know what became of its last operation. A
// closed session stays, without its answer, until it goes in this way: so its
// own late messages are still told from new ones.
//
// One thread at a time: its owner locks.
#ifndef COMMON_KV_SESSIONS_H
#define COMMON_KV_SESSIONS_H

#include <stdint.h>

#include "common/kv/api.pb-c.h"

enum {
    SESSIONS_MAX = 10000,
    SESSIONS_BYTES_MAX = 64 << 20,
};

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions *s); // NULL is fine

enum sessions_verdict {
    SESSIONS_NEW,     // run it, and then tell sessions_note
    SESSIONS_AGAIN,   // it was run: *answer is what it was answered
    SESSIONS_LATE,    // older than the last one: nobody waits for an answer
    SESSIONS_EXPIRED, // not the next of a session that we know: do not run it
};

// What to do with operation `sequence` of `client`. *answer (SESSIONS_AGAIN)
// is borrowed until the next change.
enum sessions_verdict sessions_check(struct sessions *s, uint64_t client,
                                     uint64_t sequence,
                                     const Kv__Answer **answer);

// The operation that was SESSIONS_NEW has been run: keeps a copy of its answer
// until the client's next one.
void sessions_note(struct sessions *s, uint64_t client, uint64_t sequence,
                   const Kv__Answer *answer);

// The client needs no more answers. Harmless if the session is not known.
void sessions_close(struct sessions *s, uint64_t client, uint64_t sequence);

// For a transfer. sessions_fill appends all to state->sessions, borrowed from
// `s`; release by sessions_unfill. sessions_take adds what the state says, as
// used later than what is there; ERR_OK or ERR_PROTO.
void sessions_fill(const struct sessions *s, Kv__State *state);
void sessions_unfill(Kv__State *state);
int sessions_take(struct sessions *s, const Kv__State *state);

uint32_t sessions_count(const struct sessions *s);
uint64_t sessions_bytes(const struct sessions *s); // of answers

#endif
