#include "common/kv/machine.h"

#include <stdlib.h>
#include <string.h>

#include "common/kv/sessions.h"
#include "common/kv/store.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

struct kv {
    struct store *store;
    struct sessions *sessions;
    struct buf found; // what the last Append found
};

struct kv *kv_new(void)
{
    struct kv *kv = xcalloc(1, sizeof *kv);
    kv->store = store_new();
    kv->sessions = sessions_new();
    buf_init(&kv->found, STORE_VALUE_MAX);
    return kv;
}

void kv_free(struct kv *kv)
{
    if (kv == NULL)
        return;
    store_free(kv->store);
    sessions_free(kv->sessions);
    buf_release(&kv->found);
    free(kv);
}

static struct slice slice_from(ProtobufCBinaryData data)
{
    return slice_of(data.data, data.len);
}

static ProtobufCBinaryData data_from(struct slice s)
{
    return (ProtobufCBinaryData){.len = s.size, .data = (uint8_t *)s.data};
}

// --- Running ---------------------------------------------------------------

// OK if key and value are within their limits.
static Kv__Status check(const Kv__Operation *op)
{
    if (op->key.len == 0)
        return KV__STATUS__BAD_KEY;
    if (op->key.len > STORE_KEY_MAX || op->value.len > STORE_VALUE_MAX)
        return KV__STATUS__TOO_LARGE;
    return KV__STATUS__OK;
}

static void get(struct kv *kv, const Kv__Operation *op, Kv__Answer *answer)
{
    struct slice value = slice_of(NULL, 0);
    answer->found = store_get(kv->store, slice_from(op->key), &value);
    answer->value = data_from(value);
    if (!answer->found)
        answer->status = KV__STATUS__NO_KEY;
}

static void append(struct kv *kv, const Kv__Operation *op, Kv__Answer *answer)
{
    struct slice key = slice_from(op->key);
    struct slice old = slice_of(NULL, 0);
    bool found = store_get(kv->store, key, &old);
    if (old.size + op->value.len > STORE_VALUE_MAX) {
        answer->status = KV__STATUS__TOO_LARGE;
        return;
    }
    buf_clear(&kv->found);
    buf_append(&kv->found, old.data, old.size);
    struct buf whole;
    buf_init(&whole, STORE_VALUE_MAX);
    buf_append(&whole, old.data, old.size);
    buf_append(&whole, op->value.data, op->value.len);
    store_put(kv->store, key, buf_slice(&whole));
    buf_release(&whole);
    answer->found = found;
    answer->value = data_from(buf_slice(&kv->found));
}

static void run(struct kv *kv, const Kv__Operation *op, Kv__Answer *answer)
{
    answer->status = check(op);
    if (answer->status != KV__STATUS__OK)
        return;
    if (op->kind == KV__KIND__GET)
        get(kv, op, answer);
    else if (op->kind == KV__KIND__PUT)
        store_put(kv->store, slice_from(op->key), slice_from(op->value));
    else
        append(kv, op, answer);
}

bool kv_apply(struct kv *kv, const Kv__Operation *op, Kv__Answer *answer)
{
    kv__answer__init(answer);
    if (op->kind == KV__KIND__GET) {
        run(kv, op, answer); // changes nothing: a retried one runs again
        return true;
    }
    if (op->kind == KV__KIND__CLOSE) {
        sessions_close(kv->sessions, op->client, op->sequence);
        return true;
    }
    const Kv__Answer *before = NULL;
    switch (sessions_check(kv->sessions, op->client, op->sequence, &before)) {
    case SESSIONS_NEW:
        run(kv, op, answer);
        sessions_note(kv->sessions, op->client, op->sequence, answer);
        return true;
    case SESSIONS_AGAIN:
        *answer = *before;
        return true;
    case SESSIONS_LATE:
        return false;
    case SESSIONS_EXPIRED:
        answer->status = KV__STATUS__SESSION_EXPIRED;
        return true;
    }
    abort();
}

// --- Transfer --------------------------------------------------------------

struct filling {
    Kv__State *state;
    Kv__Pair *pairs;
};

static void fill_pair(void *arg, struct slice key, struct slice value)
{
    struct filling *f = arg;
    size_t i = f->state->n_pairs++;
    kv__pair__init(&f->pairs[i]);
    f->pairs[i].key = data_from(key);
    f->pairs[i].value = data_from(value);
    f->state->pairs[i] = &f->pairs[i];
}

void kv_fill(const struct kv *kv, Kv__State *state)
{
    kv__state__init(state);
    size_t count = store_count(kv->store);
    state->pairs = xcalloc(count + 1, sizeof(Kv__Pair *));
    struct filling f = {state, xcalloc(count + 1, sizeof(Kv__Pair))};
    state->pairs[0] = f.pairs; // for kv_unfill, if there is none
    store_each(kv->store, fill_pair, &f);
    sessions_fill(kv->sessions, state);
}

void kv_unfill(Kv__State *state)
{
    sessions_unfill(state);
    free(state->pairs[0]);
    free(state->pairs);
    state->pairs = NULL;
    state->n_pairs = 0;
}

static int take_pairs(struct kv *kv, const Kv__State *state)
{
    for (size_t i = 0; i < state->n_pairs; i++) {
        struct slice key = slice_from(state->pairs[i]->key);
        struct slice value = slice_from(state->pairs[i]->value);
        struct slice twice;
        if (key.size < 1 || key.size > STORE_KEY_MAX ||
            value.size > STORE_VALUE_MAX || store_get(kv->store, key, &twice))
            return ERR_PROTO;
        store_put(kv->store, key, value);
    }
    return ERR_OK;
}

int kv_add(struct kv *kv, const Kv__State *piece)
{
    int err = take_pairs(kv, piece);
    return err == ERR_OK ? sessions_take(kv->sessions, piece) : err;
}

int kv_from(const Kv__State *state, struct kv **out)
{
    struct kv *kv = kv_new();
    int err = kv_add(kv, state);
    if (err != ERR_OK)
        kv_free(kv);
    else
        *out = kv;
    return err;
}

size_t kv_keys(const struct kv *kv)
{
    return store_count(kv->store);
}

size_t kv_bytes(const struct kv *kv)
{
    return store_bytes(kv->store);
}

uint32_t kv_sessions(const struct kv *kv)
{
    return sessions_count(kv->sessions);
}
