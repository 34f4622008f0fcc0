// jobs_test.c - run-tests over test programs that list their tests.
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/setting.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "grading/runner/machine.h"
#include "grading/runner/tests/call.h"

static const char *const no_words[] = {NULL};

// The text of a file in our folder, which must be there.
static void read_file(const char *name, char text[OUTPUT_MAX])
{
    await_text(name, "\n", text);
}

START_TEST(lines_and_blocks_are_shown)
{
    char text[OUTPUT_MAX];
    ck_assert_int_eq(run_victims("plain", no_words, NULL, text), 1);
    assert_said(text, "plain  I    it passes ..........");
    assert_said(text, " ok     ");
    assert_said(text, "plain  II   it fails ...........");
    assert_said(text, " FAILED ");
    assert_said(text, "what a test prints\n\n    two are not three\n");
    assert_said(text, "must hold  Two are three. (handout section 1.2)");
    assert_said(text, "plain  III  not written ........");
    assert_said(text, " to do  ");
    assert_not_said(text, "not implemented"); // that is all there is to say
    assert_not_said(text, "this one passes"); // nobody has asked for it
    assert_not_said(text, "\033");            // this is no terminal
    assert_last_line(text, "\n1 passed, 2 failed\n");
}
END_TEST

START_TEST(what_is_to_do_is_summed_up)
{
    char text[OUTPUT_MAX];
    ck_assert_int_eq(run_victims("unwritten", no_words, NULL, text), 1);
    assert_said(text, "\nto do   I    wc_map (2 tests)\n"
                      "to do   II   job_request (3 tests), "
                      "job_heartbeat (1 test),\n"
                      "             a_name_that_is_so_long_that_it_has_to_"
                      "stand_below (1 test)\n"
                      "points  I       2 of 5\n"
                      "points  II      0 of 22\n"
                      "points  all     2 of 27\n");
    assert_last_line(text, "\n1 passed, 8 failed\n");

    const char *const env[] = {"T=unwritten: b", NULL};
    run_victims("unwritten", no_words, env, text);
    assert_said(text, "    not implemented: I wc_map\n");
    assert_said(text, "\npoints  I       0 of 3\n0 passed");
}
END_TEST

START_TEST(picked_test_shows_what_it_prints)
{
    char text[OUTPUT_MAX];
    const char *const env[] = {"T=it passes", NULL};
    ck_assert_int_eq(run_victims("plain", no_words, env, text), 0);
    assert_said(text, "this one passes\n");
    assert_last_line(text, "\n1 passed, 0 failed\n");
}
END_TEST

START_TEST(death_without_report_is_a_failure)
{
    char text[OUTPUT_MAX];
    char *rows = in_tmp("rows");
    const char *const words[] = {"-o", rows, NULL};
    ck_assert_int_eq(run_victims("dying", words, NULL, text), 1);
    assert_said(text, "it died of signal 9 (Killed), and reported nothing");
    assert_last_line(text, "\n1 passed, 1 failed\n");
    read_file("rows", text);
    assert_said(text, "\"name\": \"it dies\"");
    assert_said(text, "\"points\": 7, ");
    assert_said(text, "\"verdict\": \"error\"");
    free(rows);
}
END_TEST

START_TEST(rows_are_written_anew)
{
    char text[OUTPUT_MAX];
    char *rows = in_tmp("rows");
    const char *const words[] = {"-o", rows, NULL};
    run_victims("repeated", words, NULL, text);
    run_victims("plain", words, NULL, text);
    read_file("rows", text);
    assert_not_said(text, "repeated");
    assert_said(text, "{\"suite\": \"plain\", ");
    int lines = 0;
    for (const char *p = text; *p != '\0'; p++)
        lines += *p == '\n';
    ck_assert_int_eq(lines, 3);

    const char *const nowhere[] = {"-o", "/nowhere/rows", NULL};
    ck_assert_int_eq(run_victims("plain", nowhere, NULL, text), 2);
    assert_said(text, "cannot write /nowhere/rows");
    free(rows);
}
END_TEST

