// cluster_private.h - what the files of the harness share.
#ifndef GRADING_CLUSTER_PRIVATE_H
#define GRADING_CLUSTER_PRIVATE_H
#define CLUSTER_NO_PLACES

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/rpc/counters.h"
#include "common/rpc/faults.h"
#include "common/rpc/node.h"
#include "common/runtime/process.h"
#include "common/runtime/random.h"
#include "grading/cluster.h"

enum {
    NAMES_MAX = FAULT_NODES_MAX,
    ARGUMENTS_MAX = 64,
    METHODS_CHECKED_MAX = 16,
    READY_TICKS = 400, // a node has so long to become ready
    END_TICKS = 400,   // and so long to end when it is asked
};

enum member_state {
    MEMBER_NEW,   // it was never started
    MEMBER_RUNS,  // also paused
    MEMBER_ENDED, // `end` says how
};

// One name of the test: a node, alone in its process or at home in another's.
struct member {
    char name[NODE_NAME_MAX + 1];
    int number; // in fault pages
    struct fault_page *faults;
    const char *methods[METHODS_CHECKED_MAX]; // that faults name: owned
    size_t method_count;
    unsigned wanted; // ALLOW_...: faults that it had before it had a role

    const struct cluster_role *role; // NULL: never started
    int home;                        // the member whose process it is in
    // Of that one:
    enum member_state state;
    struct process *process;
    char **argv; // what starts it again: owned, NULL at the end
    struct process_end end;
    bool told; // its end is our doing, or was waited for
    bool paused;
    bool retired; // of its group none need live
    unsigned lives;
    // Of each:
    bool ready;
    uint64_t joined; // before this life, as its page tells
    uint64_t served;
    uint64_t controlled;
    uint64_t crashed;

    struct client *client; // NULL: it is none
};

enum link_cut { LINK_WHOLE, LINK_SILENT, LINK_REFUSED };

struct cluster {
    const struct cluster_lab *lab;
    char *folder; // absolute
    uint64_t seed;
    uint32_t flags; // of fault pages, whatever the test says
    struct random random;
    int64_t started_ms;
    FILE *story;         // log/harness
    struct node *asking; // the harness's own end of control calls
    struct member members[NAMES_MAX];
    int count;
    atomic_int_least64_t stamps; // of clients' operations, from 1 on
    // cuts[a][b]: the calls that a makes to b.
    unsigned char cuts[NAMES_MAX][NAMES_MAX];
    int owners[NAMES_MAX];  // whose socket a name leads to; -1: nobody's
    bool hidden[NAMES_MAX]; // the socket of that name
    bool linked[NAMES_MAX][NAMES_MAX]; // net/a/b is there
};

// --- story.c: what is done, and what goes wrong ---

// FOLDER/..., owned.
char *cluster_path(const struct cluster *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *cluster_log_tail(const struct cluster *c, const char *name); // owned

// --- members.c: names ---

struct member *cluster_member(struct cluster *c, const char *name);
struct member *home_of(struct cluster *c, const struct member *m);
bool member_runs(struct cluster *c, const struct member *m);
struct count_life member_life(struct cluster *c, const struct member *m);
// Calls each(c, m, arg) for each name in a list between blanks, NULL for all.
void cluster_each(struct cluster *c, const char *names,
                  void (*each)(struct cluster *c, struct member *m, void *arg),
                  void *arg);
// Fails the test with a sentence if the fault model forbids it: now, for a
// node that was started; or ordered for one that may not have been yet, and
// then when it is.
void cluster_allow(struct cluster *c, const struct member *m, unsigned what,
                   const char *deed);
void cluster_allow_ahead(struct cluster *c, struct member *m, unsigned what,
                         const char *deed);
void cluster_allow_wanted(struct cluster *c, const struct member *m);
// The methods that faults at `m` name must be served by it.
void member_check_methods(struct cluster *c, struct member *m);
void member_needs_method(struct cluster *c, struct member *m,
                         const char *method);

// --- nodes.c: processes ---

// Fails the test if a node has ended that was not told to.
void cluster_watch(struct cluster *c);
// Fails the test if any node has come to code that nobody has written yet: a
// call that goes wrong may be seen before the end of who did it.
void cluster_expect_solved(struct cluster *c);
// One look later: a millisecond, and cluster_watch.
void cluster_step(struct cluster *c);
// Ends all nodes in order.
void cluster_end_nodes(struct cluster *c);
void cluster_free_nodes(struct cluster *c);

// --- network.c: links ---

// The node has a new socket: others find it.
void cluster_link_new(struct cluster *c, struct member *m);

// --- clients.c ---

void client_attach(struct cluster *c, struct member *m);
void clients_stop(struct cluster *c);

// --- grading/seeds, in test programs that are linked with the simulation ---

bool seeds_wanted(void) __attribute__((weak));
int seeds_main(const char *program, const char *suite,
               const struct graded_test *tests, size_t count)
    __attribute__((weak));

// --- setup.c ---

void cluster_set_up(struct cluster *c, const struct cluster_lab *lab,
                    const char *nodes);
void cluster_tear_down(struct cluster *c); // ends all, audits, frees

#endif
