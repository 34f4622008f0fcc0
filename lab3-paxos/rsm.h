// rsm.h - a replicated state machine: operations go through a log.
//
// Machines that begin alike and run the same operations in the same order are
// alike for good, and answer alike (Schneider, "Implementing Fault-Tolerant
// Services Using the State Machine Approach: A Tutorial", 1990). The order is
// that of a log; what stands in its slot n, Paxos decides: it is instance n.
//
//  M1  Slots are applied in their order, each once; none is left out. What
//      nobody drives is a hole: it is filled, with whatever comes out there.
//  M2  A replica proposes for the first slot that it has not applied, and for
//      no other: so what it proposes next is in no slot yet.
//  M3  Nobody is answered before his operation has been applied here: a read
//      as well, for only the log knows what has been done elsewhere.
//  M4  What is in a slot is ours if it has our mark; not if it says the same.
//  M5  A slot is given up (paxos_done) when it has been applied, not before.
//
// An operation that somebody submits twice, or at two replicas, because he was
// not answered is in the log twice. That is the machine's to see, when it runs
// it: at no other place can one know (common/kv/sessions.h).
//
// Operations that wait at a replica share a slot, as many as common/kv/batch.h
// lets. The first that waits brings them through, in its own thread; another
// thread follows what other replicas decide, and fills holes. The lock is not
// held meanwhile.
//
// A replica keeps what has not been applied by all: so it is bounded as long
// as all live. One that is dead holds up the others' memory for good; what
// would help is a snapshot in the place of old slots (a later part).
//
// Read next: entry.proto and slots.h, the core; then rsm.c, the shell.
#ifndef LAB3_RSM_H
#define LAB3_RSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"

struct paxos;
struct rsm;

enum {
    RSM_OPERATION_MAX = 16 << 20, // bytes
    RSM_REPLY_MAX = 32 << 20,
};

// What is replicated. Its answers and its state follow from the operations
// alone: not from time, chance, addresses or the replica.
struct rsm_app {
    // Runs an operation: bytes that were submitted at any replica. Appends the
    // reply to *reply, which is NULL if nobody waits for it here. False: it is
    // a late copy, whoever waits is not to be answered. Called with the lock
    // held: it does not wait, nor call the rsm.
    bool (*apply)(void *machine, struct slice operation, struct buf *reply);
};

// A replica of `machine` over `p`; both are borrowed until rsm_free; nobody
// else touches the machine before. `tick_ms`: as Paxos has it. ERR_OK and *out,
// or ERR_LIMIT.
int rsm_start(struct paxos *p, const struct rsm_app *app, void *machine,
              int64_t tick_ms, struct rsm **out);

// From now on no slot that this replica fills has more operations: 1 to
// BATCH_OPS, which is the limit otherwise. Then its speed is that of agreement.
void rsm_limit_batch(struct rsm *r, size_t operations);

// The end: paxos_stop; rsm_stop, which ends all that waits (ERR_CLOSED) and
// joins the thread; the stop of the server whose handlers submit; rsm_free.
// NULL is fine for both.
void rsm_stop(struct rsm *r);
void rsm_free(struct rsm *r);

// Brings an operation through the log, and waits until it has been applied
// here. ERR_OK: its reply has been appended to *reply. ERR_NOT_FOUND: it was a
// late copy. ERR_LIMIT: it is too large, and will not run. ERR_TIMEOUT (at the
// deadline), ERR_CLOSED: it may have run, may run later, or never. Borrows.
int rsm_submit(struct rsm *r, struct slice operation, int64_t deadline_ms,
               struct buf *reply);

// Calls look(machine, arg) between two operations: what a replica sees there
// may be old, and no client should be told.
void rsm_look(struct rsm *r, void (*look)(void *machine, void *arg), void *arg);

struct rsm_status {
    int64_t next;     // the first slot that has not been applied
    uint64_t applied; // operations, ever
    uint64_t ours;    // slots that this replica has filled
    uint64_t holes;   // slots with no operation
    size_t waiting;   // operations
};
struct rsm_status rsm_status(struct rsm *r);

#endif
