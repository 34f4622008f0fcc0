// Part 3b: the key/value service while servers die, sleep, lag behind, are cut
// off and lose messages. The same source between processes and in simulation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/workload.h"
#include "lab3-paxos/api.pb-c.h"
#include "lab3-paxos/tests/kvs.h"

enum {
    WHILE = 30, // ticks: for what must not happen
    BRIEF = 40, // for what takes no time, but for a busy machine
    LATE = 10,  // less than a clerk waits for a server
    CLIENTS = 16,
    MANY = 20, // operations of each of many clients
};

// --- The cluster -----------------------------------------------------------

// c1 asks s1 first, c2 s2; who has no answer asks the others.
static void begin(struct cluster *c)
{
    start_servers(c, 3);
    start_clerks(c, "c1", "s1,s2,s3");
    start_clerks(c, "c2", "s2,s3,s1");
}

static void begin_five(struct cluster *c)
{
    start_servers(c, 5);
    start_clerks(c, "c1", "s1,s2,s3,s4,s5");
    start_clerks(c, "c2", "s3,s4,s5,s1,s2");
}

static bool is_done(const Kv__Answer *answer)
{
    return answer != NULL && answer->status == KV__STATUS__OK;
}

// What s1 has answered is not at s1 alone. Each test of what one server can do
// ends with this, so that none passes for a service of one server.
static void expect_without_s1(struct cluster *c, const char *key,
                              const char *value)
{
    cluster_kill(c, "s1");
    kv_expect(c, "c2", key, value);
}

static bool has_applied(struct cluster *c, const char *name, uint64_t count)
{
    return server_status(c, name).applied >= count;
}

static void lose(struct cluster *c, const char *at, const char *method,
                 double request, double reply)
{
    cluster_spoil(c, &(struct cluster_rule){.at = at,
                                            .method = method,
                                            .lose_request_percent = request,
                                            .lose_reply_percent = reply});
}

static void put_many(struct cluster *c, const char *client, int count)
{
    for (int i = 0; i < count; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        kv_put(c, client, "many", text);
    }
}

// --- The service -----------------------------------------------------------

static void values_are_kept(struct cluster *c)
{
    begin(c);
    kv_expect(c, "c1", "a", NULL);
    kv_put(c, "c1", "a", "1");
    kv_expect(c, "c2", "a", "1");
    kv_put(c, "c2", "a", "");
    kv_expect(c, "c1", "a", "");
    kv_append(c, "c1", "a", "x");
    kv_append(c, "c2", "a", "y");
    kv_expect(c, "c1", "a", "xy");
    kv_expect(c, "c1", "b", NULL);
    expect_without_s1(c, "a", "xy");
}

static void append_tells_what_it_found(struct cluster *c)
{
    begin(c);
    kv_begin_append(c, "c1", "a", "1");
    kv_expect_answer(c, kv_end(c, "c1"), NULL);
    kv_begin_append(c, "c2", "a", "2");
    kv_expect_answer(c, kv_end(c, "c2"), "1");
    kv_put(c, "c1", "b", "");
    kv_begin_append(c, "c2", "b", "2");
    kv_expect_answer(c, kv_end(c, "c2"), "");
    expect_without_s1(c, "a", "12");
}

// What would be too large, by one byte or by many: refused, and the session
// goes on.
static void expect_too_large(struct cluster *c, unsigned char *bytes,
                             size_t size)
{
    static char key[4096 + 2];
    kv_begin(c, "c1", KV__KIND__APPEND, "big", slice_text("x"), KV_SOON);
    ck_assert_int_eq(kv_end(c, "c1")->status, KV__STATUS__TOO_LARGE);
    kv_begin(c, "c1", KV__KIND__PUT, "big", slice_of(bytes, size + 1), KV_SOON);
    ck_assert_int_eq(kv_end(c, "c1")->status, KV__STATUS__TOO_LARGE);
    kv_begin(c, "c1", KV__KIND__PUT, "big", slice_of(bytes, 20 * size),
             KV_SOON);
    ck_assert_int_eq(kv_end(c, "c1")->status, KV__STATUS__TOO_LARGE);
    kv_begin(c, "c1", KV__KIND__PUT, "", slice_text("x"), KV_SOON);
    ck_assert_int_eq(kv_end(c, "c1")->status, KV__STATUS__BAD_KEY);
    memset(key, 'k', sizeof key - 1);
    kv_begin(c, "c1", KV__KIND__PUT, key, slice_text("x"), KV_SOON);
    ck_assert_int_eq(kv_end(c, "c1")->status, KV__STATUS__TOO_LARGE);
}

