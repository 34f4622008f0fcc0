// The program as people use it: commands, outputs, errors, exit statuses.
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/shell.h"
#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/random.h"
#include "lab1-mapreduce/tests/files.h"
#include "lab1-mapreduce/tests/shell.h"

enum {
    NOBODY = 65534,
    FAILED = 1,
    USAGE = 2,
    SOON_MS = 10000,
};

// The test's folder holds what this list says, besides mr, stdout and stderr:
// no temporary file or folder is left anywhere in it but those of a sanitizer
// or valgrind that was killed.
static void expect_names(const char *list)
{
    const char *script = "names=$(ls -A | grep -vx "
                         "'mr\\|stdout\\|stderr\\|tsan.*\\|valgrind_proc.*' | "
                         "tr '\\n' ' '); printf %s \"$names\" >names";
    ck_assert_int_eq(system(script), 0);
    char *names = shell_read("names", NULL);
    ck_assert_int_eq(unlink("names"), 0);
    ck_assert_str_eq(names, list);
    free(names);
}

static void expect_file(const char *name, const char *wanted)
{
    char *text = shell_read(name, NULL);
    ck_assert_str_eq(text, wanted);
    free(text);
}

// --- Jobs ------------------------------------------------------------------

START_TEST(run_equals_sequential)
{
    shell_begin("mr");
    write_words("f0", random_seed(), 2000);
    write_words("f1", random_seed(), 200);
    ck_assert_int_eq(shell_run("mr run --app wc --split 5000 --out a f0 f1"),
                     0);
    ck_assert_int_eq(shell_run("mr sequential --app wc --out b f0 f1"), 0);
    expect_same_output("a", "b");
    ck_assert_int_eq(shell_run("mr local --app wc --split 5000 --out e f0 f1"),
                     0);
    expect_same_output("e", "b");
    ck_assert_int_eq(
        shell_run("mr run --app grep --arg 'the.*Lord' --out c f0 f1"), 0);
    ck_assert_int_eq(
        shell_run("mr sequential --app grep --arg 'the.*Lord' --out d f0 f1"),
        0);
    expect_same_output("c", "d");
    expect_names("a b c d e f0 f1 ");
}
END_TEST

START_TEST(merge_prints_all_in_order)
{
    shell_begin("mr");
    write_text("f0", "to be or not to be");
    ck_assert_int_eq(shell_run("mr run --app wc --reduces 3 --out a f0"), 0);
    ck_assert_int_eq(shell_run("mr merge a"), 0);
    expect_file("stdout", "be\t2\nnot\t1\nor\t1\nto\t2\n");
    expect_file("stderr", "");
}
END_TEST

START_TEST(run_ends_with_a_summary)
{
    shell_begin("mr");
    write_text("f0", "to be or not to be");
    ck_assert_int_eq(shell_run("mr run --app wc --reduces 3 --out a f0"), 0);
    char *text = shell_read("stderr", NULL);
    const char *wanted = "mr: wc: 1 maps and 3 reduces done in ";
    ck_assert_msg(strncmp(text, wanted, strlen(wanted)) == 0, "%s", text);
    free(text);
    expect_file("stdout", "");
}
END_TEST

START_TEST(progress_is_shown_on_a_terminal)
{
    shell_begin("mr");
    write_words("f0", random_seed(), 3000);
    ck_assert_int_eq(
        shell_run("script -qec 'mr run --app wc --split 1000 --out a "
                  "f0' /dev/null </dev/null"),
        0);
    char *text = shell_read("stdout", NULL);
    ck_assert_msg(strstr(text, "maps ") != NULL &&
                      strstr(text, "/8  running ") != NULL &&
                      strstr(text, "done again ") != NULL,
                  "%s", text);
    free(text);
}
END_TEST

START_TEST(empty_output_folder_may_be_there)
{
    shell_begin("mr");
    write_text("f0", "one");
    ck_assert_int_eq(shell_run("mkdir a && mr run --app wc --out a f0"), 0);
    ck_assert_uint_eq(count_names("a"), 8);
}
END_TEST

