#include "lab4-shardkv/shards.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/kv/machine.h"
#include "common/runtime/alloc.h"
#include "common/runtime/buf.h"
#include "common/runtime/err.h"
#include "lab4-shardkv/config.h"

enum state { // as in api.proto
    ABSENT,
    SERVING,
    COMING,
};

struct shard {
    enum state state;
    struct kv *kv;       // what is here; NULL: ABSENT
    uint64_t items;      // COMING: so many of them
    uint64_t number;     // the configuration that took it from `donor`
    Shard__Group *donor; // who had it last, before who has it; NULL: nobody
};

// A copy that has come, and is to be deleted where it came from: G8.
struct debt {
    struct copy_name name;
    Shard__Group *donor;
    struct debt *next;
};

struct shards {
    uint64_t gid;
    char *servers;         // names between commas
    Shard__Config *config; // NULL before the first
    struct shard *shards;
    size_t count;  // of them; 0 before the first configuration
    size_t coming; // how many are COMING
    struct copies copies;
    struct debt *debts;
    uint64_t served; // operations
};

struct shards *shards_new(uint64_t gid, const char *servers)
{
    struct shards *s = xcalloc(1, sizeof *s);
    s->gid = gid;
    s->servers = xstrdup(servers);
    return s;
}

static void group_free(Shard__Group *group)
{
    if (group != NULL)
        shard__group__free_unpacked(group, NULL);
}

void shards_free(struct shards *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++) {
        kv_free(s->shards[i].kv);
        group_free(s->shards[i].donor);
    }
    free(s->shards);
    while (s->debts != NULL) {
        struct debt *next = s->debts->next;
        group_free(s->debts->donor);
        free(s->debts);
        s->debts = next;
    }
    copies_release(&s->copies);
    config_free(s->config);
    free(s->servers);
    free(s);
}

// --- Clients ---------------------------------------------------------------

bool shards_client(struct shards *s, const Kv__Operation *op,
                   Kv__Answer *answer)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b shards_client");
    const struct shard *shard = NULL;
    struct slice key = slice_of(op->key.data, op->key.len);
    if (s->count > 0)
        shard = &s->shards[config_shard_of(key, s->count)];
    if (shard == NULL || shard->state != SERVING) { // G2, G3
        kv__answer__init(answer);
        answer->status = KV__STATUS__WRONG_GROUP;
        return true;
    }
    s->served++;
    return kv_apply(shard->kv, op, answer);
    // SOLUTION END
}

// --- Configurations --------------------------------------------------------

const Shard__Config *shards_current(const struct shards *s)
{
    return s->config;
}

// SOLUTION BEGIN 4b
static uint64_t number_of(const struct shards *s)
{
    return s->config == NULL ? 0 : s->config->number;
}
// SOLUTION END

bool shards_is_settled(const struct shards *s)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b shards_is_settled");
    return s->coming == 0;
    // SOLUTION END
}

// SOLUTION BEGIN 4b
static bool is_listed(const char *name, const char *names)
{
    size_t size = strlen(name);
    const char *at = strstr(names, name);
    while (at != NULL && ((at > names && at[-1] != ',') ||
                          (at[size] != ',' && at[size] != '\0')))
        at = strstr(at + 1, name);
    return at != NULL;
}

// Is it this group? NULL: no.
static bool is_us(const struct shards *s, const Shard__Group *group)
{
    bool shared = false;
    if (group != NULL && group->gid == s->gid)
        for (size_t i = 0; i < group->n_servers; i++)
            shared = shared || is_listed(group->servers[i], s->servers);
    return shared;
}

// The owner of shard `i` loses it by configuration `number`.
static void lose(struct shards *s, size_t i, uint64_t number)
{
    struct shard *shard = &s->shards[i];
    const Shard__Group *owner = config_group(s->config, s->config->owners[i]);
    group_free(shard->donor);
    shard->donor = config_copy_group(owner);
    shard->number = number;
    if (!is_us(s, owner))
        return;
    struct copy_name name = {number, (uint32_t)i};
    copies_add(&s->copies, name, shard->kv); // G4
    shard->kv = NULL;
    shard->state = ABSENT;
}

// We are the owner of shard `i` from now on.
static void gain(struct shards *s, size_t i)
{
    struct shard *shard = &s->shards[i];
    shard->state = SERVING;
    if (shard->donor == NULL) { // G9: nobody has ever had it
        shard->kv = kv_new();
    } else if (is_us(s, shard->donor)) { // G9: nobody has had it since
        struct copy_name name = {shard->number, (uint32_t)i};
        shard->kv = copies_remove(&s->copies, name);
        assert(shard->kv != NULL); // who could have had it deleted?
    } else {
        shard->kv = kv_new();
        shard->state = COMING;
        shard->items = 0;
        s->coming++;
    }
}

// Does G1 let it in?
static bool is_next(const struct shards *s, const Shard__Config *next)
{
    return next->number == number_of(s) + 1 && shards_is_settled(s) &&
           (s->count == 0 || next->n_owners == s->count);
}
// SOLUTION END

