// waits.h - who waits for what: for when nothing goes on any more.
//
// A graph over all nodes: a thread that waits for a mutex points at who holds
// it, one that waits for a reply at who has its request in hand. A circle in
// it is a dead-lock, also between nodes; a condition that nobody signals is a
// lost wake-up.
#ifndef COMMON_RUNTIME_SIM_WAITS_H
#define COMMON_RUNTIME_SIM_WAITS_H

#include <stddef.h>
#include <stdio.h>

struct thread;

enum {
    WAIT_CAUSES_MAX = 16,
};

// Why somebody waits: for whom, if that is known, and in words.
struct wait_cause {
    const struct thread *thread; // NULL: nobody, or nobody knows
    char words[120];
};

// Waits with this `what` of sim_wait (the pointer) are explained by `explain`,
// which fills `out` and returns how many causes there are.
void sim_explain(const char *what,
                 size_t (*explain)(const struct thread *t,
                                   struct wait_cause *out, size_t max));

// The graph, in text; the circle first, if there is one.
void sim_print_waits(FILE *out);

// Nobody can run, now or later: prints the graph, and ends the program.
_Noreturn void sim_dead_lock(void);

// "s1/pinger": a thread and its node. Static, until the fourth call from now.
const char *sim_thread_text(const struct thread *t);

// Prints "MISTAKE at FILE:LINE by s1/pinger" on stderr.
void sim_print_place(const char *what, const struct thread *t,
                     const void *where);

#endif
