// replica.h - a replica of a machine: the peer of lab 3's paxos.h, its log, and
// the server of whoever asks it. Shard masters and the servers of a group are
// replicas, of different machines.
//
// Read next: masterd.h.
#ifndef LAB4_REPLICA_H
#define LAB4_REPLICA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct node;
struct paxos;
struct paxos_spec;
struct replica;
struct rsm;
struct rsm_app;

// The replica at node `n`; all are borrowed until replica_free. It takes part
// in agreements as soon as it serves. ERR_OK and *out, or why not.
int replica_new(struct node *n, const struct paxos_spec *spec,
                const struct rsm_app *app, void *machine, struct replica **out);

// Serves these services, and what replicas ask each other; `inspect`, which is
// one of them, at the node's control server as well. ERR_OK, or why not.
int replica_serve(struct replica *r, ProtobufCService *const *services,
                  size_t count, ProtobufCService *inspect);

// For rsm_look, rsm_status; for paxos_min.
struct rsm *replica_rsm(const struct replica *r);
struct paxos *replica_paxos(const struct replica *r);

// Brings an operation through the log: packed, and the machine's reply
// unpacked, which is a message of this type. Owned
// (protobuf_c_message_free_unpacked); or NULL: late, or not known. Any thread.
ProtobufCMessage *replica_submit(struct replica *r,
                                 const ProtobufCMessage *operation,
                                 const ProtobufCMessageDescriptor *reply_type,
                                 int64_t deadline_ms);

// For the machine: appends its reply, packed. What is too large is not there.
void replica_append(const ProtobufCMessage *answer, struct buf *reply);

// The end: node_cancel; replica_stop, after which no handler runs and nobody
// waits any more; replica_free. NULL is fine for both.
void replica_stop(struct replica *r);
void replica_free(struct replica *r);

#endif
