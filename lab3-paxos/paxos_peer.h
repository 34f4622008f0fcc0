// paxos_peer.h - a node that is a peer of Paxos and nothing else.
//
// For tests, which drive it through PaxosControl (api.proto) at its control
// server.
#ifndef LAB3_PAXOS_PEER_H
#define LAB3_PAXOS_PEER_H

#include "lab3-paxos/paxos.h"

struct paxos_peer;

// Serves at `n` until paxos_peer_stop. ERR_OK and *out, or why not.
int paxos_peer_start(struct node *n, const struct paxos_spec *spec,
                     struct paxos_peer **out);
// node_cancel comes first. NULL is fine.
void paxos_peer_stop(struct paxos_peer *peer);

#endif
