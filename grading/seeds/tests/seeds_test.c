// seeds_test.c - seeds, schedules and traces, on victims with known mistakes.
//
// With VICTIMS set in the environment this program is a test program of these
// victims, for the program sim.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/setting.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "grading/seeds/seeds.h"
#include "grading/seeds/tests/victims.h"
#include "grading/seeds/trace.h"

enum {
    TRIES = 200,
    TEXT_MAX = 1 << 16,
};

// --- Running a victim -------------------------------------------------------

static void begin(struct seeds *s, enum victim victim)
{
    *s = (struct seeds){.program = "victims-sim",
                        .suite = "victims sim",
                        .test = &victims[victim],
                        .tmp = xstrdup(getenv("TMPDIR")),
                        .time_scale = setting_number("LAB_TIME_SCALE", 1),
                        .fork = true,
                        .record = sim_record_new()};
    sim_record_use(s->record);
}

static void end(struct seeds *s)
{
    sim_record_free(s->record);
    free(s->tmp);
}

static enum verdict run(struct seeds *s, uint64_t seed)
{
    struct trial t;
    seeds_run(s, seed, &t, NULL, NULL);
    enum verdict verdict = t.verdict;
    trial_release(&t);
    return verdict;
}

// The first seed under which it fails; its record is that of the run.
static uint64_t find_failure(struct seeds *s, struct trial *t)
{
    for (uint64_t seed = 1; seed <= TRIES; seed++) {
        seeds_run(s, seed, t, NULL, NULL);
        if (t->verdict != VERDICT_PASS)
            return seed;
        trial_release(t);
    }
    ck_abort_msg("%d seeds have not found it", TRIES);
}

static char *in_tmp(const struct seeds *s, const char *name)
{
    return xasprintf("%s/%s", s->tmp, name);
}

static void read_text(const char *path, char text[TEXT_MAX])
{
    FILE *in = fopen(path, "re");
    ck_assert_msg(in != NULL, "%s is not there", path);
    size_t size = fread(text, 1, TEXT_MAX - 1, in);
    text[size] = '\0';
    fclose(in);
}

// What a victim that fails says on its way.
static void run_and_read(enum victim victim, char text[TEXT_MAX])
{
    struct seeds s;
    begin(&s, victim);
    char *nodes = in_tmp(&s, "nodes");
    s.nodes = nodes;
    ck_assert_int_ne(run(&s, 1), VERDICT_PASS);
    read_text(nodes, text);
    free(nodes);
    end(&s);
}

static void assert_said(const char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "'%s' is not in:\n%s", what,
                  text);
}

// "seeds_test-sim+0x1234" is no place in a source.
static void assert_no_offsets(const char *text)
{
    ck_assert_msg(strstr(text, "-sim+0x") == NULL, "%s", text);
}

// --- Seeds ------------------------------------------------------------------

START_TEST(a_seed_is_a_run)
{
    struct seeds s;
    begin(&s, RIGHT);
    uint64_t hashes[2];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(run(&s, seed), VERDICT_PASS);
            hashes[i] = s.record->hash;
        }
        ck_assert_uint_eq(hashes[0], hashes[1]);
    }
    end(&s);
}
END_TEST

START_TEST(seeds_differ)
{
    struct seeds s;
    begin(&s, RIGHT);
    int other = 0;
    ck_assert_int_eq(run(&s, 0), VERDICT_PASS);
    uint64_t first = s.record->hash;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        run(&s, seed);
        other += s.record->hash != first;
    }
    ck_assert_int_gt(other, 5);
    end(&s);
}
END_TEST

START_TEST(a_race_is_found_and_shrunk)
{
    struct seeds s;
    struct trial t;
    begin(&s, RACE);
    uint64_t seed = find_failure(&s, &t);
    size_t all = s.record->event_count;
    size_t count = 0;
    struct plan_event *events = seeds_shrink(&s, seed, &t, &count);
    trial_release(&t);
    ck_assert_uint_le(count, all);
    ck_assert_uint_ge(count, 1); // a turn or two at the wrong moment
    ck_assert_uint_le(count, 2);
    ck_assert_int_eq(events[0].kind, PLAN_PREEMPT);

    s.events = events;
    s.event_count = count;
    ck_assert_int_eq(run(&s, seed), VERDICT_FAIL);
    s.event_count = 0; // and without it there is no race
    ck_assert_int_eq(run(&s, seed), VERDICT_PASS);
    free(events);
    end(&s);
}
END_TEST

