// Part 2b: the key/value service while servers die, sleep, come back empty and
// are cut off. Points in the servers' code say when that happens: so each
// story happens in each run. The same source between processes and in
// simulation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/workload.h"
#include "lab2-pbservice/api.pb-c.h"
#include "lab2-pbservice/tests/lab2.h"

enum {
    DEAD = 10,        // ticks: what the view service takes for a death
    WHILE = 4 * DEAD, // for what must not happen
    CLIENTS = 16,
    MANY = 20, // operations of each of many clients
};

// --- The cluster -----------------------------------------------------------

// How often its clock has ticked.
static uint64_t ticks(struct cluster *c)
{
    struct rpc_answer answer;
    uint64_t count = ask_views(c, &answer)->ticks;
    rpc_answer_release(&answer);
    return count;
}

static bool view_is(struct cluster *c, const char *primary, const char *backup)
{
    struct rpc_answer answer;
    const Pb__ViewStatusReply *r = ask_views(c, &answer);
    bool is = r->acknowledged && strcmp(r->view->primary, primary) == 0 &&
              strcmp(r->view->backup, backup) == 0;
    rpc_answer_release(&answer);
    return is;
}

static Pb__ServerStatusReply status_of(struct cluster *c, const char *name)
{
    struct rpc_answer answer;
    const Pb__ServerStatusReply *r = ask_server(c, name, &answer);
    ck_assert_ptr_nonnull(r);
    Pb__ServerStatusReply status = *r;
    rpc_answer_release(&answer);
    status.view = NULL;
    return status;
}

static void begin(struct cluster *c)
{
    start_views(c);
    cluster_start_clerks(c, "c1 c2 c3", "--tick %d", (int)cluster_tick_ms());
}

static void begin_alone(struct cluster *c)
{
    begin(c);
    start_server(c, "s1");
    eventually(c, view_is(c, "s1", ""), SOON);
}

// s1 is primary, s2 backup.
static void begin_with_two(struct cluster *c)
{
    begin_alone(c);
    start_server(c, "s2");
    eventually(c, view_is(c, "s1", "s2"), SOON);
}

// And s3 is idle.
static void begin_with_three(struct cluster *c)
{
    begin_with_two(c);
    start_server(c, "s3");
}

// A client that asks this server, and once.
static void start_direct(struct cluster *c, const char *server)
{
    cluster_start_clerks(c, "d1", "--role direct --server %s", server);
}

static bool is_served(const Kv__Answer *answer)
{
    return answer != NULL && answer->status != KV__STATUS__WRONG_SERVER;
}

// What s1 has answered is not at s1 alone. Each test of what one server can do
// ends with this, so that none passes for a service of one server.
static void expect_at_s2(struct cluster *c, const char *key, const char *value)
{
    cluster_kill(c, "s1");
    kv_expect(c, "c1", key, value);
}

// --- The service -----------------------------------------------------------

static void values_are_kept(struct cluster *c)
{
    begin_with_two(c);
    kv_expect(c, "c1", "a", NULL);
    kv_put(c, "c1", "a", "1");
    kv_expect(c, "c2", "a", "1");
    kv_put(c, "c2", "a", "");
    kv_expect(c, "c1", "a", "");
    kv_append(c, "c1", "a", "x");
    kv_append(c, "c2", "a", "y");
    kv_expect(c, "c1", "a", "xy");
    kv_expect(c, "c1", "b", NULL);
    expect_at_s2(c, "a", "xy");
}

static void append_tells_what_it_found(struct cluster *c)
{
    begin_with_two(c);
    kv_begin_append(c, "c1", "a", "1");
    kv_expect_answer(c, kv_end(c, "c1"), NULL);
    kv_begin_append(c, "c2", "a", "2");
    kv_expect_answer(c, kv_end(c, "c2"), "1");
    kv_put(c, "c1", "b", "");
    kv_begin_append(c, "c2", "b", "2");
    kv_expect_answer(c, kv_end(c, "c2"), "");
    expect_at_s2(c, "a", "12");
}

