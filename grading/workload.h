// workload.h - clients of a key/value service, for the tests of labs 2 to 4.
//
// First, operations one by one, by clerks that are driven at kv.Clerk
// (cluster_start_clerks). What a function is named for must come true, soon;
// otherwise the test ends.
#ifndef GRADING_WORKLOAD_H
#define GRADING_WORKLOAD_H

#include "common/kv/clerk.pb-c.h"
#include "common/runtime/buf.h"
#include "grading/cluster.h"

struct cluster;

enum {
    KV_SOON = 400, // ticks: an operation that can be done is done in them
};

// Begins an operation of `client`, who tries for `ticks`; text keys.
void kv_begin(struct cluster *c, const char *client, Kv__Kind kind,
              const char *key, struct slice value, int ticks);
void kv_begin_get(struct cluster *c, const char *client, const char *key);
void kv_begin_put(struct cluster *c, const char *client, const char *key,
                  const char *value);
void kv_begin_append(struct cluster *c, const char *client, const char *key,
                     const char *value);

// Its answer once it is done, borrowed until the client's next operation;
// NULL: the client does not know what became of it.
const Kv__Answer *kv_end(struct cluster *c, const char *client);
// Is it still under way?
bool kv_runs(struct cluster *c, const char *client);

// The whole: it must be done, with status OK. kv_append returns whether it
// found a value, and that value in `found`, unless that is NULL.
void kv_put(struct cluster *c, const char *client, const char *key,
            const char *value);
void kv_append(struct cluster *c, const char *client, const char *key,
               const char *value);
// What is got must be this; NULL: there must be no such key.
void kv_expect(struct cluster *c, const char *client, const char *key,
               const char *value);
// What kv_end returned: done, and this was got or found; NULL: no value.
void kv_expect_answer(struct cluster *c, const Kv__Answer *answer,
                      const char *value);

// --- Many at once ----------------------------------------------------------

// Then, a workload: clients that do one operation after the other, all at the
// same time, on a few keys that they share. Each written value is
// "CLIENT.NUMBER;", and is written once; after some Appends to a key comes a
// Put, so values stay small. What the clients see is recorded, and must be
// linearizable (linear/linear.h).
//
//     struct load *l = load_begin(c, &(struct load_spec){.clients = "c1 c2"});
//     load_run(l, 100, KV_SOON);      so many more must be done
//     cluster_kill(c, "s1");
//     load_run(l, 100, KV_SOON);
//     load_end(l);                    reads each key, and judges
struct load_spec {
    const char *clients;     // between blanks; started by the caller
    unsigned keys;           // 0: 2
    unsigned get_percent;    // of the operations; 0: 40
    unsigned append_percent; // 0: 40; the rest are Puts
    unsigned operations;     // of each client; 0: as many as there is time for
    int patience;            // ticks that a client tries; 0: KV_SOON
    int rest; // ticks from one operation's begin to the next's, at most
};

struct load;

// Owned by the test until load_end. Borrows the spec's texts.
struct load *load_begin(struct cluster *c, const struct load_spec *spec);

// Keeps the clients at work until `count` more operations have been answered:
// within so many ticks. Some are under way when it returns, and go on.
void load_run(struct load *l, unsigned count, int ticks);

// Keeps them at work, and demands nothing: so many ticks.
void load_drift(struct load *l, int ticks);

// Waits for what is under way, has each key read, and judges. What was cut or
// spoiled should have been mended. Frees `l`.
void load_end(struct load *l);

// Begins no more, and waits until all operations have ended, with an answer or
// without; at most so long. Have they?
bool load_comes_to_rest(struct load *l, int ticks);

// As load_end, of a service that stands still and must: what is under way may
// or may not have happened, and nothing is read.
void load_leave(struct load *l);

// So that a failure names the line of the test.
#ifndef CLUSTER_NO_PLACES
#define kv_begin_get(...) CLUSTER_AT(kv_begin_get(__VA_ARGS__))
#define kv_begin_put(...) CLUSTER_AT(kv_begin_put(__VA_ARGS__))
#define kv_begin_append(...) CLUSTER_AT(kv_begin_append(__VA_ARGS__))
#define kv_end(...) CLUSTER_AT(kv_end(__VA_ARGS__))
#define kv_put(...) CLUSTER_AT(kv_put(__VA_ARGS__))
#define kv_append(...) CLUSTER_AT(kv_append(__VA_ARGS__))
#define kv_expect(...) CLUSTER_AT(kv_expect(__VA_ARGS__))
#define kv_expect_answer(...) CLUSTER_AT(kv_expect_answer(__VA_ARGS__))
#define load_run(...) CLUSTER_AT(load_run(__VA_ARGS__))
#define load_end(...) CLUSTER_AT(load_end(__VA_ARGS__))
#endif

#endif
