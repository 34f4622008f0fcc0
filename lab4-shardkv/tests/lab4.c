#include "lab4-shardkv/tests/lab4.h"

enum {
    REPLICA = ALLOW_KILL | ALLOW_PAUSE | ALLOW_LOSS | ALLOW_CUT | ALLOW_SOCKET,
};

static const struct cluster_role roles[] = {
    {.name = "masterd", .allows = REPLICA, .serves = true, .majority = true},
    {.name = "shardkvd", .allows = REPLICA, .serves = true, .majority = true},
    {.name = "clerks", .allows = ALLOW_LOSS | ALLOW_CUT, .clerks = true},
    {.name = NULL},
};

const struct cluster_lab lab4 = {
    .name = "lab4",
    .program = "lab4",
    .roles = roles,
    .fault_model = "Fewer than half of the masters, and of each group that is "
                   "needed, die, and none comes back.",
};
