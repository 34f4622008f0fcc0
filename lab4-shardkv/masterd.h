// masterd.h - a shard master as a server: the machine of master.h in the log of
// lab 3's rsm.h.
//
// Any master answers anybody; all that it knows of the others is the log. Also
// a Query goes through it: what was done at another master is in the log, and
// perhaps not here yet. An operation is the packed MasterOperation, its reply
// the packed MasterAnswer.
//
// Read next: master_clerk.h.
#ifndef LAB4_MASTERD_H
#define LAB4_MASTERD_H

#include <stddef.h>

struct masterd;
struct node;
struct paxos_spec;

// Serves at `n` until masterd_stop. `shards` is the same at all masters. ERR_OK
// and *out, or why not.
int masterd_start(struct node *n, const struct paxos_spec *spec, size_t shards,
                  struct masterd **out);
// node_cancel comes first. NULL is fine.
void masterd_stop(struct masterd *m);

#endif
