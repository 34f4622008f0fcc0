// profile.c - world_profile, which is the same in both worlds.
#include <stdlib.h>

#include "common/runtime/random.h"
#include "common/runtime/world.h"

const char *world_profile(void)
{
    static const char *const profiles[] = {
        "calm", "lossy", "reordering", "crashy", "partitions", "everything"};
    const char *seed = getenv("LAB_SEED");
    if (seed == NULL)
        return "quiet";
    uint64_t drawn =
        random_mix(strtoull(seed, NULL, 0), random_hash("profile", 7));
    return profiles[drawn % (sizeof profiles / sizeof *profiles)];
}