// All bytes, and the largest value.
static void any_bytes_are_a_value(struct cluster *c)
{
    enum { SIZE = 1 << 20 };
    begin(c);
    unsigned char *bytes = calloc(20, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    kv_begin(c, "c1", KV__KIND__PUT, "big", slice_of(bytes, SIZE), KV_SOON);
    ck_assert(is_done(kv_end(c, "c1")));
    expect_too_large(c, bytes, SIZE);
    kv_put(c, "c1", "a", "1");
    cluster_kill(c, "s1");
    kv_begin_get(c, "c2", "big");
    const Kv__Answer *answer = kv_end(c, "c2");
    ck_assert(is_done(answer));
    ck_assert_uint_eq(answer->value.len, SIZE);
    ck_assert_int_eq(memcmp(answer->value.data, bytes, SIZE), 0);
    free(bytes);
}

static const char *const sixteen[CLIENTS] = {
    "m1", "m2",  "m3",  "m4",  "m5",  "m6",  "m7",  "m8",
    "m9", "m10", "m11", "m12", "m13", "m14", "m15", "m16"};

static void start_sixteen(struct cluster *c, const char *servers)
{
    start_clerks(c, "m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 m16",
                 servers);
}

static void sixteen_clients_with_large_values(struct cluster *c)
{
    enum { SIZE = 1 << 20 };
    begin(c);
    start_sixteen(c, "s1,s2,s3");
    char *value = malloc(SIZE);
    memset(value, 'x', SIZE);
    for (size_t k = 0; k < CLIENTS; k++)
        kv_begin(c, sixteen[k], KV__KIND__PUT, sixteen[k],
                 slice_of(value, SIZE - k), 10 * KV_SOON);
    for (size_t k = 0; k < CLIENTS; k++)
        ck_assert(is_done(kv_end(c, sixteen[k])));
    cluster_kill(c, "s1");
    for (size_t k = 0; k < CLIENTS; k++) {
        kv_begin_get(c, "c2", sixteen[k]);
        const Kv__Answer *answer = kv_end(c, "c2");
        ck_assert(is_done(answer));
        ck_assert_uint_eq(answer->value.len, SIZE - k);
    }
    free(value);
}

// --- One log ---------------------------------------------------------------

static const char *const direct[] = {"d1", "d2", "d3"};

static void start_directs(struct cluster *c)
{
    start_direct(c, "d1", "s1");
    start_direct(c, "d2", "s2");
    start_direct(c, "d3", "s3");
}

static void every_server_answers_with_the_latest(struct cluster *c)
{
    begin(c);
    start_directs(c);
    for (int i = 0; i < MANY; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        kv_put(c, direct[i % 3], "a", text);
        kv_expect(c, direct[(i + 1) % 3], "a", text);
        kv_expect(c, direct[(i + 2) % 3], "a", text);
    }
    expect_without_s1(c, "a", "19");
}

// s3 has missed what was done: it says nothing rather than what it has.
static void who_lags_behind_tells_nothing_old(struct cluster *c)
{
    begin(c);
    start_direct(c, "d3", "s3");
    kv_put(c, "c1", "a", "old");
    kv_expect(c, "d3", "a", "old");
    cluster_part(c, "s3", "s1 s2", CUT_SILENT);
    kv_put(c, "c1", "a", "new");
    kv_append(c, "c1", "a", "er");
    kv_begin_get(c, "d3", "a");
    never(c, !kv_runs(c, "d3"), WHILE);
    cluster_heal(c);
    kv_expect_answer(c, kv_end(c, "d3"), "newer");
}

// The Get is begun when the server can be reached again, not before. It comes
// before the first word of what has been decided meanwhile.
static void who_comes_back_tells_nothing_old(struct cluster *c)
{
    begin(c);
    start_direct(c, "d3", "s3");
    for (int i = 0; i < 5; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        cluster_hold_at(c, "s3", CRASH_BEFORE_HANDLER, "Paxos.Decide", 1);
        cluster_pause(c, "s3");
        kv_put(c, "c1", "a", "old");
        kv_put(c, "c1", "a", text);
        cluster_resume(c, "s3");
        kv_expect(c, "d3", "a", text);
        cluster_disarm(c, "s3");
    }
    expect_without_s1(c, "a", "4");
}

// Replicas that are asked at the same time fill the same slots.
static void all_servers_at_once(struct cluster *c)
{
    begin(c);
    start_directs(c);
    char wanted[3 * MANY + 1] = "";
    for (int i = 0; i < MANY; i++) {
        for (size_t k = 0; k < 3; k++)
            kv_begin_append(c, direct[k], "a", "x");
        for (size_t k = 0; k < 3; k++)
            ck_assert(is_done(kv_end(c, direct[k])));
        strcat(wanted, "xxx");
    }
    for (size_t k = 0; k < 3; k++)
        kv_expect(c, direct[k], "a", wanted);
    expect_without_s1(c, "a", wanted);
}

// --- Holes -----------------------------------------------------------------

// Nobody is told what has been decided, and nobody asks for anything.
static void a_lost_decision_is_found_out(struct cluster *c)
{
    begin(c);
    lose(c, "s1 s2 s3", "Paxos.Decide", 100, 0);
    kv_put(c, "c1", "a", "1");
    eventually(c, has_applied(c, "s2", 1), SOON);
    eventually(c, has_applied(c, "s3", 1), SOON);
    cluster_unspoil(c);
    expect_without_s1(c, "a", "1");
}

// s1 has begun to fill a slot, got as far as one other, and dies.
static void a_slot_that_is_left_behind_is_filled(struct cluster *c)
{
    begin_five(c);
    start_direct(c, "d1", "s1");
    kv_put(c, "c1", "a", "0");
    start_direct(c, "d2", "s2");
    cluster_cut(c, "s1", "s3 s4 s5", CUT_SILENT);
    kv_begin_append(c, "d1", "a", "1");
    eventually(c, cluster_ran(c, "s1", "s2", "Paxos.Prepare") >= 2, SOON);
    cluster_kill(c, "s1");
    cluster_heal(c);
    kv_put(c, "d2", "b", "1"); // at the one that has heard of the slot
    kv_expect(c, "c1", "b", "1");
    kv_append(c, "c2", "a", "2");
    kv_expect(c, "c1", "a", "02");
}

// The same, and the operation has been accepted by some: it may come out or
// not, but never after what came after it.
static void a_value_that_is_left_behind_comes_out_once(struct cluster *c)
{
    begin_five(c);
    start_direct(c, "d1", "s1");
    kv_put(c, "c1", "a", "0");
    lose(c, "s3 s4 s5", "Paxos.Accept", 100, 0);
    kv_begin_append(c, "d1", "a", "1");
    eventually(c, cluster_ran(c, "s1", "s2", "Paxos.Accept") >= 2, SOON);
    cluster_kill(c, "s1");
    cluster_unspoil(c);
    kv_begin_append(c, "c1", "a", "2");
    const Kv__Answer *answer = kv_end(c, "c1");
    ck_assert(is_done(answer));
    bool came_out = answer->value.len == 2;
    kv_expect_answer(c, answer, came_out ? "01" : "0");
    kv_expect(c, "c2", "a", came_out ? "012" : "02");
    cluster_kill(c, "s2");
    kv_expect(c, "c2", "a", came_out ? "012" : "02");
}

static bool are_alike(struct cluster *c, const char *one, const char *other)
{
    return server_status(c, one).next == server_status(c, other).next &&
           server_status(c, one).applied == server_status(c, other).applied;
}

// It is behind by many slots, and gets them one after the other without
// waiting for each.
static void who_lags_behind_catches_up(struct cluster *c)
{
    begin(c);
    kv_put(c, "c1", "a", "1");
    cluster_part(c, "s3", "s1 s2", CUT_SILENT);
    put_many(c, "c1", 10 * MANY);
    cluster_heal(c);
    kv_put(c, "c1", "a", "2"); // by which it sees what it has missed
    eventually(c, are_alike(c, "s1", "s3"), 2 * BRIEF);
    cluster_kill(c, "s1");
    kv_expect(c, "c2", "a", "2");
}

// --- More than half --------------------------------------------------------

static void a_minority_answers_nobody(struct cluster *c)
{
    begin_five(c);
    start_direct(c, "d1", "s1");
    start_direct(c, "d2", "s2");
    kv_put(c, "c2", "a", "1");
    cluster_part(c, "s1 s2", "s3 s4 s5", CUT_SILENT);
    kv_put(c, "c2", "a", "2");
    kv_begin_put(c, "d1", "a", "3");
    kv_begin_get(c, "d2", "a");
    never(c, !kv_runs(c, "d1") || !kv_runs(c, "d2"), WHILE);

    cluster_heal(c);
    cluster_part(c, "s2", "s1 s3 s4 s5", CUT_SILENT);
    eventually(c, !kv_runs(c, "d1"), 2 * BRIEF);
    ck_assert(is_done(kv_end(c, "d1")));
    kv_expect(c, "c2", "a", "3");
    never(c, !kv_runs(c, "d2"), WHILE);

    cluster_heal(c);
    cluster_part(c, "s4 s5", "s1 s2 s3", CUT_SILENT);
    eventually(c, !kv_runs(c, "d2"), 2 * BRIEF);
    kv_expect_answer(c, kv_end(c, "d2"), "3");
}

// Its clients are told nothing, at their own deadline; nothing is kept of them,
// and the server is as good as before.
static void a_minority_gives_up_in_time(struct cluster *c)
{
    begin(c);
    start_direct(c, "d1", "s1");
    kv_put(c, "c1", "a", "1");
    cluster_part(c, "s1", "s2 s3", CUT_SILENT);
    for (int i = 0; i < 3; i++) {
        kv_begin(c, "d1", KV__KIND__GET, "a", slice_of(NULL, 0), WHILE / 2);
        eventually(c, !kv_runs(c, "d1"), WHILE);
        ck_assert_ptr_null(kv_end(c, "d1"));
    }
    eventually(c, server_status(c, "s1").waiting == 0, BRIEF);
    kv_put(c, "c2", "a", "2");
    cluster_heal(c);
    kv_expect(c, "d1", "a", "2");
    expect_without_s1(c, "a", "2");
}

static void two_of_five_die(struct cluster *c)
{
    begin_five(c);
    kv_put(c, "c1", "a", "1");
    cluster_kill(c, "s1");
    kv_append(c, "c1", "a", "2");
    cluster_kill(c, "s3");
    kv_append(c, "c2", "a", "3");
    kv_expect(c, "c1", "a", "123");
    put_many(c, "c1", MANY);
    kv_expect(c, "c2", "a", "123");
}

// Each operation in a time in which a patient server would still be waiting.
static void put_promptly(struct cluster *c, const char *client, int count,
                         int ticks)
{
    for (int i = 0; i < count; i++) {
        kv_begin_put(c, client, "prompt", "x");
        eventually(c, !kv_runs(c, client), ticks);
        ck_assert(is_done(kv_end(c, client)));
    }
}

static void a_hung_server_holds_nobody_up(struct cluster *c)
{
    begin_five(c);
    kv_put(c, "c1", "a", "1");
    cluster_pause(c, "s4");
    cluster_pause(c, "s5");
    put_promptly(c, "c1", MANY, 6);
    cluster_kill(c, "s1"); // three are left, and only two of them awake
    kv_begin_get(c, "c2", "a");
    never(c, !kv_runs(c, "c2"), WHILE);
    cluster_resume(c, "s4");
    kv_expect_answer(c, kv_end(c, "c2"), "1");
}

static void who_cannot_be_reached_is_done_without(struct cluster *c)
{
    begin(c);
    kv_put(c, "c1", "a", "1");
    cluster_delete_socket(c, "s1"); // it lives, and can call
    kv_append(c, "c1", "a", "2");
    kv_append(c, "c2", "a", "3");
    kv_expect(c, "c1", "a", "123");
    put_many(c, "c2", MANY);
    kv_expect(c, "c1", "a", "123");
}

// s1 hears everybody, and nobody hears s1.
static void who_is_not_heard_answers_nobody(struct cluster *c)
{
    begin(c);
    start_direct(c, "d1", "s1");
    kv_put(c, "c1", "a", "1");
    cluster_cut(c, "s1", "s2 s3", CUT_SILENT);
    kv_begin_append(c, "d1", "a", "2");
    never(c, !kv_runs(c, "d1"), WHILE);
    kv_append(c, "c2", "a", "3");
    cluster_heal(c);
    kv_expect_answer(c, kv_end(c, "d1"), "13");
    kv_expect(c, "c2", "a", "132");
}

static void clients_that_were_cut_off_go_on(struct cluster *c)
{
    begin(c);
    kv_put(c, "c1", "a", "1");
    cluster_cut(c, "c1", "s1 s2 s3", CUT_REFUSE);
    kv_begin_append(c, "c1", "a", "2");
    never(c, !kv_runs(c, "c1"), WHILE);
    kv_append(c, "c2", "a", "3");
    cluster_heal(c);
    ck_assert(is_done(kv_end(c, "c1")));
    kv_expect(c, "c2", "a", "132");
    cluster_cut(c, "c1", "s1", CUT_SILENT);
    kv_append(c, "c1", "a", "4"); // by another
    expect_without_s1(c, "a", "1324");
}

// However long it was cut off, it takes no longer to come back.
static void all_goes_on_at_once_when_healed(struct cluster *c)
{
    begin(c);
    start_directs(c);
    kv_put(c, "c1", "a", "1");
    cluster_part(c, "s1", "s2 s3", CUT_SILENT);
    cluster_part(c, "s2", "s3", CUT_SILENT);
    for (size_t k = 0; k < 3; k++)
        kv_begin_append(c, direct[k], "a", "x");
    never(c, !kv_runs(c, "d1") || !kv_runs(c, "d2") || !kv_runs(c, "d3"),
          4 * WHILE);
    cluster_heal(c);
    eventually(c, !kv_runs(c, "d1") && !kv_runs(c, "d2") && !kv_runs(c, "d3"),
               BRIEF);
    expect_without_s1(c, "a", "1xxx");
}

// --- Once ------------------------------------------------------------------

static void a_retry_at_another_server_runs_once(struct cluster *c)
{
    begin(c);
    kv_put(c, "c1", "a", "1");
    lose(c, "s1", "KeyValue.Append", 0, 100);
    kv_begin_append(c, "c1", "a", "2");
    kv_expect_answer(c, kv_end(c, "c1"), "1"); // what it found then
    kv_expect(c, "c2", "a", "12");
    cluster_unspoil(c);
    kv_append(c, "c1", "a", "3");
    expect_without_s1(c, "a", "123");
}

// The request reaches s1 when s2 has long done it: now it is in the log twice.
// (And before the time is over in which somebody might wait for its answer.)
static void what_is_in_the_log_twice_runs_once(struct cluster *c)
{
    begin(c);
    kv_put(c, "c1", "a", "1");
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1",
                                            .from = "c1",
                                            .late_percent = 100,
                                            .late_ticks = LATE});
    kv_append(c, "c1", "a", "2");
    uint64_t applied = server_status(c, "s2").applied;
    eventually(c, has_applied(c, "s2", applied + 1), SOON);
    kv_expect(c, "c2", "a", "12");
    kv_append(c, "c1", "a", "3");
    expect_without_s1(c, "a", "123");
}

