// job_private.h - the fields of a job, for job.c and job_status.c alone.
#ifndef LAB1_JOB_PRIVATE_H
#define LAB1_JOB_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lab1-mapreduce/job.h"

// SOLUTION BEGIN II
// An attempt that runs, as far as we know.
struct live {
    uint32_t attempt;
    uint32_t worker; // index in job.workers
    int64_t started_ms;
    int64_t heard_ms;
};

struct task {
    bool done;
    uint32_t attempts; // given out so far
    uint32_t failures;
    uint32_t live_count;
    struct live live[JOB_LIVE_MAX];
};

struct worker {
    char *name;
    int64_t heard_ms;
    bool told;         // JOB_EXIT
    struct task *task; // its live attempt is at this one; NULL: none
};

// The tasks of one kind.
struct phase {
    struct task *tasks;
    uint32_t count;
    uint32_t done;
    uint32_t timed;   // tasks done whose time is known,
    int64_t spent_ms; // and what they took together
};
// SOLUTION END

struct job {
    char *failure; // the job has failed; NULL if not
    // SOLUTION BEGIN II
    struct phase phases[2]; // by enum task_kind
    struct worker workers[JOB_WORKERS_MAX];
    uint32_t worker_count;
    uint32_t reexecutions;
    uint32_t backups;
    uint32_t failures;
    uint32_t names; // workers heard of, forgotten ones too
    // SOLUTION END
};

#endif