START_TEST(no_input_is_fine)
{
    shell_begin("mr");
    write_text("f0", "");
    ck_assert_int_eq(shell_run("mr run --app wc --out a f0 && mr merge a"), 0);
    expect_file("stdout", "");
    ck_assert_uint_eq(count_names("a"), 8);
}
END_TEST

START_TEST(ten_thousand_tiny_files)
{
    shell_begin("mr");
    ck_assert_int_eq(mkdir("in", 0777), 0);
    for (int i = 0; i < 10000; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%d", i);
        write_text(name, i % 2 == 0 ? "all w7x" : "all w\nx\n");
    }
    ck_assert_int_eq(shell_run("mr run --app wc --out a in/* && mr merge a"),
                     0);
    expect_file("stdout", "all\t10000\nw\t10000\nx\t10000\n");
    ck_assert_int_eq(
        shell_run("mr run --app index --out b in/* && mr merge b | "
                  "grep ^all | wc -w"),
        0);
    expect_file("stdout", "10001\n");
}
END_TEST

START_TEST(giant_line_is_one_task)
{
    shell_begin("mr");
    ck_assert_int_eq(
        shell_run("yes 'some words' | head -n 700000 | tr '\\n' ' ' "
                  ">f0 && mr run --app wc --out a f0 && mr merge a"),
        0);
    expect_file("stdout", "some\t700000\nwords\t700000\n");
}
END_TEST

START_TEST(odd_names_and_repeated_files)
{
    shell_begin("mr");
    write_text("with space", "word\n");
    write_text("-dash", "word");
    write_text("new\nline", "other");
    ck_assert_int_eq(
        shell_run("mr run --app index --out a 'with space' ./-dash "
                  "'with space' 'new\nline' && mr merge a"),
        0);
    expect_file("stdout",
                "other\tnew\\x0aline\nword\t./-dash with\\x20space\n");
    ck_assert_int_eq(shell_run("mr run --app=wc --out=b -- 'with space' -dash "
                               "'with space' && mr merge b"),
                     0);
    expect_file("stdout", "word\t3\n");
}
END_TEST

// --- Master and workers by hand --------------------------------------------

// Waits until `mr status` says this of a master.
static void wait_for_status(pid_t master, const char *line)
{
    char script[128];
    snprintf(script, sizeof script,
             "mr status --cluster c 2>/dev/null | grep -qx '%s'", line);
    int64_t deadline_ms = clock_now_ms() + SOON_MS;
    while (system(script) != 0) {
        shell_expect_running(master);
        ck_assert_msg(clock_now_ms() < deadline_ms, "never: %s", line);
    }
}

START_TEST(master_waits_for_workers_and_tells_its_status)
{
    shell_begin("mr");
    write_text("f0", "one two");
    ck_assert_int_eq(shell_run("mkdir c"), 0);
    const char *const arguments[] = {"master", "--cluster", "c",  "--app", "wc",
                                     "--out",  "out",       "f0", NULL};
    pid_t master = shell_start(arguments);
    int64_t deadline_ms = clock_now_ms() + SOON_MS;
    while (system("mr status --cluster c >status 2>/dev/null") != 0) {
        shell_expect_running(master);
        ck_assert_int_lt(clock_now_ms(), deadline_ms);
    }
    char *text = shell_read("status", NULL);
    ck_assert_msg(
        strncmp(text, "phase          MAP\nmaps           0 of 1\n", 30) == 0,
        "%s", text);
    free(text);
    ck_assert_int_eq(system("mr worker --cluster c --name ann"), 0);
    ck_assert_int_eq(shell_wait(master), 0);
    ck_assert_uint_eq(count_names("out"), 8);
}
END_TEST

