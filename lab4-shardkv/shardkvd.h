// shardkvd.h - a server of a group: its shards in a log, and a mover.
//
// Any server of a group answers any client of its shards; all that it knows of
// the others is the log. Other groups ask it for pieces of copies, and tell it
// when they have them.
//
// Read next: clerk.h.
#ifndef LAB4_SHARDKVD_H
#define LAB4_SHARDKVD_H

#include <stddef.h>
#include <stdint.h>

struct node;
struct shardkvd;

struct shardkvd_spec {
    uint64_t gid;
    const char *peers;   // the group's servers: names between commas, the same
                         // text at each of them; this node is one of them
    const char *masters; // names between commas
    int64_t tick_ms;
    size_t batch; // operations in a slot of the log, at most; 0: BATCH_OPS
};

// Serves at `n` until shardkvd_stop. ERR_OK and *out, or why not.
int shardkvd_start(struct node *n, const struct shardkvd_spec *spec,
                   struct shardkvd **out);
// node_cancel comes first. NULL is fine.
void shardkvd_stop(struct shardkvd *k);

#endif
