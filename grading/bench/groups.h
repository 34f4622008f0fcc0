// groups.h - lab 4's masters and groups as processes, for benches.
#ifndef GRADING_BENCH_GROUPS_H
#define GRADING_BENCH_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grading/bench/store.h"

enum {
    GROUPS_MAX = 4,
    GROUPS_REPLICAS = 3,
    GROUPS_SHARDS = 10,
};

struct groups {
    char *folder;
    char *program; // lab4
    struct process *masters[GROUPS_REPLICAS];
    struct process *servers[GROUPS_MAX][GROUPS_REPLICAS];
    size_t count;
    struct node *node;
    uint64_t sessions; // so far: clients of the store and of the masters
};

// Masters m1 m2 m3 and so many groups: a1 a2 a3 with gid 1, b1 b2 b3 ...; none
// has joined. `slow`: each call between servers of groups takes 2 ms, and a
// slot holds four operations at most.
void groups_start(struct groups *g, size_t count, bool slow);
void groups_stop(struct groups *g);

// The group (0 is a) comes, or goes: the masters have said so when it returns.
void groups_join(struct groups *g, size_t group);
void groups_leave(struct groups *g, size_t group);

// The groups have the newest configuration, and nothing is on its way.
bool groups_have_settled(struct groups *g);
void groups_await_settled(struct groups *g);

// A client of this group's first server, with a key in one of its shards.
struct store_client groups_client(struct groups *g, size_t group);

#endif
