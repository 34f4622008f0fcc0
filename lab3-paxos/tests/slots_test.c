// The core of a replica: what it proposes, and what it does with what comes
// out. There is no Paxos here: the tests say what each slot holds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "lab3-paxos/slots.h"
#include "lab3-paxos/tests/counter.h"

enum {
    MANY = 2 * BATCH_OPS + 5,
};

// Two replicas: what one proposes may come out at the other.
static struct replica {
    struct slots slots;
    struct counter counter;
} one, two;

static struct operation {
    struct slots_waiting waiting;
    struct buf reply;
} operations[MANY];

static void begin(void)
{
    slots_init(&one.slots, &counter_app, &one.counter, 111);
    slots_init(&two.slots, &counter_app, &two.counter, 222);
    for (size_t i = 0; i < MANY; i++)
        buf_init(&operations[i].reply, RSM_REPLY_MAX);
}

static struct slots_waiting *submit_bytes(struct replica *r, size_t i,
                                          struct slice bytes)
{
    struct operation *o = &operations[i];
    o->waiting = (struct slots_waiting){.operation = bytes, .reply = &o->reply};
    slots_add(&r->slots, &o->waiting);
    return &o->waiting;
}

static struct slots_waiting *submit(struct replica *r, size_t i,
                                    const char *text)
{
    return submit_bytes(r, i, slice_text(text));
}

// What `r` proposes, as it goes to others: to be freed.
static struct buf proposal(struct replica *r)
{
    struct slice bytes = slots_proposal(&r->slots);
    struct buf copy;
    buf_init(&copy, bytes.size);
    ck_assert_int_eq(buf_append(&copy, bytes.data, bytes.size), 0);
    return copy;
}

// The next slot of both holds what `r` proposes.
static void decide(struct replica *r)
{
    struct buf entry = proposal(r);
    slots_decided(&one.slots, buf_slice(&entry));
    slots_decided(&two.slots, buf_slice(&entry));
    buf_release(&entry);
    ck_assert_int_eq(one.slots.next, two.slots.next);
    ck_assert_uint_eq(one.counter.count, two.counter.count);
    ck_assert_uint_eq(one.counter.digest, two.counter.digest);
}

static bool is_done(const struct slots_waiting *w)
{
    return w->member.fate == BATCH_DONE && !w->late;
}

static uint64_t number_of(size_t i)
{
    return counter_number(&operations[i].reply);
}

// --- Tests -----------------------------------------------------------------

static void an_operation_is_applied_on_all(void *arg)
{
    begin();
    struct slots_waiting *a = submit(&one, 0, "a");
    ck_assert(!is_done(a));
    decide(&one);
    ck_assert(is_done(a));
    ck_assert_uint_eq(number_of(0), 0);
    ck_assert_uint_eq(two.counter.count, 1);
    ck_assert_uint_eq(two.counter.answers, 0);
    struct slots_waiting *b = submit(&two, 1, "b");
    decide(&two);
    ck_assert(is_done(b));
    ck_assert_uint_eq(number_of(1), 1);
    ck_assert_int_eq(one.slots.next, 2);
}

static void operations_that_wait_share_a_slot(void *arg)
{
    begin();
    for (size_t i = 0; i < MANY; i++)
        submit(&one, i, "x");
    ck_assert_uint_eq(slots_count(&one.slots), MANY);
    decide(&one);
    ck_assert_uint_eq(one.counter.count, BATCH_OPS);
    ck_assert_uint_eq(slots_count(&one.slots), MANY - BATCH_OPS);
    decide(&one);
    decide(&one);
    ck_assert_uint_eq(one.counter.count, MANY);
    ck_assert_int_eq(one.slots.next, 3);
    for (size_t i = 0; i < MANY; i++) {
        ck_assert(is_done(&operations[i].waiting));
        ck_assert_uint_eq(number_of(i), i); // each its own reply
    }
}

static void large_operations_share_less(void *arg)
{
    begin();
    size_t size = BATCH_BYTES / 2 + 1;
    void *bytes = calloc(1, size);
    for (size_t i = 0; i < 3; i++)
        submit_bytes(&one, i, slice_of(bytes, size));
    decide(&one);
    ck_assert_uint_eq(one.counter.count, 1);
    decide(&one);
    decide(&one);
    ck_assert_uint_eq(one.counter.count, 3);
    free(bytes);
    bytes = calloc(1, RSM_OPERATION_MAX); // the largest
    struct slots_waiting *w =
        submit_bytes(&one, 3, slice_of(bytes, RSM_OPERATION_MAX));
    decide(&one);
    ck_assert(is_done(w));
    free(bytes);
}

static void who_loses_a_slot_tries_the_next(void *arg)
{
    begin();
    struct slots_waiting *a = submit(&one, 0, "a");
    struct slots_waiting *b = submit(&two, 1, "b");
    struct buf lost = proposal(&one);
    decide(&two);
    ck_assert(is_done(b));
    ck_assert(!is_done(a));
    struct slice again = slots_proposal(&one.slots);
    ck_assert(slice_equal(again, buf_slice(&lost)));
    decide(&one);
    ck_assert(is_done(a));
    ck_assert_uint_eq(number_of(0), 1);
    ck_assert_uint_eq(one.counter.count, 2);
    buf_release(&lost);
}

