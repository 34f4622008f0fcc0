#include "common/runtime/sim/coroutine.h"

#include <sys/mman.h>
#include <unistd.h>

#include "common/runtime/sim/sanitizer.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(from, to) 0
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
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
#elif defined(WITH_TSAN)
#include <sanitizer/tsan_interface.h>

static void note_new_stack(struct coroutine *c)
{
    c->fiber = __tsan_create_fiber(0);
}

static bool forget_stack(const struct coroutine *c, bool killed)
{
    (void)killed;
    __tsan_destroy_fiber(c->fiber);
    return true;
}

static void before_switch(struct coroutine *from, const struct coroutine *to,
                          bool ends)
{
    (void)ends;
    if (from->fiber == NULL)
        from->fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->fiber, 0);
}

static void after_switch(const struct coroutine *now)
{
    (void)now;
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
    c->valgrind = VALGRIND_STACK_REGISTER(c->bottom, mapping + guard + c->size);

    getcontext(&c->context);
    c->context.uc_stack.ss_sp = mapping + guard;
    c->context.uc_stack.ss_size = COROUTINE_STACK;
    makecontext(&c->context, entry, 0);
    return true;
}

void coroutine_release(struct coroutine *c, bool killed)
{
    if (c->mapping != NULL)
        VALGRIND_STACK_DEREGISTER(c->valgrind);
    if (c->mapping != NULL && forget_stack(c, killed))
        munmap(c->mapping, guard_size() + COROUTINE_STACK);
    c->mapping = NULL;
}

#ifdef WITH_SANITIZER
// Their longjmp takes a jump for the end of functions.
static void jump(struct coroutine *from, struct coroutine *to)
{
    // getcontext returns twice: the second time when we are back.
    volatile bool back = false;
    getcontext(&from->context);
    if (!back) {
        back = true;
        setcontext(&to->context);
    }
}
#else
// setjmp saves no signal mask, which would be a system call; only the first
// switch to a new stack needs a context.
static void jump(struct coroutine *from, struct coroutine *to)
{
    if (_setjmp(from->place) != 0)
        return; // we are back
    from->entered = true;
    if (to->entered)
        _longjmp(to->place, 1);
    to->entered = true;
    setcontext(&to->context);
}
#endif

void coroutine_switch(struct coroutine *from, struct coroutine *to, bool ends)
{
    before_switch(from, to, ends);
    jump(from, to);
    after_switch(from);
}

void coroutine_entered(void)
{
    after_switch(NULL);
}
