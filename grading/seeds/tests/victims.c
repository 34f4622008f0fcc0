#include "grading/seeds/tests/victims.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/runtime/alloc.h"
#include "common/runtime/buf.h"
#include "common/runtime/clock.h"
#include "common/runtime/cond.h"
#include "common/runtime/disk.h"
#include "common/runtime/err.h"
#include "common/runtime/mutex.h"
#include "common/runtime/outfile.h"
#include "common/runtime/process.h"
#include "common/runtime/random.h"
#include "common/runtime/thread.h"
#include "common/runtime/world.h"
#include "lab0-echo/api.pb-c.h"

enum {
    TURNS = 3,
    VALUE_BYTES = 4096,
};

// --- Threads that count -----------------------------------------------------

struct counting {
    struct mutex lock;
    int count;
    bool careless;
};

static void count_up(void *arg)
{
    struct counting *c = arg;
    for (int i = 0; i < TURNS; i++) {
        mutex_lock(&c->lock);
        int seen = c->count;
        if (c->careless) { // somebody else may count here
            mutex_unlock(&c->lock);
            mutex_lock(&c->lock);
        }
        c->count = seen + 1;
        mutex_unlock(&c->lock);
    }
}

static void count_together(bool careless)
{
    struct counting c = {.count = 0, .careless = careless};
    struct thread *a;
    struct thread *b;
    mutex_init(&c.lock);
    thread_start("a", count_up, &c, &a);
    thread_start("b", count_up, &c, &b);
    thread_join(a);
    thread_join(b);
    mutex_release(&c.lock);
    ck_assert_msg(c.count == 2 * TURNS, "counted to %d", c.count);
}

static void run_right(void *arg)
{
    (void)arg;
    count_together(false);
}

static void run_race(void *arg)
{
    (void)arg;
    count_together(true);
}

// --- Time -------------------------------------------------------------------

static void run_unsteady(void *arg)
{
    (void)arg;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    clock_sleep_ms(1 + now.tv_nsec % 1000);
    thread_yield();
}

static void run_polls(void *arg)
{
    (void)arg;
    struct mutex lock;
    mutex_init(&lock);
    int64_t until_ms = clock_now_ms() + 20;
    while (clock_now_ms() < until_ms) { // ends: time goes on for who polls
        mutex_lock(&lock);
        mutex_unlock(&lock);
    }
    struct cond never;
    cond_init(&never);
    until_ms = clock_now_ms() + 20;
    mutex_lock(&lock);
    while (clock_now_ms() < until_ms)
        cond_wait(&never, &lock, clock_now_ms() - 1);
    mutex_unlock(&lock);
    cond_release(&never);
    mutex_release(&lock);
}

// --- Waiting for ever -------------------------------------------------------

static void run_moody(void *arg)
{
    run_unsteady(arg);
    ck_abort_msg("as always");
}

struct pair {
    struct mutex first;
    struct mutex second;
};

static void lock_forth(void *arg)
{
    struct pair *p = arg;
    mutex_lock(&p->first);
    clock_sleep_ms(1);
    mutex_lock(&p->second);
    mutex_unlock(&p->second);
    mutex_unlock(&p->first);
}

static void lock_back(void *arg)
{
    struct pair *p = arg;
    mutex_lock(&p->second);
    clock_sleep_ms(1);
    mutex_lock(&p->first);
    mutex_unlock(&p->first);
    mutex_unlock(&p->second);
}

static void run_circle(void *arg)
{
    (void)arg;
    struct pair p;
    struct thread *forth;
    struct thread *back;
    mutex_init(&p.first);
    mutex_init(&p.second);
    thread_start("forth", lock_forth, &p, &forth);
    thread_start("back", lock_back, &p, &back);
    thread_join(forth);
    thread_join(back);
}

static void run_lost_wakeup(void *arg)
{
    (void)arg;
    struct mutex lock;
    struct cond news;
    mutex_init(&lock);
    cond_init(&news);
    cond_signal(&news);
    mutex_lock(&lock);
    cond_wait(&news, &lock, CLOCK_NEVER);
}

// --- A call while holding a lock --------------------------------------------

struct caller {
    Echo__Echo_Service service; // first: the handler finds it
    struct node *node;
    struct mutex lock;
};

static void echo_say(Echo__Echo_Service *service,
                     const Echo__SayRequest *request,
                     Echo__SayReply_Closure reply, void *call)
{
    (void)request;
    struct caller *c = (struct caller *)service;
    mutex_lock(&c->lock);
    mutex_unlock(&c->lock);
    Echo__SayReply answer = ECHO__SAY_REPLY__INIT;
    reply(&answer, call);
}

