// unix_wait.h - small waits on descriptors, and how many there may be.
#ifndef COMMON_RPC_UNIX_WAIT_H
#define COMMON_RPC_UNIX_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Waits until one of `fds` is ready (EINTR handled): true; false at the
// deadline.
bool unix_wait_any(struct pollfd *fds, size_t count, int64_t deadline_ms);

bool unix_wait_writable(int fd, int64_t deadline_ms);

// Sets this process up for many connections and large frames: lifts its limit
// of descriptors to what the system allows, and has malloc give the memory of
// large buffers back to the system when they are freed. (Left to itself, glibc
// keeps tens of megabytes a thread after a few large frames.)
void unix_prepare_process(void);

#endif
