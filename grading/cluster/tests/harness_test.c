// harness_test.c - the harness itself: what it must notice, and what it says.
//
// The program is three in one. With arguments it is a node (victim.h). Run
// with HARNESS_CASES set it has the cluster tests of `cases`, nearly all of
// which must fail. Otherwise it runs itself over each of those, and looks at
// the verdict that the runner would get.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "grading/cluster.h"
#include "grading/cluster/tests/victim.h"
#include "grading/cluster/tests/victim.pb-c.h"

enum {
    SOON_TICKS = 200,
    WAIT_MS = 20000,
    GONE_MS = 1000, // after a SIGKILL of the harness
};

static const struct rpc_method ping = {&victim__victim__descriptor, "Ping"};
static const struct rpc_method wait_for_ever = {&victim__victim__descriptor,
                                                "Wait"};
static const Victim__Nothing nothing = VICTIM__NOTHING__INIT;
static const struct rpc_method solve = {&victim__victim__descriptor, "Solve"};

// --- Cases -----------------------------------------------------------------

static void all_is_well(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    cluster_start(c, "s2", "server");
    cluster_start(c, "s3", "server");
    cluster_kill(c, "s1");
    cluster_restart(c, "s1", DISK_LOST);
    cluster_pause(c, "s2");
    cluster_resume(c, "s2");
    cluster_pause(c, "s2"); // and is left so
    struct rpc_answer answer;
    ck_assert_int_eq(cluster_ask(c, "s1", &ping, &nothing.base, &answer),
                     RPC_OK);
    rpc_answer_release(&answer);
    never(c, cluster_has_ended(c, "s1"), 2);
}

static void node_ends(struct cluster *c)
{
    cluster_launch(c, "s1", "ends");
    eventually(c, false, SOON_TICKS);
}

static void node_dies(struct cluster *c)
{
    cluster_launch(c, "s1", "dies");
    eventually(c, false, SOON_TICKS);
}

static void node_is_deaf(struct cluster *c)
{
    cluster_start(c, "s1", "deaf");
}

static void node_litters(struct cluster *c)
{
    cluster_start(c, "s1", "litters");
}

static void node_hoards(struct cluster *c)
{
    cluster_start(c, "s1", "hoards");
}

static void node_clings(struct cluster *c)
{
    cluster_start(c, "s1", "clings");
}

static void node_spawns(struct cluster *c)
{
    cluster_start(c, "s1", "spawns");
}

static void node_is_unsolved(struct cluster *c)
{
    cluster_launch(c, "s1", "unsolved");
    eventually(c, false, SOON_TICKS);
}

static void handler_is_unsolved(struct cluster *c)
{
    struct rpc_answer answer;
    cluster_start(c, "s1", "server");
    ck_assert_int_eq(cluster_ask(c, "s1", &solve, &nothing.base, &answer),
                     RPC_OK);
}

static void client_is_unsolved(struct cluster *c)
{
    cluster_start_clerks(c, "c1", "--quiet");
    client_begin(c, "c1", &solve, &nothing.base);
    ck_assert_int_eq(client_wait(c, "c1", SOON_TICKS), CLIENT_OK);
}

static void node_fails_in_the_end(struct cluster *c)
{
    cluster_start(c, "s1", "fails");
}

static void kill_is_forbidden(struct cluster *c)
{
    cluster_start(c, "s1", "deaf");
    cluster_kill(c, "s1");
}

static void pause_is_forbidden(struct cluster *c)
{
    cluster_start(c, "s1", "fails");
    cluster_pause(c, "s1");
}

static void crash_is_forbidden(struct cluster *c)
{
    cluster_start(c, "s1", "fails");
    cluster_crash_at(c, "s1", CRASH_BEFORE_HANDLER, NULL, 1);
}

static void cut_is_forbidden(struct cluster *c)
{
    cluster_start(c, "s1", "fails");
    cluster_cut(c, "s2", "s1", CUT_SILENT);
}

static void crash_of_a_later_node_is_forbidden(struct cluster *c)
{
    cluster_crash_at(c, "s1", CRASH_BEFORE_HANDLER, NULL, 1);
    cluster_start(c, "s1", "fails");
}

