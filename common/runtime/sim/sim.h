// sim.h - many nodes in one process, on virtual time.
//
// The second back end behind the headers of common/runtime, private to this
// folder and to common/rpc/sim.c. A process is a node here, a thread a
// coroutine, and one of them runs at a time, until it calls what synchronises:
// there the scheduler picks who goes on. The clock stands still while code
// runs; when nobody can run it jumps to the next timer.
//
// The program itself, a test, is node 0; all of this begins at its first call
// of the runtime. What is not simulated: README.md.
//
// Read next: schedule.c.
#ifndef COMMON_RUNTIME_SIM_SIM_H
#define COMMON_RUNTIME_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/runtime/process.h"
#include "common/runtime/self.h"
#include "common/runtime/sim/code.h"
#include "common/runtime/sim/coroutine.h"
#include "common/runtime/sim/plan.h"
#include "common/runtime/sim/timer.h"

// What the program gives for nodes to run.
int node_main(int argc, char **argv) __attribute__((weak));

// A node. Never freed: who points to a dead one can ask whether it is alive.
struct process {
    struct self self;
    int number;                    // 0: the test
    char name[SELF_NAME_MAX + 16]; // as events have it: "s1", then "s1'2"
    bool named;
    struct process *parent;
    struct process *next;
    bool alive;
    bool paused; // its threads do not run
    bool asks;   // process_interrupted, at least once
    bool asked;  // to end in order
    struct process_end end;
    struct sim_code code;
    int argc;
    char **argv; // owned
    int *fds;    // self_own_fd; closed at its end
    size_t fd_count;
};

// Ready or running, waiting, to be joined.
enum thread_state { THREAD_READY, THREAD_WAITING, THREAD_DONE };

// What the runtime is called for: where another thread may go on.
enum sim_call {
    CALL_LOCK,
    CALL_UNLOCK,
    CALL_WAIT,
    CALL_SIGNAL,
    CALL_THREAD,
    CALL_NODE,
    CALL_RPC,
    CALL_DISK,
    SIM_CALLS,
};

struct thread {
    struct coroutine coroutine;
    struct process *node;
    char name[16];
    int number; // of those with this name in the node, from 1
    void (*fn)(void *arg);
    void *arg;
    struct thread *next; // of all that live

    enum thread_state state;
    int priority;
    uint64_t turn;             // ready: since when, in the order of readiness
    struct thread *ready_next; // the list of those that are
    struct thread *ready_prev;
    const void *channel; // waits: for any address that its waker knows
    struct thread *wait_next;
    struct sim_timer deadline;
    const char *what;      // in words
    const void *where;     // a return address: of its last call of the runtime
    const void *lab_where; // while it waits: in the node's own code, or NULL
    int64_t since_ns;
    bool woken; // false: the deadline came

    uint64_t calls[SIM_CALLS]; // so far
    char *who[SIM_CALLS];      // "s1/pinger.lock", owned; NULL: not yet
    uint64_t who_keys[SIM_CALLS];
};

struct thread *sim_thread(void); // who runs
int64_t sim_now_ns(void);
int64_t sim_ns(int64_t ms);       // CLOCK_NEVER stays what it is
int64_t sim_after_ns(int64_t ms); // so much after now

// In each call of the runtime, `where` from: another may go on.
void sim_yield(enum sim_call call, const void *where);
void sim_pass(const void *where); // others go first
// Waits for a wake on `channel`, or until the deadline: false then.
bool sim_wait(const void *channel, int64_t deadline_ns, const char *what,
              const void *where);
void sim_wake_one(const void *channel); // who has waited longest
void sim_wake_all(const void *channel);

// A thread of `node`, ready to run; NULL if memory is out.
struct thread *sim_thread_new(struct process *node, const char *name,
                              void (*fn)(void *arg), void *arg);
void sim_thread_free(struct thread *t); // it is done
struct process *sim_node_new(struct process *parent);
// Ends a node and those it spawned: their threads never run again. Returns
// even if the caller is one of them; it should then call sim_leave.
void sim_node_end(struct process *node, struct process_end end);
_Noreturn void sim_leave(void);
void sim_on_node_end(void (*hook)(struct process *node)); // the transport's
bool sim_is_lab(const void *where); // is it in the node program's own code?

// The node goes by this name from now on.
void sim_node_named(struct process *node);
struct thread *sim_threads(void); // of living nodes, the youngest first

#endif
