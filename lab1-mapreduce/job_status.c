// job_status.c - see job_status.h.
#include "lab1-mapreduce/job_status.h"

#include <assert.h>
#include <stddef.h>

#include "lab1-mapreduce/job.h"
#include "lab1-mapreduce/job_private.h"

struct job_status job_status(const struct job *j)
{
    // SOLUTION BEGIN II; stub: not_implemented("II job_status");
    struct job_status status = {
        .maps = j->phases[TASK_MAP].count,
        .maps_done = j->phases[TASK_MAP].done,
        .reduces = j->phases[TASK_REDUCE].count,
        .reduces_done = j->phases[TASK_REDUCE].done,
        .reexecutions = j->reexecutions,
        .backups = j->backups,
        .failures = j->failures,
        .workers = j->names,
    };
    for (int k = 0; k < 2; k++) {
        for (uint32_t i = 0; i < j->phases[k].count; i++) {
            status.attempts += j->phases[k].tasks[i].attempts;
            status.live += j->phases[k].tasks[i].live_count;
        }
    }
    return status;
    // SOLUTION END
}

// SOLUTION BEGIN II
static void check_task(const struct job *j, const struct task *task)
{
    assert(task->live_count <= JOB_LIVE_MAX);         // J2
    assert(!task->done || task->live_count == 0);     // J1, J2
    assert(task->live_count == 0 || !job_is_over(j)); // J7
    for (uint32_t i = 0; i < task->live_count; i++) {
        const struct live *live = &task->live[i];
        assert(live->attempt >= 1 && live->attempt <= task->attempts); // J5
        for (uint32_t k = 0; k < i; k++)
            assert(task->live[k].attempt != live->attempt); // J5
        assert(live->worker < j->worker_count);
        assert(j->workers[live->worker].task == task); // J4
    }
}
// SOLUTION END

void job_check(const struct job *j)
{
    // SOLUTION BEGIN II; stub: (void)j;
    const struct phase *map = &j->phases[TASK_MAP];
    const struct phase *reduce = &j->phases[TASK_REDUCE];
    uint32_t live = 0;
    for (int k = 0; k < 2; k++) {
        uint32_t done = 0;
        for (uint32_t i = 0; i < j->phases[k].count; i++) {
            const struct task *task = &j->phases[k].tasks[i];
            check_task(j, task);
            done += task->done ? 1 : 0;
            live += task->live_count;
            if (k == TASK_REDUCE && task->attempts > 0)
                assert(map->done == map->count); // J3
        }
        assert(done == j->phases[k].done); // J6
    }
    uint32_t busy = 0;
    for (uint32_t i = 0; i < j->worker_count; i++)
        busy += j->workers[i].task != NULL ? 1 : 0;
    assert(busy == live);                                 // J4
    assert(reduce->done == 0 || map->done == map->count); // J3
    // SOLUTION END
}
