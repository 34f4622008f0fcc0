// Lab 1: a master and its workers, who die, hang and come. What must hold is
// the output of the sequential oracle, byte for byte. The same source between
// processes and in simulation.
//
// Jobs are cut into small tasks, and points in the workers' code (a file
// begun, half written, committed) say when somebody dies or waits: so each
// story happens in each run. Parts II and III use the application `index`,
// which nobody has to write, and part I does without a master.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/cluster.h"
#include "lab1-mapreduce/api.pb-c.h"
#include "lab1-mapreduce/apps.h"
#include "lab1-mapreduce/sequential.h"
#include "lab1-mapreduce/tests/count.h"
#include "lab1-mapreduce/tests/files.h"

enum {
    SOON = 400,   // ticks: for what must happen in the end
    A_WHILE = 16, // for what must not: less than JOB_SILENT_MS, JOB_BACKUP_MS
    REDUCES = 3,  // of the job that most tests do; maps: some
};

static const char *const inputs[] = {"files/f0", "files/f1"};

// --- The job ---------------------------------------------------------------

// Writes about 40 bytes a line.
static void write_inputs(struct cluster *c, size_t lines)
{
    write_words(inputs[0], cluster_random(c, UINT64_MAX), lines);
    write_words(inputs[1], cluster_random(c, UINT64_MAX), lines / 2);
}

static void start_master(struct cluster *c, const char *app, unsigned split,
                         unsigned reduces)
{
    cluster_start(c, "master",
                  "master --app %s --out files/out --split %u --reduces %u "
                  "%s %s",
                  app, split, reduces, inputs[0], inputs[1]);
}

// All tasks of a job of word count in one process.
static void count_words(struct cluster *c, unsigned split)
{
    cluster_start(c, "w1",
                  "local --app wc --out files/out --split %u --reduces %u %s "
                  "%s",
                  split, REDUCES, inputs[0], inputs[1]);
    cluster_expect_exit(c, "w1", 0, SOON);
    expect_word_counts("files/out", inputs, 2);
}

// The job of most tests: four or five map tasks.
static void begin_job(struct cluster *c)
{
    write_inputs(c, 200);
    start_master(c, "index", 1800, REDUCES);
}

static void start_workers(struct cluster *c, const char *names)
{
    char list[64];
    snprintf(list, sizeof list, "%s", names);
    char *rest = list;
    char *name = strtok_r(list, " ", &rest);
    for (; name != NULL; name = strtok_r(NULL, " ", &rest))
        cluster_start(c, name, "worker");
}

static void expect_output(const struct mr_app *app, uint32_t reduces)
{
    char *why = sequential_run(app, NULL, inputs, 2, reduces, "files/oracle");
    ck_assert_msg(why == NULL, "%s", why);
    expect_same_output("files/out", "files/oracle");
}

// The master ends well, and then the output is complete: nothing else is
// looked at or waited for.
static void expect_done(struct cluster *c)
{
    cluster_expect_exit(c, "master", 0, SOON);
    expect_output(&app_index, REDUCES);
}

static Mr__StatusReply status(struct cluster *c)
{
    static const struct rpc_method method = {&mr__inspect__descriptor,
                                             "Status"};
    Mr__StatusRequest request = MR__STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    enum rpc_outcome outcome =
        cluster_ask(c, "master", &method, &request.base, &answer);
    ck_assert_int_eq(outcome, RPC_OK);
    Mr__StatusReply s = *(const Mr__StatusReply *)answer.reply;
    s.failure = (ProtobufCBinaryData){0};
    rpc_answer_release(&answer);
    return s;
}

static uint32_t maps_left(struct cluster *c)
{
    Mr__StatusReply s = status(c);
    return s.maps - s.maps_done;
}

// One task is left, a reduce, and a backup copy of it is under way. All of it
// from one answer: the two before it may have been live a moment ago.
static bool last_is_doubled(struct cluster *c)
{
    Mr__StatusReply s = status(c);
    return s.reduces_done == REDUCES - 1 && s.live == 2;
}

