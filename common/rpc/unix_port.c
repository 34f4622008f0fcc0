// The serving side of transport.h on Unix-domain sockets.
//
// All threads wait on one epoll set, and the kernel gives each event to one of
// them (leader/followers without a leader). Connections are edge-triggered and
// are never taken out of the set, which saves a system call a request: who
// gets an event claims the connection, under `lock`, until its reply goes out;
// an event for a claimed connection only leaves a mark, and the claim's end
// then arms the connection anew.
//
// An event names its connection by slot and generation, so one that was
// closed meanwhile is not found. A closed connection's descriptor and memory
// live until the last reference is gone.
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/rpc/transport.h"
#include "common/rpc/unix_frame.h"
#include "common/rpc/unix_port.h"
#include "common/rpc/unix_wait.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/mutex.h"

enum {
    BACKLOG = 4096,
    ACCEPT_BATCH = 16,   // connections that one event takes
    SWEEP_S = 1,         // how often idle and slow connections are looked for
    BIND_WAIT_MS = 1000, // for others that bind in the same folder
};

// What an event is about, in the upper half of its data.
enum event_kind {
    EVENT_CONNECTION, // the lower halves: generation and slot
    EVENT_LISTENER,
    EVENT_WAKE,
    EVENT_SWEEP,
};

struct connection {
    int fd;
    int references; // the slot's and each inbound's; guarded by port.lock
    uint32_t slot;
    uint32_t generation;
    bool claimed;     // somebody reads it or runs its request
    bool again;       // an event came meanwhile
    int stuck;        // replies that the caller does not take
    bool closed;      // no longer in the slot
    int64_t last_ms;  // when it was last claimed
    int64_t begun_ms; // when a frame that is not whole began; 0: none is
    struct frame_reader reader; // its claimant's
};

struct slot {
    struct connection *connection; // NULL: free
    uint32_t generation;
};

struct port {
    // Constant while threads wait.
    int epoll_fd;
    int listen_fd;
    int wake_fd;
    int sweep_fd;
    char *path;
    dev_t device; // of the socket file, to remove no other
    ino_t inode;
    atomic_bool shut;
    _Atomic int64_t idle_ms; // RPC_IDLE_MS and RPC_FRAME_MS, but for tests
    _Atomic int64_t frame_ms;

    struct mutex lock; // guards the rest; never held while waiting
    struct slot *slots;
    uint32_t slot_count;
    uint32_t connections;
    bool starved; // of descriptors or slots: the listener is not armed
};

struct inbound {
    struct port *port;
    struct connection *connection;
    struct buf frame;
    bool claims; // still holds the connection's claim
};

// --- Connections, under the lock -------------------------------------------

static void arm(struct port *p, int operation, int fd, uint32_t events,
                uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    // Fails only for lack of memory or a wrong descriptor.
    if (epoll_ctl(p->epoll_fd, operation, fd, &event) != 0)
        log_error("rpc", "%s: epoll: %s", p->path, strerror(errno));
}

static uint64_t event_data(enum event_kind kind, uint32_t generation,
                           uint32_t slot)
{
    // 4 bits of kind, 28 of generation, 32 of slot
    return (uint64_t)kind << 60 | (uint64_t)(generation & 0xfffffff) << 32 |
           slot;
}

static void arm_connection(struct port *p, struct connection *c, int operation)
{
    arm(p, operation, c->fd, EPOLLIN | EPOLLRDHUP | EPOLLET,
        event_data(EVENT_CONNECTION, c->generation, c->slot));
}

static void arm_listener_locked(struct port *p)
{
    mutex_assert_held(&p->lock);
    if (atomic_load(&p->shut))
        return;
    p->starved = false;
    arm(p, EPOLL_CTL_MOD, p->listen_fd, EPOLLIN | EPOLLONESHOT,
        event_data(EVENT_LISTENER, 0, 0));
}

static void drop_reference_locked(struct port *p, struct connection *c)
{
    mutex_assert_held(&p->lock);
    c->references--;
    if (c->references > 0)
        return;
    close(c->fd);
    frame_reader_release(&c->reader);
    free(c);
    if (p->starved)
        arm_listener_locked(p);
}

