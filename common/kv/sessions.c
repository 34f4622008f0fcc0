// sessions.c - see sessions.h.
//
// The hash table keeps its entries in the order of insertion; an entry that is
// used goes out and in again, so the one in front is the one to forget.
#include "common/kv/sessions.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

struct session {
    UT_hash_handle hh;
    uint64_t client;
    uint64_t last;
    bool closed;
    Kv__Answer answer; // its value is owned
};

struct sessions {
    struct session *all; // the longest unused in front
    uint64_t bytes;      // of answers
};

struct sessions *sessions_new(void)
{
    return xcalloc(1, sizeof(struct sessions));
}

static void drop_answer(struct sessions *s, struct session *e)
{
    s->bytes -= e->answer.value.len;
    free(e->answer.value.data);
    e->answer.value = (ProtobufCBinaryData){0};
}

static void forget(struct sessions *s, struct session *e)
{
    HASH_DEL(s->all, e);
    drop_answer(s, e);
    free(e);
}

void sessions_free(struct sessions *s)
{
    if (s == NULL)
        return;
    while (s->all != NULL)
        forget(s, s->all);
    free(s);
}

static struct session *find(const struct sessions *s, uint64_t client)
{
    struct session *e = NULL;
    HASH_FIND(hh, s->all, &client, sizeof client, e);
    return e;
}

enum sessions_verdict sessions_check(struct sessions *s, uint64_t client,
                                     uint64_t sequence,
                                     const Kv__Answer **answer)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b sessions_check");
    const struct session *e = find(s, client);
    uint64_t last = e == NULL ? 0 : e->last;
    if (client == 0 || sequence == 0)
        return SESSIONS_EXPIRED;
    if (sequence == last + 1 && (e == NULL || !e->closed))
        return SESSIONS_NEW;
    if (sequence < last || (sequence == last && e->closed))
        return SESSIONS_LATE;
    if (sequence != last)
        return SESSIONS_EXPIRED;
    *answer = &e->answer;
    return SESSIONS_AGAIN;
    // SOLUTION END
}

// SOLUTION BEGIN 2b
// The session, as the one that was used last.
static struct session *use(struct sessions *s, uint64_t client)
{
    struct session *e = find(s, client);
    if (e == NULL) {
        e = xcalloc(1, sizeof *e);
        e->client = client;
        kv__answer__init(&e->answer);
    } else {
        HASH_DEL(s->all, e);
    }
    HASH_ADD(hh, s->all, client, sizeof e->client, e);
    return e;
}

// Forgets from the front until the limits hold; never the one used last.
static void keep_limits(struct sessions *s)
{
    while (s->all->hh.next != NULL &&
           (HASH_COUNT(s->all) > SESSIONS_MAX || s->bytes > SESSIONS_BYTES_MAX))
        forget(s, s->all);
}
// SOLUTION END

static void set_answer(struct sessions *s, struct session *e,
                       const Kv__Answer *answer)
{
    drop_answer(s, e);
    e->answer = *answer;
    e->answer.value.data = xmemdup(answer->value.data, answer->value.len);
    s->bytes += answer->value.len;
}

void sessions_note(struct sessions *s, uint64_t client, uint64_t sequence,
                   const Kv__Answer *answer)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b sessions_note");
    struct session *e = use(s, client);
    assert(sequence == e->last + 1); // SESSIONS_NEW, and nothing in between
    e->last = sequence;
    set_answer(s, e, answer);
    keep_limits(s);
    // SOLUTION END
}

void sessions_close(struct sessions *s, uint64_t client, uint64_t sequence)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b sessions_close");
    struct session *e = find(s, client);
    if (e == NULL || sequence <= e->last)
        return; // a late one: the session was closed, or goes on
    e = use(s, client);
    e->last = sequence;
    e->closed = true;
    drop_answer(s, e);
    // SOLUTION END
}

// --- Transfer --------------------------------------------------------------

void sessions_fill(const struct sessions *s, Kv__State *state)
{
    size_t count = HASH_COUNT(s->all);
    state->n_sessions = count;
    state->sessions = xcalloc(count + 1, sizeof(Kv__Session *));
    Kv__Session *copies = xcalloc(count + 1, sizeof *copies);
    size_t i = 0;
    for (struct session *e = s->all; e != NULL; e = e->hh.next, i++) {
        kv__session__init(&copies[i]);
        copies[i].client = e->client;
        copies[i].last = e->last;
        copies[i].closed = e->closed;
        copies[i].answer = &e->answer;
        state->sessions[i] = &copies[i];
    }
    if (count == 0)
        state->sessions[0] = copies; // for sessions_unfill
}

void sessions_unfill(Kv__State *state)
{
    free(state->sessions[0]);
    free(state->sessions);
    state->sessions = NULL;
    state->n_sessions = 0;
}

int sessions_take(struct sessions *s, const Kv__State *state)
{
    if (state->n_sessions > SESSIONS_MAX - sessions_count(s))
        return ERR_PROTO;
    for (size_t i = 0; i < state->n_sessions; i++) {
        const Kv__Session *from = state->sessions[i];
        if (from->client == 0 || from->answer == NULL ||
            find(s, from->client) != NULL)
            return ERR_PROTO;
        struct session *e = xcalloc(1, sizeof *e);
        e->client = from->client;
        e->last = from->last;
        e->closed = from->closed;
        kv__answer__init(&e->answer);
        set_answer(s, e, from->answer);
        HASH_ADD(hh, s->all, client, sizeof e->client, e);
    }
    return ERR_OK;
}

uint32_t sessions_count(const struct sessions *s)
{
    return HASH_COUNT(s->all);
}

uint64_t sessions_bytes(const struct sessions *s)
{
    return s->bytes;
}
