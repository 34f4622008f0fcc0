// ballot.c - see ballot.h.
#include "lab3-paxos/ballot.h"

#include <assert.h>

#include "lab3-paxos/paxos.h"

uint64_t ballot_round(uint64_t ballot)
{
    return ballot / PAXOS_PEERS_MAX;
}

unsigned ballot_peer(uint64_t ballot)
{
    return (unsigned)(ballot % PAXOS_PEERS_MAX);
}

uint64_t ballot_above(uint64_t seen, unsigned peer)
{
    assert(peer < PAXOS_PEERS_MAX);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a ballot_above");
    return (ballot_round(seen) + 1) * PAXOS_PEERS_MAX + peer;
    // SOLUTION END
}

bool ballot_is_valid(uint64_t ballot)
{
    uint64_t round = ballot_round(ballot);
    return round >= 1 && round <= BALLOT_ROUND_MAX;
}
