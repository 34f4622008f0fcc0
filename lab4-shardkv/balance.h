// balance.h - the core of Join and Leave: which group gets which shard.
//
//  B1  Each shard is of one of the groups; if there are none, it is nobody's.
//  B2  No group has more than one shard more than another has.
//  B3  As few shards as possible change hands.
//  B4  The result follows from the owners and from the set of the groups, and
//      from nothing else: not from the order in which groups are listed, nor
//      from addresses or chance. All masters must come to the same.
//
// By B3 a Join moves shards to who joins, and a Leave those of who leaves, and
// no others, if the shards were in balance before.
#ifndef LAB4_BALANCE_H
#define LAB4_BALANCE_H

#include <stddef.h>
#include <stdint.h>

// Changes owners[0 .. shards-1] so that B1 to B4 hold. Who is an owner and no
// longer (or not yet) one of gids[0 .. groups-1] has left; gids differ, and
// none is 0. Groups may be more than shards.
void balance(uint64_t *owners, size_t shards, const uint64_t *gids,
             size_t groups);

#endif
