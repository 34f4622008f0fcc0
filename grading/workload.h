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
#endif

#endif