static bool is_over(struct cluster *c)
{
    return status(c).phase == MR__STATUS_REPLY__PHASE__DONE;
}

// Reports that the master has got from a worker (NULL: all).
static uint64_t reports(struct cluster *c, const char *worker)
{
    return cluster_ran(c, worker, "master", "Master.ReportTask");
}

static void await_held(struct cluster *c, const char *worker)
{
    eventually(c, cluster_is_held(c, worker), SOON);
}

// --- Part I: word count ----------------------------------------------------

static void each_word_is_counted(struct cluster *c)
{
    write_text(inputs[0], "To be, or not to be: that's the question7of the\n"
                          "K\xc3\xb6nig; \xff\xfe_\xff\xfe 'tis be-all\n\nend");
    write_words(inputs[1], cluster_random(c, UINT64_MAX), 100);
    count_words(c, 4096);
}

static void words_are_counted_over_all_splits(struct cluster *c)
{
    write_inputs(c, 120);
    count_words(c, 97);
}

// --- Part II: the master hands out tasks -----------------------------------

static void one_worker_does_the_job(struct cluster *c)
{
    begin_job(c);
    start_workers(c, "w1");
    expect_done(c);
    cluster_expect_exit(c, "w1", 0, SOON);
}

static void two_workers_do_the_job(struct cluster *c)
{
    begin_job(c);
    // Both are at work before either goes on, so both are told to leave.
    cluster_hold_at(c, "w1", CRASH_OUTFILE_BEGIN, NULL, 1);
    cluster_hold_at(c, "w2", CRASH_OUTFILE_BEGIN, NULL, 1);
    start_workers(c, "w1 w2");
    eventually(c, cluster_is_held(c, "w1") && cluster_is_held(c, "w2"), SOON);
    cluster_release(c, "w1");
    cluster_release(c, "w2");
    expect_done(c);
    cluster_expect_exit(c, "w1", 0, SOON);
    cluster_expect_exit(c, "w2", 0, SOON);
}

static void workers_may_come_first(struct cluster *c)
{
    cluster_start(c, "w1", "worker");
    never(c, cluster_has_ended(c, "w1"), A_WHILE); // it waits
    begin_job(c);
    expect_done(c);
    cluster_expect_exit(c, "w1", 0, SOON);
}

// Task `first` of w1 and task `second` of w2 both wait until both are there.
static void wait_for_each_other(struct cluster *c, const char *first,
                                const char *second)
{
    begin_job(c);
    const char *const workers[] = {"w1", "w2"};
    for (size_t i = 0; i < 2; i++) { // whoever gets it
        cluster_hold_at(c, workers[i], CRASH_OUTFILE_BEGIN, first, 1);
        cluster_hold_at(c, workers[i], CRASH_OUTFILE_BEGIN, second, 1);
    }
    start_workers(c, "w1 w2");
    eventually(c, cluster_is_held(c, "w1") && cluster_is_held(c, "w2"), SOON);
    cluster_release(c, "w1");
    cluster_release(c, "w2");
    expect_done(c);
}

static void maps_run_at_the_same_time(struct cluster *c)
{
    wait_for_each_other(c, "map-00000", "map-00001");
}

static void reduces_run_at_the_same_time(struct cluster *c)
{
    wait_for_each_other(c, "part-00000", "part-00001");
}

static void late_workers_get_map_tasks(struct cluster *c)
{
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_OUTFILE_BEGIN, "map-00000", 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    start_workers(c, "w2");
    eventually(c, maps_left(c) == 1, SOON);
    cluster_release(c, "w1");
    expect_done(c);
}

static void late_workers_get_reduce_tasks(struct cluster *c)
{
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_OUTFILE_BEGIN, "part-00000", 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    start_workers(c, "w2");
    eventually(c, status(c).reduces_done == REDUCES - 1, SOON);
    cluster_release(c, "w1");
    expect_done(c);
}

