// ring_test.c - the trace ring: what it keeps, its clocks, and how it survives.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/counters.h"
#include "common/rpc/trace.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"
#include "common/runtime/thread.h"

enum {
    NODES = 3,
    A = 0,
    B = 1,
    KILLS = 40,
    THREADS = 4,
    EACH = 1000, // events a thread: all of them fit into the ring
};

// A node's ring, in a file as the harness makes it.
struct ring {
    char path[128];
    struct count_page *page;
    struct trace_ring *ring;
    struct trace *trace;
};

static void ring_init(struct ring *r, const char *name, int self)
{
    snprintf(r->path, sizeof r->path, "%s/%s", getenv("TMPDIR"), name);
    ck_assert_int_eq(count_page_create(r->path, &r->page), ERR_OK);
    r->ring = count_trace(r->page);
    r->trace = trace_new(r->ring, NODES, self);
}

// The node ends and is started again.
static void ring_restart(struct ring *r, int self)
{
    trace_free(r->trace);
    r->trace = trace_new(r->ring, NODES, self);
}

static void ring_release(struct ring *r)
{
    trace_free(r->trace);
    count_page_close(r->page);
    unlink(r->path);
}

static void note(struct ring *r, enum trace_kind kind, const char *body,
                 const uint32_t *heard, size_t heard_count, uint32_t *after)
{
    struct trace_head head = {.kind = kind};
    trace_note(r->trace, &head, slice_text(body), heard, heard_count, after);
}

static struct trace_event event_at(const struct ring *r, uint64_t index)
{
    struct trace_event e;
    ck_assert_int_eq(trace_ring_get(r->ring, index, &e), ERR_OK);
    return e;
}

// --- What is kept ------------------------------------------------------------

START_TEST(an_event_is_read_as_it_was_noted)
{
    struct ring r;
    ring_init(&r, "a", B);
    struct trace_head head = {.kind = TRACE_RECEIVE,
                              .source = -1,
                              .target = B,
                              .method = 7,
                              .reason = 3,
                              .length = 99, // what the body has counts
                              .id = 0x123456789abcdef0};
    ck_assert_uint_eq(trace_ring_next(r.ring), 0);
    struct trace_event e;
    ck_assert_int_eq(trace_ring_get(r.ring, 0, &e), ERR_NOT_FOUND);
    int64_t before_ns = clock_now_ns();
    trace_note(r.trace, &head, slice_of("a\0b", 3), NULL, 0, NULL);

    ck_assert_uint_eq(trace_ring_next(r.ring), 1);
    e = event_at(&r, 0);
    head.length = 3;
    ck_assert_mem_eq(&e.head, &head, sizeof head);
    ck_assert_uint_eq(e.index, 0);
    ck_assert(e.time_ns >= before_ns && e.time_ns <= clock_now_ns());
    ck_assert_uint_eq(e.places, NODES);
    ck_assert_uint_eq(e.kept, 3);
    ck_assert_mem_eq(e.bytes, "a\0b", 3);
    ck_assert_int_eq(trace_ring_get(r.ring, 1, &e), ERR_NOT_FOUND);
    ring_release(&r);
}
END_TEST

START_TEST(the_first_bytes_are_kept_and_the_true_length)
{
    struct ring r;
    ring_init(&r, "a", A);
    static unsigned char body[100000];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (unsigned char)(i % 251);
    const size_t sizes[] = {
        0, 1, TRACE_BYTES - 1, TRACE_BYTES, TRACE_BYTES + 1, sizeof body};
    for (uint64_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct trace_head head = {.kind = TRACE_SEND};
        trace_note(r.trace, &head, slice_of(body, sizes[i]), NULL, 0, NULL);
        struct trace_event e = event_at(&r, i);
        size_t kept = sizes[i] < TRACE_BYTES ? sizes[i] : TRACE_BYTES;
        ck_assert_uint_eq(e.head.length, sizes[i]);
        ck_assert_uint_eq(e.kept, kept);
        ck_assert(memcmp(e.bytes, body, kept) == 0);
    }
    ring_release(&r);
}
END_TEST

START_TEST(the_oldest_events_make_room)
{
    struct ring r;
    ring_init(&r, "a", A);
    uint64_t n = 2 * TRACE_SLOTS + 100;
    for (uint64_t i = 0; i < n; i++) {
        char text[16];
        snprintf(text, sizeof text, "%" PRIu64, i);
        note(&r, TRACE_LOG, text, NULL, 0, NULL);
    }
    ck_assert_uint_eq(trace_ring_next(r.ring), n);
    int found = 0;
    for (uint64_t i = 0; i < n + 10; i++) {
        struct trace_event e;
        if (trace_ring_get(r.ring, i, &e) != ERR_OK)
            continue;
        found++;
        ck_assert_uint_eq(e.index, i);
        e.bytes[e.kept] = '\0';
        ck_assert_uint_eq(strtoull((char *)e.bytes, NULL, 10), i);
    }
    ck_assert_int_eq(found, TRACE_SLOTS);
    struct trace_event e;
    ck_assert_int_eq(trace_ring_get(r.ring, n - TRACE_SLOTS, &e), ERR_OK);
    ring_release(&r);
}
END_TEST