static void lost_messages_change_nothing(struct cluster *c)
{
    begin(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    lose(c, "s1 s2 s3", NULL, 10, 18);
    char wanted[16 * 40 + 1] = "";
    for (int i = 0; i < 40; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d;", i);
        kv_append(c, "c1", "a", text);
        strcat(wanted, text);
    }
    kv_expect(c, "c2", "a", wanted);
    cluster_unspoil(c);
    expect_without_s1(c, "a", wanted);
}

static void a_late_put_overwrites_nothing(struct cluster *c)
{
    begin(c);
    lose(c, "s1 s2 s3", "KeyValue.Put", 0, 100);
    kv_begin_put(c, "c1", "a", "old");
    eventually(c, has_applied(c, "s1", 1), SOON);
    kv_append(c, "c2", "a", ", and newer");
    cluster_unspoil(c);
    ck_assert(is_done(kv_end(c, "c1")));
    expect_without_s1(c, "a", "old, and newer");
}

static void late_requests_change_nothing(struct cluster *c)
{
    begin(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1 s2 s3",
                                            .from = "c1",
                                            .late_percent = 50,
                                            .late_ticks = LATE});
    char wanted[128] = "";
    for (int i = 0; i < 5; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d;", i);
        kv_append(c, "c1", "a", text);
        strcat(wanted, text);
        if (i == 3)
            cluster_kill(c, "s1");
    }
    kv_expect(c, "c2", "a", wanted);
    never(c, false, LATE + 5);
    kv_expect(c, "c2", "a", wanted);
}

