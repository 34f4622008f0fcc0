// setting.h - what the environment sets, for test programs and their runner.
#ifndef COMMON_CHECK_SETTING_H
#define COMMON_CHECK_SETTING_H

#include <stdint.h>

// The value of a variable, NULL if it is not set or empty. Borrows from the
// environment: valid until that changes.
const char *setting(const char *name);

// The same, owned, and no longer set from then on: not for our children.
char *setting_take(const char *name);

// A number above 0, or `otherwise` if it is not set. Anything else ends the
// program with a sentence and status 2.
double setting_number(const char *name, double otherwise);

// SEED, or a drawn one if that is not set; status 2 if it is no number.
uint64_t setting_seed(void);

// The seed of a repetition, counted from 1; the first has `seed` itself, so
// SEED=... with any of them repeats that one.
uint64_t setting_seed_of(uint64_t seed, int repetition);

#endif
