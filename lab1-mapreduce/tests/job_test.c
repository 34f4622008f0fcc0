// The master's core: who gets which task, told as stories. Time is a number.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "common/runtime/random.h"
#include "lab1-mapreduce/job.h"
#include "lab1-mapreduce/job_status.h"

static struct job *job;
static int64_t now_ms;

static void begin_job(uint32_t maps, uint32_t reduces)
{
    job = job_new(maps, reduces);
    now_ms = 1000000;
}

// Each question to the job is followed by a check of its invariants.
static struct job_answer ask(const char *worker)
{
    struct job_answer answer = job_request(job, worker, now_ms);
    job_check(job);
    return answer;
}

static struct assignment expect_work(const char *worker, enum task_kind kind,
                                     uint32_t task, uint32_t attempt)
{
    struct job_answer answer = ask(worker);
    ck_assert_int_eq(answer.order, JOB_WORK);
    ck_assert_int_eq(answer.work.kind, kind);
    ck_assert_uint_eq(answer.work.task, task);
    ck_assert_uint_eq(answer.work.attempt, attempt);
    return answer.work;
}

static void expect_order(const char *worker, enum job_order order)
{
    ck_assert_int_eq(ask(worker).order, order);
}

static void done(const char *worker, struct assignment work)
{
    job_report(job, worker, &work, NULL, now_ms);
    job_check(job);
}

static void failed(const char *worker, struct assignment work)
{
    job_report(job, worker, &work, "disk full", now_ms);
    job_check(job);
}

static bool heard(const char *worker, struct assignment work)
{
    bool wanted = job_heard(job, worker, &work, now_ms);
    job_check(job);
    return wanted;
}

static bool tick(void)
{
    bool any = job_tick(job, now_ms);
    job_check(job);
    return any;
}

// Lets time pass, in which the worker is heard of as it should be.
static void pass(int64_t ms, const char *worker, struct assignment work)
{
    int64_t until_ms = now_ms + ms;
    while (now_ms < until_ms) {
        now_ms += 100;
        heard(worker, work);
        tick();
    }
}

static void do_task(const char *worker)
{
    struct job_answer answer = ask(worker);
    ck_assert_int_eq(answer.order, JOB_WORK);
    done(worker, answer.work);
}

// --- II: handing out -------------------------------------------------------

START_TEST(tasks_are_given_out_until_all_are_done)
{
    begin_job(2, 1);
    struct assignment m0 = expect_work("ann", TASK_MAP, 0, 1);
    done("ann", m0);
    struct assignment m1 = expect_work("ann", TASK_MAP, 1, 1);
    done("ann", m1);
    struct assignment r0 = expect_work("ann", TASK_REDUCE, 0, 1);
    ck_assert(!job_is_over(job));
    done("ann", r0);
    ck_assert(job_is_over(job));
    ck_assert_ptr_null(job_failure(job));
    expect_order("ann", JOB_EXIT);
    struct job_status status = job_status(job);
    ck_assert_uint_eq(status.maps_done, 2);
    ck_assert_uint_eq(status.reduces_done, 1);
    ck_assert_uint_eq(status.attempts, 3);
    ck_assert_uint_eq(status.reexecutions, 0);
    job_free(job);
}
END_TEST

START_TEST(maps_run_at_the_same_time)
{
    begin_job(2, 1);
    expect_work("ann", TASK_MAP, 0, 1);
    expect_work("bob", TASK_MAP, 1, 1);
    expect_order("cid", JOB_WAIT);
    ck_assert_uint_eq(job_status(job).live, 2);
    job_free(job);
}
END_TEST

START_TEST(no_reduce_before_the_last_map)
{
    begin_job(2, 2);
    struct assignment m0 = expect_work("ann", TASK_MAP, 0, 1);
    struct assignment m1 = expect_work("bob", TASK_MAP, 1, 1);
    done("ann", m0);
    expect_order("ann", JOB_WAIT);
    expect_order("cid", JOB_WAIT);
    done("bob", m1);
    expect_work("ann", TASK_REDUCE, 0, 1);
    expect_work("cid", TASK_REDUCE, 1, 1);
    job_free(job);
}
END_TEST

START_TEST(late_workers_get_work)
{
    begin_job(3, 1);
    do_task("ann");
    struct assignment m1 = expect_work("late", TASK_MAP, 1, 1);
    do_task("ann");
    done("late", m1);
    expect_work("later", TASK_REDUCE, 0, 1);
    ck_assert_uint_eq(job_status(job).workers, 3);
    job_free(job);
}
END_TEST