START_TEST(two_masters_cannot_share_a_name)
{
    shell_begin("mr");
    write_text("f0", "one two");
    ck_assert_int_eq(shell_run("mkdir c"), 0);
    const char *const arguments[] = {"master", "--cluster", "c",  "--app", "wc",
                                     "--out",  "a",         "f0", NULL};
    pid_t master = shell_start(arguments);
    wait_for_status(master, "phase          MAP");
    ck_assert_int_eq(shell_run("mr master --cluster c --app wc --out b f0"),
                     FAILED);
    ck_assert(!is_there("b"));
    kill(master, SIGTERM);
    ck_assert_int_eq(shell_wait(master), 128 + SIGTERM);
    ck_assert(!is_there("a"));
}
END_TEST

// --- Errors ----------------------------------------------------------------

START_TEST(bad_usage_is_told)
{
    shell_begin("mr");
    write_text("f0", "one");
    shell_expect_usage("mr", "what shall be done");
    shell_expect_usage("mr fly", "no such command: fly");
    shell_expect_usage("mr run --app wc f0", "run needs --out DIR");
    shell_expect_usage("mr run --out a f0", "run needs --app APP");
    shell_expect_usage("mr run --app wc --out a", "run needs FILE...");
    shell_expect_usage("mr run --app wc --out a --fly f0",
                       "run knows no option --fly");
    shell_expect_usage("mr run --app wc --out a -w f0",
                       "run knows no option -w");
    shell_expect_usage("mr run f0 --app wc --out",
                       "option --out needs a value");
    shell_expect_usage("mr run --app wc --out a --workers 0 f0",
                       "--workers 0: not a number from 1 to 64");
    shell_expect_usage("mr run --app wc --out a --reduces 1001 f0",
                       "--reduces 1001: not a number from 1 to 1000");
    shell_expect_usage("mr run --app wc --out a --split 4M f0", "--split 4M");
    shell_expect_usage("mr run --app wc --out a "
                       "--split 99999999999999999999999999 f0",
                       "--split 9999");
    shell_expect_usage("mr merge", "merge needs DIR");
    shell_expect_usage("mr merge a b", "merge takes one DIR only");
    shell_expect_usage("mr worker --cluster c --name ann f0",
                       "worker takes no argument f0");
    expect_names("f0 ");
}
END_TEST

START_TEST(bad_application_is_told)
{
    shell_begin("mr");
    write_text("f0", "one");
    shell_expect_usage("mr run --app sort --out a f0",
                       "no such application: sort (there are wc, index, grep)");
    shell_expect_usage("mr run --app grep --out a f0", "grep needs --arg");
    shell_expect_usage("mr run --app grep --arg '(' --out a f0",
                       "--arg ( is no regular expression: ");
    shell_expect_usage("mr run --app wc --arg x --out a f0",
                       "wc takes no --arg");
    shell_expect_usage("mr sequential --app sort --out a f0",
                       "no such application");
    shell_expect_usage("mr local --app sort --out a f0", "no such application");
    expect_names("f0 ");
}
END_TEST

START_TEST(bad_input_is_told)
{
    shell_begin("mr");
    write_text("f0", "one");
    ck_assert_int_eq(mkdir("folder", 0777), 0);
    shell_expect_usage("mr run --app wc --out a f0 f1",
                       "cannot read input file f1: not found");
    shell_expect_usage("mr run --app wc --out a f0 folder",
                       "cannot read input file folder: not a regular file");
    shell_expect_usage("mr run --app wc --out a f0 /dev/zero",
                       "cannot read input file /dev/zero: not a regular file");
    expect_names("f0 folder ");
}
END_TEST

