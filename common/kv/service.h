// service.h - the key/value service at a server: four methods, one function.
//
// What is the same however the machine is replicated: which method says which
// kind of operation, what of a request goes on, and how it is answered.
#ifndef COMMON_KV_SERVICE_H
#define COMMON_KV_SERVICE_H

#include <stdint.h>

#include "common/kv/api.pb-c.h"

struct kv_service {
    Kv__KeyValue_Service service; // first: serve this one
    // Does an operation, which is borrowed, with `owner`. The answer, owned
    // (kv__answer__free_unpacked), or NULL: nobody knows what became of it, or
    // will; the caller is then hung up on. Called by many threads at once.
    Kv__Answer *(*serve)(void *owner, const Kv__Operation *operation,
                         int64_t deadline_ms);
    void *owner;
};

void kv_service_init(struct kv_service *s,
                     Kv__Answer *(*serve)(void *owner,
                                          const Kv__Operation *operation,
                                          int64_t deadline_ms),
                     void *owner);

#endif
