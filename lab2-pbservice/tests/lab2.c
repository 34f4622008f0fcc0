#include "lab2-pbservice/tests/lab2.h"

static const struct cluster_role roles[] = {
    {.name = "viewd", .allows = ALLOW_LOSS | ALLOW_CUT, .serves = true},
    {.name = "pbd",
     .allows = ALLOW_KILL | ALLOW_PAUSE | ALLOW_RESTART_EMPTY | ALLOW_LOSS |
               ALLOW_CUT | ALLOW_SOCKET,
     .serves = true},
    {.name = "clerks", .allows = ALLOW_LOSS | ALLOW_CUT, .clerks = true},
    {.name = NULL},
};

const struct cluster_lab lab2 = {
    .name = "lab2",
    .program = "lab2",
    .roles = roles,
    .fault_model = "Servers die, pause and come back empty; the view service "
                   "never fails.",
};