// --- What is kept ----------------------------------------------------------

static bool keeps_at_most(struct cluster *c, const char *name,
                          uint64_t instances, uint64_t bytes)
{
    Px__PaxosStatusReply status = paxos_status_of(c, name);
    return status.instances <= instances && status.bytes <= bytes;
}

// A peer hears what the others have done with by the next agreements.
static void old_slots_are_forgotten(struct cluster *c)
{
    enum { SIZE = 200 * 1000, VALUES = 25 };
    begin(c);
    char *value = malloc(SIZE);
    memset(value, 'x', SIZE);
    for (int i = 0; i < VALUES; i++) {
        kv_begin(c, i % 2 == 0 ? "c1" : "c2", KV__KIND__PUT, "big",
                 slice_of(value, SIZE), KV_SOON);
        ck_assert(is_done(kv_end(c, i % 2 == 0 ? "c1" : "c2")));
    }
    free(value);
    for (int i = 0; i < 4; i++)
        kv_put(c, i % 2 == 0 ? "c1" : "c2", "a", "1");
    const char *const names[] = {"s1", "s2", "s3"};
    for (size_t i = 0; i < 3; i++)
        eventually(c, keeps_at_most(c, names[i], 8, 3 * SIZE), 2 * BRIEF);
    expect_without_s1(c, "a", "1");
}

