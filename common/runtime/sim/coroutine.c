#include "common/runtime/sim/coroutine.h"

#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

// Frames must be on the stacks where we and LeakSanitizer look for them.
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=0";
}

// Who was left last: its stack's bounds are told to us only then.
static struct coroutine *left;

static void note_new_stack(const struct coroutine *c)
{
    __asan_unpoison_memory_region(c->bottom, c->size);
    __lsan_register_root_region(c->bottom, c->size);
}

static bool forget_stack(const struct coroutine *c, bool killed)
{
    if (!killed)
        __lsan_unregister_root_region(c->bottom, c->size);
    return !killed;
}

static void before_switch(struct coroutine *from, const struct coroutine *to,
                          bool ends)
{
    left = from;
    __sanitizer_start_switch_fiber(ends ? NULL : &from->fake_stack, to->bottom,
                                   to->size);
}

static void after_switch(const struct coroutine *now)
{
    __sanitizer_finish_switch_fiber(now == NULL ? NULL : now->fake_stack,
                                    &left->bottom, &left->size);
}
#else
static void note_new_stack(const struct coroutine *c)
{
    (void)c;
}

static bool forget_stack(const struct coroutine *c, bool killed)
{
    (void)c;
    (void)killed;
    return true;
}

static void before_switch(struct coroutine *from, const struct coroutine *to,
                          bool ends)
{
    (void)from;
    (void)to;
    (void)ends;
}

static void after_switch(const struct coroutine *now)
{
    (void)now;
}
#endif

static size_t guard_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

bool coroutine_init(struct coroutine *c, void (*entry)(void))
{
    *c = (struct coroutine){.size = COROUTINE_STACK};
    size_t guard = guard_size();
    char *mapping =
        mmap(NULL, guard + COROUTINE_STACK, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
        return false;
    mprotect(mapping, guard, PROT_NONE);
    c->mapping = mapping;
    c->bottom = mapping + guard;
    note_new_stack(c);

    getcontext(&c->context);
    c->context.uc_stack.ss_sp = mapping + guard;
    c->context.uc_stack.ss_size = COROUTINE_STACK;
    makecontext(&c->context, entry, 0);
    return true;
}

void coroutine_release(struct coroutine *c, bool killed)
{
    if (c->mapping != NULL && forget_stack(c, killed))
        munmap(c->mapping, guard_size() + COROUTINE_STACK);
    c->mapping = NULL;
}

void coroutine_switch(struct coroutine *from, struct coroutine *to, bool ends)
{
    before_switch(from, to, ends);
    // As swapcontext does, but AddressSanitizer's clears what it knows of the
    // stack. getcontext returns twice: the second time when we are back.
    volatile bool back = false;
    getcontext(&from->context);
    if (!back) {
        back = true;
        setcontext(&to->context);
    }
    after_switch(from);
}

void coroutine_entered(void)
{
    after_switch(NULL);
}