static void majority_must_live(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    cluster_start(c, "s2", "server");
    cluster_start(c, "s3", "server");
    cluster_kill(c, "s1");
    cluster_kill(c, "s2");
}

static void majority_of_each_group_must_live(struct cluster *c)
{
    const char *const names[] = {"s1", "s2", "s3", "t1", "t2", "t3"};
    for (size_t i = 0; i < 6; i++)
        cluster_start(c, names[i], "server");
    cluster_kill(c, "s1");
    cluster_kill(c, "t3");
    cluster_kill(c, "t1");
}

static void retired_group_may_die(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    cluster_start(c, "t1", "server");
    cluster_start(c, "t2", "server");
    cluster_retire(c, "t1 t2");
    cluster_kill(c, "t1");
    cluster_kill(c, "t2");
    cluster_kill(c, "s1");
}

static void method_is_unknown(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    cluster_spoil(c, &(struct cluster_rule){.at = "s1",
                                            .method = "Victim.Fly",
                                            .lose_request_percent = 10});
}

static void method_of_a_later_node_is_unknown(struct cluster *c)
{
    cluster_crash_at(c, "s1", CRASH_BEFORE_REPLY, "Victim.Fly", 1);
    cluster_start(c, "s1", "server");
}

static void name_is_unknown(struct cluster *c)
{
    cluster_start(c, "s9", "server");
}

static void role_is_unknown(struct cluster *c)
{
    cluster_start(c, "s1", "queen");
}

static void wait_in_vain(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    eventually(c, cluster_has_ended(c, "s1"), 4);
}

static void never_happens(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    never(c, !cluster_has_ended(c, "s1"), 4);
}

static void wrong_exit(struct cluster *c)
{
    cluster_launch(c, "s1", "ends");
    cluster_expect_exit(c, "s1", 4, SOON_TICKS);
}

static void restart_of_who_runs(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    cluster_restart(c, "s1", DISK_LOST);
}

static void client_is_busy(struct cluster *c)
{
    cluster_start_clerks(c, "c1", "--quiet");
    client_begin(c, "c1", &wait_for_ever, &nothing.base);
    client_begin(c, "c1", &ping, &nothing.base);
}

static void client_may_be_left_busy(struct cluster *c)
{
    cluster_start_clerks(c, "c1", "--quiet");
    client_begin(c, "c1", &wait_for_ever, &nothing.base);
    ck_assert_int_eq(client_result(c, "c1", NULL), CLIENT_RUNNING);
}

static void client_dies(struct cluster *c)
{
    cluster_start_clerks(c, "c1", "--quiet");
    client_begin(c, "c1", &ping, &nothing.base);
    ck_assert_int_eq(client_wait(c, "c1", SOON_TICKS), CLIENT_OK);
    client_begin(c, "c1", &wait_for_ever, &nothing.base);
    cluster_kill(c, "c1");
    ck_assert_int_eq(client_wait(c, "c1", SOON_TICKS), CLIENT_UNKNOWN);
}

static void stands_for_ever(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    cluster_start(c, "s2", "server");
    eventually(c, false, 1000000);
}

static const struct cluster_role roles[] = {
    {"server",
     ALLOW_KILL | ALLOW_PAUSE | ALLOW_RESTART_EMPTY | ALLOW_LOSS | ALLOW_CUT,
     .serves = true, .majority = true},
    {"clerks", ALLOW_KILL | ALLOW_PAUSE, .clerks = true},
    {.name = "ends", .serves = true},
    {.name = "dies", .serves = true},
    {.name = "deaf", .serves = true},
    {.name = "litters", .serves = true},
    {.name = "hoards", .serves = true},
    {.name = "clings", .serves = true},
    {.name = "spawns", .serves = true},
    {.name = "unsolved", .serves = true},
    {.name = "fails", .serves = true},
    {.name = NULL},
};

static const struct cluster_lab victims = {"victims", "harness_test", roles,
                                           "only servers may be harmed"};

// What the runner must be told: a part of the verdict's line; NULL: a pass.
struct a_case {
    const char *name;
    void (*run)(struct cluster *c);
    const char *verdict;
};

