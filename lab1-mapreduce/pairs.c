// pairs.c - see pairs.h.
//
// A table with open addressing: for each word of the input one probe, one
// comparison and two bytes written, in word count. An entry and its key lie
// together in a pool, its block of values elsewhere in it; a block that must
// grow moves to twice the room and leaves the old one behind, so at most half
// of the pool is waste.
#include "lab1-mapreduce/pairs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "lab1-mapreduce/block.h"
#include "lab1-mapreduce/pool.h"

enum {
    SLOTS_FIRST = 1024, // a power of two
    BLOCK_FIRST = 16,   // bytes
    BLOCK_SMALL = 64,   // bytes; combining more often than that is slow
};

struct entry {
    uint64_t hash;
    unsigned char *block;
    size_t size; // bytes of the block in use
    size_t room;
    size_t key_size;
    unsigned char key[];
};

struct slot {
    uint64_t hash;
    struct entry *entry; // NULL: free
};

// What is sorted: most comparisons end at the first eight bytes of the key.
struct sorted {
    uint32_t partition;
    uint64_t prefix;
    const struct entry *entry;
};

struct pairs {
    const struct mr_app *app;
    uint32_t reduces;
    struct pool pool;
    struct slot *slots;
    size_t slot_count; // a power of two, at least twice `count`
    size_t count;
    struct sorted *sorted; // NULL unless sorted
    struct buf combined;   // what combine emits
    const char *failure;
};

// FNV-1a (Fowler, Noll, Vo), 64 bits.
static uint64_t key_hash(struct slice key)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ key.data[i]) * 1099511628211u;
    return hash;
}

static uint32_t hash_partition(uint64_t hash, uint32_t reduces)
{
    return (uint32_t)(hash % reduces);
}

uint32_t key_partition(struct slice key, uint32_t reduces)
{
    return hash_partition(key_hash(key), reduces);
}

struct pairs *pairs_new(const struct mr_app *app, uint32_t reduces)
{
    assert(reduces > 0);
    struct pairs *p = xcalloc(1, sizeof *p);
    p->app = app;
    p->reduces = reduces;
    pool_init(&p->pool);
    buf_init(&p->combined, SIZE_MAX);
    p->slot_count = SLOTS_FIRST;
    p->slots = xcalloc(p->slot_count, sizeof p->slots[0]);
    return p;
}

void pairs_free(struct pairs *p)
{
    if (p == NULL)
        return;
    pool_release(&p->pool);
    buf_release(&p->combined);
    free(p->slots);
    free(p->sorted);
    free(p);
}

void pairs_clear(struct pairs *p)
{
    pool_release(&p->pool);
    free(p->slots);
    free(p->sorted);
    p->sorted = NULL;
    p->count = 0;
    p->slot_count = SLOTS_FIRST;
    p->slots = xcalloc(p->slot_count, sizeof p->slots[0]);
}

size_t pairs_bytes(const struct pairs *p)
{
    return p->pool.total + p->slot_count * sizeof p->slots[0];
}

const char *pairs_failure(const struct pairs *p)
{
    return p->failure;
}

// Where the search for a key begins. FNV leaves the upper bits of the hash of
// a short key poor, so they are mixed once more (Knuth, TAOCP 3, 6.4).
static size_t slot_index(uint64_t hash, size_t mask)
{
    return (size_t)((hash * 0x9e3779b97f4a7c15u) >> 32) & mask;
}

// The slot that holds the key, or the free one where it belongs.
static struct slot *find_slot(const struct pairs *p, struct slice key,
                              uint64_t hash)
{
    size_t mask = p->slot_count - 1;
    size_t i = slot_index(hash, mask);
    for (;;) { // ends: half of the slots are free
        struct slot *slot = &p->slots[i];
        if (slot->entry == NULL)
            return slot;
        if (slot->hash == hash && slot->entry->key_size == key.size &&
            memcmp(slot->entry->key, key.data, key.size) == 0)
            return slot;
        i = (i + 1) & mask;
    }
}

static void grow_slots(struct pairs *p)
{
    struct slot *old = p->slots;
    size_t old_count = p->slot_count;
    p->slot_count = 2 * old_count;
    p->slots = xcalloc(p->slot_count, sizeof p->slots[0]);
    size_t mask = p->slot_count - 1;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].entry == NULL)
            continue;
        size_t at = slot_index(old[i].hash, mask);
        while (p->slots[at].entry != NULL)
            at = (at + 1) & mask;
        p->slots[at] = old[i];
    }
    free(old);
}

static struct entry *add_entry(struct pairs *p, struct slot *slot,
                               struct slice key, uint64_t hash)
{
    struct entry *entry = pool_alloc(&p->pool, sizeof *entry + key.size);
    *entry = (struct entry){.hash = hash, .key_size = key.size};
    if (key.size > 0)
        memcpy(entry->key, key.data, key.size);
    *slot = (struct slot){.hash = hash, .entry = entry};
    p->count++;
    if (2 * p->count > p->slot_count)
        grow_slots(p);
    return entry;
}

