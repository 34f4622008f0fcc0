// Operations that wait: who goes first, and what fits.
#include <stdlib.h>

#include "common/check/unit.h"
#include "common/kv/batch.h"

static struct batch_queue queue;
static struct batch batch;
static struct batch_member members[2 * BATCH_OPS];

static void begin(size_t count, size_t bytes)
{
    batch_queue_init(&queue);
    batch = (struct batch){.count = 0};
    for (size_t i = 0; i < count; i++) {
        members[i].bytes = bytes;
        batch_add(&queue, &members[i]);
    }
}

START_TEST(first_come_first_served)
{
    begin(BATCH_OPS + 3, 1);
    batch_take(&queue, &batch);
    ck_assert_uint_eq(batch.count, BATCH_OPS);
    for (size_t i = 0; i < BATCH_OPS; i++) {
        ck_assert_ptr_eq(batch.members[i], &members[i]);
        ck_assert_int_eq(members[i].fate, BATCH_TAKEN);
    }
    batch_seal(&batch, BATCH_DONE);
    ck_assert_int_eq(members[BATCH_OPS - 1].fate, BATCH_DONE);
    ck_assert_int_eq(members[BATCH_OPS].fate, BATCH_QUEUED);
    batch_take(&queue, &batch);
    ck_assert_uint_eq(batch.count, 3);
    ck_assert_ptr_eq(batch.members[0], &members[BATCH_OPS]);
    ck_assert_uint_eq(queue.count, 0);
}
END_TEST

START_TEST(large_ones_go_in_several)
{
    begin(5, BATCH_BYTES / 2);
    batch_take(&queue, &batch);
    ck_assert_uint_eq(batch.count, 2);
    batch_seal(&batch, BATCH_DONE);
    begin(2, BATCH_BYTES + 1); // each alone
    batch_take(&queue, &batch);
    ck_assert_uint_eq(batch.count, 1);
}
END_TEST

START_TEST(a_batch_may_have_a_lower_limit)
{
    begin(6, 1);
    queue.limit = 4;
    batch_take(&queue, &batch);
    ck_assert_uint_eq(batch.count, 4);
    batch_seal(&batch, BATCH_DONE);
    batch_take(&queue, &batch);
    ck_assert_uint_eq(batch.count, 2);
}
END_TEST

START_TEST(who_leaves_is_gone)
{
    begin(3, 1);
    batch_remove(&queue, &members[1]);
    batch_remove(&queue, &members[2]);
    batch_add(&queue, &members[1]);
    batch_take(&queue, &batch);
    ck_assert_uint_eq(batch.count, 2);
    ck_assert_ptr_eq(batch.members[0], &members[0]);
    ck_assert_ptr_eq(batch.members[1], &members[1]);
    begin(1, 1);
    batch_remove(&queue, &members[0]);
    batch_take(&queue, &batch);
    ck_assert_uint_eq(batch.count, 0);
}
END_TEST

START_TEST(who_leaves_a_batch_keeps_nobody_from_his_place)
{
    begin(3, 1);
    batch_take(&queue, &batch);
    batch_leave(&batch, &members[1]);
    ck_assert_uint_eq(batch.count, 3);
    ck_assert_uint_eq(batch_waiting(&batch), 2);
    ck_assert_ptr_eq(batch.members[2], &members[2]);
    batch_seal(&batch, BATCH_DONE);
    ck_assert_int_eq(members[0].fate, BATCH_DONE);
    ck_assert_int_eq(members[1].fate, BATCH_TAKEN); // it does not care
    ck_assert_int_eq(members[2].fate, BATCH_DONE);
    ck_assert_uint_eq(batch_waiting(&batch), 0);
}
END_TEST

START_TEST(all_that_wait_can_be_dropped)
{
    begin(4, 1);
    batch_drop_queued(&queue);
    ck_assert_uint_eq(queue.count, 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(members[i].fate, BATCH_DROPPED);
    batch_add(&queue, &members[0]);
    ck_assert_ptr_eq(queue.first, &members[0]);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"kv", "operations that wait go first come, first served",
         first_come_first_served, 0},
        {"kv", "operations that are large go in several batches",
         large_ones_go_in_several, 0},
        {"kv", "a batch may have a lower limit", a_batch_may_have_a_lower_limit,
         0},
        {"kv", "an operation that leaves the queue is gone", who_leaves_is_gone,
         0},
        {"kv", "an operation may leave its batch",
         who_leaves_a_batch_keeps_nobody_from_his_place, 0},
        {"kv", "all operations that wait can be dropped",
         all_that_wait_can_be_dropped, 0},
    };
    return unit_main(argc, argv, "kv batch", tests,
                     sizeof tests / sizeof tests[0]);
}