// All bytes, and the largest value.
static void any_bytes_are_a_value(struct cluster *c)
{
    enum { SIZE = 1 << 20 };
    begin_with_two(c);
    unsigned char *bytes = malloc(SIZE + 1);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    kv_begin(c, "c1", KV__KIND__PUT, "big", slice_of(bytes, SIZE), KV_SOON);
    const Kv__Answer *answer = kv_end(c, "c1");
    ck_assert_ptr_nonnull(answer);
    ck_assert_int_eq(answer->status, KV__STATUS__OK);
    kv_begin_get(c, "c2", "big");
    answer = kv_end(c, "c2");
    ck_assert_ptr_nonnull(answer);
    ck_assert_uint_eq(answer->value.len, SIZE);
    ck_assert_int_eq(memcmp(answer->value.data, bytes, SIZE), 0);

    kv_begin(c, "c1", KV__KIND__APPEND, "big", slice_text("x"), KV_SOON);
    answer = kv_end(c, "c1");
    ck_assert_int_eq(answer->status, KV__STATUS__TOO_LARGE);
    kv_begin(c, "c1", KV__KIND__PUT, "", slice_text("x"), KV_SOON);
    answer = kv_end(c, "c1");
    ck_assert_int_eq(answer->status, KV__STATUS__BAD_KEY);
    cluster_kill(c, "s1");
    kv_begin_get(c, "c2", "big");
    answer = kv_end(c, "c2");
    ck_assert_ptr_nonnull(answer);
    ck_assert_uint_eq(answer->value.len, SIZE);
    free(bytes);
}

// --- Deaths ----------------------------------------------------------------

static void backup_takes_over(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "1");
    cluster_kill(c, "s1");
    kv_expect(c, "c2", "a", "1");
    kv_append(c, "c1", "a", "2");
    kv_expect(c, "c2", "a", "12");
}

static void dead_backup_is_done_without(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "1");
    cluster_kill(c, "s2");
    kv_put(c, "c1", "a", "2"); // at once
    kv_expect(c, "c2", "a", "2");
}

static void one_after_the_other_dies(struct cluster *c)
{
    begin_with_three(c);
    kv_put(c, "c1", "a", "1");
    cluster_kill(c, "s1");
    kv_append(c, "c1", "a", "2");
    eventually(c, view_is(c, "s2", "s3"), SOON);
    cluster_kill(c, "s2");
    kv_append(c, "c1", "a", "3");
    kv_expect(c, "c2", "a", "123");
}

static void empty_server_serves_nobody(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "1");
    cluster_kill(c, "s1");
    eventually(c, view_is(c, "s2", ""), SOON);
    kv_expect(c, "c1", "a", "1");
    cluster_kill(c, "s2");
    start_server(c, "s3");
    start_direct(c, "s3");
    kv_begin_get(c, "c1", "a");
    never(c, !kv_runs(c, "c1"), WHILE);
    kv_begin_get(c, "d1", "a");
    ck_assert(!is_served(kv_end(c, "d1")));
    cluster_tell(c, "a server that has all came back too late: none did");
}

static void restarted_primary_has_nothing(struct cluster *c)
{
    begin_alone(c);
    kv_put(c, "c1", "a", "1");
    cluster_kill(c, "s1");
    cluster_restart(c, "s1", DISK_LOST); // the view names it still
    start_direct(c, "s1");
    kv_begin_get(c, "c1", "a");
    never(c, !kv_runs(c, "c1"), WHILE);
    kv_begin_get(c, "d1", "a");
    ck_assert(!is_served(kv_end(c, "d1")));
}

static void quick_restarts_lose_nothing(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "1");
    cluster_kill(c, "s1");
    cluster_restart(c, "s1", DISK_LOST);
    kv_append(c, "c1", "a", "2");
    eventually(c, view_is(c, "s2", "s1"), SOON);
    cluster_kill(c, "s1"); // now the backup
    cluster_restart(c, "s1", DISK_LOST);
    kv_append(c, "c1", "a", "3");
    eventually(c, view_is(c, "s2", "s1"), SOON);
    cluster_kill(c, "s2");
    kv_expect(c, "c2", "a", "123");
}

static void only_the_primary_answers(struct cluster *c)
{
    begin_with_three(c);
    kv_put(c, "c1", "a", "1");
    start_direct(c, "s2");
    kv_begin_get(c, "d1", "a");
    ck_assert(!is_served(kv_end(c, "d1")));
    kv_begin_put(c, "d1", "a", "2");
    ck_assert(!is_served(kv_end(c, "d1")));
    kv_expect(c, "c1", "a", "1");
    expect_at_s2(c, "a", "1");
}

// --- A primary that does not know that it was one --------------------------

// s1 sleeps, s2 takes over, s1 wakes up.
static void replace_sleeping_primary(struct cluster *c, const char *next)
{
    cluster_pause(c, "s1");
    eventually(c, view_is(c, "s2", next), SOON);
    kv_put(c, "c2", "a", "new");
}