static void no_reduce_before_the_last_map(struct cluster *c)
{
    begin_job(c);
    // w1 has the first map, and nobody ends a backup copy of it.
    cluster_hold_at(c, "w1", CRASH_BEFORE_COMMIT, "map-00000", 1);
    cluster_hold_at(c, "w2", CRASH_OUTFILE_BEGIN, "map-00000", 1);
    cluster_hold_at(c, "w3", CRASH_OUTFILE_BEGIN, "map-00000", 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    start_workers(c, "w2 w3");
    eventually(c, maps_left(c) == 1, SOON);
    uint64_t so_far = reports(c, NULL);
    never(c, reports(c, NULL) > so_far, A_WHILE);
    cluster_release(c, "w1");
    cluster_release(c, "w2");
    cluster_release(c, "w3");
    expect_done(c);
}

static void idle_workers_are_given_the_reduces(struct cluster *c)
{
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_BEFORE_COMMIT, "map-00000", 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    // They do the other maps, and are idle then, or have a backup copy.
    cluster_hold_at(c, "w2", CRASH_OUTFILE_BEGIN, "map-00000", 1);
    cluster_hold_at(c, "w3", CRASH_OUTFILE_BEGIN, "map-00000", 1);
    start_workers(c, "w2 w3");
    eventually(c, maps_left(c) == 1, SOON);
    never(c, cluster_has_ended(c, "w2") || cluster_has_ended(c, "w3"), A_WHILE);
    cluster_pause(c, "w1"); // until all is set for the next phase
    cluster_release(c, "w1");
    const char *const workers[] = {"w1", "w2", "w3"};
    for (size_t i = 0; i < 3; i++)
        cluster_hold_at(c, workers[i], CRASH_BEFORE_COMMIT, NULL, 1);
    cluster_resume(c, "w1");
    for (size_t i = 0; i < 3; i++)
        await_held(c, workers[i]); // all at once
    for (size_t i = 0; i < 3; i++)
        cluster_release(c, workers[i]);
    expect_done(c);
}

static void other_sizes(struct cluster *c)
{
    write_text(inputs[0], "a b a\n");
    write_text(inputs[1], "");
    start_master(c, "index", 4096, 1); // one map, one reduce
    start_workers(c, "w1");
    cluster_expect_exit(c, "master", 0, SOON);
    expect_output(&app_index, 1);
}

static void many_tasks(struct cluster *c)
{
    write_inputs(c, 300);
    start_master(c, "index", 200, 13); // some 60 maps; few words: empty parts
    start_workers(c, "w1 w2");
    cluster_expect_exit(c, "master", 0, SOON);
    expect_output(&app_index, 13);
}

static void lost_answers_give_tasks_back(struct cluster *c)
{
    begin_job(c);
    // Not to the end: whose last answer is lost never learns that he may leave.
    cluster_hold_at(c, "w1", CRASH_BEFORE_COMMIT, "part-00000", 1);
    cluster_hold_at(c, "w2", CRASH_BEFORE_COMMIT, "part-00000", 1);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "master",
                                            .method = "Master.RequestTask",
                                            .lose_reply_percent = 50});
    start_workers(c, "w1 w2");
    eventually(c, cluster_is_held(c, "w1") || cluster_is_held(c, "w2"), SOON);
    cluster_unspoil(c);
    cluster_release(c, "w1");
    cluster_release(c, "w2");
    expect_done(c);
}

static void lost_and_late_reports_are_harmless(struct cluster *c)
{
    begin_job(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "master",
                                            .method = "Master.ReportTask",
                                            .lose_request_percent = 20,
                                            .lose_reply_percent = 30,
                                            .late_percent = 40,
                                            .late_ticks = 6});
    start_workers(c, "w1 w2");
    expect_done(c);
}

static void each_task_is_done_once(struct cluster *c)
{
    begin_job(c);
    uint32_t maps = status(c).maps;
    start_workers(c, "w1 w2");
    expect_done(c);
    ck_assert_uint_eq(reports(c, NULL), maps + REDUCES);
}

