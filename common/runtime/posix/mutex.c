// mutex.c - a pthread mutex that notes who holds it, and since which line.
//
// Most of this file is the message: a wrong unlock is found at once, but the
// question is always who took the lock, and where.
#include "common/runtime/mutex.h"

#include <assert.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/posix/mutex_private.h"

static int this_thread(void)
{
    // Asked once a thread: a system call costs more than the whole lock.
    static _Thread_local int number;
    if (number == 0)
        number = gettid();
    return number;
}

// What follows runs at most once in a process: on its way to abort().

static void thread_name(int number, char *name, size_t room)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", number);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, name, room - 1);
    if (fd >= 0)
        close(fd);
    if (size <= 0)
        snprintf(name, room, "%d (gone)", number);
    else
        name[size - 1] = '\0'; // in place of the newline
}

// `place` is a return address: the call itself ends one byte before. Where a
// program is loaded changes from run to run, so addr2line needs the offset.
static void print_place(const char *what, const void *place, int thread)
{
    char name[32];
    thread_name(thread, name, sizeof name);
    dprintf(2, "mutex %s at %p by thread %s", what, place, name);

    Dl_info in;
    if (dladdr(place, &in) != 0 && in.dli_fname != NULL) {
        const ElfW(Ehdr) *program = in.dli_fbase;
        uintptr_t base = program->e_type == ET_DYN ? (uintptr_t)program : 0;
        dprintf(2, " (addr2line -e %s 0x%zx)", in.dli_fname,
                (size_t)((uintptr_t)place - base - 1));
    }
    dprintf(2, "\n");
}

static _Noreturn void fail(const struct mutex_impl *m, const char *mistake,
                           const void *place)
{
    print_place(mistake, place, this_thread());
    int owner = atomic_load(&m->owner);
    if (owner == 0)
        dprintf(2, "mutex not locked by anybody\n");
    else
        print_place("locked", atomic_load(&m->place), owner);
    abort();
}

static bool is_mine(const struct mutex_impl *m)
{
    int owner = atomic_load_explicit(&m->owner, memory_order_relaxed);
    return owner == this_thread();
}

void mutex_impl_need(const struct mutex_impl *m, const void *place)
{
    if (!is_mine(m))
        fail(m, "needed but not held", place);
}

void mutex_impl_taken(struct mutex_impl *m, const void *place)
{
    atomic_store_explicit(&m->place, place, memory_order_relaxed);
    atomic_store_explicit(&m->owner, this_thread(), memory_order_relaxed);
}

void mutex_impl_let_go(struct mutex_impl *m)
{
    atomic_store_explicit(&m->owner, 0, memory_order_relaxed);
}

void mutex_init(struct mutex *m)
{
    m->impl = xcalloc(1, sizeof *m->impl);
    int failed = pthread_mutex_init(&m->impl->lock, NULL);
    assert(failed == 0);
}

void mutex_release(struct mutex *m)
{
    assert(m->impl != NULL); // else it is not initialized, or released already
    if (atomic_load(&m->impl->owner) != 0)
        fail(m->impl, "released while it is locked",
             __builtin_return_address(0));
    int failed = pthread_mutex_destroy(&m->impl->lock);
    assert(failed == 0);
    free(m->impl);
    m->impl = NULL;
}

void mutex_lock(struct mutex *m)
{
    assert(m->impl != NULL);
    const void *place = __builtin_return_address(0);
    if (is_mine(m->impl))
        fail(m->impl, "locked a second time", place);
    int failed = pthread_mutex_lock(&m->impl->lock);
    assert(failed == 0);
    mutex_impl_taken(m->impl, place);
}

void mutex_unlock(struct mutex *m)
{
    assert(m->impl != NULL);
    if (!is_mine(m->impl))
        fail(m->impl, "unlocked but not held", __builtin_return_address(0));
    mutex_impl_let_go(m->impl);
    int failed = pthread_mutex_unlock(&m->impl->lock);
    assert(failed == 0);
}

void mutex_assert_held(const struct mutex *m)
{
    assert(m->impl != NULL);
    mutex_impl_need(m->impl, __builtin_return_address(0));
}