static void old_primary_serves_no_gets(struct cluster *c)
{
    begin_with_two(c);
    start_direct(c, "s1");
    kv_put(c, "c1", "a", "old");
    cluster_cut(c, "s1", "views", CUT_SILENT); // it is not told
    replace_sleeping_primary(c, "");
    cluster_resume(c, "s1");
    kv_begin_get(c, "d1", "a");
    ck_assert(!is_served(kv_end(c, "d1")));
    kv_begin_put(c, "d1", "a", "older");
    ck_assert(!is_served(kv_end(c, "d1")));
    kv_expect(c, "c2", "a", "new");
}

static void old_primary_whose_backup_died_serves_nobody(struct cluster *c)
{
    begin_with_three(c);
    start_direct(c, "s1");
    kv_put(c, "c1", "a", "old");
    cluster_cut(c, "s1", "views", CUT_SILENT);
    replace_sleeping_primary(c, "s3");
    cluster_kill(c, "s2"); // it cannot be asked
    eventually(c, view_is(c, "s3", ""), SOON);
    cluster_resume(c, "s1");
    kv_begin(c, "d1", KV__KIND__GET, "a", slice_of(NULL, 0), WHILE);
    ck_assert(!is_served(kv_end(c, "d1")));
    kv_expect(c, "c2", "a", "new");
}

static void clients_cut_from_the_views_are_not_misled(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "old"); // c1 knows s1
    cluster_cut(c, "s1 c1", "views", CUT_SILENT);
    replace_sleeping_primary(c, "");
    cluster_resume(c, "s1");
    kv_begin_get(c, "c1", "a");
    never(c, !kv_runs(c, "c1"), WHILE);
    cluster_heal(c);
    kv_expect_answer(c, kv_end(c, "c1"), "new");
}

static void demoted_server_forgets(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "gone", "1");
    kv_put(c, "c1", "a", "1");
    replace_sleeping_primary(c, "");
    kv_put(c, "c1", "b", "2");
    cluster_resume(c, "s1");
    eventually(c, view_is(c, "s2", "s1"), SOON);
    ck_assert_uint_eq(status_of(c, "s1").keys, 3);
    cluster_kill(c, "s2");
    kv_expect(c, "c1", "a", "new");
    kv_expect(c, "c1", "b", "2");
}

// --- Links -----------------------------------------------------------------

static void no_answer_without_consent(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "1");
    cluster_cut(c, "s1", "s2", CUT_SILENT); // both reach the view service
    kv_begin_put(c, "c1", "a", "2");
    kv_begin_get(c, "c2", "a");
    never(c, !kv_runs(c, "c1") || !kv_runs(c, "c2"), WHILE);
    cluster_heal(c);
    ck_assert(is_served(kv_end(c, "c1")));
    kv_end(c, "c2");
    kv_expect(c, "c2", "a", "2");
}

static void hung_backup_is_waited_for_until_replaced(struct cluster *c)
{
    begin_with_three(c);
    kv_put(c, "c1", "a", "1");
    cluster_pause(c, "s2");
    kv_append(c, "c1", "a", "2");
    eventually(c, view_is(c, "s1", "s3"), SOON);
    cluster_kill(c, "s1");
    kv_expect(c, "c2", "a", "12");
    cluster_resume(c, "s2");
    kv_append(c, "c2", "a", "3");
    kv_expect(c, "c1", "a", "123");
}

static void clients_that_were_cut_off_go_on(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "1");
    cluster_cut(c, "c1", "s1", CUT_SILENT);
    kv_begin_append(c, "c1", "a", "2");
    never(c, !kv_runs(c, "c1"), WHILE);
    kv_append(c, "c2", "a", "3");
    cluster_heal(c);
    ck_assert(is_served(kv_end(c, "c1")));
    kv_expect(c, "c2", "a", "132");
    expect_at_s2(c, "a", "132");
}

// --- Once ------------------------------------------------------------------

static void lose(struct cluster *c, const char *at, const char *method,
                 double request, double reply)
{
    cluster_spoil(c, &(struct cluster_rule){.at = at,
                                            .method = method,
                                            .lose_request_percent = request,
                                            .lose_reply_percent = reply});
}