// The seeds of the repetitions that ran, sorted by their ends.
static size_t read_seeds(uint64_t *seeds, size_t room)
{
    char text[OUTPUT_MAX];
    read_file("seeds", text);
    size_t count = 0;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0';
         line = strsep(&rest, "\n")) {
        ck_assert_uint_lt(count, room);
        seeds[count++] = strtoull(line, NULL, 10);
    }
    char *path = in_tmp("seeds");
    unlink(path);
    free(path);
    return count;
}

START_TEST(repetitions_have_their_own_seeds)
{
    char text[OUTPUT_MAX];
    uint64_t seeds[8];
    const char *const env[] = {"SEED=4711", NULL};
    ck_assert_int_eq(run_victims("repeated", no_words, env, text), 0);
    assert_said(text, " ok x5 ");
    assert_last_line(text, "\n1 passed, 0 failed\n");
    ck_assert_uint_eq(read_seeds(seeds, 8), 5);
    for (int k = 0; k < 5; k++) {
        ck_assert_uint_eq(seeds[k], setting_seed_of(4711, k + 1));
        for (int i = 0; i < k; i++)
            ck_assert_uint_ne(seeds[i], seeds[k]);
    }
    ck_assert_uint_eq(seeds[0], 4711);
}
END_TEST

// The seed that a failure shows makes the first repetition fail.
START_TEST(shown_seed_repeats_the_repetition)
{
    char text[OUTPUT_MAX];
    uint64_t bad = setting_seed_of(4711, 3);
    char *bad_seed = xasprintf("VICTIM_BAD_SEED=%" PRIu64, bad);
    const char *const env[] = {"SEED=4711", bad_seed, NULL};
    ck_assert_int_eq(run_victims("repeated", no_words, env, text), 1);
    assert_last_line(text, "\n0 passed, 1 failed\n");
    char *said = xasprintf("T='again' SEED=%" PRIu64 "\n", bad);
    assert_said(text, said);

    char *seed = xasprintf("SEED=%" PRIu64, bad);
    const char *const again[] = {seed, bad_seed, NULL};
    uint64_t seeds[16];
    read_seeds(seeds, 16);
    ck_assert_int_eq(run_victims("repeated", no_words, again, text), 1);
    assert_said(text, said);
    read_seeds(seeds, 16);
    ck_assert_uint_eq(seeds[0], bad);
    free(bad_seed);
    free(said);
    free(seed);
}
END_TEST

START_TEST(limits_are_measured_alone)
{
    char text[OUTPUT_MAX];
    const char *const words[] = {"-j", "3", NULL};
    ck_assert_msg(run_victims("limits", words, NULL, text) == 0, "%s", text);
    assert_last_line(text, "\n3 passed, 0 failed\n");
}
END_TEST

START_TEST(no_test_in_the_list_is_a_failure)
{
    char text[OUTPUT_MAX];
    ck_assert_int_eq(run_victims("none", no_words, NULL, text), 1);
    assert_said(text, "it has no test");
    assert_last_line(text, "\n0 passed, 1 failed\n");

    const char *const env[] = {"T=moon", NULL};
    ck_assert_int_eq(run_victims("plain", no_words, env, text), 1);
    assert_said(text, "No test was executed");
    assert_last_line(text, "\n0 passed, 0 failed\n");
}
END_TEST

START_TEST(senseless_calls_are_refused)
{
    char text[OUTPUT_MAX];
    const char *const bad_j[] = {"-j", "many", NULL};
    ck_assert_int_eq(run_victims("plain", bad_j, NULL, text), 2);
    assert_said(text, "-j is \"many\"");
    const char *const bad_option[] = {"--fast", NULL};
    ck_assert_int_eq(run_victims("plain", bad_option, NULL, text), 2);
    const char *const bad_seed[] = {"SEED=-7", NULL};
    ck_assert_int_eq(run_victims("plain", no_words, bad_seed, text), 2);
    assert_said(text, "SEED is \"-7\"");
    const char *const bad_factor[] = {"LAB_MACHINE_FACTOR=fast", NULL};
    ck_assert_int_eq(run_victims("plain", no_words, bad_factor, text), 2);
    assert_said(text, "LAB_MACHINE_FACTOR is \"fast\"");
}
END_TEST

// --- time ---