START_TEST(no_maps_means_reduces_at_once)
{
    begin_job(0, 1);
    struct assignment r0 = expect_work("ann", TASK_REDUCE, 0, 1);
    done("ann", r0);
    expect_order("ann", JOB_EXIT);
    job_free(job);
}
END_TEST

START_TEST(everybody_is_told_to_leave)
{
    begin_job(1, 1);
    expect_order("bob", JOB_WORK);
    expect_order("cid", JOB_WAIT);
    done("bob", (struct assignment){TASK_MAP, 0, 1});
    do_task("bob");
    ck_assert_uint_eq(job_untold(job, now_ms), 2);
    expect_order("bob", JOB_EXIT);
    ck_assert_uint_eq(job_untold(job, now_ms), 1);
    now_ms += JOB_LEAVE_MS; // cid is dead, it seems
    ck_assert_uint_eq(job_untold(job, now_ms), 0);
    expect_order("new", JOB_EXIT);
    ck_assert_uint_eq(job_untold(job, now_ms), 0);
    job_free(job);
}
END_TEST

// --- III: workers fail -----------------------------------------------------

START_TEST(task_of_a_silent_worker_goes_to_another)
{
    begin_job(1, 1);
    expect_work("ann", TASK_MAP, 0, 1);
    expect_order("bob", JOB_WAIT);
    now_ms += JOB_SILENT_MS - 1;
    ck_assert(!tick());
    expect_order("bob", JOB_WAIT);
    now_ms += 1;
    ck_assert(tick());
    struct assignment again = expect_work("bob", TASK_MAP, 0, 2);
    done("bob", again);
    ck_assert_uint_eq(job_status(job).reexecutions, 1);
    ck_assert_uint_eq(job_status(job).maps_done, 1);
    job_free(job);
}
END_TEST

START_TEST(worker_that_is_heard_keeps_its_task)
{
    begin_job(1, 1);
    struct assignment m0 = expect_work("ann", TASK_MAP, 0, 1);
    for (int i = 0; i < 20; i++) {
        now_ms += JOB_SILENT_MS - 1;
        ck_assert(heard("ann", m0));
        ck_assert(!tick());
    }
    ck_assert_uint_eq(job_status(job).live, 1);
    now_ms += JOB_SILENT_MS;
    ck_assert(tick()); // and no longer than that
    ck_assert_uint_eq(job_status(job).live, 0);
    job_free(job);
}
END_TEST

START_TEST(only_its_own_heartbeat_keeps_a_task)
{
    begin_job(2, 1);
    struct assignment m0 = expect_work("ann", TASK_MAP, 0, 1);
    expect_work("bob", TASK_MAP, 1, 1);
    now_ms += JOB_SILENT_MS;
    heard("ann", m0);
    heard("bob", m0);                                  // not what bob has
    heard("ann", (struct assignment){TASK_MAP, 1, 1}); // nor this ann
    tick();
    ck_assert_uint_eq(job_status(job).live, 1);
    expect_work("cid", TASK_MAP, 1, 2);
    job_free(job);
}
END_TEST

START_TEST(worker_that_asks_again_has_lost_its_task)
{
    begin_job(2, 1);
    struct assignment lost = expect_work("ann", TASK_MAP, 0, 1);
    expect_work("ann", TASK_MAP, 0, 2); // its answer was lost, or it restarted
    ck_assert_uint_eq(job_status(job).live, 1);
    expect_work("bob", TASK_MAP, 1, 1);
    pass(JOB_SILENT_MS, "ann", lost); // which does not keep the other one
    ck_assert_uint_eq(job_status(job).live, 0);
    job_free(job);
}
END_TEST

START_TEST(late_report_counts_and_harms_nobody)
{
    begin_job(1, 1);
    struct assignment old = expect_work("ann", TASK_MAP, 0, 1);
    now_ms += JOB_SILENT_MS;
    tick();
    struct assignment new = expect_work("bob", TASK_MAP, 0, 2);
    done("ann", old); // it was only slow, and first
    ck_assert_uint_eq(job_status(job).maps_done, 1);
    ck_assert_uint_eq(job_status(job).live, 0);
    ck_assert(!heard("bob", new)); // bob can stop
    done("bob", new);
    done("ann", old);
    ck_assert_uint_eq(job_status(job).maps_done, 1);
    struct assignment r0 = expect_work("ann", TASK_REDUCE, 0, 1);
    done("bob", new);
    ck_assert_uint_eq(job_status(job).reduces_done, 0);
    ck_assert(heard("ann", r0));
    done("ann", r0);
    ck_assert(!heard("ann", r0)); // the job is over
    job_free(job);
}
END_TEST