// --- Clocks ------------------------------------------------------------------

static void expect_clock(const uint32_t *clock, uint32_t a, uint32_t b,
                         uint32_t c)
{
    ck_assert_msg(clock[0] == a && clock[1] == b && clock[2] == c,
                  "%u %u %u, not %u %u %u", clock[0], clock[1], clock[2], a, b,
                  c);
}

START_TEST(a_clock_counts_own_events_and_knows_what_it_heard)
{
    struct ring r;
    ring_init(&r, "b", B);
    uint32_t after[FAULT_NODES_MAX];
    note(&r, TRACE_START, "", NULL, 0, after);
    expect_clock(after, 0, 1, 0);
    note(&r, TRACE_RECEIVE, "", (uint32_t[]){5, 0, 2}, 3, after);
    expect_clock(after, 5, 2, 2);
    note(&r, TRACE_RECEIVE, "", (uint32_t[]){4, 0, 3}, 3, after); // older of A
    expect_clock(after, 5, 3, 3);
    note(&r, TRACE_RECEIVE, "", (uint32_t[]){0, 1000, 0}, 3, after);
    expect_clock(after, 5, 4, 3); // nobody else counts our events
    note(&r, TRACE_RECEIVE, "", (uint32_t[]){6}, 1, after);
    expect_clock(after, 6, 5, 3);
    uint32_t many[5 * FAULT_NODES_MAX];
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = 7; // more places than there are nodes
    note(&r, TRACE_RECEIVE, "", many, sizeof many / sizeof *many, after);
    expect_clock(after, 7, 6, 7);
    struct trace_event e = event_at(&r, 5);
    expect_clock(e.clock, 7, 6, 7);
    ring_release(&r);
}
END_TEST

START_TEST(a_restarted_node_goes_on_counting)
{
    struct ring r;
    ring_init(&r, "b", B);
    uint32_t after[FAULT_NODES_MAX];
    for (int life = 1; life <= 3; life++) { // the last two over a full ring
        uint64_t first = trace_ring_next(r.ring);
        note(&r, TRACE_START, "", (uint32_t[]){(uint32_t)life}, 1, after);
        expect_clock(after, (uint32_t)life, (uint32_t)first + 1, 0);
        for (int i = 0; i < TRACE_SLOTS + 5; i++)
            note(&r, TRACE_LOG, "", NULL, 0, NULL);
        ring_restart(&r, B);
    }
    ck_assert_uint_eq(trace_ring_next(r.ring), 3 * (TRACE_SLOTS + 6));
    ring_release(&r);
}
END_TEST

START_TEST(who_has_no_number_notes_without_counting)
{
    struct ring r;
    ring_init(&r, "x", -1);
    uint32_t after[FAULT_NODES_MAX];
    note(&r, TRACE_RECEIVE, "", (uint32_t[]){1, 2, 3}, 3, after);
    note(&r, TRACE_SEND, "", NULL, 0, after);
    expect_clock(after, 1, 2, 3);
    ck_assert_uint_eq(trace_note(NULL, NULL, slice_text(""), NULL, 0, after),
                      0); // started by hand
    trace_free(NULL);
    ring_release(&r);
}
END_TEST

struct writer {
    struct ring *r;
    uint64_t number;
    int wrong; // clocks that are not those of the event
    struct thread *thread;
};

static void write_many(void *arg)
{
    struct writer *w = arg;
    for (uint64_t i = 0; i < EACH; i++) {
        struct trace_head head = {.kind = TRACE_LOG,
                                  .id = w->number * EACH + i};
        uint32_t after[FAULT_NODES_MAX];
        trace_note(w->r->trace, &head, slice_text("x"), NULL, 0, after);
        struct trace_event e;
        int err = trace_ring_get(w->r->ring, after[A] - 1, &e);
        w->wrong += err != ERR_OK || e.head.id != head.id;
    }
}

START_TEST(threads_note_one_after_the_other)
{
    struct ring r;
    ring_init(&r, "a", A);
    struct writer writers[THREADS];
    for (uint64_t i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.r = &r, .number = i};
        ck_assert_int_eq(
            thread_start("writer", write_many, &writers[i], &writers[i].thread),
            ERR_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        thread_join(writers[i].thread);
        ck_assert_int_eq(writers[i].wrong, 0);
    }
    static bool seen[THREADS * EACH];
    int64_t time_ns = 0;
    ck_assert_uint_eq(trace_ring_next(r.ring), THREADS * EACH);
    for (uint64_t i = 0; i < THREADS * EACH; i++) {
        struct trace_event e = event_at(&r, i);
        ck_assert_uint_eq(e.clock[A], i + 1);
        ck_assert_int_ge(e.time_ns, time_ns);
        ck_assert(!seen[e.head.id]);
        seen[e.head.id] = true;
        time_ns = e.time_ns;
    }
    ring_release(&r);
}
END_TEST

