// process.c - what can be done to a child that runs. How one starts: spawn.c.
//
// A number names a process only until it is waited for: then the system may
// give it to a stranger. So all signals and the one wait that takes the
// child's end are under a lock; whoever merely looks uses WNOWAIT, which
// leaves the end where it is.
#include "common/runtime/process.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/mutex.h"
#include "common/runtime/posix/spawn_private.h"

enum {
    STOP_LIMIT_MS = 10000, // a process deep in the kernel may take its time
};

struct process {
    // Constant from process_spawn() on: read without the lock.
    pid_t id;
    int pidfd; // wakes poll() at its end; -1 if the system has no such thing

    struct mutex lock;
    // `lock` guards the rest. As long as it is not reaped, a dead child keeps
    // its id, so a signal sent under the lock never hits a stranger.
    bool reaped;
    struct process_end end; // valid if reaped
};

// -1 and ENOSYS if the system has no such thing. Valgrind 3.19 has not, and
// fills our stderr with complaints when it is asked.
static int open_pidfd(pid_t id)
{
    if (RUNNING_ON_VALGRIND) {
        errno = ENOSYS;
        return -1;
    }
    return pidfd_open(id, 0); // close-on-exec by itself
}

int process_spawn(const struct process_spec *spec, struct process **out)
{
    pid_t id = 0;
    int err = spawn_child(spec, &id);
    if (err != ERR_OK)
        return err;

    struct process *p = xcalloc(1, sizeof *p);
    p->id = id;
    mutex_init(&p->lock);
    p->pidfd = open_pidfd(id);
    if (p->pidfd < 0 && errno != ENOSYS) {
        err = err_from_errno(errno);
        process_free(p);
        return err;
    }
    *out = p;
    return ERR_OK;
}

// The group, and the child itself, which may have left its group.
static void signal_locked(struct process *p, int signal)
{
    mutex_assert_held(&p->lock);
    kill(-p->id, signal);
    kill(p->id, signal);
}

static void signal_group(struct process *p, int signal)
{
    mutex_lock(&p->lock);
    if (!p->reaped)
        signal_locked(p, signal);
    mutex_unlock(&p->lock);
}

void process_kill(struct process *p)
{
    signal_group(p, SIGKILL);
}

// Its leader alone: the rest is the leader's to end.
void process_terminate(struct process *p)
{
    mutex_lock(&p->lock);
    if (!p->reaped)
        kill(p->id, SIGTERM);
    mutex_unlock(&p->lock);
}

void process_continue(struct process *p)
{
    signal_group(p, SIGCONT);
}

// Whether one of `changes` (WEXITED, WSTOPPED) has happened. Only looks: who
// comes later sees it as well.
static bool has_changed(struct process *p, int changes)
{
    siginfo_t info = {0};
    mutex_lock(&p->lock);
    bool changed = p->reaped;
    if (!changed &&
        waitid(P_PID, (id_t)p->id, &info, changes | WNOWAIT | WNOHANG) == 0)
        changed = info.si_pid != 0;
    mutex_unlock(&p->lock);
    return changed;
}

void process_stop(struct process *p)
{
    signal_group(p, SIGSTOP);

    // The signal only asks: a thread that runs on another processor runs on
    // for a while. Nothing wakes us when the last one has stopped. And it may
    // end instead: that is standing still, too.
    int64_t deadline_ms = clock_now_ms() + STOP_LIMIT_MS;
    while (!has_changed(p, WSTOPPED | WEXITED)) {
        if (clock_now_ms() >= deadline_ms) {
            log_error("process", "%d does not stop", p->id);
            return;
        }
        clock_sleep_ms(1);
    }
}

