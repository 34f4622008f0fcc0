// echo.h - a server that sends back what it gets: the round trip that others
// are measured against.
#ifndef GRADING_BENCH_ECHO_H
#define GRADING_BENCH_ECHO_H

#include <stdbool.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "grading/bench/bench.pb-c.h"

enum {
    BENCH_BLOB = 64,          // bytes that are sent and come back
    BENCH_TIMEOUT_MS = 10000, // of whatever is waited for
};

extern const struct rpc_method bench_echo_method;

// Ends the program if it is not good.
void bench_check(bool good, const char *what);

Bench__Blob bench_blob(void);

// Serves as node `name` of the cluster in `folder`, until it is killed.
_Noreturn void bench_serve_echo(const char *folder, const char *name);

// One call to such a server. False: it went wrong.
bool bench_echo(struct node *node, const char *to);

// Removes a folder and all that is in it.
void bench_remove(const char *folder);

#endif