static void lost_messages_change_nothing(struct cluster *c)
{
    begin_with_two(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    lose(c, "s1", NULL, 15, 25);
    lose(c, "s2", "Replica.Forward", 15, 25);
    char wanted[16 * 60 + 1] = "";
    for (int i = 0; i < 60; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d;", i);
        kv_append(c, "c1", "a", text);
        strcat(wanted, text);
    }
    kv_expect(c, "c2", "a", wanted);
    cluster_unspoil(c);
    cluster_kill(c, "s1");
    kv_expect(c, "c2", "a", wanted); // at the backup as well
}

static void retry_at_the_next_primary_runs_once(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "1");
    lose(c, "s1", "KeyValue.Append", 0, 100);
    kv_begin_append(c, "c1", "a", "2");
    eventually(c, cluster_ran(c, "s1", "s2", "Replica.Forward") >= 2, SOON);
    kv_begin_get(c, "c2", "a"); // behind it
    kv_expect_answer(c, kv_end(c, "c2"), "12");
    cluster_kill(c, "s1");
    kv_expect_answer(c, kv_end(c, "c1"), "1"); // what it found then
    kv_expect(c, "c2", "a", "12");
}

static void retry_after_two_successions_runs_once(struct cluster *c)
{
    begin_with_three(c);
    kv_put(c, "c1", "a", "1");
    lose(c, "s1", "KeyValue.Append", 0, 100);
    lose(c, "s2", "KeyValue.Append", 100, 0);
    kv_begin_append(c, "c1", "a", "2");
    eventually(c, cluster_ran(c, "s1", "s2", "Replica.Forward") >= 2, SOON);
    kv_expect(c, "c2", "a", "12");
    cluster_kill(c, "s1");
    eventually(c, view_is(c, "s2", "s3"), SOON); // s3 has it by transfer
    cluster_kill(c, "s2");
    kv_expect_answer(c, kv_end(c, "c1"), "1");
    kv_expect(c, "c2", "a", "12");
}

static void late_put_overwrites_nothing(struct cluster *c)
{
    begin_with_two(c);
    lose(c, "s1", "KeyValue.Put", 0, 100);
    kv_begin_put(c, "c1", "a", "old");
    eventually(c, cluster_ran(c, "s1", "s2", "Replica.Forward") >= 1, SOON);
    kv_append(c, "c2", "a", ", and newer");
    cluster_unspoil(c);
    ck_assert(is_served(kv_end(c, "c1")));
    kv_expect(c, "c2", "a", "old, and newer");
}

static void late_requests_change_nothing(struct cluster *c)
{
    begin_with_two(c);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1 s2",
                                            .from = "c1",
                                            .late_percent = 50,
                                            .late_ticks = 2 * DEAD});
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
    never(c, false, 2 * DEAD + 2);
    kv_expect(c, "c2", "a", wanted);
}

static void late_forwards_change_nothing(struct cluster *c)
{
    begin_with_three(c);
    kv_put(c, "c1", "a", "1");
    cluster_spoil(c, &(struct cluster_rule){.at = "s2",
                                            .method = "Replica.Forward",
                                            .late_percent = 50,
                                            .late_ticks = 3 * DEAD});
    kv_append(c, "c1", "a", "2");
    kv_append(c, "c1", "a", "3");
    kv_begin_append(c, "c1", "a", "4");
    cluster_kill(c, "s1");
    ck_assert(is_served(kv_end(c, "c1")));
    kv_append(c, "c2", "a", "5");
    never(c, false, 3 * DEAD + 2);
    eventually(c, view_is(c, "s2", "s3"), SOON);
    kv_expect(c, "c2", "a", "12345");
    cluster_kill(c, "s2");
    kv_expect(c, "c2", "a", "12345");
}

// --- Points in the servers' code -------------------------------------------

static const enum crash_kind points[] = {CRASH_BEFORE_HANDLER,
                                         CRASH_BEFORE_REPLY, CRASH_AFTER_REPLY};

static enum crash_kind draw_point(struct cluster *c)
{
    static const char *const marks[] = {"before the handler",
                                        "before the reply", "after the reply"};
    uint64_t i = cluster_random(c, 3);
    cluster_mark(c, marks[i]);
    return points[i];
}

// A server that the view service has not heard of.
static void start_unseen(struct cluster *c, const char *name)
{
    cluster_cut(c, name, "views", CUT_SILENT);
    start_server(c, name);
}

// This one is to be backup, and about to be given the data.
static void hold_in_transfer(struct cluster *c, const char *name)
{
    start_unseen(c, name);
    cluster_hold_at(c, name, CRASH_BEFORE_HANDLER, "Replica.Transfer", 1);
    cluster_heal(c);
    eventually(c, cluster_is_held(c, name), SOON);
}

// c1 appends, and `victim` dies at a point of `method`.
static void append_over_a_death(struct cluster *c, const char *victim,
                                const char *method)
{
    enum crash_kind kind = draw_point(c);
    kv_put(c, "c1", "a", "1");
    cluster_crash_at(c, victim, kind, method, 1);
    kv_append(c, "c1", "a", "2");
    cluster_expect_crash(c, victim, SOON);
    kv_append(c, "c2", "a", "3");
    kv_expect(c, "c1", "a", "123");
}

