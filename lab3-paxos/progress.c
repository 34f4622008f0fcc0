// progress.c - see progress.h, which has the rules.
#include "lab3-paxos/progress.h"

#include <assert.h>

void progress_init(struct progress *p, size_t count, size_t me)
{
    assert(count <= PAXOS_PEERS_MAX && me < count);
    *p = (struct progress){.count = count, .me = me}; // F3
}

// SOLUTION BEGIN 3a
static bool rise(struct progress *p, size_t peer, uint64_t below)
{
    int64_t min = progress_min(p);
    if (below > p->below[peer]) // F1
        p->below[peer] = below;
    return progress_min(p) > min;
}
// SOLUTION END

bool progress_done(struct progress *p, int64_t instance)
{
    assert(instance >= 0 && instance < INT64_MAX);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a progress_done");
    return rise(p, p->me, (uint64_t)instance + 1);
    // SOLUTION END
}

bool progress_merge(struct progress *p, const uint64_t *below, size_t count)
{
    // SOLUTION BEGIN 3a; stub: not_implemented("3a progress_merge");
    bool risen = false;
    for (size_t i = 0; i < p->count && count == p->count; i++)
        if (i != p->me && below[i] <= INT64_MAX) // F2
            risen = rise(p, i, below[i]) || risen;
    return risen;
    // SOLUTION END
}

int64_t progress_min(const struct progress *p)
{
    // SOLUTION BEGIN 3a; stub: not_implemented("3a progress_min");
    uint64_t min = p->below[0];
    for (size_t i = 1; i < p->count; i++)
        if (p->below[i] < min)
            min = p->below[i]; // F4
    return (int64_t)min;
    // SOLUTION END
}