START_TEST(all_workers_may_die)
{
    begin_job(2, 1);
    do_task("ann");
    expect_work("ann", TASK_MAP, 1, 1);
    now_ms += 100 * JOB_SILENT_MS;
    tick();
    struct assignment m1 = expect_work("new", TASK_MAP, 1, 2);
    done("new", m1);
    do_task("new");
    ck_assert(job_is_over(job));
    job_free(job);
}
END_TEST

START_TEST(backup_goes_to_an_idle_worker)
{
    begin_job(2, 1);
    struct assignment slow = expect_work("ann", TASK_MAP, 0, 1);
    do_task("bob");
    expect_order("bob", JOB_WAIT);
    pass(JOB_BACKUP_MS - 100, "ann", slow);
    expect_order("bob", JOB_WAIT);
    pass(100, "ann", slow);
    struct assignment copy = expect_work("bob", TASK_MAP, 0, 2);
    expect_order("cid", JOB_WAIT); // two are enough
    done("bob", copy);
    ck_assert(!heard("ann", slow));
    ck_assert_uint_eq(job_status(job).backups, 1);
    ck_assert_uint_eq(job_status(job).reexecutions, 0);
    job_free(job);
}
END_TEST

START_TEST(backup_is_for_the_longest_running)
{
    begin_job(3, 1);
    struct assignment first = expect_work("ann", TASK_MAP, 0, 1);
    now_ms += 200;
    struct assignment second = expect_work("bob", TASK_MAP, 1, 1);
    do_task("cid");
    for (int i = 0; i < 20; i++) {
        now_ms += 100;
        heard("ann", first);
        heard("bob", second);
    }
    expect_work("cid", TASK_MAP, 0, 2);
    expect_work("dan", TASK_MAP, 1, 2);
    expect_order("eve", JOB_WAIT);
    job_free(job);
}
END_TEST

START_TEST(long_tasks_are_no_stragglers)
{
    begin_job(2, 1);
    struct assignment m0 = expect_work("ann", TASK_MAP, 0, 1);
    struct assignment m1 = expect_work("bob", TASK_MAP, 1, 1);
    for (int i = 0; i < 100; i++) { // each task takes ten seconds
        now_ms += 100;
        heard("ann", m0);
        heard("bob", m1);
    }
    done("ann", m0);
    pass(5000, "bob", m1);
    expect_order("ann", JOB_WAIT); // not twice as long as the others
    pass(5000, "bob", m1);
    expect_work("ann", TASK_MAP, 1, 2);
    job_free(job);
}
END_TEST

START_TEST(idle_tasks_come_before_backups)
{
    begin_job(2, 1);
    struct assignment slow = expect_work("ann", TASK_MAP, 0, 1);
    pass(10 * JOB_BACKUP_MS, "ann", slow);
    expect_work("bob", TASK_MAP, 1, 1);
    expect_work("cid", TASK_MAP, 0, 2);
    job_free(job);
}
END_TEST

// --- Failures --------------------------------------------------------------

START_TEST(failed_task_is_tried_again)
{
    begin_job(1, 1);
    for (uint32_t i = 1; i < JOB_FAILURES_MAX; i++)
        failed("ann", expect_work("ann", TASK_MAP, 0, i));
    ck_assert(!job_is_over(job));
    do_task("ann");
    ck_assert_uint_eq(job_status(job).maps_done, 1);
    ck_assert_uint_eq(job_status(job).failures, JOB_FAILURES_MAX - 1);
    job_free(job);
}
END_TEST

START_TEST(task_that_always_fails_ends_the_job)
{
    begin_job(3, 1);
    expect_work("bob", TASK_MAP, 0, 1);
    for (uint32_t i = 1; i <= JOB_FAILURES_MAX; i++)
        failed("ann", expect_work("ann", TASK_MAP, 1, i));
    ck_assert(job_is_over(job));
    ck_assert_str_eq(job_failure(job), "map task 1 failed 4 times, the last "
                                       "time on ann: disk full");
    expect_order("ann", JOB_EXIT);
    done("bob", (struct assignment){TASK_MAP, 0, 1});
    ck_assert_uint_eq(job_status(job).maps_done, 0);
    job_free(job);
}
END_TEST

START_TEST(late_failures_do_not_count)
{
    begin_job(1, 1);
    struct assignment old = expect_work("ann", TASK_MAP, 0, 1);
    now_ms += JOB_SILENT_MS;
    tick();
    expect_work("bob", TASK_MAP, 0, 2);
    for (int i = 0; i < 10; i++)
        failed("ann", old);
    ck_assert_uint_eq(job_status(job).failures, 0);
    ck_assert_uint_eq(job_status(job).live, 1);
    job_free(job);
}
END_TEST

