// kvd.h - a server of the key/value service: the machine of common/kv/, the
// log of rsm.h, the peer of paxos.h.
//
// Any server answers any client; all that it knows of the others is the log.
// An operation is the packed Kv__Operation in the log, its reply the packed
// Kv__Answer.
//
// Read next: clerk.h.
#ifndef LAB3_KVD_H
#define LAB3_KVD_H

struct kvd;
struct node;
struct paxos_spec;

// Serves at `n` until kvd_stop. ERR_OK and *out, or why not.
int kvd_start(struct node *n, const struct paxos_spec *spec, struct kvd **out);
// node_cancel comes first. NULL is fine.
void kvd_stop(struct kvd *k);

#endif
