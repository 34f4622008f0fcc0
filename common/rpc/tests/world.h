// world.h - a cluster of four echo nodes, for tests of the RPC library.
//
// ME is the test program itself, without a server; ANN, BOB and CID are
// processes (echo.h) which it spawns as it needs them. It plays the harness as
// well: makes the folders, pages and links, and gives orders through control
// servers. All of it asserts: what fails ends the test.
#ifndef COMMON_RPC_TESTS_WORLD_H
#define COMMON_RPC_TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rpc/counters.h"
#include "common/rpc/faults.h"

enum world_node { ME, ANN, BOB, CID, WORLD_NODES };

enum {
    WORLD_PATH_MAX = 128,
    WORLD_WAIT_MS = 20000, // for what must happen in the end
};

struct world {
    char folder[WORLD_PATH_MAX]; // TMPDIR, a fresh one for each test
    uint64_t seed;               // LAB_SEED
    struct node *me;
    struct node *harness; // a stranger to all, for control calls
    struct fault_page *faults[WORLD_NODES];
    struct count_page *counts[WORLD_NODES];
    struct process *processes[WORLD_NODES]; // NULL: not spawned
    uint32_t lives[WORLD_NODES];
};

extern const char *const world_names[WORLD_NODES]; // "me", "ann", ...

struct world_path {
    char text[WORLD_PATH_MAX]; // FOLDER/...
};
struct world_path world_path(const struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct world_path world_socket(const struct world *w, enum world_node i);
struct world_path world_link_path(const struct world *w, enum world_node from,
                                  enum world_node to);

void world_init(struct world *w);
void world_begin(struct world *w);   // world_init, and bob is spawned
void world_release(struct world *w); // kills all nodes

// Starts a node and waits until it serves; world_spawn links it for all.
void world_run(struct world *w, enum world_node i);
void world_link(struct world *w, enum world_node i);
void world_spawn(struct world *w, enum world_node i);
void world_kill(struct world *w, enum world_node i);
// Waits for the end of node `i`: by exit with `code`, or by a SIGKILL of its
// own if `code` is -1.
void world_expect_end(struct world *w, enum world_node i, int code);

struct world_counts {
    uint64_t said;
    uint64_t napped;
    uint64_t holding;
    uint32_t life;
};
// Orders, by a control server.
struct world_counts world_count(struct world *w, enum world_node i);
void world_let_go(struct world *w, enum world_node i); // ends its Holds
void world_stop(struct world *w, enum world_node i);   // begins its end
// Makes `from` call `to` (Chain); the outcome, an enum rpc_outcome.
int world_order_call(struct world *w, enum world_node from, enum world_node to,
                     uint32_t timeout_ms);

// Faults.
void world_flags(struct world *w, uint32_t flags); // for all nodes
void world_cut(struct world *w, enum world_node from, enum world_node to,
               bool cut); // silently
void world_rule(struct world *w, enum world_node at, struct fault_rule rule);
// Of the requests for `method` ("Say") that arrive at a node: all.
void world_lose_requests(struct world *w, enum world_node at,
                         const char *method);
void world_lose_replies(struct world *w, enum world_node at,
                        const char *method);
void world_make_late(struct world *w, enum world_node at, const char *method,
                     uint32_t late_ms);
void world_delay(struct world *w, enum world_node at, const char *method,
                 uint32_t min_ms, uint32_t max_ms);

// What `node` counted with `peer`; `method` as in "Say".
struct count *world_cell(struct world *w, enum world_node node,
                         enum world_node peer, const char *method);

// Bounded waits until the cell, or what the node says, is at least `n`.
void world_await(const _Atomic uint64_t *cell, uint64_t n);
void world_await_said(struct world *w, enum world_node i, uint64_t n);
void world_await_napped(struct world *w, enum world_node i, uint64_t n);
void world_await_holding(struct world *w, enum world_node i, uint64_t n);

#endif