START_TEST(a_failure_is_the_same_a_hundred_times)
{
    struct seeds s;
    struct trial t;
    begin(&s, RACE);
    uint64_t seed = find_failure(&s, &t);
    trial_release(&t);
    uint64_t hash = s.record->hash;
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(run(&s, seed), VERDICT_FAIL);
        ck_assert_uint_eq(s.record->hash, hash);
    }
    end(&s);
}
END_TEST

START_TEST(a_list_of_all_events_is_the_same_run)
{
    struct seeds s;
    begin(&s, RIGHT);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        s.events = NULL;
        run(&s, seed);
        uint64_t hash = s.record->hash;
        size_t count = s.record->event_count;
        struct plan_event *events =
            xmemdup(s.record->events, count * sizeof *events);
        s.events = events;
        s.event_count = count;
        run(&s, seed);
        ck_assert_uint_eq(s.record->hash, hash);
        free(events);
    }
    end(&s);
}
END_TEST

START_TEST(what_is_not_repeatable_is_told)
{
    struct seeds s;
    char *difference = NULL;
    begin(&s, UNSTEADY);
    ck_assert_int_eq(run(&s, 1), VERDICT_PASS);
    ck_assert(!seeds_same_again(&s, 1, &difference));
    assert_said(difference, "two runs with the same seed differ");
    assert_said(difference, "test/main.");
    assert_said(difference, "tests/victims.c:");
    assert_no_offsets(difference);
    free(difference);
    end(&s);
    begin(&s, RIGHT);
    run(&s, 1);
    ck_assert(seeds_same_again(&s, 1, &difference));
    end(&s);
}
END_TEST

START_TEST(who_polls_sees_time_go_on)
{
    struct seeds s;
    begin(&s, POLLS);
    for (uint64_t seed = 1; seed <= 8; seed++)
        ck_assert_int_eq(run(&s, seed), VERDICT_PASS);
    end(&s);
}
END_TEST

// --- Traces -----------------------------------------------------------------

START_TEST(events_are_texts)
{
    static const char *const lines[] = {
        "preempt s1/rpc-worker2.unlock #17  -- 1.250 ms",
        "delay c1>s1.reply #3 = 2500  -- 0.000 ms",
        "deed nemesis #2  -- 31.200 ms: kill s1",
        "preempt test/main.lock #1 = -17  -- 0.000 ms",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct plan_event e;
        struct plan_event again;
        char text[512];
        ck_assert_msg(plan_event_parse(lines[i], &e), "%s", lines[i]);
        plan_event_print(text, sizeof text, &e);
        ck_assert(plan_event_parse(text, &again));
        ck_assert_int_eq(again.kind, e.kind);
        ck_assert_str_eq(again.who, e.who);
        ck_assert_uint_eq(again.k, e.k);
        ck_assert_int_eq(again.value, e.value);
    }
    struct plan_event e;
    ck_assert(!plan_event_parse("", &e));
    ck_assert(!plan_event_parse("preempt s1", &e));
    ck_assert(!plan_event_parse("explode s1 #1", &e));
    ck_assert(!plan_event_parse("preempt s1 #1 = 0", &e));
}
END_TEST

// It is not drawn from its seed.
START_TEST(a_trace_without_events_is_the_quiet_run)
{
    struct run_trace t = {.test = "it works", .program = "build/x-sim"};
    FILE *file = tmpfile();
    run_trace_write(file, &t);
    rewind(file);
    ck_assert(run_trace_read(file, &t));
    fclose(file);
    struct seeds s;
    begin(&s, RIGHT);
    uint64_t seed = 0;
    do
        run(&s, ++seed);
    while (s.record->event_count == 0); // ends: as in seeds_differ
    s.events = t.events;
    s.event_count = t.count;
    run(&s, seed);
    ck_assert_uint_eq(s.record->event_count, 0);
    run_trace_release(&t);
    end(&s);
}
END_TEST

