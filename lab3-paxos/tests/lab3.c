#include "lab3-paxos/tests/lab3.h"

enum {
    REPLICA = ALLOW_KILL | ALLOW_PAUSE | ALLOW_LOSS | ALLOW_CUT | ALLOW_SOCKET,
};

static const struct cluster_role roles[] = {
    {.name = "paxos-peer", .allows = REPLICA, .serves = true, .majority = true},
    {.name = "kvd", .allows = REPLICA, .serves = true, .majority = true},
    {.name = "clerks", .allows = ALLOW_LOSS | ALLOW_CUT, .clerks = true},
    {.name = NULL},
};

const struct cluster_lab lab3 = {
    .name = "lab3",
    .program = "lab3",
    .roles = roles,
    .fault_model = "Fewer than half of the replicas die, and none comes back.",
};