static void close_locked(struct port *p, struct connection *c)
{
    mutex_assert_held(&p->lock);
    if (c->closed)
        return;
    c->closed = true;
    p->slots[c->slot].connection = NULL;
    p->slots[c->slot].generation++;
    p->connections--;
    // The other side learns it now, even while an inbound still refers to it.
    shutdown(c->fd, SHUT_RDWR);
    epoll_ctl(p->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
    drop_reference_locked(p, c);
}

// Ends the claim; what came meanwhile makes a new event.
static void unclaim_locked(struct port *p, struct connection *c)
{
    mutex_assert_held(&p->lock);
    assert(c->claimed);
    c->claimed = false;
    if (c->stuck > 0)
        return; // then: set_stuck
    if (c->again && !c->closed)
        arm_connection(p, c, EPOLL_CTL_MOD);
    c->again = false;
}

// The connection that an event is for, claimed and referred to; NULL if it is
// gone or somebody else has it.
static struct connection *claim(struct port *p, uint64_t data)
{
    uint32_t slot = (uint32_t)data;
    uint32_t generation = (uint32_t)(data >> 32) & 0xfffffff;
    struct connection *c = NULL;
    mutex_lock(&p->lock);
    if (slot < p->slot_count)
        c = p->slots[slot].connection;
    if (c != NULL && (c->generation & 0xfffffff) != generation)
        c = NULL;
    if (c != NULL && (c->claimed || c->stuck > 0)) {
        c->again = true;
        c = NULL;
    }
    if (c != NULL) {
        c->claimed = true;
        c->references++;
        c->last_ms = clock_now_ms();
    }
    mutex_unlock(&p->lock);
    return c;
}

// --- New connections -------------------------------------------------------

// Is a request of this connection being read, run or answered?
static bool is_busy(const struct connection *c)
{
    return c->claimed || c->references > 1;
}

static bool is_slow(const struct port *p, const struct connection *c,
                    int64_t now_ms)
{
    return c->begun_ms != 0 && now_ms - c->begun_ms > atomic_load(&p->frame_ms);
}

static struct connection *longest_idle_locked(struct port *p)
{
    mutex_assert_held(&p->lock);
    struct connection *oldest = NULL;
    for (uint32_t i = 0; i < p->slot_count; i++) {
        struct connection *c = p->slots[i].connection;
        if (c == NULL || is_busy(c))
            continue;
        if (oldest == NULL || c->last_ms < oldest->last_ms)
            oldest = c;
    }
    return oldest;
}

static uint32_t free_slot_locked(struct port *p)
{
    mutex_assert_held(&p->lock);
    for (uint32_t i = 0; i < p->slot_count; i++)
        if (p->slots[i].connection == NULL)
            return i;
    uint32_t first = p->slot_count;
    p->slot_count = first == 0 ? 16 : 2 * first;
    p->slots = xrealloc(p->slots, p->slot_count * sizeof *p->slots);
    memset(p->slots + first, 0, (p->slot_count - first) * sizeof *p->slots);
    return first;
}

static void add_locked(struct port *p, int fd)
{
    struct connection *c = xcalloc(1, sizeof *c);
    c->fd = fd;
    c->references = 1;
    c->slot = free_slot_locked(p);
    c->generation = p->slots[c->slot].generation;
    c->last_ms = clock_now_ms();
    frame_reader_init(&c->reader);
    p->slots[c->slot].connection = c;
    p->connections++;
    arm_connection(p, c, EPOLL_CTL_ADD);
}

// Takes one connection from the backlog. False: none is left, or there is no
// room; the listener is then armed again, at once or when something closes.
static bool accept_one_locked(struct port *p)
{
    mutex_assert_held(&p->lock);
    struct connection *oldest = NULL;
    if (p->connections >= RPC_CONNECTIONS_MAX) {
        oldest = longest_idle_locked(p);
        if (oldest == NULL) {
            p->starved = true;
            return false;
        }
    }
    int fd = accept4(p->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        if (oldest != NULL)
            close_locked(p, oldest);
        add_locked(p, fd);
        return true;
    }
    if (errno == EINTR || errno == ECONNABORTED)
        return true;
    // Out of descriptors: what waits in the backlog stays there. To accept
    // again at once would spin.
    if (errno != EAGAIN)
        p->starved = true;
    return false;
}

// Takes a few connections from the backlog. The rest get an event behind
// those that wait already: a flood of connections must not keep requests
// waiting, nor their ends, since those that are full of dead ones push out
// the living.
static void accept_some(struct port *p)
{
    mutex_lock(&p->lock);
    int taken = 0;
    while (taken < ACCEPT_BATCH && !atomic_load(&p->shut) &&
           accept_one_locked(p))
        taken++;
    if (!p->starved)
        arm_listener_locked(p);
    mutex_unlock(&p->lock);
}

// Closes what was idle too long or sends a frame too slowly; lets a starved
// listener try again.
static void sweep(struct port *p)
{
    uint64_t ticks;
    if (read(p->sweep_fd, &ticks, sizeof ticks) < 0)
        return; // another thread took this tick
    mutex_lock(&p->lock);
    int64_t now = clock_now_ms();
    for (uint32_t i = 0; i < p->slot_count; i++) {
        struct connection *c = p->slots[i].connection;
        if (c == NULL || is_busy(c))
            continue;
        if (is_slow(p, c, now) || now - c->last_ms > atomic_load(&p->idle_ms))
            close_locked(p, c);
    }
    if (p->starved)
        arm_listener_locked(p);
    mutex_unlock(&p->lock);
}

// --- Opening ---------------------------------------------------------------

// Locks the folder of `path` against others that bind in it; -1: errno says.
static int lock_folder(const char *path)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    int fd =
        open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    int64_t deadline_ms = clock_now_ms() + BIND_WAIT_MS;
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (clock_now_ms() >= deadline_ms) {
            close(fd);
            errno = EADDRINUSE;
            return -1;
        }
        clock_sleep_ms(1);
    }
    return fd;
}