static void death_of_a_backup_in_a_forward(struct cluster *c)
{
    begin_with_three(c);
    append_over_a_death(c, "s2", "Replica.Forward");
    eventually(c, view_is(c, "s1", "s3"), SOON);
    cluster_kill(c, "s1");
    kv_expect(c, "c1", "a", "123");
}

static void death_of_a_primary_in_an_operation(struct cluster *c)
{
    begin_with_three(c);
    append_over_a_death(c, "s1", "KeyValue.Append");
    eventually(c, view_is(c, "s2", "s3"), SOON);
    cluster_kill(c, "s2");
    kv_expect(c, "c1", "a", "123");
}

static void death_of_a_backup_in_a_transfer(struct cluster *c)
{
    begin_alone(c);
    kv_put(c, "c1", "a", "1");
    start_unseen(c, "s2");
    cluster_crash_at(c, "s2", draw_point(c), "Replica.Transfer", 1);
    cluster_heal(c);
    cluster_expect_crash(c, "s2", SOON);
    kv_append(c, "c1", "a", "2"); // it goes on alone
    start_server(c, "s3");
    eventually(c, view_is(c, "s1", "s3"), SOON);
    cluster_kill(c, "s1");
    kv_expect(c, "c1", "a", "12");
}

static void a_transfer_loses_nothing_that_comes_meanwhile(struct cluster *c)
{
    begin_alone(c);
    kv_put(c, "c1", "a", "1");
    hold_in_transfer(c, "s2");
    kv_begin_append(c, "c1", "a", "2");
    kv_begin_append(c, "c2", "b", "3");
    never(c, false, 2);
    cluster_release(c, "s2");
    ck_assert(is_served(kv_end(c, "c1")));
    ck_assert(is_served(kv_end(c, "c2")));
    eventually(c, view_is(c, "s1", "s2"), SOON);
    cluster_kill(c, "s1");
    kv_expect(c, "c1", "a", "12");
    kv_expect(c, "c1", "b", "3");
}

static void a_late_transfer_overwrites_nothing(struct cluster *c)
{
    begin_alone(c);
    kv_put(c, "c1", "a", "1");
    hold_in_transfer(c, "s2");
    eventually(c, view_is(c, "s1", "s2"), SOON); // by the next transfer
    kv_append(c, "c1", "a", "2");
    cluster_release(c, "s2");
    never(c, false, 2);
    kv_append(c, "c1", "a", "3");
    cluster_kill(c, "s1");
    kv_expect(c, "c1", "a", "123");
}

static void a_lost_transfer_is_repeated(struct cluster *c)
{
    begin_alone(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    kv_put(c, "c1", "a", "1");
    lose(c, "s2", "Replica.Transfer", 40, 40);
    start_server(c, "s2");
    kv_append(c, "c1", "a", "2");
    eventually(c, view_is(c, "s1", "s2"), SOON);
    cluster_kill(c, "s1");
    kv_expect(c, "c1", "a", "12");
}

static void
a_primary_that_dies_in_a_transfer_leaves_no_primary(struct cluster *c)
{
    begin_with_two(c);
    kv_put(c, "c1", "a", "1");
    expect_at_s2(c, "a", "1");
    eventually(c, view_is(c, "s2", ""), SOON);
    hold_in_transfer(c, "s3");
    cluster_kill(c, "s2"); // nobody has the data now
    kv_begin_get(c, "c1", "a");
    never(c, !kv_runs(c, "c1"), WHILE);
    cluster_release(c, "s3");
}

// More than a frame holds: the primary goes on without its backup, and that
// never serves.
static void too_much_for_a_transfer(struct cluster *c)
{
    enum { SIZE = 1 << 20, KEYS = 65 };
    begin_alone(c);
    char *value = malloc(SIZE);
    memset(value, 'x', SIZE);
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        kv_begin(c, "c1", KV__KIND__PUT, key, slice_of(value, SIZE), KV_SOON);
        ck_assert(is_served(kv_end(c, "c1")));
    }
    free(value);
    start_server(c, "s2");
    eventually(c, view_is(c, "s1", "s2"), SOON);
    kv_put(c, "c1", "a", "1");
    kv_expect(c, "c2", "a", "1");
    ck_assert_uint_eq(status_of(c, "s2").keys, 0);
    cluster_kill(c, "s1");
    kv_begin_get(c, "c1", "a");
    never(c, !kv_runs(c, "c1"), WHILE);
}

// --- What it costs ---------------------------------------------------------