// Both say the same, and one has come out: the other has not.
static void who_says_the_same_is_another(void *arg)
{
    begin();
    struct slots_waiting *a = submit(&one, 0, "same");
    struct slots_waiting *b = submit(&two, 1, "same");
    slots_proposal(&one.slots);
    decide(&two);
    ck_assert(is_done(b));
    ck_assert(!is_done(a));
    decide(&one);
    ck_assert(is_done(a));
    ck_assert_uint_eq(number_of(0), 1);
    // And with itself: nobody waits for the first one any more.
    a = submit(&one, 0, "same");
    buf_clear(&operations[0].reply);
    struct buf first = proposal(&one);
    slots_leave(&one.slots, a);
    b = submit(&one, 1, "same");
    buf_clear(&operations[1].reply);
    slots_proposal(&one.slots);
    slots_decided(&one.slots, buf_slice(&first));
    slots_decided(&two.slots, buf_slice(&first));
    ck_assert(!is_done(b));
    decide(&one);
    ck_assert(is_done(b));
    ck_assert_uint_eq(number_of(1), 3);
    buf_release(&first);
}

static void who_has_left_is_not_answered(void *arg)
{
    begin();
    struct slots_waiting *a = submit(&one, 0, "a");
    submit(&one, 1, "b");
    struct slots_waiting *c = submit(&one, 2, "c");
    struct buf entry = proposal(&one);
    slots_leave(&one.slots, &operations[1].waiting);
    operations[1].waiting.reply = NULL; // it is gone, with its stack
    ck_assert_uint_eq(slots_count(&one.slots), 2);
    slots_decided(&one.slots, buf_slice(&entry)); // it runs all the same
    slots_decided(&two.slots, buf_slice(&entry));
    buf_release(&entry);
    ck_assert(is_done(a) && is_done(c));
    ck_assert_uint_eq(number_of(2), 2);
    ck_assert_uint_eq(one.counter.count, 3);
    ck_assert_uint_eq(one.counter.answers, 2);
    // Who was in no entry yet does not run.
    struct slots_waiting *d = submit(&one, 0, "d");
    slots_leave(&one.slots, d);
    decide(&one);
    ck_assert_uint_eq(one.counter.count, 3);
}

static void a_hole_is_filled_with_nothing(void *arg)
{
    begin();
    decide(&one); // nobody waits
    decide(&two);
    ck_assert_int_eq(one.slots.next, 2);
    ck_assert_uint_eq(one.counter.count, 0);
    struct slots_waiting *a = submit(&one, 0, "a");
    decide(&one);
    ck_assert(is_done(a));
    // What came out in the hole may be an operation.
    struct slots_waiting *b = submit(&two, 1, "b");
    slots_proposal(&one.slots);
    decide(&two);
    ck_assert(is_done(b));
    ck_assert_uint_eq(one.counter.count, 2);
    decide(&one); // nor does it hold what was there before
    decide(&two);
    decide(&two);
    ck_assert_uint_eq(one.counter.count, 2);
}

static void bytes_that_are_no_entry_are_nothing(void *arg)
{
    begin();
    struct slots_waiting *a = submit(&one, 0, "a");
    slots_proposal(&one.slots);
    slots_decided(&one.slots, slice_text("\377\377\377"));
    slots_decided(&two.slots, slice_text("\377\377\377"));
    ck_assert_int_eq(one.slots.next, 1);
    ck_assert(!is_done(a));
    decide(&one);
    ck_assert(is_done(a));
}

static void a_late_copy_is_not_answered(void *arg)
{
    begin();
    struct slots_waiting *a = submit(&one, 0, "late");
    struct slots_waiting *b = submit(&one, 1, "b");
    decide(&one);
    ck_assert_int_eq(a->member.fate, BATCH_DONE);
    ck_assert(a->late);
    ck_assert(is_done(b));
}

// --- The registry ----------------------------------------------------------

#define GRADED(section_, points_, kind_, name_, function, claim_)              \
    {                                                                          \
        .part = "3b", .name = name_, .claim = claim_, .section = section_,     \
        .points = points_, .kind = kind_, .evidence = GRADED_SAME_PROCESS,     \
        .run = function,                                                       \
    }

static const struct graded_test tests[] = {
    GRADED("2.2", 1, GRADED_PROGRESS, "an operation is applied on all",
           an_operation_is_applied_on_all,
           "An operation that is in a slot is applied by all, and answered "
           "where it was submitted."),
    GRADED("2.7", 1, GRADED_LIMIT, "operations that wait share a slot",
           operations_that_wait_share_a_slot,
           "Operations that wait share a slot, and each gets its own reply."),
    GRADED("2.7", 1, GRADED_LIMIT, "large operations share less",
           large_operations_share_less,
           "A slot has so many bytes, but one operation at least."),
    GRADED("2.2", 1, GRADED_SAFETY, "who loses a slot tries the next",
           who_loses_a_slot_tries_the_next,
           "If a slot holds another's entry, ours goes into the next."),
    GRADED("2.2", 1, GRADED_SAFETY, "who says the same is another",
           who_says_the_same_is_another,
           "An entry is known by its mark, not by what it says."),
    GRADED("2.4", 1, GRADED_SAFETY, "who has left is not answered",
           who_has_left_is_not_answered,
           "An operation whose time is over may run, and nobody touches it."),
    GRADED("2.3", 1, GRADED_SAFETY, "a hole is filled with nothing",
           a_hole_is_filled_with_nothing,
           "A slot that nobody needs holds an entry without operations."),
    GRADED("2.2", 0, GRADED_SAFETY, "bytes that are no entry are nothing",
           bytes_that_are_no_entry_are_nothing,
           "Bytes that are no entry are a hole, on all replicas alike."),
    GRADED("2.5", 1, GRADED_SAFETY, "a late copy is not answered",
           a_late_copy_is_not_answered,
           "What the machine takes for a late copy is not answered."),
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab3 slots", tests,
                       sizeof tests / sizeof tests[0]);
}