// Removes a socket file whose owner is dead; the folder is locked.
static int clear_stale(const char *path, const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? ERR_OK : err_from_errno(errno);
    if (!S_ISSOCK(st.st_mode))
        return ERR_EXISTS;
    if (unix_is_alive(address))
        return ERR_BUSY;
    return unlink(path) == 0 ? ERR_OK : err_from_errno(errno);
}

static int listen_at(struct port *p, const struct sockaddr_un *address)
{
    p->listen_fd =
        socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->listen_fd < 0)
        return err_from_errno(errno);
    const struct sockaddr *any = (const struct sockaddr *)address;
    if (bind(p->listen_fd, any, sizeof *address) != 0)
        return err_from_errno(errno);
    if (listen(p->listen_fd, BACKLOG) != 0) {
        int err = err_from_errno(errno);
        unlink(p->path);
        return err;
    }
    struct stat st = {0}; // renamed away already: then there is none to remove
    if (lstat(p->path, &st) != 0 && errno != ENOENT)
        return err_from_errno(errno);
    p->device = st.st_dev;
    p->inode = st.st_ino;
    return ERR_OK;
}

static int bind_path(struct port *p)
{
    struct sockaddr_un address;
    if (!unix_address(p->path, &address)) {
        log_error("rpc", "%s: a socket's path has 1 to %d bytes", p->path,
                  TRANSPORT_PATH_MAX);
        return ERR_LIMIT;
    }
    int folder = lock_folder(p->path);
    if (folder < 0)
        return errno == EADDRINUSE ? ERR_BUSY : err_from_errno(errno);
    int err = clear_stale(p->path, &address);
    if (err == ERR_OK)
        err = listen_at(p, &address);
    close(folder);
    return err;
}