static void settle(struct cluster *c)
{
    kv_put(c, "c1", "a", "0");
    kv_put(c, "c2", "a", "0");
}

static void a_put_is_two_calls(struct cluster *c)
{
    begin_with_two(c);
    settle(c);
    uint64_t puts = cluster_sent(c, NULL, NULL, "KeyValue.Put").calls;
    uint64_t forwards = cluster_sent(c, NULL, NULL, "Replica.Forward").calls;
    uint64_t asks = cluster_sent(c, NULL, NULL, "ViewService.Get").calls;
    for (int i = 0; i < MANY; i++)
        kv_put(c, "c1", "a", "1");
    puts = cluster_sent(c, NULL, NULL, "KeyValue.Put").calls - puts;
    forwards = cluster_sent(c, NULL, NULL, "Replica.Forward").calls - forwards;
    asks = cluster_sent(c, NULL, NULL, "ViewService.Get").calls - asks;
    ck_assert_uint_eq(puts, MANY);
    ck_assert_uint_eq(forwards, MANY);
    ck_assert_uint_eq(asks, 0);
}

static const char *const sixteen[CLIENTS] = {
    "m1", "m2",  "m3",  "m4",  "m5",  "m6",  "m7",  "m8",
    "m9", "m10", "m11", "m12", "m13", "m14", "m15", "m16"};

static void start_sixteen(struct cluster *c)
{
    cluster_start_clerks(c,
                         "m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 "
                         "m16",
                         "--tick %d", (int)cluster_tick_ms());
}

static void many_share_a_forward(struct cluster *c)
{
    begin_with_two(c);
    start_sixteen(c);
    settle(c);
    for (size_t k = 0; k < CLIENTS; k++)
        kv_put(c, sixteen[k], "a", "0"); // each knows the primary
    uint64_t before = cluster_sent(c, "s1", "s2", "Replica.Forward").calls;
    // The backup is slow: while a forward is out, what comes gathers.
    cluster_spoil(c, &(struct cluster_rule){.at = "s2",
                                            .method = "Replica.Forward",
                                            .delay_percent = 100,
                                            .delay_min_ticks = 1,
                                            .delay_max_ticks = 1});
    for (int i = 0; i < MANY; i++) {
        for (size_t k = 0; k < CLIENTS; k++)
            kv_begin_put(c, sixteen[k], "a", "1");
        for (size_t k = 0; k < CLIENTS; k++)
            ck_assert(is_served(kv_end(c, sixteen[k])));
    }
    uint64_t sent =
        cluster_sent(c, "s1", "s2", "Replica.Forward").calls - before;
    ck_assert_uint_gt(sent, 0);
    ck_assert_uint_le(10 * sent, 3 * CLIENTS * MANY); // 0.3 an operation
}

static uint64_t calls_of(struct cluster *c, const char *method)
{
    return cluster_sent(c, NULL, NULL, method).calls;
}

// All that is not a ping.
static uint64_t other_calls(struct cluster *c)
{
    return calls_of(c, "Replica.Forward") + calls_of(c, "Replica.Transfer") +
           calls_of(c, "ViewService.Get");
}

static void idle_servers_only_ping(struct cluster *c)
{
    enum { SERVERS = 2, TICKS = 40 };
    begin_with_two(c);
    settle(c);
    uint64_t others = other_calls(c);
    uint64_t pings = calls_of(c, "ViewService.Ping");
    uint64_t before = ticks(c);
    never(c, false, TICKS);
    uint64_t passed = ticks(c) - before;
    pings = calls_of(c, "ViewService.Ping") - pings;
    ck_assert_uint_ge(pings, passed); // or else somebody is dead
    ck_assert_uint_le(pings, SERVERS * (passed + passed / 2));
    ck_assert_uint_eq(other_calls(c), others);
    ck_assert_uint_eq(status_of(c, "s2").keys, 1);
}

static void sessions_are_forgotten(struct cluster *c)
{
    begin_with_two(c);
    for (int i = 0; i < 5 * MANY; i++)
        kv_append(c, i % 2 == 0 ? "c1" : "c2", "a", "x");
    ck_assert_uint_le(status_of(c, "s1").sessions, 3);
    ck_assert_uint_le(status_of(c, "s2").sessions, 3);
    ck_assert_uint_ge(status_of(c, "s2").sessions, 2);
}

