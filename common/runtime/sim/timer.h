// timer.h - what happens at a virtual time: a heap of timers.
//
// Of timers for the same time the one that was set first fires first.
#ifndef COMMON_RUNTIME_SIM_TIMER_H
#define COMMON_RUNTIME_SIM_TIMER_H

#include <stdint.h>

// A call of fire(arg) at a time, from the scheduler: it must not wait. Zeroed:
// not set.
struct sim_timer {
    int64_t at_ns;
    uint64_t order;
    void (*fire)(void *arg);
    void *arg;
    uint32_t place; // in the heap, from 1; 0: not set
};

void sim_timer_set(struct sim_timer *t, int64_t at_ns, void (*fire)(void *arg),
                   void *arg);
void sim_timer_cancel(struct sim_timer *t); // harmless if not set

int64_t sim_timers_next_ns(void); // INT64_MAX: none is set
// Takes the first out if it is due; NULL: none is.
struct sim_timer *sim_timers_take(int64_t now_ns);

#endif
