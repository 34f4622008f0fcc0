// store.h - clients of a key/value service, for benches: they put, one value
// after the other, each in a session of its own.
#ifndef GRADING_BENCH_STORE_H
#define GRADING_BENCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
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
    size_t size;                    // of its values; 0: BENCH_BLOB
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

// `count` clients put, all at once, until the stop; how many Puts so far; and
// how many a second, of clients that do so for so long.
struct store_load;
struct store_load *store_load_start(struct store_client *clients, size_t count);
uint64_t store_load_puts(const struct store_load *l);
void store_load_stop(struct store_load *l);
double store_rate_for(struct store_client *clients, size_t count, int ms);

// What they are held against: microseconds a call of the echo server `to`, of
// as many by one caller.
double store_round_trip_us(struct node *node, const char *to);

// Starts PROGRAM of BENCH_BIN (argv[0]) as a process.
struct process *store_spawn(const char *const *argv);
char *store_program(const char *name); // its path: owned

#endif
