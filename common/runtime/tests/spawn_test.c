// spawn_test.c - how children start, and what they inherit.
//
// Most of them are shells, which write what there is to see into a file.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "common/runtime/tests/child.h"
#include "common/runtime/tests/shell.h"

START_TEST(a_program_that_cannot_run_is_an_error)
{
    FILE *file = fopen(in_folder("no-program"), "we");
    fputs("\x01\x02\x03", file);
    fclose(file);
    chmod(in_folder("no-program"), 0755);
    struct {
        const char *path;
        int err;
    } cases[] = {
        {"/no/such/program", ERR_NOT_FOUND},
        {"", ERR_NOT_FOUND},
        {"/etc/passwd", ERR_DENIED},           // not executable
        {"/", ERR_DENIED},                     // a folder
        {in_folder("no-program"), ERR_DENIED}, // executable, but no program
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const argv[] = {cases[i].path, NULL};
        struct process_spec spec = {.argv = argv};
        struct process *p = NULL;
        ck_assert_msg(process_spawn(&spec, &p) == cases[i].err, "'%s'",
                      cases[i].path);
    }
    // Nothing is left of those that did not become programs.
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(a_folder_or_output_that_is_not_there_is_an_error)
{
    const char *const argv[] = {"/bin/true", NULL};
    struct process_spec spec = {.argv = argv, .folder = "/no/such/folder"};
    struct process *p = NULL;
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_NOT_FOUND);
    spec = (struct process_spec){.argv = argv, .output = "/no/such/file"};
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_NOT_FOUND);
}
END_TEST

static int count_open_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 1000; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

START_TEST(no_spawn_leaves_a_descriptor_open)
{
    const char *const argv[] = {"/no/such/program", NULL};
    struct process_spec spec = {.argv = argv, .output = in_folder("out")};
    struct process *p = NULL;
    int before = count_open_descriptors();
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_NOT_FOUND);
    ck_assert_int_eq(count_open_descriptors(), before);
    process_free(shell("exit 0"));
    ck_assert_int_eq(count_open_descriptors(), before);
}
END_TEST

START_TEST(a_child_gets_its_arguments_and_folder)
{
    const char *const argv[] = {
        "/bin/sh", "-c", "echo $0-$1-$#; pwd", "a", "b c", "", NULL};
    struct process_end end = end_of(spawn((struct process_spec){
        .argv = argv, .output = in_folder("out"), .folder = "/usr"}));
    ck_assert_int_eq(end.code, 0);
    ck_assert_str_eq(output(), "a-b c-2\n/usr\n");
}
END_TEST

START_TEST(a_child_gets_our_environment_and_more)
{
    setenv("OURS", "from us", 1);
    setenv("BOTHER", "stays", 1);
    setenv("BOTH", "from us", 1);
    const char *const argv[] = {"/usr/bin/env", NULL};
    const char *const env[] = {"BOTH=lost", "NEW=from it=them",
                               "BOTH=from them", NULL};
    end_of(spawn((struct process_spec){
        .argv = argv, .env = env, .output = in_folder("out")}));
    ck_assert(has_line(output(), "OURS=from us"));
    ck_assert(has_line(output(), "BOTHER=stays"));
    ck_assert(has_line(output(), "NEW=from it=them"));
    // One of them: with more, programs differ in which one they take.
    ck_assert(has_line(output(), "BOTH=from them"));
    ck_assert(!has_line(output(), "BOTH=from us"));
    ck_assert(!has_line(output(), "BOTH=lost"));
}
END_TEST

START_TEST(output_of_both_kinds_is_appended)
{
    end_of(shell("echo one; echo two >&2"));
    end_of(shell("echo three"));
    ck_assert_str_eq(output(), "one\ntwo\nthree\n");
}
END_TEST

START_TEST(a_child_reads_nothing_from_our_stdin)
{
    int pipe_of_ours[2];
    ck_assert_int_eq(pipe(pipe_of_ours), 0);
    dup2(pipe_of_ours[0], STDIN_FILENO);
    ck_assert_int_eq(write(pipe_of_ours[1], "ours\n", 5), 5);
    end_of(shell("cat; echo end"));
    ck_assert_str_eq(output(), "end\n");
}
END_TEST

static const char *const count_descriptors = "ls /proc/self/fd | wc -l";