static int open_set(struct port *p)
{
    p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    p->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    p->sweep_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (p->epoll_fd < 0 || p->wake_fd < 0 || p->sweep_fd < 0)
        return err_from_errno(errno);
    struct itimerspec every = {{SWEEP_S, 0}, {SWEEP_S, 0}};
    timerfd_settime(p->sweep_fd, 0, &every, NULL);
    return ERR_OK;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void port_free(struct port *p)
{
    close_fd(p->epoll_fd);
    close_fd(p->listen_fd);
    close_fd(p->wake_fd);
    close_fd(p->sweep_fd);
    mutex_release(&p->lock);
    free(p->slots);
    free(p->path);
    free(p);
}

void port_set_patience(struct port *p, int64_t idle_ms, int64_t frame_ms)
{
    atomic_store(&p->idle_ms, idle_ms);
    atomic_store(&p->frame_ms, frame_ms);
}

int port_open(const char *path, struct port **out)
{
    unix_prepare_process();
    struct port *p = xcalloc(1, sizeof *p);
    p->path = xstrdup(path);
    p->epoll_fd = p->listen_fd = p->wake_fd = p->sweep_fd = -1;
    port_set_patience(p, RPC_IDLE_MS, RPC_FRAME_MS);
    mutex_init(&p->lock);
    int err = open_set(p);
    if (err == ERR_OK)
        err = bind_path(p);
    if (err != ERR_OK) {
        port_free(p);
        return err;
    }
    arm(p, EPOLL_CTL_ADD, p->wake_fd, EPOLLIN, event_data(EVENT_WAKE, 0, 0));
    arm(p, EPOLL_CTL_ADD, p->sweep_fd, EPOLLIN | EPOLLET,
        event_data(EVENT_SWEEP, 0, 0));
    arm(p, EPOLL_CTL_ADD, p->listen_fd, EPOLLIN | EPOLLONESHOT,
        event_data(EVENT_LISTENER, 0, 0));
    *out = p;
    return ERR_OK;
}

// --- Requests --------------------------------------------------------------

// Reads what came on a claimed connection: a whole request, or NULL and the
// claim is over.
static struct inbound *read_request(struct port *p, struct connection *c)
{
    enum frame_got got = frame_read(&c->reader, c->fd);
    if (got == FRAME_WHOLE) {
        struct inbound *in = xcalloc(1, sizeof *in);
        in->port = p;
        in->connection = c;
        in->claims = true;
        frame_reader_take(&c->reader, &in->frame);
        c->begun_ms = 0;
        return in;
    }
    mutex_lock(&p->lock);
    if (got == FRAME_MORE) {
        if (frame_reader_begun(&c->reader) && c->begun_ms == 0)
            c->begun_ms = c->last_ms;
        c->again = c->again || c->reader.left;
        if (is_slow(p, c, clock_now_ms()))
            close_locked(p, c);
    } else {
        if (got == FRAME_BAD)
            log_debug("rpc", "%s: bad frame, connection closed", p->path);
        close_locked(p, c);
    }
    unclaim_locked(p, c);
    if (atomic_load(&p->shut))
        close_locked(p, c);
    drop_reference_locked(p, c);
    mutex_unlock(&p->lock);
    return NULL;
}

// One event's work; a request if it was one.
static struct inbound *handle(struct port *p, uint64_t data)
{
    struct connection *c;
    switch ((enum event_kind)(data >> 60)) {
    case EVENT_CONNECTION:
        c = claim(p, data);
        return c == NULL ? NULL : read_request(p, c);
    case EVENT_LISTENER:
        accept_some(p);
        return NULL;
    case EVENT_SWEEP:
        sweep(p);
        return NULL;
    case EVENT_WAKE:
        return NULL;
    }
    return NULL;
}

struct inbound *port_next(struct port *p)
{
    while (!atomic_load(&p->shut)) {
        struct epoll_event event;
        int n = epoll_wait(p->epoll_fd, &event, 1, -1);
        if (n <= 0)
            continue; // EINTR
        struct inbound *in = handle(p, event.data.u64);
        if (in != NULL)
            return in;
    }
    return NULL;
}

struct slice inbound_frame(const struct inbound *in)
{
    return buf_slice(&in->frame);
}

// Gives the claim back before the reply goes out: a caller that has its reply
// may send the next request at once, and that event must find no claim.
static void give_back(struct inbound *in, bool closing)
{
    struct port *p = in->port;
    mutex_lock(&p->lock);
    in->connection->last_ms = clock_now_ms(); // idle from now on
    if (closing)
        close_locked(p, in->connection);
    if (in->claims)
        unclaim_locked(p, in->connection);
    in->claims = false;
    mutex_unlock(&p->lock);
}

// As long as a caller does not take its reply, what it sends next is not read.
static void set_stuck(struct inbound *in, int by)
{
    struct connection *c = in->connection;
    mutex_lock(&in->port->lock);
    c->stuck += by;
    if (c->stuck == 0 && c->again && !c->claimed && !c->closed) {
        arm_connection(in->port, c, EPOLL_CTL_MOD);
        c->again = false;
    }
    mutex_unlock(&in->port->lock);
}

static enum frame_put push_rest(struct inbound *in, struct slice frame,
                                size_t *sent, int64_t until_ms)
{
    int fd = in->connection->fd;
    int64_t limit_ms = clock_now_ms() + atomic_load(&in->port->frame_ms);
    if (until_ms > limit_ms)
        until_ms = limit_ms;
    enum frame_put put = FRAME_STUCK;
    set_stuck(in, 1);
    while (put == FRAME_STUCK && clock_now_ms() < until_ms &&
           unix_wait_writable(fd, until_ms))
        put = frame_write(fd, frame, sent);
    set_stuck(in, -1);
    return put;
}

bool inbound_reply(struct inbound *in, struct slice frame, int64_t until_ms)
{
    int fd = in->connection->fd;
    size_t sent = 0;
    give_back(in, false);
    enum frame_put put = frame_write(fd, frame, &sent);
    if (put == FRAME_STUCK)
        put = push_rest(in, frame, &sent, until_ms);
    if (put != FRAME_SENT)
        give_back(in, true);
    return put == FRAME_SENT;
}

void inbound_hang_up(struct inbound *in)
{
    give_back(in, true);
}

void inbound_done(struct inbound *in)
{
    struct port *p = in->port;
    mutex_lock(&p->lock);
    bool last = !in->connection->closed && in->connection->references == 2;
    if (in->claims)
        unclaim_locked(p, in->connection);
    drop_reference_locked(p, in->connection);
    // Unless its next request, which came on the heels of the reply, is being
    // served already: then that one does it.
    if (last && atomic_load(&p->shut))
        close_locked(p, in->connection);
    mutex_unlock(&p->lock);
    buf_release(&in->frame);
    free(in);
}

// --- The end ---------------------------------------------------------------

static void remove_path(struct port *p)
{
    int folder = lock_folder(p->path);
    struct stat st;
    if (lstat(p->path, &st) == 0 && st.st_dev == p->device &&
        st.st_ino == p->inode)
        unlink(p->path);
    close_fd(folder);
}

static void close_idle_locked(struct port *p)
{
    mutex_assert_held(&p->lock);
    for (uint32_t i = 0; i < p->slot_count; i++) {
        struct connection *c = p->slots[i].connection;
        if (c != NULL && !is_busy(c))
            close_locked(p, c);
    }
}

void port_shut(struct port *p)
{
    if (atomic_exchange(&p->shut, true))
        return;
    remove_path(p);
    mutex_lock(&p->lock);
    // Whoever waits in the backlog learns it too.
    close(p->listen_fd);
    p->listen_fd = -1;
    close_idle_locked(p);
    mutex_unlock(&p->lock);
    uint64_t one = 1;
    if (write(p->wake_fd, &one, sizeof one) < 0)
        log_error("rpc", "%s: eventfd: %s", p->path, strerror(errno));
}

void port_close(struct port *p)
{
    if (p == NULL)
        return;
    port_shut(p);
    mutex_lock(&p->lock);
    close_idle_locked(p);
    assert(p->connections == 0); // all inbounds are done
    mutex_unlock(&p->lock);
    port_free(p);
}
