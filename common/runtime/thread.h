// thread.h - threads, each with a joiner.
//
// There are no detached threads: nobody can stop what nobody joins, and leak
// checks and race detectors then lie. In a simulation a thread is a coroutine
// and every call into the runtime may switch to another.
#ifndef COMMON_RUNTIME_THREAD_H
#define COMMON_RUNTIME_THREAD_H

struct thread;

// Runs fn(arg) in a thread of its own. `name` is copied; debuggers show its
// first 15 bytes. ERR_OK and *out, which thread_join must get, or ERR_LIMIT.
int thread_start(const char *name, void (*fn)(void *arg), void *arg,
                 struct thread **out);

// Waits until fn has returned, then frees `t`. NULL is fine. Exactly one
// caller, not the thread itself.
void thread_join(struct thread *t);

// Lets others run. Never needed for correctness.
void thread_yield(void);

#endif
