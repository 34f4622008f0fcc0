#include "common/check/setting.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/random.h"

const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

char *setting_take(const char *name)
{
    const char *value = setting(name);
    char *taken = value != NULL ? xstrdup(value) : NULL;
    unsetenv(name);
    return taken;
}

static _Noreturn void refuse(const char *name, const char *need)
{
    fprintf(stderr, "%s is \"%s\": %s is needed\n", name, setting(name), need);
    exit(2);
}

double setting_number(const char *name, double otherwise)
{
    const char *text = setting(name);
    if (text == NULL)
        return otherwise;
    char *end = NULL;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number) || number <= 0)
        refuse(name, "a number above 0");
    return number;
}

// Short, so that people can type it.
static uint64_t draw_seed(void)
{
    uint32_t drawn = 0;
    if (getrandom(&drawn, sizeof drawn, 0) < 0)
        drawn = (uint32_t)getpid();
    return drawn;
}

uint64_t setting_seed(void)
{
    const char *text = setting("SEED");
    if (text == NULL)
        return draw_seed();
    char *end = NULL;
    errno = 0;
    uint64_t seed = strtoull(text, &end, 0);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0)
        refuse("SEED", "an unsigned 64-bit number, decimal or 0x,");
    return seed;
}

uint64_t setting_seed_of(uint64_t seed, int repetition)
{
    if (repetition <= 1)
        return seed;
    return random_mix(seed, (uint64_t)repetition) >> 32; // short as well
}
