// arena.h - memory for one message, freed at once.
//
// protobuf-c allocates each field by itself; an arena makes that a few adds
// and one reset. It has a limit, so that a small frame cannot unpack into a
// large heap: beyond it allocation fails, and with it the unpacking.
#ifndef COMMON_RPC_ARENA_H
#define COMMON_RPC_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

enum {
    ARENA_FIRST = 2048, // bytes that need no malloc
};

struct arena_block;

struct arena {
    ProtobufCAllocator allocator; // hand this to protobuf-c
    size_t used;                  // of the block that is filled now
    size_t room;
    unsigned char *at; // that block
    size_t left;       // of the limit
    struct arena_block *blocks;
    _Alignas(16) unsigned char first[ARENA_FIRST];
};

void arena_init(struct arena *a, size_t limit);
void arena_release(struct arena *a); // all memory it gave is gone

#endif
