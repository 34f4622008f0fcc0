// masters.h - shard masters and their clients, for tests of clusters.
//
// What is asked is written as people write it to `lab4 admin`:
//
//     ask(c, "k1", "join 1=a1,a2,a3 2=b1,b2,b3");
//     ask(c, "k1", "move 3 2");
//     ask(c, "k1", "query %d", 1);
#ifndef LAB4_TESTS_MASTERS_H
#define LAB4_TESTS_MASTERS_H

#include "lab4-shardkv/config.h"
#include "lab4-shardkv/tests/lab4.h"

// Masters m1 to m3, or to m5, of so many shards, all of them ready; the text
// that names them.
const char *masters_start(struct cluster *c, int count, int shards);

// Clerks of the masters in one process ("k1 k2"). They ask the first of
// `masters` ("m1,m2,m3") as long as it answers.
void start_admins(struct cluster *c, const char *names, const char *masters);

// One that asks this master, and once.
void start_probe(struct cluster *c, const char *name, const char *master);

// Begins an operation. ask_begin_as: in this session, which only a probe looks
// at; without it a probe has none, and only a Query makes sense.
void ask_begin(struct cluster *c, const char *client, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ask_begin_as(struct cluster *c, const char *client, uint64_t session,
                  uint64_t sequence, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
bool ask_runs(struct cluster *c, const char *client);

// Its answer once it is done, borrowed until the client's next operation;
// NULL: the client does not know what became of it. A configuration in it is
// sound, or the test ends.
const Shard__MasterAnswer *ask_end(struct cluster *c, const char *client);

// The whole: it must be answered OK, soon; the configuration that came of it,
// borrowed likewise. ask_refused: it must be answered with this status.
const Shard__Config *ask(struct cluster *c, const char *client,
                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ask_refused(struct cluster *c, const char *client,
                 Shard__MasterStatus status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// What a master says of itself: `newest` is NULL, its number in *newest if that
// is not NULL. It must answer.
Shard__MasterStatusReply master_status(struct cluster *c, const char *name,
                                       uint64_t *newest);

// How many shards a group has.
size_t config_count(const Shard__Config *config, uint64_t gid);
// It has this number, so many groups, and its shards are in balance.
void expect_balanced(struct cluster *c, const Shard__Config *config,
                     uint64_t number, size_t groups);
// Both are the same, to the last name.
bool configs_equal(const Shard__Config *one, const Shard__Config *other);

#ifndef CLUSTER_NO_PLACES
#define masters_start(...) CLUSTER_AT(masters_start(__VA_ARGS__))
#define ask_end(...) CLUSTER_AT(ask_end(__VA_ARGS__))
#define ask(...) CLUSTER_AT(ask(__VA_ARGS__))
#define ask_refused(...) CLUSTER_AT(ask_refused(__VA_ARGS__))
#define expect_balanced(...) CLUSTER_AT(expect_balanced(__VA_ARGS__))
#endif

#endif
