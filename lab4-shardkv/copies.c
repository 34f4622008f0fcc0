#include "lab4-shardkv/copies.h"

#include <assert.h>
#include <stdlib.h>

#include "common/kv/machine.h"
#include "common/runtime/alloc.h"

struct copy {
    struct copy_name name;
    struct kv *kv;
    Kv__State state; // all of it, borrowed from `kv`
    struct copy *next;
};

void copies_add(struct copies *c, struct copy_name name, struct kv *kv)
{
    assert(!copies_has(c, name));
    struct copy *copy = xcalloc(1, sizeof *copy);
    copy->name = name;
    copy->kv = kv;
    kv_fill(kv, &copy->state);
    copy->next = c->all;
    c->all = copy;
    c->count++;
    c->bytes += kv_bytes(kv);
}

static bool is_named(const struct copy *copy, struct copy_name name)
{
    return copy->name.number == name.number && copy->name.shard == name.shard;
}

// Where the pointer to the copy stands, or the one that ends the list.
static struct copy **find(struct copies *c, struct copy_name name)
{
    struct copy **at = &c->all;
    while (*at != NULL && !is_named(*at, name))
        at = &(*at)->next;
    return at;
}

bool copies_has(const struct copies *c, struct copy_name name)
{
    const struct copy *copy = c->all;
    while (copy != NULL && !is_named(copy, name))
        copy = copy->next;
    return copy != NULL;
}

struct kv *copies_remove(struct copies *c, struct copy_name name)
{
    struct copy **at = find(c, name);
    struct copy *copy = *at;
    if (copy == NULL)
        return NULL;
    *at = copy->next;
    struct kv *kv = copy->kv;
    c->count--;
    c->bytes -= kv_bytes(kv);
    kv_unfill(&copy->state);
    free(copy);
    return kv;
}

void copies_release(struct copies *c)
{
    while (c->all != NULL)
        kv_free(copies_remove(c, c->all->name));
}

// --- Pieces ----------------------------------------------------------------

static size_t bytes_of(const Kv__State *s, size_t item)
{
    if (item < s->n_pairs)
        return s->pairs[item]->key.len + s->pairs[item]->value.len;
    return s->sessions[item - s->n_pairs]->answer->value.len;
}

// The item behind a piece that begins with `from`.
static size_t end_of_piece(const Kv__State *s, size_t from)
{
    size_t items = s->n_pairs + s->n_sessions;
    size_t bytes = 0;
    size_t to = from;
    while (to < items && to - from < COPIES_PIECE_ITEMS) {
        bytes += bytes_of(s, to);
        if (to > from && bytes > COPIES_PIECE_BYTES)
            return to;
        to++;
    }
    return to;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void copies_piece(const struct copies *c, struct copy_name name, uint64_t from,
                  Kv__State *piece, bool *last)
{
    const Kv__State *s = &(*find((struct copies *)c, name))->state;
    size_t items = s->n_pairs + s->n_sessions;
    size_t begin = from < items ? (size_t)from : items;
    size_t end = end_of_piece(s, begin);
    size_t pairs = smaller(begin, s->n_pairs);
    size_t pairs_end = smaller(end, s->n_pairs);
    kv__state__init(piece);
    piece->pairs = s->pairs + pairs;
    piece->n_pairs = pairs_end - pairs;
    piece->sessions = s->sessions + (begin - pairs);
    piece->n_sessions = (end - pairs_end) - (begin - pairs);
    *last = end == items;
}
