// paxos_private.h - what a peer is made of, for its files: paxos.c (its life,
// and what paxos.h has), paxos_round.c (rounds of proposing), paxos_work.c (the
// threads that do what nobody waits for), paxos_message.c (what other peers
// ask and answer).
#ifndef LAB3_PAXOS_PRIVATE_H
#define LAB3_PAXOS_PRIVATE_H

#include <stdbool.h>

#include "common/runtime/cond.h"
#include "common/runtime/mutex.h"
#include "common/runtime/random.h"
#include "lab3-paxos/api.pb-c.h"
#include "lab3-paxos/instances.h"
#include "lab3-paxos/paxos.h"
#include "lab3-paxos/peer.pb-c.h"
#include "lab3-paxos/progress.h"

enum {
    // A worker waits for answers as long as its patience lasts, so that many
    // instances that cannot be decided now keep as many busy. Others must get
    // their turn meanwhile.
    WORKERS_MAX = 32,
};

struct rpc_answer;
struct thread;

struct paxos_inspect {
    Px__PaxosInspect_Service service;
    struct paxos *paxos;
};

struct paxos {
    Px__Paxos_Service service; // first: handlers find the peer by it
    struct paxos_inspect inspect;

    // Constant from paxos_new on.
    struct node *node;
    int64_t tick_ms;
    char *names; // cut into these:
    const char *peers[PAXOS_PEERS_MAX];
    const char *others[PAXOS_PEERS_MAX]; // the same without me
    unsigned count;                      // of peers
    unsigned me;

    // `lock` guards the rest. It is never held across a call to another node.
    struct mutex lock;
    struct instances *instances;
    struct progress progress;
    struct random random;
    int64_t max;
    uint64_t ballot;  // the highest that this peer has used
    uint64_t decided; // instances that it has learned, ever
    bool stopping;
    struct cond changed; // an instance is decided, forgotten, not driven

    // The workers'.
    struct instance *queue; // a utlist list, in order of arrival
    struct cond work;       // there is something in it; or an earlier due_ms
    struct thread *workers[WORKERS_MAX];
    unsigned worker_count;
    unsigned idle; // of them
};

// --- paxos.c ---------------------------------------------------------------

// The instance, if it is not forgotten (NULL); from now on it is known of.
struct instance *paxos_get_locked(struct paxos *p, int64_t number);
// What is decided: it is kept and all that wait are woken.
void paxos_learn_locked(struct paxos *p, struct instance *in,
                        struct slice value);
// Min has risen.
void paxos_forget_locked(struct paxos *p);

// --- paxos_round.c ---------------------------------------------------------

// One round for an instance that is held, not driven and not decided, until
// the deadline at the latest. Leaves the lock meanwhile.
void round_run_locked(struct paxos *p, struct instance *in, struct slice wish,
                      int64_t deadline_ms);
// Tells all others, once, what has been decided here. Likewise.
void round_announce_locked(struct paxos *p, struct instance *in);

// --- paxos_work.c ----------------------------------------------------------

// Has the workers do what the instance says (started, to_announce).
void work_add_locked(struct paxos *p, struct instance *in);
void work_remove_locked(struct paxos *p, struct instance *in);
void work_wake_locked(struct paxos *p); // something may be due
void work_join(struct paxos *p);        // after `stopping`

// --- paxos_message.c -------------------------------------------------------

void message_init(struct paxos *p); // its services
// What this peer knows, as a message that borrows from `below`.
Px__Progress message_progress_locked(const struct paxos *p,
                                     uint64_t below[PAXOS_PEERS_MAX]);
// Another has said this; NULL: nothing.
void message_merge_locked(struct paxos *p, const Px__Progress *progress);
// What an answer of Prepare or Accept comes to. Borrows from it.
struct vote message_vote(const struct rpc_answer *answer);
const Px__Progress *message_progress_of(const struct rpc_answer *answer);

#endif
