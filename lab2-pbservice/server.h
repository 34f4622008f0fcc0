// server.h - a server of the key/value service: the shell around replica.h.
//
// Threads: one pings the view service and never waits for anything else; one
// gives the data to a new backup; clients' handlers bring their operations
// through themselves, the first that waits for all that wait (batch.h).
#ifndef LAB2_SERVER_H
#define LAB2_SERVER_H

#include <stdint.h>

struct node;
struct server;

// Serves at `n` until server_stop, in the views of `viewd` (a node's name,
// borrowed), which it pings every `tick_ms`. ERR_OK and *out, or why not.
int server_start(struct node *n, const char *viewd, int64_t tick_ms,
                 struct server **out);
// node_cancel comes first. NULL is fine.
void server_stop(struct server *s);

#endif
