// paxos.h - peers that agree: on one value for each instance, for good.
//
// Lamport, "Paxos Made Simple" (2001), once for each instance 0, 1, 2, ...;
// instances know nothing of each other and run at the same time, in any order.
// More than half of the peers must live and hear each other for an instance
// to be decided; whatever else happens, no two peers ever learn different
// values, and what is decided somebody has proposed. Who dies stays dead.
//
// Values are bytes, perhaps none; they are copied in and out. An instance is
// kept until every peer has said that it is done with it, then it is forgotten
// everywhere, with its value: so a peer that is silent holds up all. How far
// the others are is told along in the messages of agreements; there are no
// others.
//
// Threads: any thread may call any function but paxos_free. No lock should be
// held across those that wait.
//
// Read next: ballot.h, acceptor.h, proposer.h, progress.h: the cores; then
// paxos_private.h, the shell.
#ifndef LAB3_PAXOS_H
#define LAB3_PAXOS_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"

struct node;
struct paxos;

enum {
    PAXOS_PEERS_MAX = 16,
    PAXOS_VALUE_MAX = 32 << 20, // bytes
};

struct paxos_spec {
    const char *peers; // names between commas; the same text at each of them
    int64_t tick_ms;   // the unit of its patience; the same at each of them
};

// The peer of that name at node `n` (borrowed; the spec is copied). Its owner
// serves paxos_service (Paxos of peer.proto) to the other peers, and
// paxos_inspect_service (PaxosInspect of api.proto) if it likes. ERR_OK and
// *out; ERR_NOT_FOUND: `n` is not one of the peers; ERR_LIMIT: too many peers.
int paxos_new(struct node *n, const struct paxos_spec *spec,
              struct paxos **out);
ProtobufCService *paxos_service(struct paxos *p);
ProtobufCService *paxos_inspect_service(struct paxos *p);

// The end, in this order: node_cancel; paxos_stop, which ends all that waits
// (ERR_CLOSED) and joins all threads; rpc_server_stop; paxos_free, when nobody
// calls any more. NULL is fine for both.
void paxos_stop(struct paxos *p);
void paxos_free(struct paxos *p);

// Proposes `value` for `instance` (>= 0) and returns at once; this peer goes on
// until the instance is decided: for what was proposed first here, or for
// another's. ERR_OK; ERR_NOT_FOUND: the instance is forgotten; ERR_LIMIT: the
// value is too large; ERR_CLOSED.
int paxos_start(struct paxos *p, int64_t instance, struct slice value);

// The same in the caller's thread, until the instance is decided. ERR_OK and
// its value, which may be another's, in *decided (whose old bytes go; its
// limit must be PAXOS_VALUE_MAX; NULL: not wanted). ERR_TIMEOUT, ERR_CLOSED:
// `value` may have been chosen, may be later, or never. ERR_NOT_FOUND: the
// instance is forgotten. ERR_LIMIT: nothing was done. At one peer one thread
// at a time proposes for an instance; others wait, and go on if it gives up.
int paxos_propose(struct paxos *p, int64_t instance, struct slice value,
                  int64_t deadline_ms, struct buf *decided);

// Waits until this peer knows the value, and proposes nothing. As above.
int paxos_wait(struct paxos *p, int64_t instance, int64_t deadline_ms,
               struct buf *decided);

enum paxos_fate {
    PAXOS_PENDING,   // for all that is known here; perhaps never heard of
    PAXOS_DECIDED,   // for good
    PAXOS_FORGOTTEN, // below paxos_min: for good
};

// What this peer knows; it asks nobody. DECIDED: and the value, as above.
enum paxos_fate paxos_status(struct paxos *p, int64_t instance,
                             struct buf *value);

// This peer's owner needs no instance up to `instance` any more; a lower one
// than before changes nothing.
void paxos_done(struct paxos *p, int64_t instance);

// The highest instance that was started or heard of here, -1: none. It never
// falls, whatever is forgotten.
int64_t paxos_max(struct paxos *p);

// One more than all peers, as far as is known here, are done with: 0 at first.
// What is below is forgotten, and its memory free.
int64_t paxos_min(struct paxos *p);

#endif