// What is written over and over, and what is answered, is gone in the end.
static void memory_is_for_what_is_there(struct cluster *c)
{
    enum { SIZE = 64 << 10, TIMES = 1000, BYTES = 8 << 20 };
    begin_with_two(c);
    char *value = malloc(SIZE + 1);
    memset(value, 'x', SIZE);
    value[SIZE] = '\0';
    for (int i = 0; i < TIMES; i++) {
        kv_put(c, "c1", "a", value);
        if (i % 4 == 0)
            kv_append(c, "c2", "a", "y"); // the answer is large
    }
    free(value);
    cluster_expect_memory(c, "s1", BYTES);
    cluster_expect_memory(c, "s2", BYTES);
}

static void sixteen_clients_with_large_values(struct cluster *c)
{
    enum { SIZE = 1 << 20 };
    begin_with_two(c);
    start_sixteen(c);
    char *value = malloc(SIZE + 1);
    memset(value, 'x', SIZE);
    value[SIZE] = '\0';
    for (size_t k = 0; k < CLIENTS; k++)
        kv_begin(c, sixteen[k], KV__KIND__PUT, sixteen[k],
                 slice_of(value, SIZE - k), 10 * KV_SOON);
    for (size_t k = 0; k < CLIENTS; k++)
        ck_assert(is_served(kv_end(c, sixteen[k])));
    cluster_kill(c, "s1");
    for (size_t k = 0; k < CLIENTS; k++) {
        kv_begin_get(c, "c1", sixteen[k]);
        const Kv__Answer *answer = kv_end(c, "c1");
        ck_assert(is_served(answer));
        ck_assert_uint_eq(answer->value.len, SIZE - k);
    }
    free(value);
}

// --- The registry ----------------------------------------------------------

#define NODES                                                                  \
    "views s1 s2 s3 c1 c2 c3 d1 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 "   \
    "m14 m15 m16"
#define TEST(section_, points_, kind_, name_, run_, claim_, ...)               \
    {                                                                          \
        .about = {.part = "2b",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 40,                                               \
                  __VA_ARGS__},                                                \
        .nodes = NODES, .run = run_,                                           \
    }
