// config.h - a configuration as a value: which group serves which shard.
//
// A configuration is a Shard__Config of api.proto. Once there is one of a
// number, nothing in it ever changes: so it can be copied, kept and compared.
// Its groups stand in the order of their gids, and each owner is one of them,
// or 0: nobody's.
//
// A gid is for good: a group may leave and join again, but no two groups ever
// have the same gid. Whose shard a key is in depends on nothing but the key.
//
// Read next: balance.h.
#ifndef LAB4_CONFIG_H
#define LAB4_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"
#include "lab4-shardkv/api.pb-c.h"

enum {
    CONFIG_SHARDS = 10, // unless the masters are told otherwise
    CONFIG_SHARDS_MAX = 1024,
    CONFIG_GROUPS_MAX = 256,
    CONFIG_SERVERS_MAX = 15, // of a group
};

// For Query: the newest.
#define CONFIG_NEWEST UINT64_MAX

// Number 0: no groups, and all shards nobody's. Owned.
Shard__Config *config_new(size_t shards);
Shard__Config *config_copy(const Shard__Config *config);    // owned
Shard__Group *config_copy_group(const Shard__Group *group); // owned
void config_free(Shard__Config *config);                    // NULL is fine

// NULL: there is no such group.
const Shard__Group *config_group(const Shard__Config *config, uint64_t gid);

// Its servers as a text, "a1,a2,a3". Owned.
char *config_servers(const Shard__Group *group);

// The shard of a key, 0 .. shards-1: by all bytes of the key.
size_t config_shard_of(struct slice key, size_t shards);

// Bytes from outside: does it say of itself what is said above?
bool config_is_sound(const Shard__Config *config);

// The shards that have this owner, as a text, " 0-4 7", owned; and how many.
size_t config_shards(const uint64_t *owners, size_t shards, uint64_t owner,
                     char **text);

// For people: a few lines. Owned.
char *config_text(const Shard__Config *config);

#endif