static void who_waits_asks_seldom(struct cluster *c)
{
    enum {
        TICKS = 40,
        EVERY_MS = 50, // the reference: 200
    };
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_BEFORE_COMMIT, "map-00000", 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    start_workers(c, "w2");
    eventually(c, maps_left(c) == 1, SOON);
    uint64_t before = cluster_ran(c, "w2", "master", "Master.RequestTask");
    never(c, false, TICKS);
    uint64_t asked =
        cluster_ran(c, "w2", "master", "Master.RequestTask") - before;
    ck_assert_uint_le(asked, (uint64_t)(TICKS * cluster_tick_ms() / EVERY_MS));
    cluster_release(c, "w1");
    expect_done(c);
}

// --- Part III: workers fail ------------------------------------------------

// w1 dies at a point of its work; w2 does the job.
static void die_at(struct cluster *c, enum crash_kind kind, const char *file)
{
    begin_job(c);
    cluster_crash_at(c, "w1", kind, file, 1);
    start_workers(c, "w1");
    cluster_expect_crash(c, "w1", SOON);
    start_workers(c, "w2");
    expect_done(c);
    cluster_expect_exit(c, "w2", 0, SOON);
}

static void death_as_a_map_begins(struct cluster *c)
{
    die_at(c, CRASH_OUTFILE_BEGIN, "map-00000");
}

static void death_in_the_midst_of_a_map(struct cluster *c)
{
    die_at(c, CRASH_OUTFILE_APPEND, "map-00001");
}

static void death_before_a_maps_commit(struct cluster *c)
{
    die_at(c, CRASH_BEFORE_COMMIT, "map-00001");
}

static void death_after_a_maps_commit(struct cluster *c)
{
    die_at(c, CRASH_AFTER_COMMIT, "map-00000");
}

static void death_in_the_midst_of_a_reduce(struct cluster *c)
{
    die_at(c, CRASH_OUTFILE_APPEND, "part-00001");
}

static void death_before_a_reduces_commit(struct cluster *c)
{
    die_at(c, CRASH_BEFORE_COMMIT, "part-00000");
}

static void death_after_a_reduces_commit(struct cluster *c)
{
    die_at(c, CRASH_AFTER_COMMIT, "part-00001");
}

static void a_restarted_worker_starts_afresh(struct cluster *c)
{
    begin_job(c);
    cluster_crash_at(c, "w1", CRASH_OUTFILE_APPEND, "map-00000", 1);
    cluster_crash_at(c, "w1", CRASH_BEFORE_COMMIT, "part-00000", 1);
    cluster_crash_at(c, "w1", CRASH_BEFORE_COMMIT, "part-00001", 1);
    start_workers(c, "w1");
    for (int death = 0; death < 2; death++) {
        cluster_expect_crash(c, "w1", SOON);
        cluster_restart(c, "w1", DISK_LOST);
    }
    cluster_expect_crash(c, "w1", SOON); // for good
    start_workers(c, "w2");
    expect_done(c);
}

static void all_workers_die_and_others_come(struct cluster *c)
{
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_BEFORE_COMMIT, "map-00000", 1);
    cluster_hold_at(c, "w2", CRASH_BEFORE_COMMIT, "map-00001", 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    start_workers(c, "w2");
    await_held(c, "w2");
    cluster_kill(c, "w1");
    cluster_kill(c, "w2");
    start_workers(c, "w3 w4");
    expect_done(c);
}

static void workers_die_all_the_time(struct cluster *c)
{
    write_inputs(c, 300);
    start_master(c, "index", 800, REDUCES);
    const char *const names[] = {"w1", "w2", "w3"};
    cluster_crash_at(c, "w4", CRASH_BEFORE_COMMIT, NULL, 1);
    start_workers(c, "w4"); // the only one that does not come back
    cluster_expect_crash(c, "w4", SOON);
    start_workers(c, "w1 w2 w3");
    for (int i = 0; i < 12 && !cluster_has_ended(c, "master"); i++) {
        const char *name = names[cluster_random(c, 3)];
        if (cluster_has_ended(c, name)) // the job is over
            break;
        cluster_kill(c, name);
        cluster_restart(c, name, DISK_LOST);
        if (i == 11)
            cluster_mark(c, "twelve died");
    }
    cluster_expect_exit(c, "master", 0, SOON);
    expect_output(&app_index, REDUCES);
}

