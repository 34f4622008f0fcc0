// groups.h - the commands about groups: shardkvd, kv; and their part of status.
#ifndef LAB4_GROUPS_H
#define LAB4_GROUPS_H

#include <stdint.h>

#include "lab4-shardkv/api.pb-c.h"

struct arguments;
struct node;

// Each returns an exit status.
int command_shardkvd(const struct arguments *arguments);
int command_kv(const struct arguments *arguments);

// Prints what each server of a configuration's groups says of itself.
void groups_tell(struct node *node, const Shard__Config *config,
                 int64_t timeout_ms);

// The shards that are in this state, as config_shards.
size_t groups_shards(const Shard__ShardsStatusReply *status,
                     Shard__ShardStatus__State state, char **text);

#endif
