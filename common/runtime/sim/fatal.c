#include "common/runtime/sim/fatal.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/runtime/sim/heap.h"
#include "common/runtime/sim/places.h"
#include "common/runtime/sim/record.h"
#include "common/runtime/sim/sanitizer.h"
#include "common/runtime/sim/sim.h"
#include "common/runtime/sim/waits.h"

enum {
    SPIN_S = 1, // of processor time, times LAB_TIME_SCALE; seen twice
    FRAMES_MAX = 64,
    SKIPPED = 3, // print_backtrace, the handler, and who has called it
    STACK_BYTES = 256 << 10,
    TELL_S = 10, // of real time: what has crashed may be malloc itself
};

static bool is_of_the_system(const void *where)
{
    Dl_info in;
    return dladdr(where, &in) != 0 && in.dli_fname != NULL &&
           (strncmp(in.dli_fname, "/lib", 4) == 0 ||
            strncmp(in.dli_fname, "/usr/lib", 8) == 0);
}

// Called by handlers of signals. What is between them and ours says nothing.
static __attribute__((noinline)) void print_backtrace(void)
{
    void *frames[FRAMES_MAX];
    char *places[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    places_find((const void *const *)frames, (size_t)count, places);
    for (int i = SKIPPED; i < count; i++)
        if (!is_of_the_system(frames[i]))
            fprintf(stderr, "  %s\n", places[i]);
}

void fatal_end(void)
{
    signal(SIGABRT, SIG_DFL);
    abort();
}

// --- Who spins --------------------------------------------------------------

static void look(int number)
{
    (void)number;
    static uint64_t last = UINT64_MAX;
    uint64_t now = sim_record()->calls;
    const struct thread *t = sim_thread();
    if (now != last || t->node->number == 0) { // a test may compute for long
        last = now;
        return;
    }
    fprintf(stderr,
            "%s spins: it runs for seconds without calling the "
            "runtime\n",
            sim_thread_text(t));
    print_backtrace();
    fatal_end();
}

static void watch_spinning(void)
{
    const char *text = getenv("LAB_TIME_SCALE");
    double scale = text != NULL ? strtod(text, NULL) : 1;
    long s = (long)(SPIN_S * (scale > 1 ? scale : 1));
    signal(SIGVTALRM, look);
    struct itimerval each = {.it_interval.tv_sec = s, .it_value.tv_sec = s};
    setitimer(ITIMER_VIRTUAL, &each, NULL);
}

// --- Who crashes ------------------------------------------------------------

// A sanitizer has handlers of its own, and says more.
#ifdef WITH_SANITIZER
static void watch_crashes(void)
{
}
#else
static void tell(int number)
{
    alarm(TELL_S);
    sim_heap_use(HEAP_TEST); // a node may have spoiled its own
    fprintf(stderr, "%s ends by signal %d (%s), at %" PRId64 " ms\n",
            sim_thread_text(sim_thread()), number, strsignal(number),
            (sim_now_ns() - SIM_START_NS) / 1000000);
    print_backtrace();
    raise(number); // the handler is reset
}

static void watch_crashes(void)
{
    // A stack of its own: what has crashed may be a thread without any left.
    static char stack[STACK_BYTES];
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(
            numbers[i],
            &(struct sigaction){.sa_handler = tell,
                                .sa_flags = (int)SA_RESETHAND | SA_ONSTACK},
            NULL);
}
#endif

void fatal_watch(void)
{
    watch_spinning();
    watch_crashes();
}
