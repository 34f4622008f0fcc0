// server.h - the echo server: says back what it is told, and counts.
//
// It does nothing against executing a request twice: that a client which asks
// again after RPC_UNKNOWN may have it executed twice ("at least once") is what
// there is to see here. Its count of all requests is kept on disk, if it has
// one, and survives a restart with that disk.
#ifndef LAB0_SERVER_H
#define LAB0_SERVER_H

#include <stdint.h>

struct node;
struct echo_server;

struct echo_status {
    uint64_t total;    // requests executed
    uint64_t distinct; // different ones, in this life
    uint64_t most;     // executions of the one executed most often
};

// Serves at `node`; `disk` is a folder for its count, or NULL. ERR_OK and
// *out, or an error of disk_open or rpc_server_start.
int echo_server_start(struct node *node, const char *disk,
                      struct echo_server **out);

// Ends it in order. NULL is fine.
void echo_server_stop(struct echo_server *s);

struct echo_status echo_server_status(struct echo_server *s);

#endif