// What has been written over, and what has been answered, is gone in the end,
// wherever it was asked for: at s1, at s2, never at s3.
static void memory_is_for_what_is_there(struct cluster *c)
{
    enum { SIZE = 64 << 10, TIMES = 1000, BYTES = 8 << 20 };
    begin(c);
    char *value = malloc(SIZE + 1);
    memset(value, 'x', SIZE);
    value[SIZE] = '\0';
    for (int i = 0; i < TIMES; i++) {
        kv_put(c, "c1", "a", value);
        if (i % 4 == 0)
            kv_append(c, "c2", "a", "y"); // the answer is large
    }
    free(value);
    const char *const names[] = {"s1", "s2", "s3"};
    for (size_t i = 0; i < 3; i++) {
        eventually(c, keeps_at_most(c, names[i], 8, 4 * SIZE), 2 * BRIEF);
        cluster_expect_memory(c, names[i], BYTES);
    }
    kv_put(c, "c1", "a", "0");
    expect_without_s1(c, "a", "0");
}

static void a_server_that_sleeps_misses_nothing(struct cluster *c)
{
    begin(c);
    start_direct(c, "d3", "s3");
    kv_put(c, "c1", "a", "1");
    cluster_pause(c, "s3");
    kv_put(c, "c1", "b", "2");
    put_many(c, "c1", 2 * MANY);
    cluster_resume(c, "s3");
    kv_expect(c, "d3", "b", "2");
    eventually(c, are_alike(c, "s1", "s3"), SOON);
    put_many(c, "c1", 3);
    eventually(c, keeps_at_most(c, "s1", 8, 10000), 2 * BRIEF);
    expect_without_s1(c, "b", "2");
}

