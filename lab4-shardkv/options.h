// options.h - what the user has said to `lab4`, for its commands.
#ifndef LAB4_OPTIONS_H
#define LAB4_OPTIONS_H

#include <stdint.h>

#include "common/program/program.h"
#include "lab4-shardkv/master_clerk.h"

enum {
    ASK_TICKS = 100, // a person waits so long for an answer
    TICK_MS = 100,
    TICK_MS_MAX = 60 * 1000,
    PLAYGROUND_REPLICAS_MAX = 7,
    PLAYGROUND_CLIENTS_MAX = 16,
};

struct options {
    struct arguments beside; // first
    const char *cluster;
    const char *name;
    const char *names;
    const char *masters;
    const char *peers;
    const char *role;
    const char *server;
    uint64_t gid;
    uint64_t batch;
    uint64_t shards;
    uint64_t groups;
    uint64_t replicas;
    uint64_t clients;
    uint64_t tick_ms;
};

extern const struct program lab4_program;

// 0, or EXIT_USAGE after a complaint: nobody is named in --masters.
int options_check(const struct options *o);

static inline const struct options *options_of(const struct arguments *a)
{
    return (const struct options *)a;
}

static inline int64_t ask_ms(const struct options *o)
{
    return ASK_TICKS * (int64_t)o->tick_ms;
}

static inline struct master_clerk_spec masters_of(const struct options *o)
{
    return (struct master_clerk_spec){o->masters, (int64_t)o->tick_ms};
}

#endif
