// master.h - the master's shell: serves tasks to workers until all are done.
//
// Around the core (job.h) it puts what that must not know: RPC, a lock, a
// clock and a ticker. Services: Master (peer.proto), Inspect (api.proto).
#ifndef LAB1_MASTER_H
#define LAB1_MASTER_H

#include <stdbool.h>
#include <stdint.h>

#include "lab1-mapreduce/job_status.h"
#include "lab1-mapreduce/mr.h"
#include "lab1-mapreduce/output.h"
#include "lab1-mapreduce/split.h"

struct node;
struct master;

// Borrowed until master_stop.
struct master_spec {
    const struct mr_app *app;
    const char *arg; // NULL: none
    const struct split *split;
    uint32_t reduces;
    const struct output *output;
};

// Serves at `node`. ERR_OK and *out, or an error of rpc_server_start.
int master_start(struct node *node, const struct master_spec *spec,
                 struct master **out);

// Waits until the job is over: then true; false at the deadline.
bool master_wait(struct master *m, int64_t deadline_ms);

// After the job: waits until all workers that seem to live have been told, so
// that they leave; until the deadline at most.
void master_linger(struct master *m, int64_t deadline_ms);

struct job_status master_status(struct master *m);

// Why the job failed: owned; NULL if it has not.
char *master_failure(struct master *m);

// Ends all; what still runs at workers is in vain. NULL is fine.
void master_stop(struct master *m);

#endif
