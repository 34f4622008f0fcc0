#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/shell.h"
#include "lab1-mapreduce/tests/shell.h"

enum {
    NOT_FOUND = 127, // a shell's status for a program that is not there
};

static void redirect(int fd, const char *name)
{
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(NOT_FOUND);
}

pid_t shell_start(const char *const *arguments)
{
    const char *argv[32] = {"mr"};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        ck_assert_uint_lt(i, 30);
        argv[i + 1] = arguments[i];
    }
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        redirect(STDOUT_FILENO, "stdout");
        redirect(STDERR_FILENO, "stderr");
        execvp("mr", (char *const *)(uintptr_t)argv);
        _exit(NOT_FOUND);
    }
    return pid;
}

int shell_wait(pid_t pid)
{
    int status = 0;
    pid_t got = -1;
    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    ck_assert_int_eq(got, pid);
    shell_fail_if_unsolved("stderr");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool shell_has_ended(pid_t pid)
{
    siginfo_t info = {0};
    ck_assert_int_eq(
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    return info.si_pid != 0;
}

void shell_expect_running(pid_t pid)
{
    if (!shell_has_ended(pid))
        return;
    int status = shell_wait(pid);
    char *text = shell_read("stderr", NULL);
    ck_abort_msg("it has ended with status %d: %s", status, text);
}

// Reads a file of /proc about a process; false if that is no more.
static bool read_about(pid_t pid, const char *what, char *text, size_t room)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/%s", pid, what);
    FILE *file = fopen(name, "re");
    if (file == NULL)
        return false;
    size_t size = fread(text, 1, room - 1, file);
    fclose(file);
    text[size] = '\0';
    return size > 0;
}

static pid_t parent_of(pid_t pid)
{
    char text[512];
    int parent = 0;
    if (!read_about(pid, "stat", text, sizeof text))
        return 0;
    const char *behind_name = strrchr(text, ')');
    if (behind_name == NULL || sscanf(behind_name, ") %*c %d", &parent) != 1)
        return 0;
    return parent;
}

// An argument says so: the second, unless valgrind stands before it.
// (LeakSanitizer, for one, has children, too.)
static bool is_worker(pid_t pid)
{
    char text[4096] = {0};
    if (!read_about(pid, "cmdline", text, sizeof text))
        return false;
    const char *argument = text;
    while (*argument != '\0' && strcmp(argument, "worker") != 0)
        argument += strlen(argument) + 1;
    return *argument != '\0';
}

size_t workers_of(pid_t run, pid_t *pids, size_t room)
{
    DIR *dir = opendir("/proc");
    ck_assert_ptr_nonnull(dir);
    size_t count = 0;
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        pid_t pid = atoi(e->d_name);
        if (pid > 0 && count < room && parent_of(pid) == run && is_worker(pid))
            pids[count++] = pid;
    }
    closedir(dir);
    return count;
}
