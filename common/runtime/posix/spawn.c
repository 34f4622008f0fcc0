// spawn.c - fork and exec.
//
// After fork() a child of a process with threads may call nothing but system
// calls: a lock that another thread held, malloc's or stdio's, stays locked
// for ever in the child. So all that allocates or may fail in many ways is
// done in the parent (struct plan), and the child, from child_main() on, only
// asks the system, and reports its errno through a pipe that exec closes.
#include "common/runtime/posix/spawn_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"

enum {
    FD_MAX = 1 << 20, // the most that a system allows, unless told otherwise
};

struct plan {
    const char *const *argv;
    const char **env;
    const char *folder; // NULL: stay
    bool foreground;
    bool survives;
    int input;     // becomes stdin
    int output;    // becomes stdout and stderr; -1: they stay
    int report[2]; // pipe: an errno goes in if exec did not happen
    int fd_limit;  // no descriptor has this number or a larger one
    pid_t parent;
};

static bool same_variable(const char *a, const char *b)
{
    size_t size = strcspn(a, "=");
    return strncmp(a, b, size) == 0 && b[size] == '=';
}

static size_t count_texts(const char *const *texts)
{
    size_t count = 0;
    while (texts != NULL && texts[count] != NULL)
        count++;
    return count;
}

// Our environment with `top` on it. The array is the caller's to free.
static const char **merge_env(const char *const *top)
{
    const char *const *ours = (const char *const *)environ;
    size_t count = count_texts(ours);
    size_t room = count + count_texts(top) + 1;
    const char **env = xcalloc(room, sizeof *env);
    for (size_t i = 0; i < count; i++)
        env[i] = ours[i];

    for (size_t i = 0; i < count_texts(top); i++) {
        size_t at = 0;
        while (at < count && !same_variable(top[i], env[at]))
            at++;
        env[at] = top[i];
        if (at == count)
            count++;
    }
    return env;
}

// Above stdin, stdout and stderr: if ours are closed, what we open would get
// their numbers, and the child's dup2() calls would step on it. Takes `fd`.
static int lift(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int saved = errno;
    close(fd);
    errno = saved;
    return lifted;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void plan_release(struct plan *p)
{
    close_if_open(p->input);
    close_if_open(p->output);
    close_if_open(p->report[0]);
    close_if_open(p->report[1]);
    free(p->env);
}

static int open_descriptors(struct plan *p, const char *output)
{
    p->input = lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (p->input < 0)
        return err_from_errno(errno);

    if (output != NULL) {
        int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
        p->output = lift(open(output, flags, 0666));
        if (p->output < 0)
            return err_from_errno(errno);
    }
    if (pipe2(p->report, O_CLOEXEC) != 0)
        return err_from_errno(errno);
    p->report[0] = lift(p->report[0]);
    p->report[1] = lift(p->report[1]);
    if (p->report[0] < 0 || p->report[1] < 0)
        return err_from_errno(errno);
    return ERR_OK;
}

static int plan_init(struct plan *p, const struct process_spec *spec)
{
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    *p = (struct plan){
        .argv = spec->argv,
        .env = merge_env(spec->env),
        .folder = spec->folder,
        .foreground = spec->foreground,
        .survives = spec->survives,
        .input = -1,
        .output = -1,
        .report = {-1, -1},
        .fd_limit = files.rlim_cur < FD_MAX ? (int)files.rlim_cur : FD_MAX,
        .parent = getpid(),
    };
    int err = open_descriptors(p, spec->output);
    if (err != ERR_OK)
        plan_release(p);
    return err;
}

static _Noreturn void report(const struct plan *p, int number)
{
    // Into an empty pipe, so all of it or nothing. If nothing: the parent is
    // gone, and so are we in a moment.
    ssize_t written = write(p->report[1], &number, sizeof number);
    _exit(written == sizeof number ? 127 : 126);
}

// What the system takes, of which sigaction() refuses two signals that glibc
// keeps for itself. Its posix_spawn leaves those ignored in all that make
// starts, so who wants them standard must ask the system.
struct system_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned char mask[_NSIG / 8];
};

// Handlers go by exec, but "ignored" and the mask would be inherited.
static void reset_signals(void)
{
    struct system_action standard = {.handler = SIG_DFL};
    for (int i = 1; i < NSIG; i++) // some are refused: they have no action
        syscall(SYS_rt_sigaction, i, &standard, NULL, sizeof standard.mask);

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// At exec, since until then the report pipe is needed.
static void close_others_at_exec(int fd_limit)
{
    int first = STDERR_FILENO + 1;
    if (close_range((unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    for (int fd = first; fd < fd_limit; fd++) // a kernel before 5.11
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void die_with_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before we could ask to be told
        kill(getpid(), SIGKILL);
}

static _Noreturn void child_main(const struct plan *p)
{
    if (!p->survives)
        die_with_parent(p->parent);
    if (!p->foreground && setpgid(0, 0) != 0)
        report(p, errno);
    if (p->folder != NULL && chdir(p->folder) != 0)
        report(p, errno);

    if (!p->foreground)
        dup2(p->input, STDIN_FILENO);
    if (p->output >= 0) {
        dup2(p->output, STDOUT_FILENO);
        dup2(p->output, STDERR_FILENO);
    }
    close_others_at_exec(p->fd_limit);
    reset_signals();
    execve(p->argv[0], (char *const *)p->argv, (char *const *)p->env);
    report(p, errno);
}

// Nobody waits for the children of a process that ignores SIGCHLD: the system
// throws their ends away. We may have inherited that.
static void want_ends_of_children(void)
{
    struct sigaction action;
    sigaction(SIGCHLD, NULL, &action);
    bool ignored =
        (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
    if (!ignored && (action.sa_flags & SA_NOCLDWAIT) == 0)
        return;
    if (ignored)
        action.sa_handler = SIG_DFL;
    action.sa_flags &= ~SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
}

// All signals are blocked meanwhile: the child has our handlers, which must
// not run in it.
static pid_t fork_quietly(const struct plan *p)
{
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t child = fork();
    if (child == 0)
        child_main(p);
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = saved;
    return child;
}

// 0 if exec has closed the pipe, else why it did not happen.
static int read_report(struct plan *p)
{
    close(p->report[1]); // ours: the end comes when the child's is closed
    p->report[1] = -1;
    int number = 0;
    ssize_t got = -1;
    do
        got = read(p->report[0], &number, sizeof number);
    while (got < 0 && errno == EINTR);
    return got == sizeof number ? number : 0;
}

static int err_from_exec(int number)
{
    if (number == ENOEXEC || number == EISDIR) // is no program
        return ERR_DENIED;
    return err_from_errno(number);
}

int spawn_child(const struct process_spec *spec, pid_t *out)
{
    assert(spec->argv != NULL);
    assert(spec->argv[0] != NULL);

    want_ends_of_children();
    struct plan p;
    int err = plan_init(&p, spec);
    if (err != ERR_OK)
        return err;

    pid_t child = fork_quietly(&p);
    if (child < 0) {
        err = errno == EAGAIN ? ERR_LIMIT : err_from_errno(errno);
        goto out;
    }
    int number = read_report(&p);
    if (number != 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
        err = err_from_exec(number);
        goto out;
    }
    *out = child;

out:
    plan_release(&p);
    return err;
}
