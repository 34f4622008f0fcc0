// table.h - what a cluster comes to, once a second: for `lab4 cluster`.
//
// On a terminal it is a table, drawn over the last one; else one line a time.
//
// One thread.
#ifndef LAB4_TABLE_H
#define LAB4_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "lab4-shardkv/api.pb-c.h"

enum {
    TABLE_SERVERS_MAX = RPC_GATHER_MAX,
    TABLE_GROUPS_MAX = 8,
};

struct table_server {
    char name[NODE_NAME_MAX + 1];
    size_t group; // 0: a master
    bool dead;    // its process has ended
    // What it has just said; both NULL: nothing.
    Shard__MasterStatusReply *master;
    Shard__ShardsStatusReply *shards;
};

struct table {
    struct node *node; // borrowed
    const char *folder;
    struct table_server servers[TABLE_SERVERS_MAX]; // of a group in a row
    size_t count;
    size_t groups;                         // 1, 2, ...: their gids are the same
    uint64_t served[TABLE_GROUPS_MAX + 1]; // when it was last shown
    int64_t begun_ms;
    int64_t shown_ms;
    bool on_terminal;
};

void table_init(struct table *t, struct node *node, const char *folder);
void table_add(struct table *t, const char *name, size_t group);

// Asks all that are not dead, for `timeout_ms` at most, and prints.
void table_show(struct table *t, int64_t timeout_ms);

#endif
