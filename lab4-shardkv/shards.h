// shards.h - the core of a group: which shards it has, which come, which go.
//
//  G1  Configurations are taken one by one, in the order of their numbers, and
//      the next one only when no shard is coming any more.
//  G2  Whether a shard is served here is judged where the operation stands in
//      the log; of a Get as well.
//  G3  An operation for a shard that is not served leaves no trace: none in
//      its session either.
//  G4  What a configuration takes away is frozen there, in the log: as a copy,
//      the same at all replicas. It can be fetched from then on, not before.
//  G5  A piece is installed if it is the next one of the copy that its shard
//      waits for. All other pieces are late, and nothing.
//  G6  A shard goes with its sessions, whole.
//  G7  A shard is served as soon as its last piece is installed, whatever else
//      is coming; what does not move is served all the time.
//  G8  A copy is deleted when its receiver has it all, in its log. The receiver
//      owes the donor that word, until it knows that the donor has had it.
//  G9  What is taken away and given to nobody waits with its last owner, as a
//      copy, for whoever is given it later; if that is the last owner itself,
//      it takes the copy back. What nobody has ever had is empty.
//
// So whose copy a shard waits for follows from all configurations, in order;
// which is one reason for G1. (The other: what has not come cannot be given
// away.) The donor's servers are those of the last configuration that had it.
//
// No thread, clock or message: all that is done to it is in the group's log.
// One thread at a time: its owner locks.
//
// Read next: log.proto, mover.h.
#ifndef LAB4_SHARDS_H
#define LAB4_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/kv/api.pb-c.h"
#include "lab4-shardkv/api.pb-c.h"
#include "lab4-shardkv/copies.h"

struct shards;

// The group of this gid and these servers (names between commas, copied),
// before configuration 1: it has no shard. A group of its gid and none of its
// servers is another one.
struct shards *shards_new(uint64_t gid, const char *servers);
void shards_free(struct shards *s); // NULL is fine

// --- What its log does to it -----------------------------------------------

// As kv_apply, or WRONG_GROUP. A Close has any key of its session's shard.
bool shards_client(struct shards *s, const Kv__Operation *operation,
                   Kv__Answer *answer);

// A configuration (sound, borrowed). False: G1 does not let it in.
bool shards_config(struct shards *s, const Shard__Config *next);

// A piece of a copy, that begins with item `from`. False: it is late, G5.
bool shards_install(struct shards *s, struct copy_name name, uint64_t from,
                    const Kv__State *piece, bool last);

void shards_delete(struct shards *s, struct copy_name name); // G8, the donor
void shards_settle(struct shards *s, struct copy_name name); // the receiver

// --- Looks -----------------------------------------------------------------

// The configuration that it has come to; NULL before the first. Borrowed until
// the next.
const Shard__Config *shards_current(const struct shards *s);

// May the next one be taken: G1?
bool shards_is_settled(const struct shards *s);

enum shards_verdict {
    SHARDS_OK,
    SHARDS_NOT_YET, // the log has not come to that configuration
    SHARDS_NONE,    // there is no such copy (any more)
};

// A piece of a copy, for whoever asks: as copies_piece.
enum shards_verdict shards_fetch(const struct shards *s, struct copy_name name,
                                 uint64_t from, Kv__State *piece, bool *last);

// What is to be done, with a donor: fetch the next piece, or tell it to delete.
struct shards_task {
    bool debt; // else the shard is coming
    struct copy_name name;
    uint64_t from;             // coming: the items that are here
    const Shard__Group *donor; // borrowed until the next operation
};
void shards_each_task(const struct shards *s,
                      void (*each)(void *arg, const struct shards_task *task),
                      void *arg);

// For people and tests: gid, donated, debts, served; and of one shard.
void shards_count(const struct shards *s, Shard__ShardsStatusReply *out);
void shards_describe(const struct shards *s, uint32_t shard,
                     Shard__ShardStatus *out);

#endif