static void sessions_are_forgotten(struct cluster *c)
{
    begin(c);
    for (int i = 0; i < 4 * MANY; i++)
        kv_append(c, i % 2 == 0 ? "c1" : "c2", "a", "x");
    ck_assert_uint_le(server_status(c, "s1").sessions, 3);
    ck_assert_uint_le(server_status(c, "s2").sessions, 3);
    ck_assert_uint_ge(server_status(c, "s1").sessions, 2);
    cluster_kill(c, "s1");
    kv_append(c, "c1", "a", "y"); // its session is at the others as well
    ck_assert_uint_le(server_status(c, "s2").sessions, 3);
}

// --- What it costs ---------------------------------------------------------

static uint64_t calls_of(struct cluster *c, const char *method)
{
    return cluster_sent(c, NULL, NULL, method).calls;
}

// Though the others are slow: they see a slot that is not filled yet, and leave
// it to who is at work on it.
static void a_put_is_two_rounds(struct cluster *c)
{
    begin(c);
    kv_put(c, "c1", "a", "0");
    eventually(c, has_applied(c, "s3", 1), SOON);
    cluster_spoil(c, &(struct cluster_rule){.at = "s2 s3",
                                            .method = "Paxos.Accept",
                                            .delay_percent = 100,
                                            .delay_min_ticks = 1,
                                            .delay_max_ticks = 1});
    uint64_t puts = calls_of(c, "KeyValue.Put");
    uint64_t prepares = calls_of(c, "Paxos.Prepare");
    uint64_t accepts = calls_of(c, "Paxos.Accept");
    for (int i = 0; i < MANY; i++)
        kv_put(c, "c1", "a", "1");
    eventually(c, has_applied(c, "s3", MANY + 1), SOON);
    ck_assert_uint_eq(calls_of(c, "KeyValue.Put") - puts, MANY);
    ck_assert_uint_le(calls_of(c, "Paxos.Prepare") - prepares, 2 * MANY);
    ck_assert_uint_le(calls_of(c, "Paxos.Accept") - accepts, 2 * MANY);
    ck_assert_uint_le(calls_of(c, "Paxos.Decide"), 2 * (MANY + 1));
    expect_without_s1(c, "a", "1");
}

// The others need not know yet what has been decided.
static void nobody_waits_for_decide(struct cluster *c)
{
    begin(c);
    kv_put(c, "c1", "a", "1");
    cluster_spoil(c, &(struct cluster_rule){.at = "s1 s2 s3",
                                            .method = "Paxos.Decide",
                                            .delay_percent = 100,
                                            .delay_min_ticks = 20,
                                            .delay_max_ticks = 20});
    put_promptly(c, "c1", MANY, 10);
    cluster_unspoil(c);
    expect_without_s1(c, "a", "1");
}

static void many_share_a_slot(struct cluster *c)
{
    begin(c);
    start_sixteen(c, "s1,s2,s3");
    for (size_t k = 0; k < CLIENTS; k++)
        kv_put(c, sixteen[k], "a", "0");
    uint64_t before = cluster_sent(c, "s1", "s2", "Paxos.Accept").calls;
    // The others are slow: while a slot is filled, what comes gathers.
    cluster_spoil(c, &(struct cluster_rule){.at = "s2 s3",
                                            .method = "Paxos.Accept",
                                            .delay_percent = 100,
                                            .delay_min_ticks = 1,
                                            .delay_max_ticks = 1});
    for (int i = 0; i < MANY; i++) {
        for (size_t k = 0; k < CLIENTS; k++)
            kv_begin_put(c, sixteen[k], "a", "1");
        for (size_t k = 0; k < CLIENTS; k++)
            ck_assert(is_done(kv_end(c, sixteen[k])));
    }
    uint64_t sent = cluster_sent(c, "s1", "s2", "Paxos.Accept").calls - before;
    ck_assert_uint_gt(sent, 0);
    ck_assert_uint_le(4 * sent, CLIENTS * MANY); // 0.25 an operation
}

