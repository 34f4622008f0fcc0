// unix_port.h - what a test may change of a port, besides transport.h.
#ifndef COMMON_RPC_UNIX_PORT_H
#define COMMON_RPC_UNIX_PORT_H

#include <stdint.h>

struct port;

// In place of RPC_IDLE_MS and RPC_FRAME_MS, from now on; ports are looked over
// once a second. Any thread.
void port_set_patience(struct port *p, int64_t idle_ms, int64_t frame_ms);

#endif