START_TEST(scale_is_a_product)
{
    char text[OUTPUT_MAX];
    char *rows = in_tmp("rows");
    const char *const words[] = {"-o", rows, NULL};
    const char *const env[] = {"T=scale", "LAB_TIME_SCALE=2",
                               "LAB_MACHINE_FACTOR=1.5", NULL};
    ck_assert_int_eq(run_victims("nodes", words, env, text), 0);
    assert_said(text, "scale 3\n");
    assert_said(text, "time limits are 3 times the usual (1.5 of it for this");
    read_file("rows", text);
    assert_said(text, "\"scale\": 3, \"machine_factor\": 1.5, ");

    const char *const usual[] = {"T=scale", NULL};
    ck_assert_int_eq(run_victims("nodes", no_words, usual, text), 0);
    assert_not_said(text, "time limits");
    free(rows);
}
END_TEST

START_TEST(slow_machines_have_a_factor)
{
    ck_assert_double_eq(machine_factor_of(1, 1), 1);
    ck_assert_double_eq(machine_factor_of(5, 0.9), 1.1);
    ck_assert_double_eq(machine_factor_of(0.5, 0.5), 2);
    ck_assert_double_eq(machine_factor_of(0.5, 0.25), 3);
    ck_assert_double_eq(machine_factor_of(0, 0), 10);
    double start_s = (double)clock_now_ms() / 1e3;
    double factor = machine_factor();
    double took_s = (double)clock_now_ms() / 1e3 - start_s;
    ck_assert_double_ge(factor, 1);
    ck_assert_double_le(factor, 10);
    ck_assert_double_ge(took_s, 0.049); // both rates were counted
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

// --- a terminal ---

// What run-tests writes to a terminal.
static void run_on_terminal(char text[OUTPUT_MAX])
{
    int screen = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(screen, 0);
    ck_assert_int_eq(grantpt(screen), 0);
    ck_assert_int_eq(unlockpt(screen), 0);
    char *own = process_own_path();
    const char *const words[] = {own, NULL};
    const char *const env[] = {"VICTIMS=plain", NULL};
    struct process *p = start_runner_to(ptsname(screen), words, env);
    size_t size = 0;
    for (ssize_t n = 1; n > 0; size += n > 0 ? (size_t)n : 0) // ends: at EIO
        n = read(screen, text + size, OUTPUT_MAX - 1 - size);
    text[size] = '\0';
    process_free(p);
    close(screen);
    free(own);
}

START_TEST(terminal_shows_what_runs)
{
    char text[OUTPUT_MAX];
    run_on_terminal(text);
    assert_said(text, "\r0 of 3 done; it passes\033[K");
    assert_said(text, "\r\033[Kplain  I    it passes ...");
    assert_said(text, "\r\033[Kto do   II   job_request (1 test)\r\n");
    assert_last_line(text, "\r\n1 passed, 2 failed\r\n");
}
END_TEST

int main(int argc, char **argv)
{
    int status = 0;
    if (victims_main(argc, argv, &status))
        return status;
    const struct unit_test tests[] = {
        {"runner", "each test has its line, each failure its block",
         lines_and_blocks_are_shown, 0},
        {"runner", "what is to do, and the points, are summed up",
         what_is_to_do_is_summed_up, 0},
        {"runner", "a test that was picked shows what it prints",
         picked_test_shows_what_it_prints, 0},
        {"runner", "a test that dies without a report has failed",
         death_without_report_is_a_failure, 0},
        {"runner", "rows are written anew in each run", rows_are_written_anew,
         0},
        {"runner", "each repetition has a seed of its own",
         repetitions_have_their_own_seeds, 0},
        {"runner", "the seed that is shown repeats that repetition",
         shown_seed_repeats_the_repetition, 0},
        {"runner", "tests of limits run alone, after the others",
         limits_are_measured_alone, 0},
        {"runner", "a list without a test is a failure",
         no_test_in_the_list_is_a_failure, 0},
        {"runner", "a call that makes no sense is refused",
         senseless_calls_are_refused, 0},
        {"runner", "time is scaled by the machine factor as well",
         scale_is_a_product, 0},
        {"runner", "a slow machine has a larger factor",
         slow_machines_have_a_factor, 0},
        {"runner", "a terminal shows what runs", terminal_shows_what_runs, 0},
    };
    return unit_main(argc, argv, "test jobs", tests,
                     sizeof tests / sizeof tests[0]);
}