// --- Death -------------------------------------------------------------------

// Event i has i % 500 bytes of the value i, so that a torn one shows.
static _Noreturn void write_for_ever(struct ring *r)
{
    unsigned char body[512];
    for (uint64_t i = trace_ring_next(r->ring);; i++) {
        memset(body, (int)(i % 256), sizeof body);
        struct trace_head head = {.kind = TRACE_LOG, .id = i};
        trace_note(r->trace, &head, slice_of(body, i % 500), NULL, 0, NULL);
    }
}

static pid_t start_writer(struct ring *r)
{
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        write_for_ever(r);
    }
    ck_assert_int_gt(child, 0);
    return child;
}

static bool is_whole(const struct trace_event *e)
{
    bool whole = e->head.id == e->index && e->head.length == e->index % 500 &&
                 e->kept == e->head.length && e->clock[A] == e->index + 1;
    for (size_t i = 0; whole && i < e->kept; i++)
        whole = e->bytes[i] == e->index % 256;
    return whole;
}

// Reads what the ring holds; returns how many events are missing in it.
static int read_ring(const struct ring *r)
{
    uint64_t next = trace_ring_next(r->ring);
    uint64_t first = next > TRACE_SLOTS ? next - TRACE_SLOTS : 0;
    int missing = 0;
    for (uint64_t i = first; i < next; i++) {
        struct trace_event e;
        if (trace_ring_get(r->ring, i, &e) != ERR_OK)
            missing++;
        else if (e.index != i || !is_whole(&e))
            ck_abort_msg("event %" PRIu64 " is torn", i);
    }
    return missing;
}

START_TEST(a_reader_of_a_live_node_sees_whole_events)
{
    struct ring r;
    ring_init(&r, "a", A);
    pid_t child = start_writer(&r);
    while (trace_ring_next(r.ring) < 10) // ends: it notes all the time
        thread_yield();
    for (int i = 0; i < 50; i++)
        read_ring(&r);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ring_release(&r);
}
END_TEST

// Starts a node that notes all the time, and kills it at some moment.
static void kill_a_writer(struct ring *r, struct random *random)
{
    pid_t child = start_writer(r);
    while (trace_ring_next(r->ring) < 10) // ends: it notes all the time
        thread_yield();
    int64_t until_ns = clock_now_ns() + (int64_t)random_below(random, 100000);
    while (clock_now_ns() < until_ns)
        continue;
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(a_killed_node_leaves_whole_events)
{
    struct random random;
    random_init(&random, strtoull(getenv("LAB_SEED"), NULL, 0));
    int cut_short = 0;
    for (int i = 0; i < KILLS; i++) {
        struct ring r;
        ring_init(&r, "a", A);
        kill_a_writer(&r, &random);
        int missing = read_ring(&r);
        ck_assert_int_le(missing, 1);
        cut_short += missing;

        // The next life counts on from the last whole event. What is missing
        // is that of the last index, or the one it was to take the place of.
        uint64_t next = trace_ring_next(r.ring);
        struct trace_event last;
        if (trace_ring_get(r.ring, next - 1, &last) != ERR_OK)
            last = event_at(&r, next - 2);
        ring_restart(&r, A);
        uint32_t after[FAULT_NODES_MAX];
        note(&r, TRACE_START, "", NULL, 0, after);
        ck_assert_uint_eq(after[A], last.clock[A] + 1);
        ck_assert_int_eq(event_at(&r, next).head.kind, TRACE_START);
        ring_release(&r);
    }
    ck_assert_int_gt(cut_short, 0); // or this has shown nothing
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"rpc", "an event is read as it was noted",
         an_event_is_read_as_it_was_noted, 0},
        {"rpc", "512 bytes of a message are kept, and its true length",
         the_first_bytes_are_kept_and_the_true_length, 0},
        {"rpc", "the oldest events make room for new ones",
         the_oldest_events_make_room, 0},
        {"rpc", "a clock counts own events and knows what it heard",
         a_clock_counts_own_events_and_knows_what_it_heard, 0},
        {"rpc", "the clock of a restarted node goes on",
         a_restarted_node_goes_on_counting, 0},
        {"rpc", "a node without number notes and does not count",
         who_has_no_number_notes_without_counting, 0},
        {"rpc", "threads note one after the other",
         threads_note_one_after_the_other, 0},
        {"rpc", "a reader of a live node's ring sees whole events",
         a_reader_of_a_live_node_sees_whole_events, 0},
        {"rpc", "a killed node leaves whole events and its clock",
         a_killed_node_leaves_whole_events, 0},
    };
    return unit_main(argc, argv, "rpc trace ring", tests,
                     sizeof tests / sizeof tests[0]);
}