START_TEST(unreadable_input_is_told)
{
    shell_begin("mr");
    write_text("f0", "secret");
    ck_assert_int_eq(chmod("f0", 0), 0);
    ck_assert_int_eq(chmod(".", 0777), 0);
    ck_assert_int_eq(system("cp mr mine"), 0); // others may not see build/
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) { // root may read all: so be another
        if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 ||
                               setuid(NOBODY) != 0))
            _exit(99);
        execl("/bin/sh", "sh", "-c",
              "./mine run --app wc --out a f0 >stdout 2>stderr", NULL);
        _exit(98);
    }
    ck_assert_int_eq(shell_wait(pid), USAGE);
    shell_expect_complaint("cannot read input file f0: permission denied");
    expect_names("f0 mine ");
}
END_TEST

START_TEST(bad_output_folder_is_told)
{
    shell_begin("mr");
    write_text("f0", "one");
    ck_assert_int_eq(shell_run("mkdir full && echo mine >full/file"), 0);
    shell_expect_usage("mr run --app wc --out full f0",
                       "output folder full is not empty");
    ck_assert_uint_eq(count_names("full"), 1);
    shell_expect_usage("mr run --app wc --out f0 f0",
                       "cannot use f0 as output folder: ");
    shell_expect_usage("mr run --app wc --out no/where f0",
                       "cannot make output folder no/where: not found");
    shell_expect_usage("mr local --app wc --out full f0",
                       "output folder full is not empty");
    shell_expect_usage("mr sequential --app wc --out full f0",
                       "output folder full is not empty");
    expect_names("f0 full ");
}
END_TEST

START_TEST(full_disk_is_told)
{
    shell_begin("mr");
    ck_assert_int_eq(shell_run("seq 100000 | tr 0-9 a-j >f0"), 0);
    ck_assert_int_eq(shell_run("ulimit -f 100 && mr run --app wc --out a f0"),
                     FAILED);
    shell_expect_complaint("cannot write ");
    shell_expect_complaint("a/_temporary/");
    ck_assert_int_eq(shell_run("ulimit -f 100 && mr local --app wc --out a f0"),
                     FAILED);
    shell_expect_complaint("cannot write ");
    ck_assert_int_eq(
        shell_run("ulimit -f 100 && mr sequential --app wc --out a "
                  "f0"),
        USAGE);
    shell_expect_complaint("cannot write ");
    expect_names("f0 ");
}
END_TEST

START_TEST(lost_output_is_told)
{
    shell_begin("mr");
    write_text("f0", "one");
    ck_assert_int_eq(shell_run("mr run --app wc --out a f0"), 0);
    ck_assert_int_eq(shell_run("mr merge a >/dev/full"), FAILED);
    shell_expect_complaint("cannot write to standard output: no space");
    ck_assert_int_eq(shell_run("mr --help >/dev/full"), FAILED);
    shell_expect_complaint("cannot write to standard output");
    ck_assert_int_eq(shell_run("mr merge nothing"), FAILED);
    shell_expect_complaint("cannot read nothing/part-00000: not found");
    ck_assert_int_eq(shell_run("mkdir a/_temporary; mr merge a"), FAILED);
    shell_expect_complaint("the job that writes to a has not ended");
}
END_TEST

START_TEST(missing_cluster_is_told)
{
    shell_begin("mr");
    write_text("f0", "one");
    ck_assert_int_eq(shell_run("mr status --cluster nowhere"), USAGE);
    expect_names("f0 ");
    ck_assert_int_eq(
        shell_run("mr local --app wc --out a --cluster nowhere f0"), USAGE);
    expect_names("f0 ");
    ck_assert_int_eq(shell_run("mkdir c && mr status --cluster c"), FAILED);
    shell_expect_complaint("no answer from master in cluster c");
}
END_TEST

START_TEST(help_is_help)
{
    shell_begin("mr");
    ck_assert_int_eq(
        shell_run("mr --help && for c in run local master worker "
                  "sequential merge status; do mr $c --help || exit 9; done"),
        0);
    expect_file("stderr", "");
    char *text = shell_read("stdout", NULL);
    ck_assert_ptr_nonnull(strstr(text, "usage: mr run --app APP [--arg TEXT] "
                                       "[--workers N] [--reduces N] [--split "
                                       "BYTES] --out DIR FILE...\n"));
    ck_assert_ptr_nonnull(strstr(text, "usage: mr status --cluster DIR "
                                       "[--master NAME]\n"));
    free(text);
}
END_TEST