// A value goes to each of the others twice at most, whole: to be accepted, and
// decided. Not in what is asked before.
static void a_value_travels_twice(struct cluster *c)
{
    enum { SIZE = 100 * 1000, VALUES = 10 };
    begin(c);
    kv_put(c, "c1", "a", "0");
    eventually(c, has_applied(c, "s3", 1), SOON);
    uint64_t before = cluster_sent(c, NULL, NULL, NULL).bytes;
    char *value = malloc(SIZE);
    memset(value, 'x', SIZE);
    for (uint64_t i = 0; i < VALUES; i++) {
        kv_begin(c, "c1", KV__KIND__PUT, "a", slice_of(value, SIZE), KV_SOON);
        ck_assert(is_done(kv_end(c, "c1")));
        eventually(c, has_applied(c, "s3", i + 2), SOON);
    }
    free(value);
    uint64_t bytes = cluster_sent(c, NULL, NULL, NULL).bytes - before;
    ck_assert_uint_le(bytes, VALUES * (5 * SIZE + 5000)); // 1 from the client
    cluster_kill(c, "s1");
    kv_begin_get(c, "c2", "a");
    ck_assert_uint_eq(kv_end(c, "c2")->value.len, SIZE);
}

static void idle_servers_say_nothing(struct cluster *c)
{
    begin(c);
    kv_put(c, "c1", "a", "1");
    kv_put(c, "c2", "a", "2");
    eventually(c, are_alike(c, "s1", "s2") && are_alike(c, "s1", "s3"), SOON);
    never(c, false, WHILE / 2); // what is on its way arrives
    uint64_t before = cluster_sent(c, NULL, NULL, NULL).calls;
    never(c, false, 2 * WHILE);
    ck_assert_uint_eq(cluster_sent(c, NULL, NULL, NULL).calls, before);
    expect_without_s1(c, "a", "2");
}

// --- The registry ----------------------------------------------------------

#define NODES                                                                  \
    "s1 s2 s3 s4 s5 c1 c2 d1 d2 d3 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 "    \
    "m13 m14 m15 m16"
#define TEST(section_, points_, kind_, name_, run_, claim_, ...)               \
    {                                                                          \
        .about = {.part = "3b",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 40,                                               \
                  __VA_ARGS__},                                                \
        .nodes = NODES, .run = run_,                                           \
    }

