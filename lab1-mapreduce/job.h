// job.h - the master's core: which worker has which task.
//
// Workers ask for tasks. Each time a task is given out is an attempt, with a
// number of its own; several attempts at one task do no harm, since each file
// that they write appears once (task.h). So the master never has to know
// whether a worker is dead: when an attempt has not been heard of for too
// long, another one is made, and whoever reports first has done the task
// (section 3.3 of the paper).
//
// Nothing here waits, locks, reads a clock or sends: each function goes from
// (job, message, now) to (job, answer). `now_ms` never goes back.
//
// Invariants, checked by job_check (job_status.h):
//   J1  A task is idle, running or done, and done is for good.
//   J2  A running task has one to JOB_LIVE_MAX live attempts, an idle or done
//       one has none.
//   J3  A reduce task is given out only when all map tasks are done.
//   J4  A worker has at most one live attempt.
//   J5  The attempts at a task are numbered 1, 2, ...: no number comes twice.
//   J6  The counts are those of the tasks.
//   J7  When the job is over, no attempt is live.
#ifndef LAB1_JOB_H
#define LAB1_JOB_H

#include <stdbool.h>
#include <stdint.h>

enum {
    JOB_SILENT_MS = 1000,  // an attempt not heard of for so long is given up
    JOB_BACKUP_MS = 1500,  // none younger than this gets a backup copy
    JOB_LEAVE_MS = 2000,   // whoever is silent so long has left without a word
    JOB_LIVE_MAX = 2,      // live attempts at a task: one and its backup
    JOB_FAILURES_MAX = 4,  // so many failures of one task end the job
    JOB_WORKERS_MAX = 512, // workers remembered; the longest silent goes
};

enum task_kind {
    TASK_MAP,
    TASK_REDUCE,
};

// One attempt at one task.
struct assignment {
    enum task_kind kind;
    uint32_t task;    // 0, 1, ... of its kind
    uint32_t attempt; // 1, 2, ... at this task
};

enum job_order {
    JOB_WORK, // do the assignment
    JOB_WAIT, // nothing to do now; ask again
    JOB_EXIT, // the job is over
};

struct job_answer {
    enum job_order order;
    struct assignment work; // JOB_WORK
};

struct job;

struct job *job_new(uint32_t maps, uint32_t reduces);
void job_free(struct job *j); // NULL is fine

// Worker `name` (copied) asks for work. It has no other work then: if the job
// thought so, that attempt is lost, its answer perhaps, or the worker was
// started anew. In this order: the idle task with the smallest number; when
// none is idle, towards the end of a phase, a backup copy of the one that has
// been running longest, if it has for JOB_BACKUP_MS and for twice the mean time
// of those done (section 3.6 of the paper).
struct job_answer job_request(struct job *j, const char *name, int64_t now_ms);

// Worker `name` is still at it. Is the result wanted?
bool job_heard(struct job *j, const char *name, const struct assignment *work,
               int64_t now_ms);

// Worker `name` has ended an attempt: `failure` (copied) is NULL if the task's
// file is there, else a sentence. A report may come late, twice, or for an
// attempt that was given up: that the task is done is true whoever says so;
// that it failed counts only for a live attempt.
void job_report(struct job *j, const char *name, const struct assignment *work,
                const char *failure, int64_t now_ms);

// Gives up attempts that were not heard of for JOB_SILENT_MS. True if any.
bool job_tick(struct job *j, int64_t now_ms);

bool job_is_over(const struct job *j);
const char *job_failure(const struct job *j); // borrowed; NULL: none so far

// How many workers that were heard of in the last JOB_LEAVE_MS have not yet
// been told JOB_EXIT.
uint32_t job_untold(const struct job *j, int64_t now_ms);

#endif
