// pinger.h - pings a view service as a harness says, and is no server.
#ifndef LAB2_PINGER_H
#define LAB2_PINGER_H

#include <protobuf-c/protobuf-c.h>

struct node;

// Pings the view service `viewd` (borrowed); begins with its service, as
// server.h says.
ProtobufCService *pinger_start(struct node *n, const void *viewd);
void pinger_stop(ProtobufCService *pinger);

#endif