static const struct cluster_test tests[] = {
    TEST("2.1", 1, GRADED_SAFETY, "values are kept", values_are_kept,
         "A Get answers with what the last Put or Append has made; no value is "
         "not an empty value."),
    TEST(
        "2.1", 1, GRADED_SAFETY, "append tells what it found",
        append_tells_what_it_found,
        "Append answers with the value that it found, or that there was none."),
    TEST("2.1", 1, GRADED_SAFETY, "any bytes are a value",
         any_bytes_are_a_value,
         "All bytes are allowed in a value, up to its largest size; what would "
         "be larger changes nothing."),
    TEST("2.1", 1, GRADED_PROGRESS, "sixteen clients with large values",
         sixteen_clients_with_large_values,
         "Sixteen clients with values of 1 MiB are served."),
    TEST("2.2", 2, GRADED_SAFETY, "every server answers with the latest",
         every_server_answers_with_the_latest,
         "Whichever server is asked, it answers with what has been done at "
         "any."),
    TEST("2.2", 2, GRADED_SAFETY, "who lags behind tells nothing old",
         who_lags_behind_tells_nothing_old,
         "A Get goes through the log: a server that has missed something "
         "answers when it has caught up."),
    TEST("2.2", 2, GRADED_SAFETY, "who comes back tells nothing old",
         who_comes_back_tells_nothing_old,
         "A server that wakes up answers with what was done meanwhile."),
    TEST("2.2", 2, GRADED_SAFETY, "all servers at once", all_servers_at_once,
         "Servers that are asked at the same time run each operation once, in "
         "one order."),
    TEST("2.3", 2, GRADED_PROGRESS, "a lost decision is found out",
         a_lost_decision_is_found_out,
         "A server that was not told what has been decided asks."),
    TEST("2.3", 2, GRADED_PROGRESS, "a slot that is left behind is filled",
         a_slot_that_is_left_behind_is_filled,
         "A slot that a dead server has begun to fill stops nobody."),
    TEST("2.3", 2, GRADED_SAFETY, "a value that is left behind comes out once",
         a_value_that_is_left_behind_comes_out_once,
         "What a dead server has begun comes out in its slot, or never."),
    TEST("2.3", 2, GRADED_PROGRESS, "who lags behind catches up",
         who_lags_behind_catches_up,
         "A server that has missed many slots gets them promptly, without "
         "being asked anything."),
    TEST("2.4", 3, GRADED_SAFETY, "a minority answers nobody",
         a_minority_answers_nobody,
         "Less than half of the servers answer nobody, until they are more."),
    TEST("2.4", 1, GRADED_PROGRESS, "a minority gives up in time",
         a_minority_gives_up_in_time,
         "At their deadline clients are told nothing, and nothing is left of "
         "them."),
    TEST("2.4", 2, GRADED_PROGRESS, "two of five die", two_of_five_die,
         "More than half of the servers go on without the others."),
    TEST("2.4", 1, GRADED_PROGRESS, "a hung server holds nobody up",
         a_hung_server_holds_nobody_up,
         "Nobody waits for a server that hangs, as long as more than half do "
         "not."),
    TEST("2.4", 1, GRADED_PROGRESS, "who cannot be reached is done without",
         who_cannot_be_reached_is_done_without,
         "A server whose socket is gone is one of those that are done "
         "without."),
    TEST("2.4", 1, GRADED_SAFETY, "who is not heard answers nobody",
         who_is_not_heard_answers_nobody,
         "A server that hears the others, but is not heard, answers nobody."),
    TEST("2.4", 1, GRADED_PROGRESS, "clients that were cut off go on",
         clients_that_were_cut_off_go_on,
         "A clerk asks again, and others, until it knows."),
    TEST("2.4", 2, GRADED_PROGRESS, "all goes on at once when healed",
         all_goes_on_at_once_when_healed,
         "After a cut all goes on in a time that does not depend on how long "
         "it was."),
    TEST("2.5", 2, GRADED_SAFETY, "a retry at another server runs once",
         a_retry_at_another_server_runs_once,
         "An operation that is asked for at two servers runs once, and both "
         "answer the same."),
    TEST("2.5", 2, GRADED_SAFETY, "what is in the log twice runs once",
         what_is_in_the_log_twice_runs_once,
         "Copies are told when they are applied: all servers do it alike."),
    TEST("2.5", 2, GRADED_SAFETY, "lost messages change nothing",
         lost_messages_change_nothing,
         "However many messages are lost, each operation runs once, in the "
         "client's order.",
         .marks = "lose-request KeyValue.Append;lose-reply "
                  "KeyValue.Append;lose-request Paxos.Accept;lose-reply "
                  "Paxos.Accept"),
    TEST("2.5", 1, GRADED_SAFETY, "a late Put overwrites nothing",
         a_late_put_overwrites_nothing,
         "A Put that is asked for again does not run again."),
    TEST("2.5", 1, GRADED_SAFETY, "late requests change nothing",
         late_requests_change_nothing,
         "A request that arrives after the client has gone on does not run.",
         .marks = "late KeyValue.Append"),
    TEST("2.6", 2, GRADED_LIMIT, "old slots are forgotten",
         old_slots_are_forgotten,
         "What all have applied is in nobody's log any more."),
    TEST("2.6", 0, GRADED_LIMIT, "memory is for what is there",
         memory_is_for_what_is_there,
         "A server's memory is for what is stored, however long the log is."),
    TEST("2.6", 2, GRADED_SAFETY, "a server that sleeps misses nothing",
         a_server_that_sleeps_misses_nothing,
         "What one has not applied the others keep for it, and no longer."),
    TEST("2.6", 1, GRADED_LIMIT, "sessions are forgotten",
         sessions_are_forgotten, "Of each client one answer is kept, not all."),
    TEST("2.7", 1, GRADED_LIMIT, "a Put is two rounds", a_put_is_two_rounds,
         "A Put is one call of the client, and two to each other server before "
         "it is answered."),
    TEST("2.7", 1, GRADED_PROGRESS, "nobody waits for Decide",
         nobody_waits_for_decide,
         "An operation is answered before the others know."),
    TEST("2.7", 1, GRADED_LIMIT, "many share a slot", many_share_a_slot,
         "With 16 clients at one server there is a slot for four operations "
         "at least."),
    TEST("2.7", 1, GRADED_LIMIT, "a value travels twice", a_value_travels_twice,
         "A value is sent to each other server to be accepted and decided, and "
         "no more."),
    TEST("2.7", 1, GRADED_LIMIT, "idle servers say nothing",
         idle_servers_say_nothing,
         "When all have applied all, no messages are sent."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab3 kv", &lab3, tests,
                        sizeof tests / sizeof tests[0]);
}
