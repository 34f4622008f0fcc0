// backoff.c - see backoff.h.
#include "lab3-paxos/backoff.h"

#include "common/runtime/random.h"

enum {
    // In quarters of a tick.
    SPAN_MIN = 1,
    SPAN_MAX = 16,
    // In ticks.
    PATIENCE_MIN = 4,
    PATIENCE_MAX = 16,
};

// `first`, doubled after each failure but the first, at most `most`.
static int64_t doubled(int64_t first, int64_t most, unsigned failures)
{
    int64_t value = first;
    for (unsigned i = 1; i < failures && value < most; i++)
        value *= 2;
    return value;
}

int64_t backoff_ms(unsigned failures, int64_t tick_ms, struct random *random)
{
    int64_t span = doubled(SPAN_MIN, SPAN_MAX, failures) * tick_ms / 4;
    return 1 + (int64_t)random_below(random, (uint64_t)span + 1);
}

int64_t patience_ms(unsigned failures, int64_t tick_ms)
{
    return doubled(PATIENCE_MIN, PATIENCE_MAX, failures + 1) * tick_ms;
}
