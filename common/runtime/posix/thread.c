// thread.c - pthreads, joinable and named.
#include "common/runtime/thread.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

struct thread {
    pthread_t id;
    void (*fn)(void *arg);
    void *arg;
    char name[16]; // all that the system keeps of it, with the final NUL
};

static void *run(void *arg)
{
    struct thread *t = arg;
    // The thread names itself, so that fn never runs under another's name.
    pthread_setname_np(pthread_self(), t->name);
    t->fn(t->arg);
    return NULL;
}

int thread_start(const char *name, void (*fn)(void *arg), void *arg,
                 struct thread **out)
{
    struct thread *t = xmalloc(sizeof *t);
    t->fn = fn;
    t->arg = arg;
    snprintf(t->name, sizeof t->name, "%s", name);

    int failed = pthread_create(&t->id, NULL, run, t);
    if (failed != 0) { // EAGAIN, whether threads or memory for a stack ran out
        free(t);
        return ERR_LIMIT;
    }
    *out = t;
    return ERR_OK;
}

void thread_join(struct thread *t)
{
    if (t == NULL)
        return;
    int failed = pthread_join(t->id, NULL);
    assert(failed == 0); // else it joins itself
    free(t);
}

void thread_yield(void)
{
    sched_yield();
}
