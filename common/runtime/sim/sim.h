// sim.h - many nodes in one process, on virtual time.
//
// The second back end behind the headers of common/runtime, private to this
// folder and to common/rpc/sim.c. A process is a node here, a thread a
// coroutine, and one of them runs at a time, until it calls what synchronises:
// there the scheduler picks who goes on. The pick and all else that is left
// open are drawn from LAB_SEED, so that a run can be had again; without it the
// longest ready goes first. The clock stands still while code runs. When
// nobody can run it jumps to the next timer, and without one the program ends
// with a list of who waits for what.
//
// The program itself, a test, is node 0; all of this begins at its first call
// of the runtime. Nodes run node_main of the same program, and what is the
// program's they share: globals, environment, standard output, working folder
// (of a process_spec only argv is used), and exit() ends all. What a node had
// allocated when it was killed is lost.
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

// A node; never freed, so a pointer to a dead one can be asked whether it is.
struct process {
    struct self self;
    int number; // 0: the test
    struct process *parent;
    struct process *next;
    bool alive;
    bool paused; // its threads do not run
    struct process_end end;
    int argc;
    char **argv; // owned
};

enum thread_state {
    THREAD_READY, // or running
    THREAD_WAITING,
    THREAD_DONE, // to be joined
};

struct thread {
    struct coroutine coroutine;
    struct process *node;
    char name[16];
    void (*fn)(void *arg);
    void *arg;
    struct thread *next;

    enum thread_state state;
    uint64_t turn; // ready: since when, in the order of readiness
    // Waiting:
    const void *channel; // any address that waker and waiting agree on
    int64_t deadline_ns;
    const char *what;  // in words
    const void *where; // a return address
    int64_t since_ns;
    bool woken; // false: the deadline came
};

struct thread *sim_thread(void); // who runs
int64_t sim_now_ns(void);
int64_t sim_ns(int64_t ms);     // CLOCK_NEVER stays what it is
uint64_t sim_below(uint64_t n); // drawn from the seed

// Lets the scheduler pick anew. Each call of the runtime that synchronises
// begins or ends with it.
void sim_yield(void);

// Waits for sim_wake on `channel`, or until the deadline: false then. `what`
// is borrowed.
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
// The transport's: called when a node has ended.
void sim_on_node_end(void (*hook)(struct process *node));

// Ends the program with a sentence, and with who waits for what.
_Noreturn void sim_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
void sim_print_place(const char *what, const void *where);

#endif