START_TEST(nonsense_is_passed_over)
{
    begin_job(1, 1);
    expect_work("ann", TASK_MAP, 0, 1);
    const struct assignment nonsense[] = {
        {TASK_MAP, 1, 1},          {TASK_MAP, UINT32_MAX, 1},
        {TASK_MAP, 0, 0},          {TASK_MAP, 0, 2},
        {TASK_REDUCE, 0, 1},       {TASK_REDUCE, 9, 1},
        {TASK_MAP, 0, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        done("ann", nonsense[i]);
        failed("bob", nonsense[i]);
        ck_assert(!heard("ann", nonsense[i]));
    }
    ck_assert_uint_eq(job_status(job).maps_done, 0);
    ck_assert_uint_eq(job_status(job).live, 1);
    job_free(job);
}
END_TEST

START_TEST(workers_without_number_are_bounded)
{
    begin_job(2, 1);
    for (int i = 0; i < 3 * JOB_WORKERS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%d", i);
        now_ms++;
        ask(name);
    }
    ck_assert_uint_eq(job_status(job).workers, 3 * JOB_WORKERS_MAX);
    do_task("w0"); // it was forgotten, and is known again
    job_free(job);
}
END_TEST

// --- Any order of events ---------------------------------------------------

enum {
    TESTS_MAX = 64,
    WORKERS = 4,
};

// Workers that die, sleep, repeat themselves and report late, at random.
struct chaos {
    struct random random;
    struct assignment has[WORKERS]; // the last that each got
    bool any[WORKERS];
};

static void step(struct chaos *c)
{
    size_t w = (size_t)random_below(&c->random, WORKERS);
    const char *const names[WORKERS] = {"ann", "bob", "cid", "dan"};
    now_ms += (int64_t)random_below(&c->random, 300);
    switch (random_below(&c->random, 7)) {
    case 0:
    case 1: {
        struct job_answer answer = ask(names[w]);
        if (answer.order == JOB_WORK) {
            c->has[w] = answer.work;
            c->any[w] = true;
        }
        break;
    }
    case 2:
        if (c->any[w])
            done(names[w], c->has[w]);
        break;
    case 3: // reports what another one has
        if (c->any[w] && random_below(&c->random, 4) == 0)
            done(names[random_below(&c->random, WORKERS)], c->has[w]);
        break;
    case 4:
        if (c->any[w] && random_below(&c->random, 9) == 0)
            failed(names[w], c->has[w]);
        break;
    case 5:
        if (c->any[w])
            heard(names[w], c->has[w]);
        break;
    default:
        tick();
    }
}

START_TEST(any_order_of_events_keeps_the_invariants)
{
    struct chaos c = {0};
    random_init(&c.random, random_seed());
    uint32_t reexecutions = 0;
    uint32_t backups = 0;
    for (int round = 0; round < 300; round++) {
        uint32_t maps = (uint32_t)random_below(&c.random, 6);
        uint32_t reduces = 1 + (uint32_t)random_below(&c.random, 4);
        begin_job(maps, reduces);
        memset(c.any, 0, sizeof c.any);
        for (int i = 0; i < 3000 && !job_is_over(job); i++)
            step(&c);
        ck_assert(job_is_over(job));
        struct job_status s = job_status(job);
        if (job_failure(job) == NULL) {
            ck_assert_uint_eq(s.maps_done, maps);
            ck_assert_uint_eq(s.reduces_done, reduces);
        }
        ck_assert_uint_eq(s.live, 0);
        reexecutions += s.reexecutions;
        backups += s.backups;
        job_free(job);
    }
    ck_assert_uint_gt(reexecutions, 100); // or nothing was tried here
    ck_assert_uint_gt(backups, 10);
}
END_TEST

// --- The registry ----------------------------------------------------------

#define GRADED(part_, section_, points_, kind_, name_, test_, claim_)          \
    {                                                                          \
        .part = part_, .name = name_, .claim = claim_, .section = section_,    \
        .points = points_, .kind = kind_, .evidence = GRADED_SAME_PROCESS,     \
        .test = test_,                                                         \
    }

static size_t part_two(struct graded_test *out)
{
    const struct graded_test tests[] = {
        GRADED("II", "2.1", 2, GRADED_SAFETY,
               "tasks are given out until all are done",
               tasks_are_given_out_until_all_are_done,
               "The core gives each task out and is over when all are done."),
        GRADED("II", "2.2", 1, GRADED_PROGRESS,
               "map tasks run at the same time", maps_run_at_the_same_time,
               "Each worker that asks is given another map task."),
        GRADED(
            "II", "2.4", 1, GRADED_SAFETY,
            "no reduce begins before the last map is done",
            no_reduce_before_the_last_map,
            "The core gives no reduce task before the last map task is done."),
        GRADED("II", "2.3", 1, GRADED_PROGRESS,
               "workers that come late get work", late_workers_get_work,
               "The core knows any worker that asks."),
        GRADED("II", "2.4", 1, GRADED_PROGRESS,
               "a job without maps begins with reduces",
               no_maps_means_reduces_at_once,
               "Without map tasks the reduce tasks are given at once."),
        GRADED("II", "2.8", 1, GRADED_PROGRESS, "everybody is told to leave",
               everybody_is_told_to_leave,
               "Whoever asks after the end is told to leave, and the core "
               "knows who has not been."),
        GRADED("II", "2.9", 1, GRADED_PROGRESS, "a failed task is tried again",
               failed_task_is_tried_again,
               "A task that failed is given out again."),
        GRADED("II", "2.9", 1, GRADED_SAFETY,
               "a task that always fails ends the job with its message",
               task_that_always_fails_ends_the_job,
               "The job fails when one task has failed JOB_FAILURES_MAX times, "
               "with the last message."),
        {.part = "II",
         .name = "messages that make no sense are passed over",
         .test = nonsense_is_passed_over},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof tests[0];
}

static size_t silence_and_reports(struct graded_test *out)
{
    const struct graded_test tests[] = {
        GRADED(
            "III", "3.3", 1, GRADED_PROGRESS,
            "the task of a silent worker goes to another",
            task_of_a_silent_worker_goes_to_another,
            "An attempt that was not heard of for JOB_SILENT_MS is given up."),
        GRADED("III", "3.3", 1, GRADED_SAFETY,
               "a worker that is heard of keeps its task",
               worker_that_is_heard_keeps_its_task,
               "A heartbeat keeps an attempt alive."),
        GRADED("III", "3.3", 1, GRADED_SAFETY,
               "only a heartbeat for the task itself keeps it",
               only_its_own_heartbeat_keeps_a_task,
               "Only a heartbeat for the attempt itself keeps it alive."),
        GRADED("III", "2.5", 1, GRADED_SAFETY,
               "a worker that asks again has lost its task",
               worker_that_asks_again_has_lost_its_task,
               "A worker that asks has no task."),
        GRADED("III", "3.4", 1, GRADED_SAFETY,
               "a late report counts and harms nobody",
               late_report_counts_and_harms_nobody,
               "A task is done whoever reports it, and is counted once."),
        {.part = "III",
         .name = "all workers may die and others go on",
         .test = all_workers_may_die},
        GRADED("III", "3.4", 1, GRADED_SAFETY, "late failures do not count",
               late_failures_do_not_count,
               "That a task failed counts only for a live attempt."),
        {.part = "III",
         .name = "the memory for workers is bounded",
         .test = workers_without_number_are_bounded},
        {.part = "III",
         .name = "the invariants hold in any order of events",
         .limit_s = 20,
         .test = any_order_of_events_keeps_the_invariants},
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof tests[0];
}

static size_t backup_copies(struct graded_test *out)
{
    const struct graded_test tests[] = {
        GRADED("III", "3.5", 1, GRADED_PROGRESS,
               "an idle worker gets a backup copy of a slow task",
               backup_goes_to_an_idle_worker,
               "An idle worker gets a backup copy of a slow task."),
        GRADED("III", "3.5", 1, GRADED_SAFETY,
               "the task that runs longest gets the backup",
               backup_is_for_the_longest_running,
               "The task that has been running longest gets the backup copy."),
        GRADED("III", "3.5", 1, GRADED_SAFETY,
               "tasks that all take long are no stragglers",
               long_tasks_are_no_stragglers,
               "A task that takes no longer than others is no straggler."),
        GRADED("III", "3.5", 1, GRADED_SAFETY,
               "idle tasks come before backup copies",
               idle_tasks_come_before_backups,
               "Idle tasks come before backup copies."),
    };
    memcpy(out, tests, sizeof tests);
    return sizeof tests / sizeof tests[0];
}

int main(int argc, char **argv)
{
    struct graded_test tests[TESTS_MAX];
    size_t count = part_two(tests);
    count += silence_and_reports(tests + count);
    count += backup_copies(tests + count);
    return graded_main(argc, argv, "lab1 job", tests, count);
}