static void a_hung_worker_is_overtaken(struct cluster *c)
{
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_OUTFILE_BEGIN, "map-00000", 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    cluster_pause(c, "w1");
    start_workers(c, "w2");
    expect_done(c);
    cluster_release(c, "w1");
    cluster_hold_at(c, "w1", CRASH_BEFORE_COMMIT, "map-00000", 1);
    cluster_resume(c, "w1"); // its master is gone, its folder as well
    await_held(c, "w1");     // it has written all that it will write
    expect_same_output("files/out", "files/oracle");
}

static void two_hung_workers_are_overtaken(struct cluster *c)
{
    begin_job(c);
    const char *const workers[] = {"w1", "w2"};
    for (size_t i = 0; i < 2; i++) { // the second gets the first one's task
        cluster_hold_at(c, workers[i], CRASH_OUTFILE_BEGIN, "map-00000", 1);
        start_workers(c, workers[i]);
        await_held(c, workers[i]);
        cluster_pause(c, workers[i]);
    }
    start_workers(c, "w3");
    expect_done(c);
}

// w1 hangs before it commits `file`; w2 does it meanwhile, and is at a point
// of writing `other` when w1 goes on. Then w2 goes on as well, or dies.
static void commit_late(struct cluster *c, const char *file,
                        enum crash_kind kind, const char *other, bool dies)
{
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_BEFORE_COMMIT, file, 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    cluster_pause(c, "w1");
    cluster_hold_at(c, "w2", kind, other, 1);
    start_workers(c, "w2");
    await_held(c, "w2");
    uint64_t so_far = reports(c, "w1");
    cluster_resume(c, "w1");
    cluster_release(c, "w1");
    eventually(c, reports(c, "w1") > so_far, SOON);
    if (dies)
        cluster_kill(c, "w2");
    else
        cluster_release(c, "w2");
    expect_done(c);
}

static void a_late_commit_of_a_map_is_harmless(struct cluster *c)
{
    commit_late(c, "map-00000", CRASH_BEFORE_COMMIT, "part-00001", false);
}

static void two_attempts_at_a_reduce_make_one_part(struct cluster *c)
{
    commit_late(c, "part-00001", CRASH_OUTFILE_APPEND, "part-00001", true);
}

static void a_slow_worker_is_not_waited_for(struct cluster *c)
{
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_OUTFILE_BEGIN, "part-00000", 1);
    start_workers(c, "w1"); // it lives and says so
    await_held(c, "w1");
    start_workers(c, "w2");
    eventually(c, is_over(c), SOON);
    ck_assert(cluster_is_held(c, "w1"));
    cluster_release(c, "w1");
    expect_done(c);
    cluster_expect_exit(c, "w2", 0, SOON);
}

static void a_living_worker_keeps_its_task(struct cluster *c)
{
    begin_job(c);
    cluster_hold_at(c, "w1", CRASH_OUTFILE_BEGIN, "map-00000", 1);
    cluster_crash_at(c, "w1", CRASH_OUTFILE_BEGIN, "part-00000", 1);
    start_workers(c, "w1");
    await_held(c, "w1");
    // Nobody else is there. It is slow for longer than a silent worker is
    // given, and its task stays its own.
    never(c, status(c).live != 1, 48);
    uint32_t maps = status(c).maps;
    cluster_release(c, "w1");
    cluster_expect_crash(c, "w1", SOON); // it lives no more, and loses its task
    start_workers(c, "w2");
    expect_done(c);
    ck_assert_uint_eq(reports(c, NULL), maps + REDUCES);
}

