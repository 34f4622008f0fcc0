// server.h - serves the methods of protobuf-c services at this node's socket.
//
// A service is the struct that protobuf-c generates, filled with one function
// a method, as the first member of the object it serves:
//
//     struct echo { Echo_Service service; struct mutex lock; ... };
//
//     static void echo_say(Echo_Service *service, const SayRequest *request,
//                          SayReply_Closure reply, void *call)
//     {
//         struct echo *e = (struct echo *)service;
//         SayReply answer = SAY_REPLY__INIT;
//         ...
//         reply(&answer, call);
//     }
//
// reply() packs the answer at once and may be called with locks held: nothing
// is sent before the handler returns, so the answer may live on its stack and
// borrow. The request is freed when the handler returns. A handler that
// returns without a reply hangs up: its caller learns RPC_UNKNOWN at once.
//
// Handlers run in threads of the server, any number at once, and may block:
// as long as they do, others serve (one more thread is started whenever none
// is left waiting), so calls may go round in circles as deep as they like.
// After its caller's deadline a handler's work is wanted by nobody:
// rpc_call_deadline_ms says when that is.
#ifndef COMMON_RPC_SERVER_H
#define COMMON_RPC_SERVER_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RPC_SERVICES_MAX = 8,
    RPC_TIMEOUT_MAX_MS = 10 * 60 * 1000, // what a handler is told at most
};

struct node;
struct rpc_server;

// Serves `services` (borrowed until the stop, at most RPC_SERVICES_MAX) at
// `path`, or at node_serve_path() if NULL. With a path of its own it is a
// control server: no faults, no counters, no trace. ERR_OK and *out, or why
// not (see port_open).
int rpc_server_start(struct node *n, const char *path,
                     ProtobufCService *const *services, size_t count,
                     struct rpc_server **out);

// The same at node_control_path if a harness watches this node; if none does,
// *out is NULL, and that is ERR_OK.
int rpc_server_control(struct node *n, ProtobufCService *const *services,
                       size_t count, struct rpc_server **out);

// Refuses new requests, lets running handlers finish (node_cancel ends their
// own calls; what they wait for besides is up to their owner to end first),
// joins all threads, frees `s`. A caller that does not take a large reply can
// hold it up for RPC_FRAME_MS. NULL is fine.
void rpc_server_stop(struct rpc_server *s);

// For handlers; `call` is the closure's data. Borrowed for the handler's time.
const char *rpc_call_source(const void *call); // the caller's node name
int64_t rpc_call_deadline_ms(const void *call);

#endif
