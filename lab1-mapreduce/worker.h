// worker.h - a worker: asks the master for tasks and does them.
#ifndef LAB1_WORKER_H
#define LAB1_WORKER_H

struct node;

// Works for the node named `master` until that says that the job is over:
// then NULL. Or why it gave up (owned): the master is gone, say. The master
// may start later than its workers.
char *worker_run(struct node *node, const char *master);

#endif