static void a_task_has_one_backup_copy_at_most(struct cluster *c)
{
    begin_job(c);
    const char *const workers[] = {"w1", "w2", "w3"};
    for (size_t i = 0; i < 3; i++)
        cluster_hold_at(c, workers[i], CRASH_OUTFILE_BEGIN, "part-00000", 1);
    start_workers(c, "w1 w2 w3");
    eventually(c, last_is_doubled(c), SOON);
    never(c, status(c).live > 2, A_WHILE);
    for (size_t i = 0; i < 3; i++)
        cluster_release(c, workers[i]);
    expect_done(c);
}

// --- The registry ----------------------------------------------------------

static const struct cluster_role roles[] = {
    {.name = "local", .may_end = true},
    {.name = "master", .allows = ALLOW_LOSS, .serves = true, .may_end = true},
    {.name = "worker",
     .allows = ALLOW_KILL | ALLOW_PAUSE | ALLOW_RESTART_EMPTY,
     .may_end = true},
    {.name = NULL},
};

static const struct cluster_lab lab1 = {
    "lab1", "mr", roles,
    "workers die, hang and join, messages may be lost or late, the master "
    "never fails"};

#define TEST(part_, section_, points_, kind_, name_, run_, claim_, ...)        \
    {                                                                          \
        .about = {.part = part_,                                               \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .points = points_,                                           \
                  .kind = kind_,                                               \
                  .limit_s = 60,                                               \
                  __VA_ARGS__},                                                \
        .nodes = "master w1 w2 w3 w4", .run = run_,                            \
    }

