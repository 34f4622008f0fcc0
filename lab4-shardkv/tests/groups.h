// groups.h - what the tests of lab 4's groups share.
//
// The masters are m1 m2 m3; a group's letter is its name: a1 a2 a3 are group a,
// with gid 1; b1 b2 b3 group b, with gid 2. "adm" asks the masters for changes;
// k1 k2 ... are clerks, d1 d2 ... ask one server alone.
#ifndef LAB4_TESTS_GROUPS_H
#define LAB4_TESTS_GROUPS_H

#include "common/kv/api.pb-c.h"
#include "lab4-shardkv/api.pb-c.h"
#include "lab4-shardkv/tests/lab4.h"

enum {
    SHARDS = 10,
    REPLICAS = 3,
    GROUPS_MAX = 4,
    KEY_SIZE = 16,
};

#define GROUP_A "a1 a2 a3"
#define GROUP_B "b1 b2 b3"
#define GROUP_C "c1 c2 c3"
#define MASTERS "m1 m2 m3"

// Masters, "adm", and the servers of these groups ("ab"), all of them ready. No
// group has joined.
void start_groups(struct cluster *c, const char *groups);

// The same; and these have joined and serve: all of them, or the first ones.
void begin_groups(struct cluster *c, const char *groups, const char *joined);

// Clerks in one process ("k1 k2").
void start_clerks(struct cluster *c, const char *names);

// One that asks this server, and once.
void start_direct(struct cluster *c, const char *name, const char *server);

// All servers of a group; one that is killed is retired: nobody needs it.
void pause_group(struct cluster *c, char group);
void resume_group(struct cluster *c, char group);
void kill_group(struct cluster *c, char group);

// A key that is in this shard: the first one, always the same; the n-th.
const char *key_in(unsigned shard);
void nth_key_in(unsigned shard, unsigned n, char key[KEY_SIZE]);

// --- Configurations --------------------------------------------------------

// Changes that the masters have made when it returns, each a configuration of
// its own: groups "ab" come, or go, at once; a shard is moved.
void join(struct cluster *c, const char *groups);
void leave(struct cluster *c, const char *groups);
void move(struct cluster *c, unsigned shard, char group);

// The same, begun: "adm" is busy with it until the masters have answered.
void begin_join(struct cluster *c, const char *groups);
void begin_leave(struct cluster *c, const char *groups);
void begin_move(struct cluster *c, unsigned shard, char group);
bool change_runs(struct cluster *c);
void end_change(struct cluster *c);

// Something changes, drawn from the seed: one of the groups comes or goes, or a
// shard is moved. At least one stays in.
struct fleet {
    const char *all; // "abc"
    bool in[GROUPS_MAX];
};
void begin_any_change(struct cluster *c, struct fleet *f);

// The newest configuration, from the masters.
struct owners {
    uint64_t number;
    uint64_t gids[SHARDS]; // 0: nobody's
};
struct owners newest(struct cluster *c);

// The group that has a shard ('a'), '-': none; how many shards a group has, and
// the first of them.
char owner_of(const struct owners *o, unsigned shard);
unsigned shards_of(const struct owners *o, char group);
unsigned first_of(const struct owners *o, char group);

// --- Servers ---------------------------------------------------------------

// What a server says of itself: it must answer. Borrows from *answer, which
// must get rpc_answer_release.
const Shard__ShardsStatusReply *
ask_status(struct cluster *c, const char *server, struct rpc_answer *answer);

uint64_t config_at(struct cluster *c, const char *server); // its number
bool serves(struct cluster *c, const char *server, unsigned shard);
bool awaits(struct cluster *c, const char *server, unsigned shard);

// Every server of these groups that lives has the newest configuration, serves
// what that gives to it, and keeps nothing of what it had before. Or more than
// half of each group do: one that was cut off hears of the end of its log when
// something is added to it.
void await_settled(struct cluster *c, const char *groups);
void await_mostly_settled(struct cluster *c, const char *groups);

// All bytes of keys and values that a server has, also those it keeps for who
// gets them.
uint64_t bytes_at(struct cluster *c, const char *server);

// The first server of each of these groups dies, if nobody of the group has.
// Tests end with this, so that none passes for groups of one server.
void kill_firsts(struct cluster *c, const char *groups);

// --- Values ----------------------------------------------------------------

// A value in each shard, and that they are there: the `round` is in them.
void put_all(struct cluster *c, const char *client, int round);
void expect_all(struct cluster *c, const char *client, int round);

// What a direct client gets: status of a Get, WRONG_GROUP for what is not its.
Kv__Status status_of_get(struct cluster *c, const char *client,
                         const char *key);

#endif
