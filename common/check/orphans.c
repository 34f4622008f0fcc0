#include "common/check/orphans.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    POLL_MS = 5,
    NAME_MAX_BYTES = 80,
    CHILDREN_MAX = 1024, // looked at in one turn
};

void orphans_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static bool contains(const pid_t *keep, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (keep[i] == pid)
            return true;
    return false;
}

// Reads /proc/PID/WHAT into `text`; the number of bytes, 0 if it is gone.
static size_t read_proc(pid_t pid, const char *what, char *text, size_t room)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, room - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static pid_t parent_of(pid_t pid)
{
    char text[512];
    int parent = 0;
    if (read_proc(pid, "stat", text, sizeof text) == 0)
        return 0;
    const char *end = strrchr(text, ')'); // a name may hold blanks and ')'
    if (end == NULL || sscanf(end, ") %*c %d", &parent) != 1)
        return 0;
    return (pid_t)parent;
}

size_t orphans_list(pid_t *pids, size_t room)
{
    DIR *proc = opendir("/proc");
    if (proc == NULL)
        return 0;
    size_t count = 0;
    for (struct dirent *e = readdir(proc); e != NULL && count < room;
         e = readdir(proc)) {
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
        if (pid > 0 && parent_of(pid) == getpid())
            pids[count++] = pid;
    }
    closedir(proc);
    return count;
}

// A child that is not in `keep`, or 0.
static pid_t find_orphan(const pid_t *keep, size_t count)
{
    pid_t pids[CHILDREN_MAX];
    size_t n = orphans_list(pids, CHILDREN_MAX);
    for (size_t i = 0; i < n; i++)
        if (!contains(keep, count, pids[i]))
            return pids[i];
    return 0;
}

void orphans_command(pid_t pid, char *line, size_t room)
{
    size_t size = read_proc(pid, "cmdline", line, room);
    if (size == 0)
        size = read_proc(pid, "comm", line, room);
    while (size > 0 && (line[size - 1] == '\0' || line[size - 1] == '\n'))
        size--;
    for (size_t i = 0; i < size; i++)
        if (!isprint((unsigned char)line[i]))
            line[i] = ' ';
    line[size] = '\0';
}

// Appends "4711 (sleep 100)" to `names`.
static void add_name(char *names, size_t room, pid_t pid)
{
    char line[NAME_MAX_BYTES];
    orphans_command(pid, line, sizeof line);
    size_t used = strlen(names);
    snprintf(names + used, room - used, "%s%d (%s)", used > 0 ? ", " : "",
             (int)pid, line);
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

size_t orphans_end(const pid_t *keep, size_t count, int grace_ms, char *names,
                   size_t room)
{
    size_t killed = 0;
    long deadline = now_ms() + grace_ms;
    names[0] = '\0';
    while (has_children()) { // ends: each turn past the deadline reaps one
        pid_t pid = find_orphan(keep, count);
        if (pid == 0)
            break;
        if (waitpid(pid, NULL, WNOHANG) == pid)
            continue;
        if (now_ms() < deadline) {
            nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
            continue;
        }
        add_name(names, room, pid);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        killed++;
    }
    return killed;
}
