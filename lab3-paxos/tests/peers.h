// peers.h - peers of Paxos, for tests of part 3a, and what they have said.
//
// Every answer to Status is remembered: it must be a value that somebody has
// proposed, the same at all peers and at all times; and what a peer knows it
// knows until it is forgotten. So each test is a test of agreement, whatever
// else it is about.
#ifndef LAB3_TESTS_PEERS_H
#define LAB3_TESTS_PEERS_H

#include "common/runtime/buf.h"
#include "lab3-paxos/api.pb-c.h"
#include "lab3-paxos/tests/lab3.h"

struct peers;

// Starts s1 to sN of N peers, but for those named in `later`, which
// peers_start_later starts. Owned until peers_end.
struct peers *peers_begin(struct cluster *c, unsigned count);
struct peers *peers_begin_without(struct cluster *c, unsigned count,
                                  const char *later);
void peers_start_later(struct peers *p, const char *name);
void peers_end(struct peers *p);

const char *peer_name(unsigned i); // 0: "s1"

// Does it run, and is not paused? Who dies while he is asked says nothing:
// nothing is started then, and an instance is pending.
bool peers_awake(struct peers *p, const char *name);

// --- What paxos.h has ------------------------------------------------------

// Starts `value`, at each of `names` (between blanks). peers_start_bytes: at
// one. False: the instance is forgotten there.
void peers_start(struct peers *p, const char *names, int64_t instance,
                 const char *value);
bool peers_start_bytes(struct peers *p, const char *name, int64_t instance,
                       struct slice value);
// The value might be decided, though no peer has been told to propose it.
void peers_allow(struct peers *p, int64_t instance, const char *value);

enum fate { FATE_PENDING, FATE_DECIDED, FATE_FORGOTTEN };
enum fate peers_fate(struct peers *p, const char *name, int64_t instance);

// How many of `names` know the value; do all?
unsigned peers_know(struct peers *p, const char *names, int64_t instance);
bool peers_all_know(struct peers *p, const char *names, int64_t instance);
// Whoever of `names` does not know it proposes something, and learns it so. For
// large values: on a machine that stands still for a while a Decide may be cut
// off in the midst by its deadline, and nobody sends it again.
void peers_ask(struct peers *p, const char *names, int64_t instance);
// Has anybody said that this value is decided? It must be.
bool peers_has(const struct peers *p, int64_t instance, const char *value);
void peers_expect(struct peers *p, int64_t instance, const char *value);

void peers_done(struct peers *p, const char *names, int64_t instance);
int64_t peers_min(struct peers *p, const char *name);
int64_t peers_max(struct peers *p, const char *name);

// What a peer says of itself; without lists.
Px__PaxosStatusReply peers_status(struct peers *p, const char *name);

// paxos_propose at one peer, for so many ticks. True: it is decided.
bool peers_propose(struct peers *p, const char *name, int64_t instance,
                   const char *value, int ticks);

// --- The messages of the paper, sent by hand -------------------------------

// By the probe "p1", to one peer; the probe must have been started. The reply
// is borrowed until the next one; NULL: none came.
void probe_begin(struct peers *p);
const Px__ProbeReply *probe_prepare(struct peers *p, const char *to,
                                    int64_t instance, uint64_t ballot);
const Px__ProbeReply *probe_accept(struct peers *p, const char *to,
                                   int64_t instance, uint64_t ballot,
                                   const char *value);
const Px__ProbeReply *probe_decide(struct peers *p, const char *to,
                                   int64_t instance, const char *value);
bool probe_value_is(const Px__ProbeReply *reply, const char *value);

#endif