static const struct a_case cases[] = {
    {"all is well", all_is_well, NULL},
    {"a node ends", node_ends,
     "s1 ended, though nobody told it to: exit status 3"},
    {"a node dies", node_dies, "s1 ended, though nobody told it to: signal "},
    {"a node is deaf", node_is_deaf,
     "s1 does not end though it is asked to (SIGTERM)"},
    {"a node litters", node_litters,
     "at the end of the test: a node has left 'stray' in its working folder"},
    {"a node hoards", node_hoards,
     "a node has left the temporary file 'stray'"},
    {"a node clings", node_clings, "s1 has left "},
    {"a node spawns", node_spawns, "it left 1 process running"},
    {"a node is unsolved", node_is_unsolved, "not implemented: 9z victim"},
    {"a handler is unsolved", handler_is_unsolved,
     "not implemented: 9z victim_solve"},
    {"a client is unsolved", client_is_unsolved,
     "not implemented: 9z victim_solve"},
    {"a node fails in the end", node_fails_in_the_end,
     "s1 did not end in order when asked to (SIGTERM): exit status 9"},
    {"a kill is forbidden", kill_is_forbidden,
     "the fault model of victims forbids to kill a deaf (s1): only servers "
     "may be harmed"},
    {"a pause is forbidden", pause_is_forbidden,
     "the fault model of victims forbids to pause a fails (s1)"},
    {"a crash is forbidden", crash_is_forbidden,
     "the fault model of victims forbids to crash a fails (s1)"},
    {"a cut is forbidden", cut_is_forbidden,
     "the fault model of victims forbids to cut off a fails (s1)"},
    {"a crash of a later node is forbidden", crash_of_a_later_node_is_forbidden,
     "the fault model of victims forbids to crash a fails (s1)"},
    {"a majority must live", majority_must_live,
     "forbids to kill s2: of 3 nodes only 1 would be left"},
    {"a majority of each group must live", majority_of_each_group_must_live,
     "forbids to kill t1: of 3 nodes only 1 would be left"},
    {"a retired group may die", retired_group_may_die,
     "forbids to kill s1: of 1 nodes only 0 would be left"},
    {"a method is unknown", method_is_unknown,
     "a fault of Victim.Fly cannot be applied: s1 serves no such method"},
    {"a method of a later node is unknown", method_of_a_later_node_is_unknown,
     "a fault of Victim.Fly cannot be applied"},
    {"a name is unknown", name_is_unknown, "does not declare a node 's9'"},
    {"a role is unknown", role_is_unknown, "victims has no role 'queen'"},
    {"a wait is in vain", wait_in_vain, "not within 4 ticks: "},
    {"what must never happen does", never_happens, "must not happen: "},
    {"an exit is the wrong one", wrong_exit,
     "s1 ended by exit status 3, not by exit status 4"},
    {"who runs cannot be restarted", restart_of_who_runs,
     "cannot restart s1: it still runs"},
    {"a client is busy", client_is_busy,
     "client c1 is busy with another operation"},
    {"a client may be left busy", client_may_be_left_busy, NULL},
    {"a client dies", client_dies, NULL},
    {"a cluster stands for ever", stands_for_ever, NULL},
};

enum {
    CASES = sizeof cases / sizeof *cases,
};

static int case_main(int argc, char **argv)
{
    struct cluster_test tests[CASES] = {0};
    for (size_t i = 0; i < CASES; i++) {
        tests[i].about = (struct graded_test){.part = "victim",
                                              .name = cases[i].name,
                                              .claim = "A claim.",
                                              .section = "0.0",
                                              .points = 1,
                                              .limit_s = 1000};
        tests[i].nodes = "s1 s2 s3 t1 t2 t3 c1";
        tests[i].run = cases[i].run;
    }
    return cluster_main(argc, argv, "harness cases", &victims, tests, CASES);
}

// --- Running them ----------------------------------------------------------

static char *in_tmp(const char *name)
{
    return xasprintf("%s/%s", getenv("TMPDIR"), name);
}

