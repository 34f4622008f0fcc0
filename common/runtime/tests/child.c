#include "common/runtime/tests/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/runtime/process.h"

// Where the child is to crash. Only set in children.
static enum crash_kind crash_kind;
static int crash_count;

// To its end, so that the child is never blocked by a full pipe.
static void read_text(int fd, struct child_end *end)
{
    char rest[512];
    size_t size = 0;
    ssize_t got = 1;
    while (got > 0 || (got < 0 && errno == EINTR)) {
        size_t room = sizeof end->text - 1 - size;
        got = room > 0 ? read(fd, end->text + size, room)
                       : read(fd, rest, sizeof rest);
        if (got > 0 && room > 0)
            size += (size_t)got;
    }
    end->text[size] = '\0';
}

static void die(const char *what)
{
    perror(what);
    _exit(99);
}

struct child_end child_run(void (*fn)(const void *arg), const void *arg)
{
    struct child_end end = {0};
    int text[2];
    if (pipe(text) != 0)
        die("pipe");
    fflush(NULL); // or both would print what is buffered

    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0) {
        dup2(text[1], STDERR_FILENO);
        close(text[0]);
        close(text[1]);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        fn(arg);
        _exit(0);
    }
    close(text[1]);
    read_text(text[0], &end);
    close(text[0]);
    while (waitpid(child, &end.status, 0) < 0 && errno == EINTR)
        continue;
    return end;
}

static void maybe_crash(void *arg, enum crash_kind kind, const char *what)
{
    (void)arg;
    (void)what;
    if (kind == crash_kind && --crash_count == 0)
        process_die();
}

void child_crash_at(enum crash_kind kind, int count)
{
    crash_kind = kind;
    crash_count = count;
    self_get()->on_crash_point = maybe_crash;
}

static void install_filter(struct sock_filter *steps, unsigned short count)
{
    struct sock_fprog program = {.len = count, .filter = steps};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        die("seccomp");
}

// The steps load a word, and skip (true, false) many steps by comparing it.

void child_refuse_call(long number, int error)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    install_filter(steps, sizeof steps / sizeof steps[0]);
}

void child_refuse_call_on(long number, int fd, int error)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)fd, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    install_filter(steps, sizeof steps / sizeof steps[0]);
}

int next_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die("/dev/null");
    close(fd);
    return fd;
}

void child_become_nobody(void)
{
    enum {
        NOBODY = 65534,
    };
    if (geteuid() != 0)
        return;
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0)
        die("setresuid");
}

const char *in_folder(const char *name)
{
    static char paths[10][PATH_MAX];
    static int next;
    char *path = paths[next++ % 10];
    snprintf(path, PATH_MAX, "%s/%s", getenv("TMPDIR"), name);
    return path;
}
