// coroutine.h - stacks of our own, and switching between them.
//
// A coroutine runs until it switches to another by itself. Below each stack
// lies a guard page: who recurses too deep stops there. AddressSanitizer is
// told of each switch, and LeakSanitizer of each stack.
//
// This is the one place that knows how it is done: by ucontext, which makes a
// stack, and setjmp, which goes from one to another without a system call.
#ifndef COMMON_RUNTIME_SIM_COROUTINE_H
#define COMMON_RUNTIME_SIM_COROUTINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

enum {
    COROUTINE_STACK = 256 << 10, // bytes, touched as they are needed
};

struct coroutine {
    ucontext_t context; // to begin with
    jmp_buf place;      // to go on with, once it has been entered
    bool entered;
    void *mapping;      // guard page and stack; NULL: the program's own stack
    const void *bottom; // of the stack, for AddressSanitizer
    size_t size;
    void *fake_stack;  // AddressSanitizer's
    void *fiber;       // ThreadSanitizer's
    unsigned valgrind; // its number of the stack
};

// Prepares a coroutine that will run entry(), which first calls
// coroutine_entered and never returns. False if memory is out. A zeroed
// struct stands for the stack that the program runs on already.
bool coroutine_init(struct coroutine *c, void (*entry)(void));

// Frees the stack; not the running coroutine's. `killed`: its functions have
// not returned, so what only they know of may still be allocated. Their stack
// stays then where LeakSanitizer is on, which would tell of it otherwise.
void coroutine_release(struct coroutine *c, bool killed);

// Goes on with `to`. `ends`: nobody will ever switch back to `from`.
void coroutine_switch(struct coroutine *from, struct coroutine *to, bool ends);
void coroutine_entered(void);

#endif