static struct process *start_case(const struct a_case *a)
{
    char *own = process_own_path();
    char *bin = xasprintf("LAB_BIN=%s", own);
    *strrchr(bin, '/') = '\0';
    char *pick = xasprintf("T=harness cases: %s", a->name);
    char *result_path = in_tmp("result");
    char *result = xasprintf("UNIT_RESULT=%s", result_path);
    char *output = in_tmp("output");
    const char *argv[] = {own, NULL};
    // It waits for all of its time.
    const char *scale = a->run == node_is_deaf ? "LAB_TIME_SCALE=0.1" : NULL;
    const char *env[] = {bin,     pick,  result, "HARNESS_CASES=1",
                         "PART=", scale, NULL};
    struct process_spec spec = {.argv = argv, .env = env, .output = output};
    struct process *p = NULL;
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_OK);
    free(output);
    free(result);
    free(result_path);
    free(pick);
    free(bin);
    free(own);
    return p;
}

static void read_text(const char *name, char *text, size_t room)
{
    char *path = in_tmp(name);
    FILE *file = fopen(path, "re");
    free(path);
    ck_assert_msg(file != NULL, "there is no %s", name);
    text[fread(text, 1, room - 1, file)] = '\0';
    fclose(file);
}

// Runs one case; what the runner is told must be as the table says.
static void check_case(const struct a_case *a)
{
    struct process *p = start_case(a);
    struct process_end end;
    int64_t give_up_ms = clock_now_ms() + WAIT_MS;
    ck_assert_int_eq(process_wait(p, give_up_ms, &end), ERR_OK);
    process_free(p);
    ck_assert(end.exited);

    static char text[16384];
    read_text("result", text, sizeof text);
    const char *counts = a->verdict == NULL ? "1 0" : "0 1";
    ck_assert_msg(strncmp(text, counts, 3) == 0, "%s", text);
    ck_assert_int_eq(end.code, a->verdict == NULL ? 0 : 1);
    if (a->verdict != NULL)
        ck_assert_msg(strstr(text, a->verdict) != NULL, "no '%s' in: %s",
                      a->verdict, text);
    // Where it failed is a line, or is said in words.
    ck_assert_msg(strstr(text, "test:0") == NULL, "%s", text);
}

static void run_case(void *arg)
{
    const struct a_case *a = arg;
    check_case(a);
}

// The pid that a victim has noted in its cluster's folder, below `folder`.
static pid_t pid_of(const char *name)
{
    char script[512];
    snprintf(script, sizeof script,
             "cat $(find \"$TMPDIR\" -name %s.pid) </dev/null "
             ">\"$TMPDIR\"/pid 2>/dev/null",
             name);
    if (system(script) != 0)
        return 0;
    char text[64];
    read_text("pid", text, sizeof text);
    return (pid_t)atoi(text);
}

// Dead, whether or not anybody has waited for it.
static bool is_dead(pid_t pid)
{
    char path[64];
    char text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return true;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *behind_name = strrchr(text, ')');
    return behind_name == NULL || behind_name[2] == 'Z';
}

static void harness_is_killed(void *arg)
{
    (void)arg;
    struct process *p = start_case(&cases[CASES - 1]);
    int64_t give_up_ms = clock_now_ms() + WAIT_MS;
    while (pid_of("s2") == 0) {
        ck_assert_int_lt(clock_now_ms(), give_up_ms);
        clock_sleep_ms(1);
    }
    const pid_t nodes[] = {pid_of("s1"), pid_of("s2")};
    kill((pid_t)process_id(p), SIGKILL); // it alone, not its group
    int64_t gone_ms = clock_now_ms() + GONE_MS;
    for (size_t i = 0; i < 2; i++)
        while (!is_dead(nodes[i])) {
            ck_assert_int_lt(clock_now_ms(), gone_ms);
            clock_sleep_ms(1);
        }
    process_free(p);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return victim_main(argc, argv);
    if (getenv("HARNESS_CASES") != NULL)
        return case_main(argc, argv);

    struct graded_test tests[CASES];
    size_t count = 0;
    for (size_t i = 0; i + 1 < CASES; i++)
        tests[count++] = (struct graded_test){.part = "harness",
                                              .name = cases[i].name,
                                              .limit_s = 30,
                                              .run = run_case,
                                              .arg = (void *)&cases[i]};
    tests[count++] =
        (struct graded_test){.part = "harness",
                             .name = "a killed harness leaves no process",
                             .limit_s = 30,
                             .run = harness_is_killed};
    return graded_main(argc, argv, "harness", tests, count);
}
