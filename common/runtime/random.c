// random.c - splitmix64, and hashes made from its finalizer.
//
// Not for secrets: whoever knows one number can compute the others. Tests
// hold the numbers fixed, since seeds in old reports must mean the same runs.
#include "common/runtime/random.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/runtime/self.h"

// 2^64 divided by the golden ratio, odd: the steps of splitmix64.
static const uint64_t GOLDEN = 0x9e3779b97f4a7c15;

// The finalizer of splitmix64: one to one, and each bit of the result depends
// on every bit of x.
static uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

void random_init(struct random *r, uint64_t seed)
{
    r->state = seed;
}

uint64_t random_next(struct random *r)
{
    r->state += GOLDEN;
    return scramble(r->state);
}

uint64_t random_below(struct random *r, uint64_t n)
{
    assert(n >= 1);

    // 2^64 is seldom a multiple of n. Numbers under 2^64 mod n are drawn
    // again, so that those that remain hit each result equally often.
    uint64_t unfair = -n % n;
    uint64_t drawn = random_next(r);
    while (drawn < unfair) // ends: each turn succeeds with probability > 1/2
        drawn = random_next(r);
    return drawn % n;
}

uint64_t random_mix(uint64_t a, uint64_t b)
{
    return scramble(scramble(a + GOLDEN) + b);
}

uint64_t random_hash(const void *data, size_t size)
{
    // FNV-1a, byte by byte, so that the order of bytes in a word is no matter.
    const unsigned char *bytes = data;
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return scramble(hash); // FNV's high bits alone are weak for short inputs
}

static uint64_t seed_from_system(void)
{
    uint64_t seed = 0;
    ssize_t got = -1;
    do
        got = getrandom(&seed, sizeof seed, 0);
    while (got < 0 && errno == EINTR);
    assert(got == sizeof seed); // up to 256 bytes come whole
    return seed;
}

// An unsigned number, decimal or 0x. strtoull alone would also take spaces, a
// sign, and whatever stands behind the digits.
static bool parse_number(const char *text, uint64_t *out)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (n == 0 || digits[n] != '\0')
        return false;

    errno = 0;
    *out = strtoull(digits, NULL, hex ? 16 : 10);
    return errno == 0; // else it is too large
}

uint64_t random_seed(void)
{
    const char *text = getenv("LAB_SEED");
    if (text == NULL)
        return seed_from_system();

    uint64_t seed = 0;
    if (!parse_number(text, &seed)) {
        dprintf(2,
                "LAB_SEED is \"%s\": an unsigned 64-bit number is needed, "
                "decimal or 0x\n",
                text);
        _exit(2);
    }
    struct self *self = self_get();
    uint64_t k = atomic_fetch_add(&self->seeds, 1);
    uint64_t node = random_hash(self->name, strlen(self->name));
    return random_mix(random_mix(seed, node), k);
}
