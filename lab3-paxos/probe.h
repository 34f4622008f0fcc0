// probe.h - sends peers the messages of the paper as a harness says, and is no
// peer.
#ifndef LAB3_PROBE_H
#define LAB3_PROBE_H

#include <protobuf-c/protobuf-c.h>

struct node;

// Begins with its service (Probe of api.proto), as server.h says. `arg` is not
// looked at.
ProtobufCService *probe_start(struct node *n, const void *arg);
void probe_stop(ProtobufCService *probe);

#endif