#define REPEATED(times, section_, points_, kind_, name_, run_, claim_, ...)    \
    {                                                                          \
        .about = {.part = "2b",                                                \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .repetitions = times,                                        \
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
    TEST("2.2", 2, GRADED_SAFETY, "the backup takes over", backup_takes_over,
         "What has been answered survives the death of the primary."),
    TEST("2.2", 1, GRADED_PROGRESS, "a dead backup is done without",
         dead_backup_is_done_without,
         "When the backup is dead the primary goes on in the next view."),
    TEST("2.5", 2, GRADED_SAFETY, "one after the other dies",
         one_after_the_other_dies,
         "A new backup is given all that the primary has."),
    TEST("2.4", 2, GRADED_SAFETY, "an empty server serves nobody",
         empty_server_serves_nobody,
         "If all that have the data are gone, nobody answers."),
    TEST("2.4", 1, GRADED_SAFETY, "a restarted primary has nothing",
         restarted_primary_has_nothing,
         "A server that has started anew does not answer as primary, though "
         "the view names it."),
    TEST("2.4", 2, GRADED_SAFETY, "quick restarts lose nothing",
         quick_restarts_lose_nothing,
         "A server may start anew faster than anybody sees, and nothing that "
         "was answered is lost."),
    TEST("2.3", 1, GRADED_SAFETY, "only the primary answers",
         only_the_primary_answers,
         "Who is not primary tells clients so (WRONG_SERVER), and runs "
         "nothing."),
    TEST("2.3", 2, GRADED_SAFETY, "an old primary serves nobody",
         old_primary_serves_no_gets,
         "A primary that has been replaced answers nobody, though it does not "
         "know: its backup does not consent."),
    TEST("2.3", 1, GRADED_SAFETY,
         "an old primary whose backup died serves "
         "nobody",
         old_primary_whose_backup_died_serves_nobody,
         "A primary whose backup does not answer answers nobody."),
    TEST("2.3", 1, GRADED_SAFETY, "clients cut from the views are not misled",
         clients_cut_from_the_views_are_not_misled,
         "A client that knows the old primary only is not answered by it."),
    TEST("2.5", 1, GRADED_SAFETY, "a demoted server forgets",
         demoted_server_forgets,
         "A new backup has what it was given, and nothing of earlier."),
    TEST("2.3", 2, GRADED_SAFETY, "no answer without consent",
         no_answer_without_consent,
         "Nothing is answered, a Get neither, before the backup has "
         "consented."),
    TEST("2.2", 1, GRADED_PROGRESS, "a hung backup is replaced",
         hung_backup_is_waited_for_until_replaced,
         "A backup that hangs is waited for until the view has another."),
    TEST("2.6", 1, GRADED_PROGRESS, "clients that were cut off go on",
         clients_that_were_cut_off_go_on, "A clerk asks again until it knows."),
    TEST("2.6", 2, GRADED_SAFETY, "lost messages change nothing",
         lost_messages_change_nothing,
         "However many messages are lost, each operation runs once, in the "
         "client's order.",
         .marks = "lose-request KeyValue.Append;lose-reply "
                  "KeyValue.Append;lose-request Replica.Forward;lose-reply "
                  "Replica.Forward"),
    TEST("2.6", 1, GRADED_SAFETY, "a retry at the next primary runs once",
         retry_at_the_next_primary_runs_once,
         "The backup knows what each client did last, and was answered."),
    TEST("2.6", 1, GRADED_SAFETY, "a retry after two successions runs once",
         retry_after_two_successions_runs_once,
         "What each client did last travels with the data."),
    TEST("2.6", 1, GRADED_SAFETY, "a late Put overwrites nothing",
         late_put_overwrites_nothing,
         "A Put that is asked for again does not run again."),
    TEST("2.6", 1, GRADED_SAFETY, "late requests change nothing",
         late_requests_change_nothing,
         "A request that arrives after the client has gone on does not run.",
         .marks = "late KeyValue.Append"),
    TEST("2.3", 1, GRADED_SAFETY, "late forwards change nothing",
         late_forwards_change_nothing,
         "A forward that arrives late, or in a later view, does not run.",
         .marks = "late Replica.Forward"),
    REPEATED(3, "2.2", 1, GRADED_SAFETY, "death of a backup in a forward",
             death_of_a_backup_in_a_forward,
             "Whenever the backup dies in a forward, the operation runs once.",
             .marks = "before the handler;before the reply;after the reply"),
    REPEATED(3, "2.2", 1, GRADED_SAFETY, "death of a primary in an operation",
             death_of_a_primary_in_an_operation,
             "Whenever the primary dies in an operation, it runs once.",
             .marks = "before the handler;before the reply;after the reply"),
    REPEATED(3, "2.5", 1, GRADED_SAFETY, "death of a backup in a transfer",
             death_of_a_backup_in_a_transfer,
             "When the new backup dies in the transfer the primary goes on.",
             .marks = "before the handler;before the reply;after the reply"),
    TEST("2.5", 1, GRADED_SAFETY,
         "a transfer loses nothing that comes meanwhile",
         a_transfer_loses_nothing_that_comes_meanwhile,
         "What is done while a transfer is under way reaches the new backup."),
    TEST("2.5", 1, GRADED_SAFETY, "a late transfer overwrites nothing",
         a_late_transfer_overwrites_nothing,
         "A transfer that is repeated, or late, does not take anything back."),
    TEST("2.5", 1, GRADED_PROGRESS, "a lost transfer is repeated",
         a_lost_transfer_is_repeated,
         "A transfer is repeated until the backup has it.",
         .marks = "lose-request Replica.Transfer;lose-reply Replica.Transfer"),
    TEST("2.5", 1, GRADED_SAFETY,
         "a primary that dies in a transfer leaves no primary",
         a_primary_that_dies_in_a_transfer_leaves_no_primary,
         "A backup that has not been given the data never serves."),
    TEST("2.5", 0, GRADED_SAFETY, "too much for a transfer",
         too_much_for_a_transfer,
         "If the data is too much for a transfer, the primary goes on without "
         "a backup, and the backup never serves."),
    TEST("2.7", 1, GRADED_LIMIT, "a Put is two calls", a_put_is_two_calls,
         "A Put is one call to the primary and one to the backup, and none to "
         "the view service."),
    TEST("2.7", 1, GRADED_LIMIT, "many share a forward", many_share_a_forward,
         "With 16 clients there are at most 0.3 forwards an operation."),
    TEST("2.7", 1, GRADED_LIMIT, "idle servers only ping",
         idle_servers_only_ping,
         "A server pings once a tick, and does nothing else unasked."),
    TEST("2.6", 1, GRADED_LIMIT, "sessions are forgotten",
         sessions_are_forgotten, "Of each client one answer is kept, not all."),
    TEST("2.7", 0, GRADED_LIMIT, "memory is for what is there",
         memory_is_for_what_is_there,
         "Values that were written over and answers that arrived are freed."),
    TEST("2.1", 1, GRADED_PROGRESS, "sixteen clients with large values",
         sixteen_clients_with_large_values,
         "Sixteen clients with values of 1 MiB are served."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab2", &lab2, tests,
                        sizeof tests / sizeof tests[0]);
}