// --- Signals and dying workers ---------------------------------------------

static void interrupt_with(int signal)
{
    const char *const arguments[] = {"run",   "--app", "wc", "--split", "1",
                                     "--out", "a",     "f0", NULL};
    pid_t run = shell_start(arguments);
    pid_t workers[8];
    int64_t deadline_ms = clock_now_ms() + SOON_MS;
    while (workers_of(run, workers, 8) < 4) {
        shell_expect_running(run);
        ck_assert_int_lt(clock_now_ms(), deadline_ms);
    }
    kill(run, signal);
    ck_assert_int_eq(shell_wait(run), 128 + signal);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_ne(kill(workers[i], 0), 0);
    expect_names("f0 ");
}

START_TEST(interrupted_run_leaves_nothing)
{
    shell_begin("mr");
    write_words("f0", random_seed(), 20000);
    interrupt_with(SIGINT);
    interrupt_with(SIGTERM);
}
END_TEST

START_TEST(run_gives_up_when_workers_only_die)
{
    shell_begin("mr");
    ck_assert_int_eq( // one task, too long for who lives so short
        shell_run("yes words | head -n 5000000 | tr '\\n' ' ' >f0"), 0);
    const char *const arguments[] = {"run", "--app", "wc", "--out",
                                     "a",   "f0",    NULL};
    pid_t run = shell_start(arguments);
    while (!shell_has_ended(run)) {
        pid_t workers[8];
        size_t count = workers_of(run, workers, 8);
        for (size_t i = 0; i < count; i++)
            kill(workers[i], SIGKILL);
    }
    ck_assert_int_eq(shell_wait(run), FAILED);
    shell_expect_complaint(
        "workers have died and no task was done meanwhile; the "
        "last one died of signal 9");
    expect_names("f0 ");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"II", "mr run gives what mr sequential gives", run_equals_sequential,
         0},
        {"II", "mr merge prints all parts in order", merge_prints_all_in_order,
         0},
        {"II", "mr run ends with a summary", run_ends_with_a_summary, 0},
        {"II", "progress is shown on a terminal",
         progress_is_shown_on_a_terminal, 0},
        {"II", "the output folder may be there if it is empty",
         empty_output_folder_may_be_there, 0},
        {"II", "empty input gives empty parts", no_input_is_fine, 0},
        {"II", "10,000 tiny files are no problem", ten_thousand_tiny_files, 40},
        {"II", "a giant line is one task", giant_line_is_one_task, 0},
        {"II", "files may have odd names and come twice",
         odd_names_and_repeated_files, 0},
        {"II", "a master waits for workers and tells its status",
         master_waits_for_workers_and_tells_its_status, 20},
        {"II", "two masters cannot share a name",
         two_masters_cannot_share_a_name, 20},
        {"II", "bad usage is told", bad_usage_is_told, 0},
        {"II", "a bad application is told", bad_application_is_told, 0},
        {"II", "bad input is told", bad_input_is_told, 0},
        {"II", "unreadable input is told", unreadable_input_is_told, 0},
        {"II", "a bad output folder is told", bad_output_folder_is_told, 0},
        {"II", "a full disk is told", full_disk_is_told, 20},
        {"II", "lost output is told", lost_output_is_told, 0},
        {"II", "a missing cluster or master is told", missing_cluster_is_told,
         0},
        {"II", "--help helps", help_is_help, 0},
        {"II", "an interrupted run leaves nothing",
         interrupted_run_leaves_nothing, 20},
        {"III", "a run gives up when its workers only die",
         run_gives_up_when_workers_only_die, 60},
    };
    return unit_main(argc, argv, "lab1 program", tests,
                     sizeof tests / sizeof tests[0]);
}
