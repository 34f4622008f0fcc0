// master_service.h - shard.Master at a server: five methods, one function.
//
// Read next: masterd.h, which answers from a log; asker.h, which asks others.
#ifndef LAB4_MASTER_SERVICE_H
#define LAB4_MASTER_SERVICE_H

#include <stdint.h>

#include "lab4-shardkv/api.pb-c.h"

struct master_service {
    Shard__Master_Service service; // first: serve this one
    // Does an operation, which is borrowed, with `owner`; its kind is that of
    // the method. The answer, owned (shard__master_answer__free_unpacked), or
    // NULL: nobody knows what became of it; the caller is then hung up on.
    // Called by many threads at once.
    Shard__MasterAnswer *(*serve)(void *owner,
                                  const Shard__MasterOperation *operation,
                                  int64_t deadline_ms);
    void *owner;
};

void master_service_init(
    struct master_service *s,
    Shard__MasterAnswer *(*serve)(void *owner,
                                  const Shard__MasterOperation *operation,
                                  int64_t deadline_ms),
    void *owner);

#endif
