// A master and two workers, as processes or as simulated nodes: this source
// is linked with either world. What must hold is the oracle's output.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "common/runtime/process.h"
#include "common/runtime/random.h"
#include "lab1-mapreduce/api.pb-c.h"
#include "lab1-mapreduce/apps.h"
#include "lab1-mapreduce/program.h"
#include "lab1-mapreduce/sequential.h"
#include "lab1-mapreduce/tests/files.h"

enum {
    LIMIT_MS = 20000, // for what should take a second or two
    WORKERS = 2,
};

// Starts this very program as a node: main() sees its arguments.
static struct process *start(const char *const *arguments, size_t count)
{
    char *program = process_own_path();
    const char **argv = xcalloc(count + 2, sizeof argv[0]);
    argv[0] = program;
    for (size_t i = 0; i < count; i++)
        argv[i + 1] = arguments[i];
    struct process_spec spec = {.argv = argv};
    struct process *p = NULL;
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_OK);
    free(argv);
    free(program);
    return p;
}

static struct process *start_master(void)
{
    const char *const arguments[] = {
        "master",  "--cluster", "c",         "--app", "wc", "--out", "out",
        "--split", "3000",      "--reduces", "3",     "f0", "f1"};
    return start(arguments, sizeof arguments / sizeof arguments[0]);
}

static struct process *start_worker(const char *name)
{
    const char *const arguments[] = {"worker", "--cluster", "c", "--name",
                                     name};
    return start(arguments, sizeof arguments / sizeof arguments[0]);
}

static struct process_end end_of(struct process *p)
{
    struct process_end end = {0};
    ck_assert_int_eq(process_wait(p, clock_now_ms() + LIMIT_MS, &end), ERR_OK);
    process_free(p);
    return end;
}

static void expect_exit(struct process *p, int status)
{
    struct process_end end = end_of(p);
    ck_assert(end.exited);
    ck_assert_int_eq(end.code, status);
}

static void begin_cluster(size_t lines)
{
    begin();
    ck_assert_int_eq(folder_make("c"), ERR_OK);
    write_words("f0", random_seed(), lines);
    write_words("f1", random_seed(), lines / 2);
}

// Asks the master how many attempts it has given out; 0 if it is not up yet.
static uint32_t attempts(struct node *node)
{
    struct rpc_method method = {&mr__inspect__descriptor, "Status"};
    Mr__StatusRequest request = MR__STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    uint32_t count = 0;
    if (rpc_call(node, "master", &method, &request.base, clock_now_ms() + 1000,
                 &answer) == RPC_OK)
        count = ((const Mr__StatusReply *)answer.reply)->attempts;
    rpc_answer_release(&answer);
    return count;
}

static void wait_for_attempts(uint32_t count)
{
    struct node *node;
    ck_assert_int_eq(node_open("c", "test", false, &node), ERR_OK);
    int64_t deadline_ms = clock_now_ms() + LIMIT_MS;
    while (attempts(node) < count) {
        ck_assert_int_lt(clock_now_ms(), deadline_ms);
        clock_sleep_ms(1);
    }
    node_close(node);
}

// The output is complete now, and nothing else is left of the job.
static void expect_output(void)
{
    const char *const files[] = {"f0", "f1"};
    char *why = sequential_run(&app_wc, NULL, files, 2, 3, "oracle");
    ck_assert_msg(why == NULL, "%s", why);
    expect_same_output("out", "oracle");
}

START_TEST(two_workers_do_the_job)
{
    begin_cluster(1000);
    struct process *master = start_master();
    struct process *ann = start_worker("ann");
    struct process *bob = start_worker("bob");
    expect_exit(master, 0);
    expect_output();
    // Who has done something was told to leave; the other may have come when
    // all was over, which is no master's fault.
    int status = end_of(ann).code + end_of(bob).code;
    ck_assert_int_le(status, EXIT_FAILED);
}
END_TEST

START_TEST(workers_may_come_before_the_master)
{
    begin_cluster(300);
    struct process *ann = start_worker("ann");
    ck_assert_int_eq(process_wait(ann, clock_now_ms() + 200, NULL),
                     ERR_TIMEOUT); // it waits
    struct process *master = start_master();
    expect_exit(master, 0);
    expect_output();
    expect_exit(ann, 0);
}
END_TEST

START_TEST(killed_worker_is_replaced)
{
    begin_cluster(1000);
    struct process *master = start_master();
    struct process *ann = start_worker("ann");
    wait_for_attempts(2);
    process_kill(ann);
    struct process *bob = start_worker("bob");
    expect_exit(master, 0);
    expect_output();
    expect_exit(bob, 0);
    process_free(ann);
}
END_TEST

START_TEST(paused_worker_is_overtaken)
{
    begin_cluster(1000);
    struct process *master = start_master();
    struct process *ann = start_worker("ann");
    wait_for_attempts(2);
    process_stop(ann);
    struct process *bob = start_worker("bob");
    expect_exit(master, 0);
    expect_output();
    expect_exit(bob, 0);
    process_continue(ann);
    end_of(ann); // 0 if it was told in time; it leaves in any case
    expect_same_output("out", "oracle");
}
END_TEST

START_TEST(worker_leaves_when_the_master_dies)
{
    begin_cluster(1000);
    struct process *ann = start_worker("ann");
    struct process *master = start_master();
    wait_for_attempts(1);
    process_kill(master);
    process_free(master);
    expect_exit(ann, EXIT_FAILED);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        return node_main(argc, argv);
    const struct unit_test tests[] = {
        {"II", "two workers do the job of a master", two_workers_do_the_job,
         30},
        {"II", "workers may come before their master",
         workers_may_come_before_the_master, 30},
        {"III", "a worker that was killed is replaced",
         killed_worker_is_replaced, 30},
        {"III", "a worker that was paused is overtaken",
         paused_worker_is_overtaken, 30},
        {"III", "a worker leaves when its master has died",
         worker_leaves_when_the_master_dies, 30},
    };
    return unit_main(argc, argv, "lab1 cluster", tests,
                     sizeof tests / sizeof tests[0]);
}