static const struct cluster_test tests[] = {
    TEST("I", "1.1", 8, GRADED_SAFETY, "each word is counted",
         each_word_is_counted,
         "Each word of the input stands in the output once, with its number of "
         "occurrences."),
    TEST("I", "1.2", 6, GRADED_SAFETY, "words are counted over all splits",
         words_are_counted_over_all_splits,
         "However the input is cut into tasks, the counts are the same."),

    TEST("II", "2.1", 3, GRADED_PROGRESS, "one worker does the job",
         one_worker_does_the_job,
         "A single worker is given all tasks, one after the other, and leaves "
         "when the job is done."),
    TEST("II", "2.1", 3, GRADED_PROGRESS, "two workers do the job",
         two_workers_do_the_job,
         "Each worker that is there is given work, and all leave when the job "
         "is done."),
    TEST("II", "2.1", 1, GRADED_PROGRESS, "workers may come first",
         workers_may_come_first, "Workers may be there before their master."),
    TEST("II", "2.2", 3, GRADED_PROGRESS, "maps run at the same time",
         maps_run_at_the_same_time,
         "Map tasks are given to all workers at once, not one at a time."),
    TEST("II", "2.2", 3, GRADED_PROGRESS, "reduces run at the same time",
         reduces_run_at_the_same_time,
         "Reduce tasks are given to all workers at once, not one at a time."),
    TEST("II", "2.3", 2, GRADED_PROGRESS, "late workers get map tasks",
         late_workers_get_map_tasks,
         "A worker may join at any time and is given a task."),
    TEST("II", "2.3", 2, GRADED_PROGRESS, "late workers get reduce tasks",
         late_workers_get_reduce_tasks,
         "A worker that joins in the reduce phase is given a reduce task."),
    TEST("II", "2.4", 3, GRADED_SAFETY, "no reduce before the last map",
         no_reduce_before_the_last_map,
         "No reduce task is given out before all map tasks are done."),
    TEST("II", "2.4", 1, GRADED_PROGRESS, "idle workers are given the reduces",
         idle_workers_are_given_the_reduces,
         "Who waits for work is given some as soon as there is any."),
    TEST("II", "2.1", 2, GRADED_SAFETY, "a job may have one task of a kind",
         other_sizes, "A job may have one map task and one reduce task."),
    TEST("II", "2.1", 2, GRADED_SAFETY, "a job may have many tasks", many_tasks,
         "A job may have many more tasks than workers, and empty parts."),
    TEST("II", "2.5", 2, GRADED_PROGRESS, "lost answers give tasks back",
         lost_answers_give_tasks_back,
         "A worker that asks again has no task: the one it was given goes to "
         "whoever asks next.",
         .marks = "lose-reply Master.RequestTask"),
    TEST("II", "2.6", 2, GRADED_SAFETY, "lost and late reports are harmless",
         lost_and_late_reports_are_harmless,
         "A report may come twice, or late, and changes nothing then.",
         .marks = "lose-request Master.ReportTask;lose-reply "
                  "Master.ReportTask;late Master.ReportTask"),
    TEST("II", "2.7", 1, GRADED_LIMIT, "each task is done once",
         each_task_is_done_once,
         "As long as nobody fails each task is given out once."),
    TEST("II", "2.7", 1, GRADED_LIMIT, "who waits asks seldom",
         who_waits_asks_seldom,
         "A worker without work asks at most once in 50 ms."),

    TEST("III", "3.1", 2, GRADED_SAFETY, "death as a map begins",
         death_as_a_map_begins,
         "The task of a worker that died goes to another."),
    TEST("III", "3.1", 2, GRADED_SAFETY, "death in the midst of a map",
         death_in_the_midst_of_a_map,
         "What a dead worker has half written is no output."),
    TEST("III", "3.1", 1, GRADED_SAFETY, "death before a map's commit",
         death_before_a_maps_commit, "What was not committed is done again."),
    TEST("III", "3.1", 2, GRADED_SAFETY, "death after a map's commit",
         death_after_a_maps_commit,
         "What was committed and not reported may be done again, and is "
         "committed once."),
    TEST("III", "3.1", 2, GRADED_SAFETY, "death in the midst of a reduce",
         death_in_the_midst_of_a_reduce, "Nobody ever sees half a part."),
    TEST("III", "3.1", 1, GRADED_SAFETY, "death before a reduce's commit",
         death_before_a_reduces_commit,
         "A part that was not committed is written again."),
    TEST("III", "3.1", 2, GRADED_SAFETY, "death after a reduce's commit",
         death_after_a_reduces_commit,
         "A part that was committed and not reported stays as it is."),
    TEST("III", "3.2", 2, GRADED_PROGRESS, "a restarted worker starts afresh",
         a_restarted_worker_starts_afresh,
         "A worker that was started anew under its name is given work, and its "
         "old task is done again."),
    TEST("III", "3.2", 2, GRADED_PROGRESS, "all workers die and others come",
         all_workers_die_and_others_come,
         "All workers may die: the job waits for others."),
    TEST("III", "3.2", 2, GRADED_SAFETY, "workers die all the time",
         workers_die_all_the_time,
         "However many workers die, the output is complete and right.",
         .marks = "twelve died"),
    TEST("III", "3.3", 2, GRADED_PROGRESS, "a hung worker is overtaken",
         a_hung_worker_is_overtaken,
         "The task of a worker that is silent too long goes to another."),
    TEST("III", "3.3", 1, GRADED_PROGRESS, "two hung workers are overtaken",
         two_hung_workers_are_overtaken,
         "However many workers hang with a task, it goes to another."),
    TEST("III", "3.4", 2, GRADED_SAFETY, "a late commit of a map is harmless",
         a_late_commit_of_a_map_is_harmless,
         "An attempt that was given up may end after all, and changes nothing "
         "then."),
    TEST("III", "3.4", 2, GRADED_SAFETY,
         "two attempts at a reduce make one part",
         two_attempts_at_a_reduce_make_one_part,
         "Of several attempts at a task one is committed."),
    TEST("III", "3.5", 2, GRADED_PROGRESS, "a slow worker is not waited for",
         a_slow_worker_is_not_waited_for,
         "Towards the end of a phase an idle worker gets a backup copy of a "
         "task that takes long."),
    TEST("III", "3.3", 2, GRADED_SAFETY, "a living worker keeps its task",
         a_living_worker_keeps_its_task,
         "A worker that says that it lives keeps its task, however long that "
         "takes."),
    TEST("III", "3.5", 1, GRADED_SAFETY, "a task has one backup copy at most",
         a_task_has_one_backup_copy_at_most,
         "A task has two live attempts at most: one and its backup copy."),
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab1", &lab1, tests,
                        sizeof tests / sizeof tests[0]);
}
