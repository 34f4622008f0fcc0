// clock.h - one monotonic clock and sleep.
//
// Only differences mean anything, and only on one machine. A name ending in
// `deadline_ms` is a point on this clock, `timeout_ms` a span. In a
// simulation the clock stands still while code runs.
#ifndef COMMON_RUNTIME_CLOCK_H
#define COMMON_RUNTIME_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER INT64_MAX // a deadline that never comes

int64_t clock_now_ms(void);
int64_t clock_now_ns(void);

void clock_sleep_ms(int64_t timeout_ms); // at least that long; <= 0: yields
void clock_sleep_until_ms(int64_t deadline_ms);

#endif
