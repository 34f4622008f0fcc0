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
#include "common/runtime/sim/coroutine.h"

// What the program gives for nodes to run.
int node_main(int argc, char **argv) __attribute__((weak));

// A node. Never freed: who points to a dead one can ask whether it is alive.
struct process {
    struct self self;
    int number; // 0: the test
    struct process *parent;
    struct process *next;
    bool alive;
    bool paused; // its threads do not run
    bool asks;   // process_interrupted, at least once
    bool asked;  // to end in order
    struct process_end end;
    int argc;
    char **argv; // owned
    int *fds;    // self_own_fd; closed at its end
    size_t fd_count;
};

// Ready or running, waiting, to be joined.
enum thread_state { THREAD_READY, THREAD_WAITING, THREAD_DONE };

struct thread {
    struct coroutine coroutine;
    struct process *node;
    char name[16];
    void (*fn)(void *arg);
    void *arg;
    struct thread *next;

    enum thread_state state;
    uint64_t turn;       // ready: since when, in the order of readiness
    const void *channel; // waits: for any address that its waker knows
    int64_t deadline_ns;
    const char *what;  // in words
    const void *where; // a return address
    int64_t since_ns;
    bool woken; // false: the deadline came
};

struct thread *sim_thread(void); // who runs
int64_t sim_now_ns(void);
int64_t sim_ns(int64_t ms);       // CLOCK_NEVER stays what it is
int64_t sim_after_ns(int64_t ms); // so much after now
uint64_t sim_below(uint64_t n);   // drawn from the seed

// Lets the scheduler pick anew: in each call that synchronises.
void sim_yield(void);
// Waits for a wake on `channel`, or until the deadline: false then.
bool sim_wait(const void *channel, int64_t deadline_ns, const char *what,
              const void *where);
void sim_wake_one(const void *channel);
void sim_wake_all(const void *channel);

// A call of fire(arg) at a time, from the scheduler: it must not wait.
struct sim_timer {
    int64_t at_ns;
    void (*fire)(void *arg);
    void *arg;
    struct sim_timer *next;
};
void sim_timer_set(struct sim_timer *t, int64_t at_ns, void (*fire)(void *arg),
                   void *arg);
void sim_timer_cancel(struct sim_timer *t); // harmless if not set

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

// A line on stderr: who called from where, and how addr2line finds it.
void sim_print_place(const char *what, const struct thread *t,
                     const void *where);

#endif
