// story.h - the traces of all nodes of a cluster, put into one order.
//
// That order is causal: by their vector clocks, nothing comes before what it
// knew of. What did not know of each other goes by time. It holds also when
// clocks on the wall differ, which is why traces carry vector clocks at all.
//
// Read next: print.h.
#ifndef GRADING_TRACE_STORY_H
#define GRADING_TRACE_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/rpc/counters.h"
#include "common/rpc/faults.h"
#include "common/rpc/node.h"
#include "common/rpc/trace.h"

// A node stands at its number, which is also its place in clocks.
struct story_node {
    char name[NODE_NAME_MAX + 1]; // "": nobody has that number
    struct count_page *counts;    // names the methods; NULL: no trace
    struct trace_event *events;   // in their order; owned
    size_t count;
    uint64_t gone; // events before these that the ring no longer has
};

struct story {
    struct story_node nodes[FAULT_NODES_MAX];
    size_t node_count; // numbers from here on are nobody's
};

void story_init(struct story *s);
void story_release(struct story *s);

// Reads the traces of the cluster in `folder`, of nodes that live, too. False:
// a sentence that names the file was written to `complaints`.
bool story_load(struct story *s, const char *folder, FILE *complaints);

struct story_step {
    int node;
    const struct trace_event *event; // borrowed from the story
};

// All events in order; owned. *count says how many.
struct story_step *story_tell(const struct story *s, size_t *count);

#endif
