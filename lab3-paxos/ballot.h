// ballot.h - the numbers of proposals (the paper's n): no two peers ever use
// the same one, and who needs a higher one has it.
//
// A ballot is a round and the peer whose it is, in one number, so that it is
// compared as numbers are: round * PAXOS_PEERS_MAX + peer. Logs show it as
// ROUND.PEER.
#ifndef LAB3_BALLOT_H
#define LAB3_BALLOT_H

#include <stdbool.h>
#include <stdint.h>

#define BALLOT_NONE UINT64_C(0) // lower than each that somebody uses

// Rounds are 1, 2, ...; peers are known by their place in the list.
uint64_t ballot_round(uint64_t ballot);
unsigned ballot_peer(uint64_t ballot);

// The lowest ballot of `peer` in a round above that of `seen`.
uint64_t ballot_above(uint64_t seen, unsigned peer);

// Could somebody use it? For what comes from outside: above there must be room,
// and nobody gets so far by rounds.
#define BALLOT_ROUND_MAX (UINT64_C(1) << 48)
bool ballot_is_valid(uint64_t ballot);

#endif
