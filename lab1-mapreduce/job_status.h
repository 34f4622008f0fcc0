// job_status.h - a job's counts, for people, and its invariants, for tests.
#ifndef LAB1_JOB_STATUS_H
#define LAB1_JOB_STATUS_H

#include <stdint.h>

struct job;

struct job_status {
    uint32_t maps;
    uint32_t maps_done;
    uint32_t reduces;
    uint32_t reduces_done;
    uint32_t live;         // attempts that run
    uint32_t attempts;     // given out in all: first ones,
    uint32_t reexecutions; // those after a lost or failed one,
    uint32_t backups;      // and copies
    uint32_t failures;     // reported
    uint32_t workers;      // names heard of
};

struct job_status job_status(const struct job *j);

void job_check(const struct job *j); // aborts unless J1 to J7 (job.h) hold

#endif