static void call_ourselves(void *arg)
{
    struct caller *c = arg;
    struct rpc_method say = {&echo__echo__descriptor, "Say"};
    Echo__SayRequest request = ECHO__SAY_REQUEST__INIT;
    struct rpc_answer answer;
    mutex_lock(&c->lock);
    rpc_call(c->node, "me", &say, &request.base, clock_now_ms() + 1000,
             &answer);
    rpc_answer_release(&answer);
    mutex_unlock(&c->lock);
}

static void run_calls(void *arg)
{
    (void)arg;
    static const Echo__Echo_Service init = ECHO__ECHO__INIT(echo_);
    struct caller c = {.service = init};
    struct rpc_server *server;
    struct thread *calling;
    mutex_init(&c.lock);
    ck_assert_int_eq(node_open(getenv("TMPDIR"), "me", true, &c.node), ERR_OK);
    ProtobufCService *const services[] = {&c.service.base};
    ck_assert_int_eq(rpc_server_start(c.node, NULL, services, 1, &server),
                     ERR_OK);
    thread_start("caller", call_ourselves, &c, &calling);
    clock_sleep_ms(500);
    world_print_waits(stderr);
    thread_join(calling);
    ck_abort_msg("it took its deadline");
}

// --- Nodes ------------------------------------------------------------------

// What a node has been told is on the disk: the number of the last, 0: none. It
// is not of the disk, and so never lost.
static int told(void)
{
    int number = 0;
    FILE *file = fopen("told", "re");
    if (file != NULL && fscanf(file, "%d", &number) != 1)
        number = 0;
    if (file != NULL)
        fclose(file);
    return number;
}

static void tell(int number)
{
    FILE *file = fopen("told", "we");
    fprintf(file, "%d", number);
    fclose(file);
}

// Puts values, each of one byte again and again, until it is killed.
static int put_values(const char *folder)
{
    static char value[VALUE_BYTES];
    struct disk *disk;
    if (disk_open(folder, &disk) != ERR_OK)
        return 2;
    for (int i = told() + 1;; i++) {
        memset(value, 'a' + i % 26, sizeof value);
        if (disk_put(disk, "value", slice_of(value, sizeof value)) != ERR_OK)
            return 2;
        tell(i);
        clock_sleep_ms(1);
    }
}

// 0: it is whole, and the last that was put or the one after.
static int judge_value(int err, struct slice value)
{
    if (err == ERR_NOT_FOUND)
        return told() > 0 ? 5 : 0;
    if (err != ERR_OK)
        return 1;
    if (value.size != VALUE_BYTES)
        return 3;
    const unsigned char *bytes = value.data;
    for (size_t i = 1; i < value.size; i++)
        if (bytes[i] != bytes[0])
            return 4;
    bool is_last = bytes[0] == 'a' + told() % 26;
    return is_last || bytes[0] == 'a' + (told() + 1) % 26 ? 0 : 6;
}

static int look_at_value(const char *folder)
{
    struct disk *disk;
    struct buf value;
    buf_init(&value, VALUE_BYTES);
    if (disk_open(folder, &disk) != ERR_OK)
        return 2;
    int err = disk_get(disk, "value", &value);
    int status = judge_value(err, buf_slice(&value));
    buf_release(&value);
    disk_close(disk);
    return status;
}

static const char *output(int i)
{
    static char name[32];
    snprintf(name, sizeof name, "out.%d", i);
    return name;
}

// Commits outputs, one after the other, until it is killed.
static int commit_outputs(void)
{
    for (int i = told() + 1;; i++) {
        struct outfile *f = NULL;
        if (outfile_begin("draft", output(i), &f) != ERR_OK)
            return 2;
        outfile_append(f, "text", 4);
        int err = outfile_commit(f); // ERR_EXISTS: by who was killed then
        if (err != ERR_OK && err != ERR_EXISTS)
            return 2;
        tell(i);
        clock_sleep_ms(1);
    }
}

// 0: all that were committed are there.
static int look_at_outputs(void)
{
    int missing = 0;
    for (int i = 1; i <= told(); i++) {
        FILE *file = fopen(output(i), "re");
        missing += file == NULL;
        if (file != NULL)
            fclose(file);
    }
    return missing > 0 ? 7 : 0;
}

static void crash(void)
{
    raise(SIGSEGV);
}