static void open_many(void)
{
    for (int i = 0; i < 20; i++)
        ck_assert_int_ge(open("/dev/null", O_RDONLY), 0); // not close-on-exec
    ck_assert_int_eq(dup2(0, 200), 200);
}

START_TEST(but_one_in_the_foreground_does)
{
    FILE *file = fopen(in_folder("in"), "we");
    fputs("from us\n", file);
    fclose(file);
    ck_assert_ptr_nonnull(freopen(in_folder("in"), "r", stdin));
    const char *const argv[] = {"/bin/sh", "-c",
                                "read -r line; echo \"$line\"; "
                                "read -r stat </proc/$$/stat; set -- $stat; "
                                "echo group $5",
                                NULL};
    struct process_spec spec = {
        .argv = argv, .output = in_folder("out"), .foreground = true};
    ck_assert_int_eq(end_of(spawn(spec)).code, 0);
    ck_assert(has_line(output(), "from us"));
    ck_assert_int_eq(number_after("group "), getpgrp());
}
END_TEST

START_TEST(a_child_gets_none_of_our_descriptors)
{
    open_many();
    end_of(shell(count_descriptors));
    ck_assert_str_eq(output(), "4\n"); // 0, 1, 2, and the folder ls reads
}
END_TEST

static void spawn_without_close_range(const void *arg)
{
    (void)arg;
    child_refuse_call(SYS_close_range, ENOSYS);
    open_many();
    end_of(shell(count_descriptors));
}

START_TEST(nor_does_it_on_a_kernel_without_close_range)
{
    struct child_end end = child_run(spawn_without_close_range, NULL);
    ck_assert_int_eq(end.status, 0);
    ck_assert_str_eq(output(), "4\n");
}
END_TEST

static void spawn_without_standard_files(const void *arg)
{
    (void)arg;
    close(0);
    close(1);
    close(2);
    end_of(shell("cat; echo out; echo err >&2; ls /proc/self/fd | wc -l"));
}

START_TEST(closed_standard_files_do_no_harm)
{
    struct child_end end = child_run(spawn_without_standard_files, NULL);
    ck_assert_int_eq(end.status, 0);
    ck_assert_str_eq(output(), "out\nerr\n4\n");
}
END_TEST

START_TEST(a_child_has_default_signals_and_an_empty_mask)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    const char *const argv[] = {"/bin/grep", "-E", "^Sig(Blk|Ign)",
                                "/proc/self/status", NULL};
    end_of(
        spawn((struct process_spec){.argv = argv, .output = in_folder("out")}));
    ck_assert_str_eq(output(), "SigBlk:\t0000000000000000\n"
                               "SigIgn:\t0000000000000000\n");

    sigset_t ours; // nor has the spawn changed ours
    sigprocmask(SIG_SETMASK, NULL, &ours);
    ck_assert(sigismember(&ours, SIGTERM));
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "a program that cannot run is an error",
         a_program_that_cannot_run_is_an_error, 0},
        {"runtime", "a folder or output that is not there is an error",
         a_folder_or_output_that_is_not_there_is_an_error, 0},
        {"runtime", "no spawn leaves a descriptor open",
         no_spawn_leaves_a_descriptor_open, 0},
        {"runtime", "a child gets its arguments and folder",
         a_child_gets_its_arguments_and_folder, 0},
        {"runtime", "a child gets our environment and what is put on top",
         a_child_gets_our_environment_and_more, 0},
        {"runtime", "stdout and stderr are appended to the output",
         output_of_both_kinds_is_appended, 0},
        {"runtime", "a child reads nothing from our stdin",
         a_child_reads_nothing_from_our_stdin, 0},
        {"runtime", "but one in the foreground does, in our group",
         but_one_in_the_foreground_does, 0},
        {"runtime", "a child gets none of our descriptors",
         a_child_gets_none_of_our_descriptors, 0},
        {"runtime", "nor does it on a kernel without close_range",
         nor_does_it_on_a_kernel_without_close_range, 0},
        {"runtime", "closed standard files do no harm",
         closed_standard_files_do_no_harm, 0},
        {"runtime", "a child has default signals and an empty mask",
         a_child_has_default_signals_and_an_empty_mask, 0},
    };
    return unit_main(argc, argv, "spawning", tests,
                     sizeof tests / sizeof tests[0]);
}
