// file_test.c - writing, when the system makes it hard.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/err.h"
#include "common/runtime/file.h"

enum {
    BIG = 1 << 20,
};

START_TEST(a_full_device_is_an_error)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(file_write(fd, "text", 4), ERR_FULL);
    close(fd);
}
END_TEST

static void note(int signal)
{
    (void)signal;
}

// Checks what comes. Before each read the writer, who waits in a full pipe,
// gets a signal after which its write ends short, and one after which it ends
// with nothing written.
static void read_and_disturb(int fd, pid_t writer)
{
    unsigned char bytes[4096];
    size_t count = 0;
    ssize_t got = 1;
    while (got > 0) {
        for (int i = 0; i < 2; i++) {
            if (kill(writer, SIGUSR1) != 0)
                _exit(3);
            usleep(300);
        }
        got = read(fd, bytes, sizeof bytes);
        for (ssize_t i = 0; i < got; i++)
            if (bytes[i] != (count + (size_t)i) % 251)
                _exit(1);
        count += got > 0 ? (size_t)got : 0;
    }
    _exit(count == BIG ? 0 : 2);
}

START_TEST(interrupted_and_short_writes_are_continued)
{
    unsigned char *bytes = malloc(BIG);
    for (int i = 0; i < BIG; i++)
        bytes[i] = (unsigned char)(i % 251);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = note}, NULL);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t writer = getpid();
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        read_and_disturb(ends[0], writer);
    }
    ck_assert_int_eq(file_write(ends[1], bytes, BIG), ERR_OK);
    close(ends[1]);

    int status = -1;
    while (waitpid(child, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(status, 0);
    close(ends[0]);
    free(bytes);
}
END_TEST

START_TEST(the_name_is_behind_the_last_slash)
{
    ck_assert_str_eq(file_name_of("a/b/c"), "c");
    ck_assert_str_eq(file_name_of("c"), "c");
    ck_assert_str_eq(file_name_of("/c"), "c");
    ck_assert_int_eq(file_sync_folder_of("/c"), ERR_OK);
    ck_assert_int_eq(file_sync_folder_of("c"), ERR_OK); // of the folder here
    ck_assert_int_eq(file_sync_folder_of("/no/such/c"), ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_handler_of_sigxfsz_stays)
{
    struct sigaction action = {.sa_handler = note};
    sigaction(SIGXFSZ, &action, NULL);
    file_limit_is_an_error();
    sigaction(SIGXFSZ, NULL, &action);
    ck_assert_ptr_eq(action.sa_handler, note);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "a full device is an error", a_full_device_is_an_error, 0},
        {"runtime", "interrupted and short writes are continued",
         interrupted_and_short_writes_are_continued, 0},
        {"runtime", "a file's name is behind the last slash",
         the_name_is_behind_the_last_slash, 0},
        {"runtime", "a handler of SIGXFSZ stays", a_handler_of_sigxfsz_stays,
         0},
    };
    return unit_main(argc, argv, "files", tests,
                     sizeof tests / sizeof tests[0]);
}
