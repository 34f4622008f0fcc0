// torn.h - what a killed node had written and not yet synced may be lost.
//
// Files are real. But of one that was not synced since it was written, the
// node's death leaves what was there at the last sync, and of the rest as much
// as the plan says: so that what is not durable is not there by luck.
#ifndef COMMON_RUNTIME_SIM_TORN_H
#define COMMON_RUNTIME_SIM_TORN_H

struct process;

// The node has been killed.
void torn_tear(const struct process *node);

#endif