START_TEST(a_trace_is_read_as_it_was_written)
{
    struct plan_event events[2] = {
        {.kind = PLAN_LOSE_REPLY, .who = "s1>s2:A.B", .k = 3, .value = 1},
        {.kind = PLAN_DELAY, .who = "c1>s1", .k = 9, .value = 77},
    };
    struct run_trace t = {.suite = "lab9 sim",
                          .test = "it works",
                          .program = "build/x-sim",
                          .seed = 4711,
                          .failed = "it does not",
                          .calls = 12,
                          .hash = 0xabc,
                          .events = events,
                          .count = 2};
    FILE *file = tmpfile();
    fprintf(file, "# for people\n");
    run_trace_write(file, &t);
    rewind(file);
    struct run_trace again;
    ck_assert(run_trace_read(file, &again));
    ck_assert_str_eq(again.test, t.test);
    ck_assert_str_eq(again.program, t.program);
    ck_assert_uint_eq(again.seed, t.seed);
    ck_assert_uint_eq(again.hash, t.hash);
    ck_assert_uint_eq(again.count, 2);
    ck_assert_str_eq(again.events[0].who, "s1>s2:A.B");
    ck_assert_int_eq(again.events[1].value, 77);
    run_trace_release(&again);
    rewind(file);
    ck_assert_int_ge(ftruncate(fileno(file), 60), 0);
    ck_assert(!run_trace_read(file, &again));
    run_trace_release(&again);
    fclose(file);
}
END_TEST

// --- Who waits for what -----------------------------------------------------

START_TEST(a_circle_of_locks_is_shown)
{
    static char text[TEXT_MAX];
    run_and_read(CIRCLE, text);
    assert_said(text, "dead-lock: nobody can run");
    assert_said(text, "a circle:");
    assert_said(text, "test/forth");
    assert_said(text, "victims.c:");
    assert_said(text, "(lock_forth)");
    assert_said(text, "by test/back");
}
END_TEST

START_TEST(a_lost_wakeup_is_shown)
{
    static char text[TEXT_MAX];
    run_and_read(LOST_WAKEUP, text);
    assert_said(text, "waits for a condition");
    assert_said(text, "that somebody must signal; no deadline");
    assert_said(text, "(run_lost_wakeup)");
}
END_TEST

START_TEST(a_circle_through_a_call_is_shown)
{
    static char text[TEXT_MAX];
    run_and_read(CALLS, text);
    assert_said(text, "a circle:");
    assert_said(text, "its request to s is in the hands of");
    assert_said(text, "locked at tests/victims.c:");
}
END_TEST

START_TEST(a_node_that_spins_is_shown)
{
    static char text[TEXT_MAX];
    run_and_read(SPINS, text);
    assert_said(text, "spins: it runs for seconds");
    assert_said(text, "(node_main)");
    assert_no_offsets(text);
}
END_TEST

START_TEST(a_node_that_crashes_is_shown)
{
    static char text[TEXT_MAX];
    run_and_read(CRASHES, text);
    assert_said(text, "crash");
    assert_said(text, "victims.c:");
    assert_said(text, "node_main");
    assert_no_offsets(text);
}
END_TEST

// --- Nodes ------------------------------------------------------------------

// All of 60 seeds pass; how often it came to each kind of event.
static void pass_sixty(enum victim victim, size_t counts[PLAN_KINDS])
{
    struct seeds s;
    struct trial t;
    begin(&s, victim);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        seeds_run(&s, seed, &t, NULL, NULL);
        ck_assert_msg(t.verdict == VERDICT_PASS, "seed %d: %s", (int)seed,
                      t.message);
        trial_release(&t);
        for (size_t i = 0; i < s.record->event_count; i++)
            counts[s.record->events[i].kind]++;
    }
    end(&s);
}

// And some of them have died with something unsynced, or this shows nothing.
START_TEST(a_kill_leaves_the_old_value_or_the_new)
{
    size_t counts[PLAN_KINDS] = {0};
    pass_sixty(DURABLE, counts);
    ck_assert_uint_gt(counts[PLAN_TEAR], 3);
    ck_assert_uint_gt(counts[PLAN_UNDO], 3);
}
END_TEST

