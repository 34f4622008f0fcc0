// store.h - clients of a key/value service, for benches: they put, one value
// after the other, each in a session of its own.
#ifndef GRADING_BENCH_STORE_H
#define GRADING_BENCH_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/rpc/node.h"

enum {
    STORE_CLIENTS = 16, // that put at the same time
    STORE_PUTS = 4000,  // in one measurement
};

struct store_client {
    struct node *node;
    char server[NODE_NAME_MAX + 1]; // that it asks
    uint64_t session;               // no two clients have the same
    uint64_t sequence;              // of its last Put
};

// Asks once for the Put with that number. False: it was not done, or nobody
// knows.
bool store_put(const struct store_client *c);

// So many more; ends the program if one is not done.
void store_put_many(struct store_client *c, int puts);

// Microseconds a Put, of STORE_PUTS by one client; thousands of Puts a second,
// of STORE_PUTS by STORE_CLIENTS.
double store_put_us(struct store_client *c);
double store_rate_many(struct store_client clients[STORE_CLIENTS]);

// What they are held against: microseconds a call of the echo server `to`, of
// as many by one caller.
double store_round_trip_us(struct node *node, const char *to);

// Starts PROGRAM of BENCH_BIN (argv[0]) as a process.
struct process *store_spawn(const char *const *argv);
char *store_program(const char *name); // its path: owned

#endif
