// paxos.c - see paxos.h. To come.
#include "lab3-paxos/paxos.h"

#include "common/runtime/unsolved.h"

int paxos_new(struct node *n, const struct paxos_spec *spec, struct paxos **out)
{
    not_implemented("3a paxos_new");
}

ProtobufCService *paxos_service(struct paxos *p)
{
    not_implemented("3a paxos_service");
}

ProtobufCService *paxos_inspect_service(struct paxos *p)
{
    not_implemented("3a paxos_inspect_service");
}

void paxos_stop(struct paxos *p)
{
}

void paxos_free(struct paxos *p)
{
}

int paxos_start(struct paxos *p, int64_t instance, struct slice value)
{
    not_implemented("3a paxos_start");
}

int paxos_propose(struct paxos *p, int64_t instance, struct slice value,
                  int64_t deadline_ms, struct buf *decided)
{
    not_implemented("3a paxos_propose");
}

int paxos_wait(struct paxos *p, int64_t instance, int64_t deadline_ms,
               struct buf *decided)
{
    not_implemented("3a paxos_wait");
}

enum paxos_fate paxos_status(struct paxos *p, int64_t instance,
                             struct buf *value)
{
    not_implemented("3a paxos_status");
}

void paxos_done(struct paxos *p, int64_t instance)
{
    not_implemented("3a paxos_done");
}

int64_t paxos_max(struct paxos *p)
{
    not_implemented("3a paxos_max");
}

int64_t paxos_min(struct paxos *p)
{
    not_implemented("3a paxos_min");
}