bool shards_config(struct shards *s, const Shard__Config *next)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b shards_config");
    if (!is_next(s, next))
        return false;
    if (s->config == NULL) {
        s->count = next->n_owners;
        s->config = config_new(s->count); // configuration 0
        s->shards = xcalloc(s->count, sizeof *s->shards);
    }
    for (size_t i = 0; i < s->count; i++) {
        uint64_t before = s->config->owners[i];
        if (before == next->owners[i])
            continue; // G7
        if (before != 0)
            lose(s, i, next->number);
        if (is_us(s, config_group(next, next->owners[i])))
            gain(s, i);
    }
    config_free(s->config);
    s->config = config_copy(next);
    return true;
    // SOLUTION END
}

// --- Shards that come ------------------------------------------------------

// SOLUTION BEGIN 4b
static void owe(struct shards *s, struct copy_name name,
                const Shard__Group *donor)
{
    struct debt *debt = xcalloc(1, sizeof *debt);
    debt->name = name;
    debt->donor = config_copy_group(donor);
    debt->next = s->debts;
    s->debts = debt;
}

// The shard that waits for this piece; NULL: none does, G5.
static struct shard *who_waits_for(struct shards *s, struct copy_name name,
                                   uint64_t from)
{
    if (name.shard >= s->count)
        return NULL;
    struct shard *shard = &s->shards[name.shard];
    bool waits = shard->state == COMING && shard->number == name.number &&
                 shard->items == from;
    return waits ? shard : NULL;
}
// SOLUTION END

bool shards_install(struct shards *s, struct copy_name name, uint64_t from,
                    const Kv__State *piece, bool last)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b shards_install");
    struct shard *shard = who_waits_for(s, name, from);
    if (shard == NULL)
        return false;
    if (kv_add(shard->kv, piece) != ERR_OK) { // it makes no sense: once more
        kv_free(shard->kv);
        shard->kv = kv_new();
        shard->items = 0;
        return false;
    }
    shard->items += piece->n_pairs + piece->n_sessions;
    if (last) {
        shard->state = SERVING; // G7
        s->coming--;
        owe(s, name, shard->donor); // G8
    }
    return true;
    // SOLUTION END
}

// --- Copies that go --------------------------------------------------------

void shards_delete(struct shards *s, struct copy_name name)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b shards_delete");
    kv_free(copies_remove(&s->copies, name));
    // SOLUTION END
}

void shards_settle(struct shards *s, struct copy_name name)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b shards_settle");
    struct debt **at = &s->debts;
    while (*at != NULL && ((*at)->name.number != name.number ||
                           (*at)->name.shard != name.shard))
        at = &(*at)->next;
    struct debt *debt = *at;
    if (debt == NULL)
        return; // another replica was first
    *at = debt->next;
    group_free(debt->donor);
    free(debt);
    // SOLUTION END
}

// --- Looks -----------------------------------------------------------------

enum shards_verdict shards_fetch(const struct shards *s, struct copy_name name,
                                 uint64_t from, Kv__State *piece, bool *last)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b shards_fetch");
    if (name.number > number_of(s))
        return SHARDS_NOT_YET; // G4
    if (!copies_has(&s->copies, name))
        return SHARDS_NONE;
    copies_piece(&s->copies, name, from, piece, last);
    return SHARDS_OK;
    // SOLUTION END
}

void shards_each_task(const struct shards *s,
                      void (*each)(void *arg, const struct shards_task *task),
                      void *arg)
{
    // SOLUTION BEGIN 4b; stub: not_implemented("4b shards_each_task");
    for (size_t i = 0; i < s->count; i++) {
        const struct shard *shard = &s->shards[i];
        if (shard->state != COMING)
            continue;
        const struct shards_task task = {
            .name = {shard->number, (uint32_t)i},
            .from = shard->items,
            .donor = shard->donor,
        };
        each(arg, &task);
    }
    for (const struct debt *d = s->debts; d != NULL; d = d->next) {
        const struct shards_task task = {
            .debt = true, .name = d->name, .donor = d->donor};
        each(arg, &task);
    }
    // SOLUTION END
}

void shards_count(const struct shards *s, Shard__ShardsStatusReply *out)
{
    out->gid = s->gid;
    out->donated = (uint32_t)s->copies.count;
    out->donated_bytes = s->copies.bytes;
    out->served = s->served;
    for (const struct debt *d = s->debts; d != NULL; d = d->next)
        out->debts++;
}

void shards_describe(const struct shards *s, uint32_t shard,
                     Shard__ShardStatus *out)
{
    const struct shard *from = &s->shards[shard];
    out->state = (Shard__ShardStatus__State)from->state;
    if (from->kv != NULL) {
        out->keys = kv_keys(from->kv);
        out->bytes = kv_bytes(from->kv);
        out->sessions = kv_sessions(from->kv);
    }
    if (from->state == COMING) {
        out->donor = from->donor->gid;
        out->number = from->number;
    }
}
