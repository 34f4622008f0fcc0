// backoff.h - how long to wait after an attempt that failed.
//
// Two proposers that go on at once can stop each other for ever (the paper's
// section 2.4; it cannot be ruled out, only made unlikely: Fischer, Lynch and
// Paterson, 1985). So each waits for a random time, the longer the more often
// it has failed. Given code.
#ifndef LAB3_BACKOFF_H
#define LAB3_BACKOFF_H

#include <stdint.h>

struct random;

// 1 ms or more, after so many failures (1, 2, ...).
int64_t backoff_ms(unsigned failures, int64_t tick_ms, struct random *random);

// How long an attempt should wait for answers after so many failures: it may
// be that they need longer, and not that nobody answers.
int64_t patience_ms(unsigned failures, int64_t tick_ms);

#endif
