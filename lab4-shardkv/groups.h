// groups.h - the commands about groups: shardkvd, kv.
#ifndef LAB4_GROUPS_H
#define LAB4_GROUPS_H

struct arguments;

// Each returns an exit status.
int command_shardkvd(const struct arguments *arguments);
int command_kv(const struct arguments *arguments);

#endif
