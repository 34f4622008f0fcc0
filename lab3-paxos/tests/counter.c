#include "lab3-paxos/tests/counter.h"

#include <check.h>
#include <string.h>

#include "common/runtime/random.h"

enum {
    SEEN = 1000, // bytes of an operation that the digest is of
};

static bool apply(void *machine, struct slice operation, struct buf *reply)
{
    struct counter *c = machine;
    uint64_t number = c->count++;
    size_t size = operation.size < SEEN ? operation.size : SEEN;
    c->digest = random_mix(c->digest, random_hash(operation.data, size));
    if (reply == NULL)
        return true;
    c->answers++;
    buf_append(reply, &number, sizeof number);
    return !slice_equal(operation, slice_text("late"));
}

const struct rsm_app counter_app = {apply};

uint64_t counter_number(const struct buf *reply)
{
    uint64_t number;
    ck_assert_uint_eq(reply->size, sizeof number);
    memcpy(&number, reply->data, sizeof number);
    return number;
}