static struct slice entry_key(const struct entry *entry)
{
    return slice_of(entry->key, entry->key_size);
}

// --- Combining -------------------------------------------------------------

struct combining {
    struct emitter emitter;
    struct slice key;
    struct buf *block; // what combine has emitted
    bool foreign;      // for another key
};

static void take_combined(struct emitter *e, struct slice key,
                          struct slice value)
{
    struct combining *c = (struct combining *)e;
    c->foreign = c->foreign || !slice_equal(key, c->key);
    size_t size = block_size(value);
    unsigned char *to = buf_reserve(c->block, size);
    assert(to != NULL);
    block_put(to, value);
    c->block->size += size;
}

static void make_room(struct pairs *p, struct entry *entry, size_t room)
{
    unsigned char *block = pool_alloc(&p->pool, room);
    if (entry->size > 0)
        memcpy(block, entry->block, entry->size);
    entry->block = block;
    entry->room = room;
}

// Replaces the values by what combine makes of them.
static void combine(struct pairs *p, struct entry *entry)
{
    struct combining c = {
        .emitter.emit = take_combined,
        .key = entry_key(entry),
        .block = &p->combined,
    };
    struct block_values values;
    block_values_init(&values, slice_of(entry->block, entry->size));
    buf_clear(&p->combined);
    p->app->combine(c.key, &values.values, &c.emitter);
    if (c.foreign)
        p->failure = "combine emitted a pair for another key";

    entry->size = 0;
    if (p->combined.size > entry->room)
        make_room(p, entry, p->combined.size);
    if (p->combined.size > 0)
        memcpy(entry->block, p->combined.data, p->combined.size);
    entry->size = p->combined.size;
}

// Makes room for `more` bytes: by combining, if that frees enough to be worth
// its time, or else with a block twice as large.
static void make_block_fit(struct pairs *p, struct entry *entry, size_t more)
{
    size_t room = entry->room == 0 ? BLOCK_FIRST : entry->room;
    if (p->app->combine != NULL && entry->size > 0) {
        combine(p, entry);
        room = entry->room;
        if (room < BLOCK_SMALL || entry->size > room / 2)
            room *= 2;
    } else if (entry->size > 0) {
        room *= 2;
    }
    while (room < entry->size + more)
        room *= 2;
    if (room > entry->room)
        make_room(p, entry, room);
}

void pairs_add(struct pairs *p, struct slice key, struct slice value)
{
    assert(p->sorted == NULL);
    uint64_t hash = key_hash(key);
    struct slot *slot = find_slot(p, key, hash);
    struct entry *entry = slot->entry;
    if (entry == NULL)
        entry = add_entry(p, slot, key, hash);

    size_t more = block_size(value);
    if (more > entry->room - entry->size)
        make_block_fit(p, entry, more);
    block_put(entry->block + entry->size, value);
    entry->size += more;
}

// --- Sorting ---------------------------------------------------------------

static uint64_t key_prefix(const struct entry *entry)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8; i++)
        prefix = prefix << 8 | (i < entry->key_size ? entry->key[i] : 0);
    return prefix;
}

static int sorted_order(const void *a, const void *b)
{
    const struct sorted *left = a;
    const struct sorted *right = b;
    if (left->partition != right->partition)
        return left->partition < right->partition ? -1 : 1;
    if (left->prefix != right->prefix)
        return left->prefix < right->prefix ? -1 : 1;
    return slice_compare(entry_key(left->entry), entry_key(right->entry));
}

static bool has_several_values(const struct entry *entry)
{
    struct slice rest = slice_of(entry->block, entry->size);
    struct slice first;
    return block_take(&rest, &first) && rest.size > 0;
}

void pairs_sort(struct pairs *p)
{
    assert(p->sorted == NULL);
    p->sorted = xcalloc(p->count + 1, sizeof p->sorted[0]);
    size_t n = 0;
    for (size_t i = 0; i < p->slot_count; i++) {
        struct entry *entry = p->slots[i].entry;
        if (entry == NULL)
            continue;
        if (p->app->combine != NULL && has_several_values(entry))
            combine(p, entry);
        p->sorted[n++] = (struct sorted){
            .partition = hash_partition(entry->hash, p->reduces),
            .prefix = key_prefix(entry),
            .entry = entry,
        };
    }
    assert(n == p->count);
    qsort(p->sorted, n, sizeof p->sorted[0], sorted_order);
}

size_t pairs_count(const struct pairs *p)
{
    return p->count;
}

struct group pairs_at(const struct pairs *p, size_t i)
{
    assert(p->sorted != NULL && i < p->count);
    const struct entry *entry = p->sorted[i].entry;
    return (struct group){
        .partition = p->sorted[i].partition,
        .key = entry_key(entry),
        .block = slice_of(entry->block, entry->size),
    };
}
