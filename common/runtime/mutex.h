// mutex.h - a lock that knows its owner.
//
// Not recursive: locking twice in one thread, unlocking another's lock, or
// releasing a held one is our own mistake and ends the program with the place
// where the lock was taken. Never hold one across a call to another node.
#ifndef COMMON_RUNTIME_MUTEX_H
#define COMMON_RUNTIME_MUTEX_H

struct mutex {
    struct mutex_impl *impl; // the back end's; owner and place for gdb
};

void mutex_init(struct mutex *m);
void mutex_release(struct mutex *m); // nobody holds it or waits for it

void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

// Ends the program unless the calling thread holds `m`. The first line of
// each function whose name ends in _locked.
void mutex_assert_held(const struct mutex *m);

#endif
