// cond.h - waiting for a condition, with a deadline.
//
// The condition is a plain expression over what the mutex guards; always wait
// in a loop, since a wait may end for no reason:
//
//     mutex_lock(&q->lock);
//     while (q->count == 0 && cond_wait(&q->nonempty, &q->lock, deadline_ms))
//         continue;
#ifndef COMMON_RUNTIME_COND_H
#define COMMON_RUNTIME_COND_H

#include <stdbool.h>
#include <stdint.h>

struct mutex;

struct cond {
    struct cond_impl *impl; // the back end's
};

void cond_init(struct cond *c);
void cond_release(struct cond *c); // nobody waits

// Unlocks `m`, waits, locks `m` again. False if the deadline (a point on
// clock_now_ms; CLOCK_NEVER for none) has passed, else true. Holds `m`.
bool cond_wait(struct cond *c, struct mutex *m, int64_t deadline_ms);

void cond_signal(struct cond *c);    // wakes one waiter, if any
void cond_broadcast(struct cond *c); // wakes all

#endif
