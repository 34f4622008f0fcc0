#include "common/kv/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/runtime/alloc.h"

struct entry {
    UT_hash_handle hh;
    unsigned char *key;
    size_t key_size;
    unsigned char *value;
    size_t value_size;
};

struct store {
    struct entry *entries;
    size_t bytes;
};

struct store *store_new(void)
{
    return xcalloc(1, sizeof(struct store));
}

static void entry_free(struct entry *e)
{
    free(e->key);
    free(e->value);
    free(e);
}

void store_free(struct store *s)
{
    if (s == NULL)
        return;
    struct entry *e;
    struct entry *next;
    HASH_ITER(hh, s->entries, e, next)
    {
        HASH_DEL(s->entries, e);
        entry_free(e);
    }
    free(s);
}

static struct entry *find(const struct store *s, struct slice key)
{
    struct entry *e = NULL;
    HASH_FIND(hh, s->entries, key.data, key.size, e);
    return e;
}

bool store_get(const struct store *s, struct slice key, struct slice *value)
{
    const struct entry *e = find(s, key);
    if (e != NULL)
        *value = slice_of(e->value, e->value_size);
    return e != NULL;
}

static struct entry *add(struct store *s, struct slice key)
{
    struct entry *e = xcalloc(1, sizeof *e);
    e->key = xmemdup(key.data, key.size);
    e->key_size = key.size;
    HASH_ADD_KEYPTR(hh, s->entries, e->key, e->key_size, e);
    s->bytes += key.size;
    return e;
}

void store_put(struct store *s, struct slice key, struct slice value)
{
    assert(key.size >= 1 && key.size <= STORE_KEY_MAX);
    assert(value.size <= STORE_VALUE_MAX);
    struct entry *e = find(s, key);
    if (e == NULL)
        e = add(s, key);
    unsigned char *copy = xmemdup(value.data, value.size); // may be e->value
    free(e->value);
    s->bytes = s->bytes - e->value_size + value.size;
    e->value = copy;
    e->value_size = value.size;
}

size_t store_count(const struct store *s)
{
    return HASH_COUNT(s->entries);
}

size_t store_bytes(const struct store *s)
{
    return s->bytes;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a;
    const struct entry *y = *(const struct entry *const *)b;
    return slice_compare(slice_of(x->key, x->key_size),
                         slice_of(y->key, y->key_size));
}

void store_each(const struct store *s,
                void (*each)(void *arg, struct slice key, struct slice value),
                void *arg)
{
    size_t count = store_count(s);
    struct entry **sorted = xcalloc(count + 1, sizeof(struct entry *));
    size_t n = 0;
    for (struct entry *e = s->entries; e != NULL; e = e->hh.next)
        sorted[n++] = e;
    qsort(sorted, count, sizeof(struct entry *), by_key);
    for (size_t i = 0; i < count; i++)
        each(arg, slice_of(sorted[i]->key, sorted[i]->key_size),
             slice_of(sorted[i]->value, sorted[i]->value_size));
    free(sorted);
}
