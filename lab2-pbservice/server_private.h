// server_private.h - what a server is made of, for its three files: server.c
// (its life, pings, what it is asked), primary.c and backup.c.
#ifndef LAB2_SERVER_PRIVATE_H
#define LAB2_SERVER_PRIVATE_H

#include <stdbool.h>

#include "common/kv/api.pb-c.h"
#include "common/kv/batch.h"
#include "common/kv/service.h"
#include "common/runtime/cond.h"
#include "common/runtime/mutex.h"
#include "lab2-pbservice/api.pb-c.h"
#include "lab2-pbservice/peer.pb-c.h"
#include "lab2-pbservice/replica.h"

struct peer_side {
    Pb__Replica_Service service;
    struct server *server;
};

struct inspect {
    Pb__ServerInspect_Service service;
    struct server *server;
};

struct server {
    struct kv_service clients;
    struct peer_side peer;
    struct inspect inspect;

    // Constant from server_start on.
    struct node *node;
    const char *viewd;
    int64_t tick_ms;
    struct rpc_server *server;
    struct rpc_server *control; // NULL: nobody tests us
    struct thread *pinger;
    struct thread *syncer;

    // `lock` guards the rest. It is never held across a call to another node.
    struct mutex lock;
    struct replica replica;
    struct kv *kv;
    bool stopping;

    struct cond news;         // pinger: ping now
    bool ping_now;            // why
    struct cond fresh;        // syncer: the view has changed
    int transfer_ticks;       // that the next transfer may take
    int64_t syncing_since_ms; // when the view was first seen to need a transfer

    // The primary's. Who leads has taken `batch` and tries to bring it through;
    // it keeps its number and its members until it is through, or this server
    // is no longer primary.
    struct cond changed; // a fate has been sealed, or nobody leads
    struct batch_queue queue;
    struct batch batch;
    bool leading;
};

// An operation of a client, and the answer.
struct waiting {
    struct batch_member member; // first
    const Kv__Operation *operation;
    Kv__Answer *answer; // owned; once DONE; NULL: a late copy, not answered
};

// primary.c. Brings an operation through: its fate is DONE or DROPPED then, or
// the deadline has passed and it is QUEUED (and no longer in the queue).
void primary_submit_locked(struct server *s, struct waiting *w,
                           int64_t deadline_ms);
// The view has changed, or the server stops: what cannot come through any
// more is dropped.
void primary_review_locked(struct server *s);
// The syncer's thread.
void primary_sync(void *server);

// backup.c: what another server asks.
void backup_init(struct server *s);

// server.c.
void server_ping_now_locked(struct server *s);

#endif
