// mutex_private.h - what a mutex is made of, for mutex.c and cond.c only.
#ifndef COMMON_RUNTIME_POSIX_MUTEX_PRIVATE_H
#define COMMON_RUNTIME_POSIX_MUTEX_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

// In gdb: `print *m->impl` shows the owner as the LWP number that
// `info threads` lists, and `info symbol` names the place.
struct mutex_impl {
    pthread_mutex_t lock;
    // Atomic, since who asks whether it is the owner may not hold the lock.
    // Only the owner's own number can make it believe it is the owner, and
    // that number only the owner has written: so any memory order will do.
    atomic_int owner;            // as gettid(); 0: nobody
    _Atomic(const void *) place; // the owner's call of mutex_lock or cond_wait
};

// Ends the program, pointing at `place`, unless the calling thread has `m`.
void mutex_impl_need(const struct mutex_impl *m, const void *place);

// Notes that the calling thread has `m` now, or is about to let it go.
void mutex_impl_taken(struct mutex_impl *m, const void *place);
void mutex_impl_let_go(struct mutex_impl *m);

#endif
