#include "common/runtime/world.h"

#include <string.h>

#include "common/runtime/sim/plan.h"
#include "common/runtime/sim/record.h"
#include "common/runtime/sim/waits.h"

bool world_is_simulated(void)
{
    return true;
}

bool world_grants(enum world_event what, const char *who, uint64_t k,
                  const char *words)
{
    static const enum plan_kind kinds[] = {
        [WORLD_LOSE_REQUEST] = PLAN_LOSE_REQUEST,
        [WORLD_LOSE_REPLY] = PLAN_LOSE_REPLY,
        [WORLD_LATE] = PLAN_LATE,
        [WORLD_WAIT] = PLAN_WAIT,
        [WORLD_DEED] = PLAN_DEED,
        [WORLD_OP] = PLAN_OP,
    };
    return plan_grant(kinds[what], who, k, words);
}

void world_print_waits(FILE *out)
{
    sim_print_waits(out);
}

void world_mark(const char *mark)
{
    struct sim_record *r = sim_record();
    for (size_t i = 0; i < r->mark_count; i++)
        if (strcmp(r->marks[i], mark) == 0)
            return;
    if (r->mark_count < RECORD_MARKS_MAX)
        snprintf(r->marks[r->mark_count++], RECORD_MARK_BYTES, "%s", mark);
}

void world_stuck(const char *why)
{
    snprintf(sim_record()->stuck, RECORD_STUCK_BYTES, "%s", why);
}