// How long poll() may sleep at a time until the deadline; -1: for ever.
static int nap_ms(const struct process *p, int64_t deadline_ms)
{
    int64_t now_ms = clock_now_ms();
    if (deadline_ms <= now_ms)
        return 0;
    if (p->pidfd < 0) // look again and again
        return 1;
    if (deadline_ms == CLOCK_NEVER)
        return -1;
    int64_t left_ms = deadline_ms - now_ms;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

static bool wait_for_end(struct process *p, int64_t deadline_ms)
{
    struct pollfd end = {.fd = p->pidfd, .events = POLLIN}; // -1: a mere sleep
    while (!has_changed(p, WEXITED)) { // ends: by the deadline
        int timeout_ms = nap_ms(p, deadline_ms);
        if (timeout_ms == 0)
            return false;
        poll(&end, 1, timeout_ms); // may end early, for a signal
    }
    return true;
}

static void reap_locked(struct process *p)
{
    mutex_assert_held(&p->lock);
    // What remains of its group goes with it, as long as the dead leader keeps
    // the group's number from being given to others.
    signal_locked(p, SIGKILL);

    siginfo_t info = {0};
    int failed = -1;
    do
        failed = waitid(P_PID, (id_t)p->id, &info, WEXITED);
    while (failed != 0 && errno == EINTR);
    assert(failed == 0); // ECHILD: somebody else has waited for our child

    bool exited = info.si_code == CLD_EXITED;
    p->reaped = true;
    p->end = (struct process_end){
        .exited = exited,
        .code = exited ? info.si_status : 0,
        .signal = exited ? 0 : info.si_status,
    };
}

int process_wait(struct process *p, int64_t deadline_ms,
                 struct process_end *end)
{
    if (!wait_for_end(p, deadline_ms))
        return ERR_TIMEOUT;

    mutex_lock(&p->lock);
    if (!p->reaped)
        reap_locked(p);
    if (end != NULL)
        *end = p->end;
    mutex_unlock(&p->lock);
    return ERR_OK;
}

int64_t process_id(const struct process *p)
{
    return p->id;
}

// A line of /proc/PID/status in bytes: "RssAnon:    1234 kB"; -1: none.
static int64_t status_bytes(const char *status, const char *key)
{
    const char *at = strstr(status, key);
    return at == NULL ? -1 : 1024 * strtoll(at + strlen(key), NULL, 10);
}

int64_t process_memory(const struct process *p)
{
    // More than a program has; a sanitizer's shadow memory is larger still.
    const int64_t shadow = INT64_C(1) << 40;
    char status[4096];
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/status", (int)p->id);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t size = read(fd, status, sizeof status - 1);
    close(fd);
    status[size > 0 ? size : 0] = '\0';
    int64_t anonymous = status_bytes(status, "\nRssAnon:"); // a zombie has none
    int64_t swapped = status_bytes(status, "\nVmSwap:");
    if (anonymous < 0 || status_bytes(status, "\nVmSize:") >= shadow ||
        RUNNING_ON_VALGRIND) // so does it
        return -1;
    return anonymous + (swapped > 0 ? swapped : 0);
}

void process_free(struct process *p)
{
    if (p == NULL)
        return;

    mutex_lock(&p->lock);
    if (!p->reaped)
        reap_locked(p); // begins by killing it
    mutex_unlock(&p->lock);
    mutex_release(&p->lock);
    if (p->pidfd >= 0)
        close(p->pidfd);
    free(p);
}

char *process_own_path(void)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    assert(size > 0);
    path[size] = '\0';
    return xstrdup(path);
}

_Noreturn void process_leave(int status)
{
    _exit(status);
}

_Noreturn void process_die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

// The process's, as signals are: there is no object that could hold it.
static atomic_int interrupted;

static void note_interrupt(int signal)
{
    atomic_store(&interrupted, signal); // lock-free, so allowed in a handler
}

static void install_handlers(void)
{
    struct sigaction note = {.sa_handler = note_interrupt,
                             .sa_flags = SA_RESTART};
    sigaction(SIGINT, &note, NULL);
    sigaction(SIGTERM, &note, NULL);
}

int process_interrupted(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_handlers);
    return atomic_load(&interrupted);
}
