// random.h - seeded random numbers, and the keyed hash behind the dice.
//
// Each user has a generator of its own: no two threads share one and no
// generator's numbers depend on what others drew.
#ifndef COMMON_RUNTIME_RANDOM_H
#define COMMON_RUNTIME_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; // splitmix64 (Steele, Lea, Flood: OOPSLA 2014)
};

void random_init(struct random *r, uint64_t seed);
uint64_t random_next(struct random *r);
uint64_t random_below(struct random *r, uint64_t n); // 0 .. n-1, n >= 1

// A fresh seed for this node: under a harness the k-th call of a node gives
// the same value in each run with the same LAB_SEED (an unsigned number,
// decimal or 0x); started by hand (no LAB_SEED) it comes from the system. A
// node that is started again counts from 1 again. If LAB_SEED is no number the
// program says so and exits with status 2.
uint64_t random_seed(void);

// Keyed hashes: equal input, equal output, on every machine, for good.
uint64_t random_mix(uint64_t a, uint64_t b);
uint64_t random_hash(const void *data, size_t size);

#endif
