// faults.h - the fault page: what a harness makes go wrong at one node.
//
// One file, mapped by the harness (which writes it at any time) and by the
// node (read-only). Faults live here, in the library and in the file system,
// never in the code under test.
//
// Dice are keyed, not drawn from a stream: whether the k-th Accept from s1 to
// s3 is lost depends on the seed and on these words alone, so it is the same
// in every run, in processes and in simulation, whatever else happens. k
// counts arrivals at the target from 1 and goes on over restarts.
#ifndef COMMON_RPC_FAULTS_H
#define COMMON_RPC_FAULTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/runtime/self.h"

enum {
    FAULT_NODES_MAX = 64, // names a test gives
    FAULT_RULES_MAX = 32,
    FAULT_CRASHES_MAX = 32,
    FAULT_METHOD_MAX = 48, // bytes of "Service.Method" or a file's name
    FAULT_SURE = 1000000,  // probabilities are in parts per million
    FAULT_ANYBODY = -1,    // a rule for every source
};

// What may happen to requests that arrive here, by source and method. The
// last rule that matches counts, alone; the empty method matches all.
struct fault_rule {
    int32_t source; // node number or FAULT_ANYBODY
    char method[FAULT_METHOD_MAX];
    uint32_t lose_request_ppm; // never reaches the handler
    uint32_t lose_reply_ppm;   // of the others: it runs, nobody learns of it
    uint32_t late_ppm;         // of the others: no reply, it runs late_ms after
    uint32_t late_ms;
    uint32_t delay_ppm;    // of the others: before the handler, delay_min_ms to
    uint32_t delay_min_ms; // delay_max_ms, uniformly
    uint32_t delay_max_ms;
};

// The node crashes (as by SIGKILL) at the `count`-th time, from the arming on,
// that it passes `kind` for `method`; once. Or it is held: the thread that
// passes waits there until fault_release, and the others go on.
struct fault_crash {
    uint32_t kind;                 // enum crash_kind; CRASH_NONE: not armed
    char method[FAULT_METHOD_MAX]; // "" for any; of disk and outfile: the file
    uint64_t count;                // 1: the next time
    bool holds;                    // else it crashes
};

// At most FAULT_CRASHES_MAX are armed in a page's life.

enum fault_flag {
    FAULT_FAST_LOSS = 1,  // who loses a message learns it at once (as CLOSED)
    FAULT_NO_REFUSED = 2, // RPC_REFUSED is told as RPC_UNKNOWN at the deadline
};

struct fault_page; // the mapping's content: see faults.c

// For the harness. Makes the file for node `me` of `names` (count <=
// FAULT_NODES_MAX, each at most NODE_NAME_MAX bytes), with no fault set. A
// page belongs to one thread of the harness.
int fault_page_create(const char *path, uint64_t seed, const char *const *names,
                      int count, int me, struct fault_page **out);

// For the node: maps an existing one, read-only. ERR_PROTO if it is none.
int fault_page_open(const char *path, struct fault_page **out);
void fault_page_close(struct fault_page *p); // NULL is fine

void fault_set_flags(struct fault_page *p, uint32_t flags);
void fault_clear_rules(struct fault_page *p); // and leaves crashes as they are
int fault_add_rule(struct fault_page *p, const struct fault_rule *rule);
int fault_add_crash(struct fault_page *p, const struct fault_crash *crash);
// Lets go whoever is held, and disarms what would hold others.
void fault_release(struct fault_page *p);
// That, and what was to crash will not.
void fault_disarm(struct fault_page *p);
// Cuts: calls that this node makes to `peer`, and messages of calls that
// `peer` makes to it. A cut is the first bit here and the second at the peer.
// A message that had passed its check when the bit was set, a few instructions
// before its handler or caller, counts as delivered before the cut.
void fault_cut_out(struct fault_page *p, int peer, bool cut);
void fault_cut_in(struct fault_page *p, int peer, bool cut);

// For the node. With a NULL page: nobody has a number, nothing ever happens.
uint32_t fault_flags(const struct fault_page *p);
int fault_nodes(const struct fault_page *p);
int fault_self(const struct fault_page *p);
int fault_number(const struct fault_page *p, const char *name); // -1: unknown
const char *fault_name(const struct fault_page *p, int number);
bool fault_is_cut_out(const struct fault_page *p, int peer);
bool fault_is_cut_in(const struct fault_page *p, int peer);

enum fault_fate {
    FATE_NORMAL,
    FATE_LOSE_REQUEST,
    FATE_LOSE_REPLY,
    FATE_LATE,
};

struct fault_draw {
    enum fault_fate fate;
    uint32_t wait_ms; // before the handler runs
};

// What happens to the k-th request for `method` from node number `source`.
struct fault_draw fault_draw(const struct fault_page *p, int source,
                             const char *method, uint64_t k);

// Does anything fire here? `passed` and `fired` are the node's memory of its
// FAULT_CRASHES_MAX crashes: how often passed, and whether it fired; kept in
// its counter page over restarts, and advanced by this. Who is held waits
// until fault_is_released(p, *which).
enum fault_point {
    POINT_PASS,
    POINT_HOLD,
    POINT_CRASH,
};
enum fault_point fault_point_here(const struct fault_page *p,
                                  enum crash_kind kind, const char *what,
                                  _Atomic uint64_t *passed,
                                  _Atomic uint64_t *fired, uint32_t *which);
bool fault_is_released(const struct fault_page *p, uint32_t which);

// Would anything fire now? Advances nothing.
bool fault_is_crash_next(const struct fault_page *p, enum crash_kind kind,
                         const char *what, const _Atomic uint64_t *passed,
                         const _Atomic uint64_t *fired);

#endif
