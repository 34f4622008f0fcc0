// ticker.h - calls a function at a steady interval until stopped.
#ifndef COMMON_RUNTIME_TICKER_H
#define COMMON_RUNTIME_TICKER_H

#include <stdint.h>

struct ticker;

// Calls tick(arg) every `interval_ms` (>= 1) in a thread of its own, the first
// time after one interval, never twice at once. Ticks that are late because
// the last one took long are skipped, not made up. ERR_OK or ERR_LIMIT.
int ticker_start(const char *name, int64_t interval_ms, void (*tick)(void *arg),
                 void *arg, struct ticker **out);

// No tick runs after it returns. NULL is fine. Not from tick() itself, and
// not while holding a lock that tick() takes.
void ticker_stop(struct ticker *t);

#endif