int node_main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "puts") == 0)
        return put_values("disk");
    if (argc > 1 && strcmp(argv[1], "looks") == 0)
        return look_at_value("disk");
    if (argc > 1 && strcmp(argv[1], "commits") == 0)
        return commit_outputs();
    if (argc > 1 && strcmp(argv[1], "finds outputs") == 0)
        return look_at_outputs();
    if (argc > 1 && strcmp(argv[1], "crashes") == 0)
        crash();
    if (argc > 1 && strcmp(argv[1], "spins") == 0)
        for (volatile unsigned long i = 0;; i++)
            continue;
    size_t size = 16 << 20;
    memset(xmalloc(size), 1, size);
    clock_sleep_ms(1000);
    return 0;
}

static struct process *start_node(const char *what)
{
    const char *argv[] = {"bin/none", what, NULL};
    struct process_spec spec = {.argv = argv};
    struct process *p = NULL;
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_OK);
    return p;
}

static void kill_and_look(const char *works, const char *looks)
{
    ck_assert_int_eq(chdir(getenv("TMPDIR")), 0);
    for (int i = 0; i < 20; i++) {
        struct process *p = start_node(works);
        clock_sleep_ms(1 + i % 4);
        process_kill(p);
        struct process_end end;
        p = start_node(looks);
        process_wait(p, CLOCK_NEVER, &end);
        ck_assert_msg(end.exited && end.code == 0,
                      "what is there is not right: %d", end.code);
    }
}

static void run_durable(void *arg)
{
    (void)arg;
    kill_and_look("puts", "looks");
}

static void run_outputs(void *arg)
{
    (void)arg;
    kill_and_look("commits", "finds outputs");
}

// From a folder from which its name does not lead to this program, as clusters
// run.
static void run_in_tmp(const char *what)
{
    ck_assert_int_eq(chdir(getenv("TMPDIR")), 0);
    process_wait(start_node(what), CLOCK_NEVER, NULL);
}

static void run_spins(void *arg)
{
    (void)arg;
    run_in_tmp("spins");
}

static void run_crashes(void *arg)
{
    (void)arg;
    run_in_tmp("crashes");
}

static long resident_mb(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages / 256;
}

static void run_forgetful(void *arg)
{
    (void)arg;
    bool judged = false; // no: malloc is a sanitizer's, or valgrind's
    for (int i = 0; i < 40; i++) {
        struct process *p = start_node("takes memory");
        clock_sleep_ms(10);
        judged = process_memory(p) >= 0;
        process_kill(p);
    }
    ck_assert_msg(!judged || resident_mb() < 100, "%ld MB are in use",
                  resident_mb());
}

// --- Marks ------------------------------------------------------------------

static void run_lucky(void *arg)
{
    (void)arg;
    thread_yield();
    if (strtoull(getenv("LAB_SEED"), NULL, 0) % 3 == 0)
        world_mark("luck");
}

static void run_unlucky(void *arg)
{
    (void)arg;
    thread_yield();
}

static void run_stuck(void *arg)
{
    (void)arg;
    thread_yield();
    if (strtoull(getenv("LAB_SEED"), NULL, 0) % 2 == 0)
        world_stuck("as half of them are");
}

#define VICTIM(name_, run_, marks_)                                            \
    {                                                                          \
        .part = "victim", .name = name_, .run = run_, .marks = marks_,         \
        .limit_s = 90                                                          \
    }

const struct graded_test victims[VICTIMS] = {
    [RIGHT] = VICTIM("right", run_right, NULL),
    [RACE] = VICTIM("race", run_race, NULL),
    [UNSTEADY] = VICTIM("unsteady", run_unsteady, NULL),
    [MOODY] = VICTIM("moody", run_moody, NULL),
    [CIRCLE] = VICTIM("circle", run_circle, NULL),
    [LOST_WAKEUP] = VICTIM("wake-up", run_lost_wakeup, NULL),
    [CALLS] = VICTIM("calls", run_calls, NULL),
    [SPINS] = VICTIM("spins", run_spins, NULL),
    [CRASHES] = VICTIM("crashes", run_crashes, NULL),
    [LUCKY] = VICTIM("lucky", run_lucky, "luck"),
    [UNLUCKY] = VICTIM("never", run_unlucky, "luck"),
    [STUCK] = VICTIM("stuck", run_stuck, NULL),
    [POLLS] = VICTIM("polls", run_polls, NULL),
    [DURABLE] = VICTIM("durable", run_durable, NULL),
    [OUTPUTS] = VICTIM("outputs", run_outputs, NULL),
    [FORGETFUL] = VICTIM("forgetful", run_forgetful, NULL),
};
