#include "lab3-paxos/tests/kvs.h"

static const struct cluster_role roles[] = {
    {.name = "kvd",
     .allows = ALLOW_KILL | ALLOW_PAUSE | ALLOW_LOSS | ALLOW_CUT | ALLOW_SOCKET,
     .serves = true,
     .majority = true},
    {.name = "clerks", .allows = ALLOW_LOSS | ALLOW_CUT, .clerks = true},
    {.name = NULL},
};

const struct cluster_lab lab3_kv = {
    .name = "lab3",
    .program = "lab3",
    .roles = roles,
    .fault_model = "Fewer than half of the servers die, for good; all pause.",
};