START_TEST(a_kill_leaves_what_was_committed)
{
    size_t counts[PLAN_KINDS] = {0};
    pass_sixty(OUTPUTS, counts);
    ck_assert_uint_gt(counts[PLAN_UNDO], 3);
}
END_TEST

START_TEST(killed_nodes_leave_no_memory)
{
    struct seeds s;
    begin(&s, FORGETFUL);
    struct trial t;
    seeds_run(&s, 1, &t, NULL, NULL);
    ck_assert_msg(t.verdict == VERDICT_PASS, "%s", t.message);
    trial_release(&t);
    end(&s);
}
END_TEST

// build/debug/tests/grading-seeds/seeds_test-sim -> build/debug, owned.
static char *variant_folder(void)
{
    char *path = process_own_path();
    for (int i = 0; i < 3; i++)
        *strrchr(path, '/') = '\0';
    return path;
}

// Runs a command of the shell; what it prints is in `text`.
static int shell(char text[TEXT_MAX], const char *command)
{
    FILE *in = popen(command, "re");
    ck_assert_ptr_nonnull(in);
    size_t size = fread(text, 1, TEXT_MAX - 1, in);
    text[size] = '\0';
    int status = pclose(in);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// TMPDIR/sim/NAME.so, as the Makefile would make it; for TMPDIR/bin/NAME.
static void compile_node(const char *name, const char *code)
{
    static char text[TEXT_MAX];
    char *command =
        xasprintf("cd $TMPDIR && mkdir -p sim && cat >%s.c <<'END'\n%s\nEND\n"
                  "${CC:-cc} -fPIC -shared -Wl,-Bsymbolic -o sim/%s.so %s.c "
                  "-Wl,--version-script=%s/grading/sim/names 2>&1",
                  name, code, name, name, getenv("PWD"));
    ck_assert_msg(shell(text, command) == 0, "%s", text);
    free(command);
}

int shared_global = 100; // what node programs call the same is theirs

START_TEST(each_node_has_globals_of_its_own)
{
    compile_node("counts", "int shared_global = 1; static int more = 2;\n"
                           "int node_main(int argc, char **argv)\n"
                           "{ (void)argc; (void)argv;\n"
                           "  return shared_global++ * 10 + more++; }");
    char *program = xasprintf("%s/bin/counts", getenv("TMPDIR"));
    for (int i = 0; i < 3; i++) {
        const char *argv[] = {program, NULL};
        struct process_spec spec = {.argv = argv};
        struct process *p = NULL;
        struct process_end end;
        ck_assert_int_eq(process_spawn(&spec, &p), 0);
        ck_assert_int_eq(process_wait(p, INT64_MAX, &end), 0);
        ck_assert_int_eq(end.code, 12);
        process_free(p);
    }
    ck_assert_int_eq(shared_global, 100);
    free(program);
}
END_TEST

START_TEST(forbidden_names_do_not_link)
{
    static char text[TEXT_MAX];
    compile_node("sleeps", "#include <unistd.h>\n"
                           "int node_main(int argc, char **argv)\n"
                           "{ (void)argv; return usleep(argc); }");
    compile_node("fine", "#include <string.h>\n"
                         "int node_main(int argc, char **argv)\n"
                         "{ (void)argc; return (int)strlen(argv[0]); }");
    char *sleeps = xasprintf("%s/grading/sim/check-names it "
                             "$TMPDIR/sim/sleeps.so 2>&1",
                             getenv("PWD"));
    char *fine = xasprintf("%s/grading/sim/check-names it $TMPDIR/sim/fine.so "
                           "2>&1",
                           getenv("PWD"));
    ck_assert_int_eq(shell(text, sleeps), 1);
    assert_said(text, "usleep(): use clock_sleep_ms");
    ck_assert_int_eq(shell(text, fine), 0);
    ck_assert_str_eq(text, "");
    free(sleeps);
    free(fine);
}
END_TEST

START_TEST(what_must_not_be_simulated_says_why)
{
    static char text[TEXT_MAX];
    ck_assert_int_eq(shell(text, "cd $TMPDIR && mkdir -p sim bin && "
                                 "echo 'bad: usleep(): no' >sim/bad.so"),
                     0);
    char *program = xasprintf("%s/bin/bad", getenv("TMPDIR"));
    char *said = xasprintf("%s/said", getenv("TMPDIR"));
    const char *argv[] = {program, NULL};
    struct process_spec spec = {.argv = argv};
    struct process *p = NULL;
    fflush(stderr);
    int old = dup(2);
    ck_assert_ptr_nonnull(freopen(said, "we", stderr));
    int err = process_spawn(&spec, &p);
    fflush(stderr);
    dup2(old, 2);
    close(old);
    ck_assert_int_eq(err, ERR_NOT_FOUND);
    read_text(said, text);
    assert_said(text, "bad: usleep(): no");
    free(said);
    free(program);
}
END_TEST

// --- The program sim --------------------------------------------------------

// Runs it on the victims: its exit status.
static int sim(char text[TEXT_MAX], const char *settings, const char *options)
{
    char *own = process_own_path();
    char *folder = variant_folder();
    char *command =
        xasprintf("env -u PART -u T VICTIMS=1 %s %s/bin/sim %s %s 2>&1",
                  settings, folder, options, own);
    int status = shell(text, command);
    free(command);
    free(folder);
    free(own);
    return status;
}

START_TEST(sim_deals_and_sums_up)
{
    static char text[TEXT_MAX];
    ck_assert_int_eq(sim(text, "SEED=1 T=right", "-n 50 --twice"), 0);
    assert_said(text, "1 tests");
    assert_said(text, "\n50 seeds, 0 failed\n");
}
END_TEST

START_TEST(sim_shows_a_failure_and_how_to_repeat_it)
{
    static char text[TEXT_MAX];
    char *options = xasprintf("-n 60 -k %s/kept", getenv("TMPDIR"));
    ck_assert_int_eq(sim(text, "SEED=1 T=race", options), 1);
    assert_said(text, "FAILED  victims sim: race, seed ");
    assert_said(text, "counted to ");
    assert_said(text, "make replay FILE=");
    assert_said(text, "preempt test/");
    char *again = xasprintf("--replay %s/kept/victims-sim/race/run.trace",
                            getenv("TMPDIR"));
    char *often = xasprintf("%s --times 100", again);
    char *folder = variant_folder();
    char *command = xasprintf("env -u PART -u T VICTIMS=1 %s/bin/sim %s 2>&1",
                              folder, often);
    ck_assert_int_eq(shell(text, command), 0);
    assert_said(text, "100 of 100 runs are the same failure, that of the "
                      "trace");
    free(command);
    free(folder);
    free(often);
    free(again);
    free(options);
}
END_TEST

START_TEST(a_hunt_ends_at_the_first_failure)
{
    static char text[TEXT_MAX];
    ck_assert_int_eq(sim(text, "SEED=1 T=race", "-n 5000 --hunt"), 1);
    assert_said(text, "the first that failed is seed ");
    ck_assert_ptr_null(strstr(text, "5000 seeds"));
}
END_TEST

START_TEST(marks_that_nobody_reaches_fail)
{
    static char text[TEXT_MAX];
    ck_assert_int_eq(sim(text, "SEED=1 T=lucky", "-n 40"), 0);
    ck_assert_int_eq(sim(text, "SEED=1 T=never", "-n 40"), 1);
    assert_said(text, "FAILED  victims sim: never: 40 seeds have not reached "
                      "'luck'");
    assert_said(text, "40 seeds, 0 failed");
    ck_assert_int_eq(sim(text, "SEED=1 T=never", "-n 4"), 0); // too few
    assert_said(text, "so far  victims sim: never: 4 seeds");
}
END_TEST

START_TEST(too_many_stuck_seeds_fail)
{
    static char text[TEXT_MAX];
    ck_assert_int_eq(sim(text, "SEED=1 T=stuck", "-n 40"), 1);
    assert_said(text, "FAILED  victims sim: stuck: 20 of 40 seeds (50.0 %)");
}
END_TEST

START_TEST(twice_tells_who_is_unsteady)
{
    static char text[TEXT_MAX];
    ck_assert_int_eq(sim(text, "SEED=1 T=unsteady", "-n 2 --twice"), 1);
    assert_said(text, "two runs with the same seed differ");
    assert_said(text, "2 seeds, 2 failed");
}
END_TEST

START_TEST(failures_run_again_and_are_the_same)
{
    static char text[TEXT_MAX];
    ck_assert_int_eq(sim(text, "SEED=1 T=race", "-n 60 --hunt --times 100"), 1);
    assert_said(text,
                "\n100 of 100 replays of failures were the same failure\n");
    ck_assert_int_eq(sim(text, "SEED=1 T=moody", "-n 1 --times 9"), 1);
    assert_said(text, "FAILED  victims sim: moody, seed 1: only ");
    assert_said(text, "of 9 replays were the same failure");
}
END_TEST

START_TEST(no_seed_is_no_success)
{
    static char text[TEXT_MAX];
    ck_assert_int_eq(sim(text, "SEED=1 T=nobody", "-n 5"), 2);
    ck_assert_int_eq(sim(text, "SEED=1", "-n 0"), 2);
}
END_TEST

int main(int argc, char **argv)
{
    if (getenv("VICTIMS") != NULL && seeds_wanted())
        return seeds_main(argv[0], "victims sim", victims, VICTIMS);
    if (getenv("VICTIMS") != NULL)
        return graded_main(argc, argv, "victims", victims, VICTIMS);
    const struct unit_test tests[] = {
        {"seeds", "a seed is a run", a_seed_is_a_run, 30},
        {"seeds", "seeds differ", seeds_differ, 30},
        {"seeds", "a race is found, and shrunk to a turn or two",
         a_race_is_found_and_shrunk, 60},
        {"seeds", "a failure is the same a hundred times",
         a_failure_is_the_same_a_hundred_times, 60},
        {"seeds", "a list of all events is the same run",
         a_list_of_all_events_is_the_same_run, 30},
        {"seeds", "what is not repeatable is told",
         what_is_not_repeatable_is_told, 30},
        {"seeds", "who polls sees time go on", who_polls_sees_time_go_on, 30},
        {"seeds", "events are texts, and texts events", events_are_texts, 0},
        {"seeds", "a trace without events is the quiet run",
         a_trace_without_events_is_the_quiet_run, 30},
        {"seeds", "a trace is read as it was written",
         a_trace_is_read_as_it_was_written, 0},
        {"seeds", "a circle of locks is shown", a_circle_of_locks_is_shown, 30},
        {"seeds", "a lost wake-up is shown", a_lost_wakeup_is_shown, 30},
        {"seeds", "a circle through a call is shown",
         a_circle_through_a_call_is_shown, 30},
        {"seeds", "a node that spins is shown", a_node_that_spins_is_shown,
         100},
        {"seeds", "a node that crashes is shown", a_node_that_crashes_is_shown,
         30},
        {"seeds", "a kill leaves the old value or the new",
         a_kill_leaves_the_old_value_or_the_new, 60},
        {"seeds", "a kill leaves what was committed",
         a_kill_leaves_what_was_committed, 60},
        {"seeds", "killed nodes leave no memory", killed_nodes_leave_no_memory,
         30},
        {"seeds", "each node has globals of its own",
         each_node_has_globals_of_its_own, 30},
        {"seeds", "forbidden names do not link", forbidden_names_do_not_link,
         30},
        {"seeds", "what must not be simulated says why",
         what_must_not_be_simulated_says_why, 10},
        {"sim", "sim deals and sums up", sim_deals_and_sums_up, 60},
        {"sim", "sim shows a failure and how to repeat it",
         sim_shows_a_failure_and_how_to_repeat_it, 60},
        {"sim", "a hunt ends at the first failure",
         a_hunt_ends_at_the_first_failure, 60},
        {"sim", "marks that nobody reaches fail",
         marks_that_nobody_reaches_fail, 60},
        {"sim", "too many stuck seeds fail", too_many_stuck_seeds_fail, 60},
        {"sim", "twice tells who is unsteady", twice_tells_who_is_unsteady, 60},
        {"sim", "failures run again, and are the same",
         failures_run_again_and_are_the_same, 60},
        {"sim", "no seed is no success", no_seed_is_no_success, 30},
    };
    return unit_main(argc, argv, "seeds", tests, sizeof tests / sizeof *tests);
}
