// transport.h - the seam between RPC and what carries it.
//
// A transport carries frames of bytes: one from a caller to whoever has bound
// a path, one back. Two implementations stand behind it, unix.c (Unix-domain
// sockets between processes) and sim.c (queues between simulated nodes).
// Dispatch, deadlines, gather, dice, counters and trace stand above it and
// exist once. It knows nothing of names, methods or faults.
//
// A path is checked at each exchange: one that starts when nothing is there,
// or when its owner is dead, is refused; one that starts after another owner
// bound the path goes to the new owner.
#ifndef COMMON_RPC_TRANSPORT_H
#define COMMON_RPC_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/runtime/buf.h"

enum {
    TRANSPORT_ROOM = 4,         // bytes before each frame that is sent,
                                // the transport's to write
    TRANSPORT_PATH_MAX = 107,   // bytes of a path: sun_path less the NUL
    RPC_FRAME_MAX = 64 << 20,   // bytes of a frame, length field excluded
    RPC_CONNECTIONS_MAX = 4096, // kept at one port; the longest idle goes
    RPC_OUTSTANDING_MAX = 1024, // exchanges to one path at a time
    RPC_OWING_MAX = 64,         // connections to one path that owe a reply
    RPC_IDLE_MS = 60 * 1000,    // an idle connection is closed after this
    RPC_FRAME_MS = 10 * 1000,   // a frame takes no longer from first byte
};

// --- The serving side ----------------------------------------------------

struct port;    // a bound path and all connections to it
struct inbound; // one request that came in, and where its reply goes

// Binds `path`. A socket file whose owner is dead is taken over; ERR_BUSY if
// its owner lives, ERR_EXISTS if the file is no socket, ERR_LIMIT if the path
// is too long or descriptors are out, else ERR_NOT_FOUND, ERR_DENIED, ERR_IO.
int port_open(const char *path, struct port **out);

// Waits for the next request; NULL once port_shut was called. Any number of
// threads may wait. What it returns must get inbound_done.
struct inbound *port_next(struct port *p);

// Refuses what is new from now on and removes the path if it is still ours;
// every port_next returns NULL. Requests handed out can still be answered.
void port_shut(struct port *p);

// Closes all and frees `p`: after port_shut, when all port_next have returned
// and all inbounds are done. NULL is fine.
void port_close(struct port *p);

// The request's bytes, borrowed until inbound_done.
struct slice inbound_frame(const struct inbound *in);

// Sends the reply; blocks until `until_ms`, after which nobody wants it, and
// for at most RPC_FRAME_MS. False if the caller is gone or does not take it.
// At most once, and not after inbound_hang_up. Writes the TRANSPORT_ROOM bytes
// before the frame.
bool inbound_reply(struct inbound *in, struct slice frame, int64_t until_ms);

// Closes the caller's connection: it learns at once that no reply will come.
void inbound_hang_up(struct inbound *in);

// Frees `in`. If neither replied nor hung up, the caller is left waiting.
void inbound_done(struct inbound *in);

// --- The calling side ----------------------------------------------------

// Is there anything at `path` that could be dialed, alive or dead?
bool transport_present(const char *path);

struct dialer;   // kept connections to any number of paths
struct exchange; // one frame there and one back

enum exchange_state {
    EXCHANGE_DIALING,   // no byte of the request has been taken yet
    EXCHANGE_WAITING,   // some or all of it has
    EXCHANGE_REPLIED,   // over: the reply is here
    EXCHANGE_REFUSED,   // over: nothing was sent, nobody is there
    EXCHANGE_BUSY,      // over: nothing was sent, a limit of ours is reached
    EXCHANGE_CLOSED,    // over: the other side is gone, it may have run
    EXCHANGE_MALFORMED, // over: what came back is no frame
};

struct dialer *dialer_new(void);
void dialer_free(struct dialer *d); // no exchange is open; NULL is fine

// Every exchange_wait of now and later returns -1 at once. For an end.
void dialer_cancel(struct dialer *d);

// Begins an exchange; never blocks. `path` is copied, `request` borrowed until
// exchange_end, and the TRANSPORT_ROOM bytes before it are written. Must get
// exchange_end, whatever its state.
struct exchange *exchange_start(struct dialer *d, const char *path,
                                struct slice request, int64_t deadline_ms);

// Waits until one of the `n` is over and returns its index; those that are
// NULL are passed over. -1 at the deadline (that of the wait), when cancelled,
// or when all are NULL and the deadline came.
int exchange_wait(struct dialer *d, struct exchange *const *all, size_t n,
                  int64_t deadline_ms);

enum exchange_state exchange_state(const struct exchange *e);
struct slice exchange_reply(const struct exchange *e); // borrowed until _end

// Says that the reply made no sense: EXCHANGE_MALFORMED now. Its connection,
// which may bring more of the kind, is closed.
void exchange_spoil(struct exchange *e);

// Frees `e`. One that is still waiting leaves its connection owing: a late
// reply is read and dropped; after the exchange's deadline the connection
// closes, when the path is next called.
void exchange_end(struct exchange *e); // NULL is fine

#endif
