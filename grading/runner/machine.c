// machine.c - two rates, each counted in several short spans and compared with
// what our own machine does when it is idle.
//
// The span in the middle counts: one in which somebody else had the processor
// says nothing of the minutes that follow.
//
// What tests wait for is partly work and partly other processes being woken, so
// both are measured and the mean of the two slownesses counts. The work is the
// kernel's, not ours: it costs the same in all variants, with sanitizers too.
#include "grading/runner/machine.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SPANS = 7, // of each kind: 84 ms in all
    SPAN_US = 6000,
    BLOCK_BYTES = 4096,
    FACTOR_MAX = 10,
};

// Measured by these very functions in spans of 25 ms, 120 each on an idle
// virtual machine (2 cores of a server of 2023, Linux 6, gcc -O0): blocks 1849
// to 2358, half of them below 2326; wakes 514 to 2419, half below 745 (it
// depends on whether the two processes share a core). The slowest counts, so
// that an idle machine is no slower than usual. With a busy loop on each core:
// 1478 and 404 in the middle; with two on each: 1097 and 205.
static const double USUAL_BLOCKS = 1850.0 * SPAN_US / 25000;
static const double USUAL_WAKES = 510.0 * SPAN_US / 25000;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

// Blocks of random bytes that the kernel computes in SPAN_US.
static double count_blocks(void)
{
    char bytes[BLOCK_BYTES];
    int64_t until_us = now_us() + SPAN_US;
    int blocks = 0;
    for (; now_us() < until_us; blocks++)
        if (getrandom(bytes, sizeof bytes, 0) < 0)
            break;
    return blocks;
}

static bool pass_byte(int from, int to)
{
    char byte = 0;
    return read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1;
}

// How often in SPAN_US a byte goes to another process and comes back.
static double count_wakes(void)
{
    int there[2];
    int back[2];
    if (pipe(there) != 0)
        return USUAL_WAKES;
    if (pipe(back) != 0) {
        close(there[0]);
        close(there[1]);
        return USUAL_WAKES;
    }
    pid_t child = fork();
    if (child == 0) {
        close(there[1]); // or the end of the pipe would never come
        close(back[0]);
        while (pass_byte(there[0], back[1])) // ends: when the parent's closes
            continue;
        _exit(0);
    }
    close(there[0]);
    close(back[1]);
    int64_t until_us = now_us() + SPAN_US;
    int wakes = 0;
    char byte = 0;
    bool ok = child > 0;
    for (; ok && now_us() < until_us; wakes++)
        ok = write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1;
    close(there[1]);
    close(back[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
    return ok ? wakes : USUAL_WAKES;
}

// 1 for whoever does the usual or more.
static double slowness(double share)
{
    if (share >= 1)
        return 1;
    return share > 1e-3 ? 1 / share : 1e3;
}

double machine_factor_of(double computing, double waking)
{
    double mean = (slowness(computing) + slowness(waking)) / 2;
    double rounded = (double)(int)(mean * 10 + 0.5) / 10;
    return rounded < FACTOR_MAX ? rounded : FACTOR_MAX;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double middle_of(double (*count)(void))
{
    double counts[SPANS];
    for (int i = 0; i < SPANS; i++)
        counts[i] = count();
    qsort(counts, SPANS, sizeof counts[0], by_size);
    return counts[SPANS / 2];
}

double machine_factor(void)
{
    return machine_factor_of(middle_of(count_blocks) / USUAL_BLOCKS,
                             middle_of(count_wakes) / USUAL_WAKES);
}
